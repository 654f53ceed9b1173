use std::collections::{BTreeMap, VecDeque};

use ballast_engine::evaluate::daily_returns;
use ballast_engine::report::backtest::Contestant;
use ballast_engine::report::{EventKind, ReplayReport};
use ballast_engine::stats::summary::{self, RiskFree, Settings};

use super::daily;
use crate::ReplayError;
use crate::settings::ReplaySettings;

/// What became of one policy, for the report.
pub fn of(name: &str, replay: &ReplayReport, settings: &ReplaySettings) -> Result<Contestant, ReplayError> {
    let weights = |row: &ballast_engine::report::StepRow| {
        row.values_atoms.iter().map(|atoms| row.weight(*atoms)).collect::<Vec<f64>>()
    };
    let rows: Vec<(i64, Vec<f64>)> = replay.rows.iter().map(|row| (row.ts, weights(row))).collect();
    Ok(Contestant {
        name: name.to_owned(),
        equity: daily(&replay.equity()),
        slots: replay.meta.strategies.clone(),
        weights: daily(&rows),
        limit_utilisation: daily(&limit_utilisation(replay, settings)),
        stats: statistics(replay)?,
        decisions_accepted: replay.summary.decisions.accepted,
        decisions_refused: replay.summary.decisions.rejected.clone(),
        costs: costs(replay),
    })
}

/// All statistics of the daily returns; those that need more days than there are stay out.
fn statistics(replay: &ReplayReport) -> Result<serde_json::Value, ReplayError> {
    let returns: Vec<f64> = daily_returns(&replay.equity()).into_values().collect();
    let settings =
        Settings { per_year: 365.0, risk_free: RiskFree::Constant(0.0), alpha: 0.95, reference_sharpe: 0.0 };
    let failed =
        |error: String| ReplayError::Settings(format!("statistics of {}: {error}", replay.meta.policy));
    match summary::of_returns(&returns, &settings) {
        Ok(found) => serde_json::to_value(found).map_err(|error| failed(error.to_string())),
        // A replay of a few hours has no days.
        Err(_) if returns.len() < 2 => Ok(serde_json::Value::Null),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// How much of the vault's limits was in use after each step: the fullest slot's cap, the idle buffer, turnover.
fn limit_utilisation(replay: &ReplayReport, settings: &ReplaySettings) -> Vec<(i64, BTreeMap<String, f64>)> {
    let limits = settings.class.limits(settings.asset, 1);
    let caps: Vec<f64> = settings.slot_caps().iter().map(|bps| f64::from(*bps).max(1.0) / 10_000.0).collect();
    let mut orders = replay
        .events
        .iter()
        .filter(|event| event.kind == EventKind::DecisionAccepted)
        .filter_map(|event| Some((event.ts, turnover_bps(&event.label)?)))
        .peekable();
    let mut window: VecDeque<(i64, f64)> = VecDeque::new();
    replay
        .rows
        .iter()
        .map(|row| {
            while let Some(order) = orders.next_if(|order| order.0 <= row.ts) {
                window.push_back(order);
            }
            let oldest = row.ts.saturating_sub(i64::from(limits.turnover_window_secs));
            while window.front().is_some_and(|order| order.0 <= oldest) {
                window.pop_front();
            }
            let turnover: f64 = window.iter().map(|order| order.1).sum();
            let fullest = row
                .values_atoms
                .iter()
                .zip(&caps)
                .map(|(atoms, cap)| row.weight(*atoms) / cap)
                .fold(0.0, f64::max);
            let idle = row.weight(row.idle_atoms).max(1e-9);
            let used = BTreeMap::from([
                ("slot cap, the fullest".to_owned(), fullest),
                ("idle buffer".to_owned(), (f64::from(limits.idle_buffer_bps) / 10_000.0 / idle).min(1.0)),
                ("turnover".to_owned(), turnover / f64::from(limits.turnover_cap_bps)),
            ]);
            (row.ts, used)
        })
        .collect()
}

/// The number in "turnover 1234 bps".
fn turnover_bps(label: &str) -> Option<f64> {
    label.split_whitespace().find_map(|word| word.parse().ok())
}

/// What was paid, as fractions of everything that was ever paid in.
fn costs(replay: &ReplayReport) -> BTreeMap<String, f64> {
    let flows = &replay.summary.flows;
    let paid_in = (flows.deposited_atoms as f64).max(1.0);
    BTreeMap::from([
        ("fees".to_owned(), flows.fees_atoms as f64 / paid_in),
        ("lost in moves".to_owned(), flows.move_loss_atoms as f64 / paid_in),
    ])
}
