use serde::{Deserialize, Serialize};

use super::Breaker;
use crate::detect::cusum::Direction;

/// What a rule measures, and in which columns. Fractions are fractions: 0.02 is 2%.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Measure {
    /// Lent out over supplied: a column with the fraction, or two with amounts.
    #[serde(alias = "utilization")]
    Utilisation {
        /// The fraction, or what is lent out when `of` is given.
        column: String,
        /// What was supplied.
        of: Option<String>,
    },
    /// What can be withdrawn now: an amount, or its share of a total when `of` is given. Low is bad.
    WithdrawableLiquidity {
        /// The amount.
        column: String,
        /// The total.
        of: Option<String>,
    },
    /// Net outflow over a window, as a share of the total at its beginning.
    NetOutflow {
        /// Flow of each period: in positive, out negative.
        column: String,
        /// The total.
        of: String,
        /// Length of the window, seconds.
        window_secs: i64,
    },
    /// Distance of a price from its peg, as a share of the peg.
    PegDeviation {
        /// The price.
        column: String,
        /// The peg.
        #[serde(default = "one")]
        peg: f64,
        /// Which side counts.
        #[serde(default)]
        side: PegSide,
    },
    /// Distance of a venue's own price from the oracle's, as a share of the oracle's.
    #[serde(alias = "oracle_divergent")]
    OracleGap {
        /// The venue's price.
        spot: String,
        /// The oracle's price.
        oracle: String,
    },
    /// Age of the oracle's price, seconds.
    OracleStale {
        /// When it was published, unix seconds.
        published: String,
    },
    /// The oracle's confidence half-width as a share of its price.
    OracleWide {
        /// The half-width.
        confidence: String,
        /// The price.
        price: String,
    },
    /// Fall of an exchange rate (or any price) from its highest within a window, or ever.
    ExchangeRateFall {
        /// The rate.
        column: String,
        /// Length of the window, seconds; none looks back to the beginning.
        window_secs: Option<i64>,
    },
    /// Growth of a supply from its lowest within a window.
    SupplyJump {
        /// The supply.
        column: String,
        /// Length of the window, seconds.
        window_secs: i64,
    },
    /// A program's deploy slot (or any number that must not change): 1 once it differs from the first seen.
    ProgramdataChange {
        /// The slot.
        column: String,
    },
    /// A one-sided CUSUM; the rule's threshold is its decision interval h in sigmas. Names its breaker itself.
    Cusum {
        /// The series.
        column: String,
        /// Mean when nothing is wrong.
        mean: f64,
        /// Standard deviation when nothing is wrong.
        sigma: f64,
        /// Reference value, sigmas.
        k: f64,
        /// Side.
        direction: Direction,
    },
}

/// Which side of a peg counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PegSide {
    /// Either.
    #[default]
    Both,
    /// Below the peg.
    Below,
    /// Above the peg.
    Above,
}

/// Which end of a statistic is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// High.
    AtLeast,
    /// Low.
    AtMost,
}

impl Measure {
    /// The columns it reads, in the order that its gauge expects them.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Utilisation { column, of } | Self::WithdrawableLiquidity { column, of } => {
                std::iter::once(column).chain(of).map(String::as_str).collect()
            }
            Self::NetOutflow { column, of, .. } => vec![column, of],
            Self::OracleGap { spot, oracle } => vec![spot, oracle],
            Self::OracleWide { confidence, price } => vec![confidence, price],
            Self::OracleStale { published } => vec![published],
            Self::PegDeviation { column, .. }
            | Self::ExchangeRateFall { column, .. }
            | Self::SupplyJump { column, .. }
            | Self::ProgramdataChange { column }
            | Self::Cusum { column, .. } => vec![column],
        }
    }

    /// The breaker it arms unless the rule names another; a CUSUM can watch anything and has none.
    pub fn breaker(&self) -> Option<Breaker> {
        match self {
            Self::Utilisation { .. } => Some(Breaker::Utilisation),
            // A run on the venue ends in nothing to withdraw: that is what the chain can read.
            Self::WithdrawableLiquidity { .. } | Self::NetOutflow { .. } => {
                Some(Breaker::WithdrawableLiquidity)
            }
            Self::PegDeviation { .. } => Some(Breaker::PegDeviation),
            Self::OracleGap { .. } => Some(Breaker::OracleDivergent),
            Self::OracleStale { .. } => Some(Breaker::OracleStale),
            Self::OracleWide { .. } => Some(Breaker::OracleWide),
            Self::ExchangeRateFall { .. } => Some(Breaker::ExchangeRateFall),
            Self::SupplyJump { .. } => Some(Breaker::SupplyJump),
            Self::ProgramdataChange { .. } => Some(Breaker::ProgramdataChange),
            Self::Cusum { .. } => None,
        }
    }

    /// Which end is bad.
    pub fn sense(&self) -> Sense {
        match self {
            Self::WithdrawableLiquidity { .. } => Sense::AtMost,
            _ => Sense::AtLeast,
        }
    }
}

fn one() -> f64 {
    1.0
}
