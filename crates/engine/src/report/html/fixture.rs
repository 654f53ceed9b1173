//! A back-test that looks like one, for tests and for looking at the page.

use std::collections::BTreeMap;

use serde_json::json;

use crate::report::backtest::{
    BacktestProvenance, BacktestReport, Comparison, Contestant, DataWindow, FlagMark,
};

const FROM_TS: i64 = 1_680_307_200;
const STEP: i64 = 21_600;

fn contestant(name: &str, steps: i64, growth: f64, dip: f64, wobble: f64) -> Contestant {
    let equity = (0..steps).map(|step| {
        let progress = step as f64 / steps as f64;
        let fall =
            if (0.5..0.62).contains(&progress) { dip * (1.0 - (progress - 0.56).abs() / 0.06) } else { 0.0 };
        let noise = wobble * ((step * 7_919 % 101) as f64 / 101.0 - 0.5);
        (FROM_TS + step * STEP, 1.0 + growth * progress - fall + noise)
    });
    let weights = (0..steps).map(|step| {
        let progress = step as f64 / steps as f64;
        let first = 0.3 + 0.15 * (progress * 9.0).sin();
        let pool = if progress > 0.3 { 0.15 } else { 0.0 };
        (FROM_TS + step * STEP, vec![first, 0.5 - first, 0.2, pool])
    });
    let limits = (0..steps).map(|step| {
        let progress = step as f64 / steps as f64;
        let used = [
            ("CVaR", 0.75 + 0.2 * (progress * 14.0).sin()),
            ("turnover", (progress * 23.0).sin().abs() * 0.6),
            ("venue:kamino cap", 0.62 + 0.3 * progress),
        ];
        (FROM_TS + step * STEP, used.into_iter().map(|(name, used)| (name.to_owned(), used)).collect())
    });
    Contestant {
        name: name.into(),
        equity: equity.collect(),
        slots: ["kamino-usdc-main", "kamino-usdc-alt", "raydium-sol-usdc", "jito-stake"]
            .map(String::from)
            .to_vec(),
        weights: weights.collect(),
        limit_utilisation: limits.collect(),
        stats: json!({
            "total_return": growth, "sharpe": 2.314_159, "sortino": null,
            "drawdown": { "depth": -dip, "peak_ts": FROM_TS + 180 * 86_400 },
        }),
        decisions_accepted: 212,
        decisions_refused: BTreeMap::from([("CvarExceeded".into(), 7), ("TurnoverExceeded".into(), 3)]),
        costs: BTreeMap::from([("moves".into(), 0.0031), ("fees".into(), 0.0102)]),
    }
}

/// A year in six-hour steps when `steps` is 1,460.
pub fn report(steps: i64) -> BacktestReport {
    let flag = |share: f64, level: u8, rule: &str, breaker: &str| FlagMark {
        ts: FROM_TS + (steps as f64 * share) as i64 * STEP,
        rule: rule.into(),
        breaker: breaker.into(),
        level,
        evidence:
            "utilisation 0.973, 0.981, 0.984 against 0.950, three in a row; one false alarm in 168 hours"
                .into(),
    };
    let mut others = vec![
        contestant("equal weight", steps, 0.045, 0.03, 0.0006),
        contestant("best rate now", steps, 0.064, 0.055, 0.0012),
        contestant("hold", steps, 0.03, 0.002, 0.0001),
    ];
    let mut contestants = vec![contestant("engine", steps, 0.071, 0.012, 0.0005)];
    contestants.append(&mut others);
    let compare = |against: &str, mean_excess: f64, verdict: &str| Comparison {
        against: against.into(),
        mean_excess,
        sharpe_difference: 0.42,
        deflated_sharpe: (against != "hold").then_some(0.9631),
        verdict: verdict.into(),
    };
    BacktestReport {
        title: "USDC balanced: one year, walked forward".into(),
        provenance: BacktestProvenance {
            windows: vec![DataWindow {
                series: "SOL/USD, prices_hourly.csv".into(),
                from_ts: FROM_TS,
                to_ts: FROM_TS + steps * STEP,
                note: "2 gaps of 7h in all".into(),
            }],
            seeds: BTreeMap::from([("scenarios".into(), 7), ("bootstrap".into(), 11)]),
            hashes: BTreeMap::from([("model".into(), "5f".repeat(32))]),
            assumptions: vec!["one USDT is taken for one dollar".into()],
        },
        contestants,
        flags: vec![
            flag(0.3, 1, "utilisation above 0.95", "utilisation"),
            flag(0.5, 3, "CUSUM of the exchange rate", "exchange-rate fall"),
            flag(0.52, 2, "oracle gap", "oracle divergent"),
        ],
        comparisons: vec![
            compare("equal weight", 0.026, "better, and not by luck at 95%"),
            compare("best rate now", 0.007, "better; the difference may be luck"),
            compare("hold", 0.041, "better, with more risk"),
        ],
        trials: 46,
    }
}
