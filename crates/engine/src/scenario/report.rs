//! Draws, selects, measures: everything that is answered about a specification.

use serde::Serialize;

use super::ScenarioError;
use super::calibration::Jump;
use super::check::{Checked, Factor};
use super::draw::{self, Losses};
use super::history::History;
use super::select::{self, Holding};
use super::set::ScenarioSet;
use super::spec::{Exposure, HistorySpec, Resampling, ScenarioSpec};
use crate::{YEAR_SECS, hex};

/// Everything about a scenario set.
#[derive(Clone, Debug, Serialize)]
pub struct ScenarioReport {
    /// What the figures are worth.
    pub note: &'static str,
    /// Seed.
    pub seed: u64,
    /// Period of a scenario, days.
    pub horizon_days: f64,
    /// Confidence level.
    pub alpha: f64,
    /// Factors and what they were given.
    pub factors: Vec<FactorReport>,
    /// The history used, if any.
    pub history: Option<HistoryReport>,
    /// The set.
    pub set: SetReport,
    /// Each strategy alone.
    pub strategies: Vec<TailReport>,
    /// The given portfolios.
    pub mixes: Vec<TailReport>,
    /// CVaR when events were more frequent or worse.
    pub sensitivity: Vec<SweepRow>,
}

/// A factor.
#[derive(Clone, Debug, Serialize)]
pub struct FactorReport {
    /// Its name.
    pub name: String,
    /// Its id on chain.
    pub id: u32,
    /// Where its market comes from.
    pub market: Option<MarketReport>,
    /// Its jumps.
    pub jumps: Vec<JumpReport>,
    /// Mean shock over everything drawn, bps.
    pub mean_shock_bps: f64,
    /// Worst shock, bps.
    pub worst_shock_bps: u16,
}

/// A factor's market.
#[derive(Clone, Debug, Serialize)]
pub struct MarketReport {
    /// Column of the history, or the generator.
    pub source: String,
    /// Exposure to it.
    pub exposure: Exposure,
    /// Multiplier.
    pub beta: f64,
}

/// A jump and what it comes to.
#[derive(Clone, Debug, Serialize)]
pub struct JumpReport {
    /// Its law.
    #[serde(flatten)]
    pub jump: Jump,
    /// Probability of at least one in the period.
    pub probability: f64,
    /// Mean loss in an event.
    pub mean_loss: f64,
    /// True when rarer than one in everything drawn: it then has one scenario all the same.
    pub rarer_than_one_draw: bool,
}

/// The history.
#[derive(Clone, Debug, Serialize)]
pub struct HistoryReport {
    /// How it was resampled.
    pub method: Resampling,
    /// Mean block of the bootstrap, rows; none for regimes.
    pub block: Option<f64>,
    /// Joint changes.
    pub changes: usize,
    /// Length of a step, seconds.
    pub step_secs: i64,
    /// Steps left out.
    pub skipped: usize,
}

/// A set, as numbers and as bytes.
#[derive(Clone, Debug, Serialize)]
pub struct SetReport {
    /// SHA-256 of the canonical bytes.
    pub sha256: String,
    /// Scenarios.
    pub count: usize,
    /// Scenarios drawn; each of the set has the weight of one drawn.
    pub drawn: u32,
    /// Scenarios in the tail.
    pub worst_k: u16,
    /// Confidence level, bps.
    pub alpha_bps: u16,
    /// Period, seconds.
    pub horizon_secs: u32,
    /// Factor ids, in the order of the columns.
    pub factors: Vec<u32>,
    /// Size of the canonical bytes.
    pub bytes: usize,
    /// Shocks, a row a scenario.
    pub shocks_bps: Vec<Vec<u16>>,
    /// The canonical bytes in hexadecimal, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hex: Option<String>,
}

/// Tail of a strategy or portfolio.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TailReport {
    /// Its name.
    pub name: String,
    /// Weights by strategy, bps; none for a strategy alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights_bps: Option<Vec<(String, u16)>>,
    /// Mean loss over everything drawn, bps.
    pub expected_loss_bps: f64,
    /// VaR over the set as the chain computes it, bps rounded up.
    pub var_bps: u16,
    /// CVaR over the set as the chain computes it, bps rounded up.
    pub cvar_bps: u16,
    /// VaR over everything drawn, bps, no rounding.
    pub var_drawn_bps: f64,
    /// CVaR over everything drawn, bps, no rounding.
    pub cvar_drawn_bps: f64,
}

