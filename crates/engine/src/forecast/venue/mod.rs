//! What each kind of venue will pay: simple annual rates as fractions, with intervals.

mod lending;
mod pool;
mod stake;

use serde::Serialize;

use super::Quantiles;

pub use lending::{LendingTracker, lending};
pub use pool::{PoolDay, PoolForecast, PoolTracker};
pub use stake::{StakeTracker, staking};

/// What a venue is expected to pay over a horizon.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RateForecast {
    /// Expected rate, simple annual fraction, net of what the venue costs.
    pub point_apr: f64,
    /// Quantiles of the rate; none before there is enough history for an interval.
    pub quantiles: Option<Quantiles>,
    /// How far ahead, seconds.
    pub horizon_secs: i64,
    /// What made it: `har`, `last + garch`, `epoch mean`.
    pub model: String,
    /// Share of past outcomes inside the model's 90% interval; none before there are any.
    pub coverage: Option<f64>,
}
