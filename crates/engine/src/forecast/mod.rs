//! What venues will pay: point forecasts, intervals, and the test that a model must pass to be used.
//!
//! | Part | Job |
//! |---|---|
//! | [`garch`], [`ewma_variance`] | volatility of returns |
//! | [`har`] | heterogeneous autoregression, fitted to a whole series |
//! | [`Forecaster`] | the ladder: last value, exponential smoothing, autoregression, boosted trees |
//! | [`Calibrator`] | quantiles from past errors, levels adapted to misses |
//! | [`Tracker`] | walks forward: settles, learns, forecasts, picks the model that has earned it |
//! | [`walk_forward()`] | a tracker over a whole series, as a report |
//! | [`venue`] | rates of lending reserves, pools and stake pools from all of that |
//!
//! A model is used only where its walk-forward pinball loss is below the last value's.

mod boost;
mod conformal;
mod error;
mod ewma;
mod forecaster;
pub mod garch;
pub mod har;
mod history;
mod least_squares;
mod quantiles;
mod scale;
mod score;
mod tracker;
#[cfg(test)]
mod tracker_tests;
pub mod venue;
mod walk_forward;

pub use boost::Boost;
pub use conformal::{AdaptiveLevel, Calibrator, LEAST_ERRORS};
pub use error::ForecastError;
pub use ewma::{RISKMETRICS_DAILY, Smoothing, ewma_variance};
pub use forecaster::{Forecaster, LastValue, Model, Rung};
pub use har::Har;
pub use history::{History, Horizon, Target};
pub use least_squares::{LeastSquares, least_squares};
pub use quantiles::{LEVELS, Quantiles, pinball};
pub use scale::Scale;
pub use score::{LEAST_HORIZONS, LEAST_SCORED, ModelScore};
pub use tracker::{Forecast, Tracker, TrackerConfig};
pub use walk_forward::{WalkForward, report, walk_forward};