/// CVaR of everything under other assumptions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SweepRow {
    /// Times every intensity.
    pub intensity: f64,
    /// Times every severity.
    pub severity: f64,
    /// CVaR over everything drawn, bps, by strategy and portfolio in the order above.
    pub cvar_bps: Vec<(String, f64)>,
}

const NOTE: &str = "A model's estimate, not a promise: jump frequencies and severities are largely judgement (see the \
                    calibration table), which is why CVaR is given for others too.";

/// Everything about `spec`; `history` as read with [`draw::wanted_columns`].
pub fn analyse(
    spec: &ScenarioSpec,
    history: Option<&History>,
    with_hex: bool,
) -> Result<ScenarioReport, ScenarioError> {
    let checked = spec.check()?;
    let references = select::references(&checked);
    let size = select::size(spec.count, checked.alpha_bps, references.len())?;
    let market = draw::market(spec, &checked, history, size.drawn)?;
    let own = (spec.intensity_scale, spec.severity_scale);
    let losses = draw::losses(spec, &checked, &market, own, size.drawn);
    let set = build(&checked, &losses, &references, size, spec.count)?;

    let mut sensitivity = Vec::new();
    for severity in &spec.sensitivity.severity {
        for intensity in &spec.sensitivity.intensity {
            let scales = (own.0 * intensity, own.1 * severity);
            let swept = draw::losses(spec, &checked, &market, scales, size.drawn);
            let cvar = |(name, holding): (String, Holding)| {
                (name, rounded(holding.tail(&swept, size.drawn, size.worst_k).1 * 10_000.0))
            };
            let cvar_bps = named(&checked).into_iter().map(cvar).collect();
            sensitivity.push(SweepRow { intensity: *intensity, severity: *severity, cvar_bps });
        }
    }
    let tail =
        |name: &str, holding: Holding, weights| tail_report(name, holding, weights, &losses, &set, size);
    let strategies = checked.strategies.iter().map(|(name, mask)| tail(name, Holding::single(*mask), None));
    let mixes = checked.mixes.iter().map(|mix| {
        let weight = |(index, bps): &(usize, u16)| {
            (checked.strategies.get(*index).map_or(String::new(), |s| s.0.clone()), *bps)
        };
        let weights = mix.weights_bps.iter().map(weight).collect();
        tail(&mix.name, Holding::of_mix(mix, &checked.strategies), Some(weights))
    });
    Ok(ScenarioReport {
        note: NOTE,
        seed: spec.seed,
        horizon_days: spec.horizon_days,
        alpha: spec.alpha,
        factors: factor_reports(spec, &checked, &losses, size.drawn),
        history: history.zip(spec.history.as_ref()).map(history_report).transpose()?,
        strategies: strategies.collect::<Result<_, _>>()?,
        mixes: mixes.collect::<Result<_, _>>()?,
        sensitivity,
        set: set_report(&set, with_hex)?,
    })
}

/// The set alone: what governance publishes.
pub fn scenario_set(spec: &ScenarioSpec, history: Option<&History>) -> Result<ScenarioSet, ScenarioError> {
    let checked = spec.check()?;
    let references = select::references(&checked);
    let size = select::size(spec.count, checked.alpha_bps, references.len())?;
    let market = draw::market(spec, &checked, history, size.drawn)?;
    let losses =
        draw::losses(spec, &checked, &market, (spec.intensity_scale, spec.severity_scale), size.drawn);
    build(&checked, &losses, &references, size, spec.count)
}

fn build(
    checked: &Checked,
    losses: &Losses,
    references: &[Holding],
    size: select::Size,
    count: usize,
) -> Result<ScenarioSet, ScenarioError> {
    let kept = select::keep(losses, references, size.drawn, count);
    let narrow = |_| ScenarioError::field("count", "too many scenarios");
    let set = ScenarioSet {
        horizon_secs: checked.horizon_secs,
        alpha_bps: checked.alpha_bps,
        worst_k: u16::try_from(size.worst_k).map_err(narrow)?,
        drawn: u32::try_from(size.drawn).map_err(narrow)?,
        factors: checked.factors.iter().map(|factor| factor.id).collect(),
        shocks: kept
            .into_iter()
            .flat_map(|scenario| losses.shocks_bps(scenario).collect::<Vec<_>>())
            .collect(),
    };
    set.validate()?;
    Ok(set)
}

