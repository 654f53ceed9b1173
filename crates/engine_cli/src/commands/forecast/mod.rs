//! `ballast engine forecast`

mod answer;
mod document;
mod observations;
mod settings;
mod subject;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::str::FromStr;

use ballast_engine::data::LendingKey;
use ballast_engine::forecast::{Model, Target};
use clap::ValueEnum;
use serde::Deserialize;

use crate::EngineCliError;
use crate::input::Source;

/// Arguments. What a JSON document says as well, the command line overrules.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// What the series is
    #[arg(long)]
    kind: Option<Kind>,
    /// How far ahead: 7d, 24h, 90m or seconds [default: 7d]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    horizon: Option<Span>,
    /// Model; auto takes the best one that beats the last value [default: auto]
    #[arg(long)]
    model: Option<ModelChoice>,
    /// The value at the horizon, or the mean up to it [default: at; pools: always mean]
    #[arg(long)]
    target: Option<TargetChoice>,
    /// Market of a lending file, by symbol or address
    #[arg(long, value_name = "NETWORK:ASSET")]
    market: Option<LendingKey>,
    /// Column to forecast, where it is not evident
    #[arg(long)]
    column: Option<String>,
    /// Column with the pool's price [default: price]
    #[arg(long, value_name = "COLUMN")]
    price_column: Option<String>,
    /// Time between rows [default: the median]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    step: Option<Span>,
    /// Rows that models learn from, the newest [default: all]
    #[arg(long, value_name = "ROWS", allow_negative_numbers = true)]
    window: Option<usize>,
    /// Rows between fits [default: a week's]
    #[arg(long, value_name = "ROWS", allow_negative_numbers = true)]
    refit: Option<usize>,
    /// The reserve's borrow curve as utilisation:rate in bps, such as 0:0,7000:350,9000:700,10000:8000
    #[arg(long, value_name = "CORNERS", allow_hyphen_values = true)]
    curve: Option<Corners>,
    /// The protocol's share of interest, bps [default: 0]
    #[arg(long, value_name = "BPS", allow_negative_numbers = true)]
    take_bps: Option<u16>,
    /// Supplied to the reserve, ours included, atoms
    #[arg(long, value_name = "ATOMS", allow_negative_numbers = true)]
    supplied: Option<u64>,
    /// Our deposit now, atoms [default: 0]
    #[arg(long, value_name = "ATOMS", allow_negative_numbers = true)]
    ours: Option<u64>,
    /// Our deposit after the move, atoms [default: as now]
    #[arg(long, value_name = "ATOMS", allow_negative_numbers = true)]
    after: Option<u64>,
}

/// What a series can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Borrowed over supplied, 0 to 1
    #[value(alias = "utilization")]
    #[serde(alias = "utilization")]
    Utilisation,
    /// Annual rate as a fraction, by itself
    Rate,
    /// A lending reserve's rate through its own curve
    Lending,
    /// A pool: fees less loss-versus-rebalancing
    #[value(alias = "pool")]
    #[serde(alias = "pool")]
    Lp,
    /// A stake pool's exchange rate
    #[value(alias = "stake")]
    #[serde(alias = "stake")]
    Staking,
}

/// One model of the ladder, or the best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelChoice {
    /// The least walk-forward loss, if that is below the last value's
    #[default]
    Auto,
    /// The last value
    Last,
    /// Exponential smoothing
    Ewma,
    /// Heterogeneous autoregression
    Har,
    /// Gradient-boosted trees
    Boost,
}

impl ModelChoice {
    fn model(self) -> Option<Model> {
        match self {
            Self::Auto => None,
            Self::Last => Some(Model::Last),
            Self::Ewma => Some(Model::Ewma),
            Self::Har => Some(Model::Har),
            Self::Boost => Some(Model::Boost),
        }
    }
}

/// See [`Target`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetChoice {
    /// The value at the horizon
    #[default]
    At,
    /// The mean of the values up to the horizon
    Mean,
}

impl From<TargetChoice> for Target {
    fn from(choice: TargetChoice) -> Self {
        match choice {
            TargetChoice::At => Self::At,
            TargetChoice::Mean => Self::Mean,
        }
    }
}

/// A length of time, seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(i64);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let secs = match text.get(digits.len()..).unwrap_or("") {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            "w" => 604_800,
            unit => return Err(format!("{unit:?} is not a unit of time: write s, m, h, d or w")),
        };
        let count: i64 =
            digits.trim().parse().map_err(|_| format!("{text:?} is not a time such as 7d, 24h or 3600"))?;
        match count.checked_mul(secs).filter(|secs| *secs > 0) {
            Some(secs) => Ok(Self(secs)),
            None => Err(format!("{text:?} is not a positive time")),
        }
    }
}

/// Corners of a curve, bps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corners(Vec<(u32, u32)>);

impl FromStr for Corners {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let corner = |pair: &str| {
            let (utilisation, rate) = pair.split_once(':')?;
            Some((utilisation.trim().parse().ok()?, rate.trim().parse().ok()?))
        };
        let corners = text.split(',').map(|pair| {
            corner(pair).ok_or_else(|| format!("{pair:?} is not utilisation:rate in bps, such as 7000:350"))
        });
        corners.collect::<Result<_, _>>().map(Self)
    }
}

/// Reads, computes, answers.
pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    let name = args.source.name();
    let text = args.source.text(standard)?;
    let request = if text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) {
        document::request(args, &name, &text)?
    } else {
        observations::request(args, &name, &text)?
    };
    answer::answer(&request)
}
