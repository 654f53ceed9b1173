//! What a scenario set is asked for.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::calibration::{Jump, JumpKind};
use super::history::Measure;

/// A whole request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioSpec {
    /// Risk factors: names, or objects with their own jumps and market; those of the strategies when empty.
    #[serde(default, alias = "risk_factors")]
    pub factors: Vec<FactorEntry>,
    /// Annual intensities that replace the factors' own: one for all of a factor's jumps together, or one a kind.
    #[serde(default)]
    pub intensities: BTreeMap<String, Intensity>,
    /// Strategies and the factors they depend on; one a factor when empty.
    #[serde(default)]
    pub strategies: Vec<StrategySpec>,
    /// Portfolios by name: fraction of the vault a strategy, at most one in sum; the rest is idle.
    #[serde(default, alias = "portfolios")]
    pub mixes: BTreeMap<String, BTreeMap<String, f64>>,
    /// One portfolio, called "mix".
    #[serde(default, alias = "weights")]
    pub mix: Option<BTreeMap<String, f64>>,
    /// Period of a scenario, days.
    #[serde(default = "thirty", alias = "horizon")]
    pub horizon_days: f64,
    /// Confidence level.
    #[serde(default = "ninety_five", alias = "confidence")]
    pub alpha: f64,
    /// Scenarios in the set.
    #[serde(default = "five_hundred_twelve", alias = "scenarios", alias = "size")]
    pub count: usize,
    /// Same seed, same bytes.
    #[serde(default)]
    pub seed: u64,
    /// Where market factors come from; the calibrated generator when absent.
    #[serde(default)]
    pub history: Option<HistorySpec>,
    /// Multiplies every intensity.
    #[serde(default = "one")]
    pub intensity_scale: f64,
    /// Multiplies every loss given an event, up to everything.
    #[serde(default = "one")]
    pub severity_scale: f64,
    /// What the sweep multiplies by.
    #[serde(default, alias = "sweep")]
    pub sensitivity: SweepSpec,
}

/// A factor by name, with defaults, or in full.
#[derive(Clone, Debug)]
pub enum FactorEntry {
    /// Its name, such as `venue:kamino`.
    Name(String),
    /// Its name and what it does.
    Full(FactorSpec),
}

/// Told apart by hand: what is wrong inside an object is then said, not that nothing matched.
impl<'de> Deserialize<'de> for FactorEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(name) => Ok(Self::Name(name)),
            full => FactorSpec::deserialize(full)
                .map(Self::Full)
                .map_err(|error| D::Error::custom(format!("a factor: {error}"))),
        }
    }
}

/// A risk factor.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactorSpec {
    /// Its name.
    #[serde(alias = "name", alias = "factor")]
    pub id: String,
    /// Its sudden losses; the calibration table's when absent.
    #[serde(default)]
    pub jumps: Option<Vec<Jump>>,
    /// Its market, for factors that have one.
    #[serde(default)]
    pub market: Option<MarketSpec>,
}

/// How a factor follows a market.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MarketSpec {
    /// Column of the history; none: the calibrated generator's SOL.
    pub column: Option<String>,
    /// What the column holds.
    pub measure: Measure,
    /// What a holder loses when it moves.
    pub exposure: Exposure,
    /// Multiplies the loss; one when absent.
    pub beta: Option<f64>,
}

/// What a move of a price does to value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exposure {
    /// The whole position is in the asset: value moves as the price does.
    #[default]
    Hold,
    /// Half of a constant-product pool against the vault's asset: value moves as the square root of the price.
    #[serde(alias = "lp")]
    ConstantProduct,
}

/// An intensity for a factor.
#[derive(Clone, Debug, PartialEq)]
pub enum Intensity {
    /// Of all its jumps together; they keep their proportions.
    Total(f64),
    /// By kind.
    ByKind(BTreeMap<JumpKind, f64>),
}

impl<'de> Deserialize<'de> for Intensity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::Number(total) => total
                .as_f64()
                .map(Self::Total)
                .ok_or_else(|| D::Error::custom(format!("an intensity: {total} is not a number of events"))),
            kinds => BTreeMap::deserialize(kinds).map(Self::ByKind).map_err(|error| {
                D::Error::custom(format!("an intensity is a number, or one a kind: {error}"))
            }),
        }
    }
}

/// A strategy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrategySpec {
    /// Its name.
    #[serde(alias = "id")]
    pub name: String,
    /// Names of its factors.
    #[serde(alias = "risk_factors")]
    pub factors: Vec<String>,
}

/// How a history is resampled.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistorySpec {
    /// The CSV file.
    #[serde(alias = "csv", alias = "file")]
    pub path: String,
    /// Length of a step, seconds.
    #[serde(default = "day")]
    pub step_secs: i64,
    /// How.
    #[serde(default)]
    pub method: Resampling,
    /// Mean block, rows; the longest that the columns ask for (Politis and White) when absent.
    #[serde(default, alias = "block_length")]
    pub block: Option<f64>,
    /// Column whose regimes are fitted; the first used when absent.
    #[serde(default)]
    pub regime_column: Option<String>,
}

/// How paths are drawn from a history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Resampling {
    /// Stationary block bootstrap.
    #[default]
    Bootstrap,
    /// Two-regime Markov chain; rows from the regime it is in.
    #[serde(alias = "markov")]
    Regime,
}

/// Factors of the sensitivity sweep.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SweepSpec {
    /// Times every intensity.
    pub intensity: Vec<f64>,
    /// Times every severity.
    pub severity: Vec<f64>,
}

impl Default for SweepSpec {
    fn default() -> Self {
        Self { intensity: vec![0.5, 1.0, 2.0, 4.0], severity: vec![0.5, 1.0, 1.5] }
    }
}

fn thirty() -> f64 {
    30.0
}
fn ninety_five() -> f64 {
    0.95
}
fn five_hundred_twelve() -> usize {
    512
}
fn one() -> f64 {
    1.0
}
fn day() -> i64 {
    86_400
}