fn named(checked: &Checked) -> Vec<(String, Holding)> {
    let strategies = checked.strategies.iter().map(|(name, mask)| (name.clone(), Holding::single(*mask)));
    let mixes = checked.mixes.iter().map(|mix| (mix.name.clone(), Holding::of_mix(mix, &checked.strategies)));
    strategies.chain(mixes).collect()
}

fn tail_report(
    name: &str,
    holding: Holding,
    weights_bps: Option<Vec<(String, u16)>>,
    losses: &Losses,
    set: &ScenarioSet,
    size: select::Size,
) -> Result<TailReport, ScenarioError> {
    let (var_bps, cvar_bps) = holding.tail_bps(set)?;
    let (var, cvar) = holding.tail(losses, size.drawn, size.worst_k);
    let sum: f64 = (0..size.drawn).map(|scenario| holding.loss(losses, scenario)).sum();
    Ok(TailReport {
        name: name.into(),
        weights_bps,
        expected_loss_bps: rounded(sum / size.drawn as f64 * 10_000.0),
        var_bps,
        cvar_bps,
        var_drawn_bps: rounded(var * 10_000.0),
        cvar_drawn_bps: rounded(cvar * 10_000.0),
    })
}

/// Four decimals: enough for bps.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

fn factor_reports(
    spec: &ScenarioSpec,
    checked: &Checked,
    losses: &Losses,
    drawn: usize,
) -> Vec<FactorReport> {
    let years = f64::from(checked.horizon_secs) / YEAR_SECS;
    let jump_report = |jump: &Jump| {
        let mut jump = jump.clone();
        jump.intensity *= spec.intensity_scale;
        let probability = -(-jump.intensity * years).exp_m1();
        JumpReport {
            probability,
            mean_loss: (jump.severity.mean() * spec.severity_scale).min(1.0),
            rarer_than_one_draw: probability > 0.0 && probability * (drawn as f64) < 1.0,
            jump,
        }
    };
    let one = |(factor, lost): (&Factor, &Vec<f64>)| {
        FactorReport {
        name: factor.name.clone(),
        id: factor.id,
        market: factor.market.as_ref().map(|market| MarketReport {
            source: market.column.as_ref().map_or_else(
                || "the generator's SOL: jump-diffusion calibrated on hourly closes, 2023-07 to 2025-06, no drift".into(),
                |column| format!("column `{column}` of the history"),
            ),
            exposure: market.exposure,
            beta: market.beta.unwrap_or(1.0),
        }),
        jumps: factor.jumps.iter().map(jump_report).collect(),
        mean_shock_bps: rounded(lost.iter().sum::<f64>() / drawn as f64 * 10_000.0),
        worst_shock_bps: lost.iter().map(|loss| draw::bps_up(*loss)).max().unwrap_or(0),
    }
    };
    checked.factors.iter().zip(&losses.0).map(one).collect()
}

fn history_report((history, how): (&History, &HistorySpec)) -> Result<HistoryReport, ScenarioError> {
    let block = match how.method {
        Resampling::Bootstrap => Some(rounded(draw::mean_block(history, how)?)),
        Resampling::Regime => None,
    };
    Ok(HistoryReport {
        method: how.method,
        block,
        changes: history.changes.len(),
        step_secs: history.step_secs,
        skipped: history.skipped,
    })
}

fn set_report(set: &ScenarioSet, with_hex: bool) -> Result<SetReport, ScenarioError> {
    let bytes = set.encode()?;
    Ok(SetReport {
        sha256: set.sha256()?,
        count: set.count(),
        drawn: set.drawn,
        worst_k: set.worst_k,
        alpha_bps: set.alpha_bps,
        horizon_secs: set.horizon_secs,
        factors: set.factors.clone(),
        bytes: bytes.len(),
        shocks_bps: set.shocks.chunks_exact(set.factors.len().max(1)).map(<[u16]>::to_vec).collect(),
        hex: with_hex.then(|| hex::encode(&bytes)),
    })
}
