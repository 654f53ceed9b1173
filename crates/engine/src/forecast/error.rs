use crate::time::format_utc;

/// Why a forecast, or the history under it, was refused.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
pub enum ForecastError {
    /// NaN or infinite.
    #[error("the value at {} is {value}, which is not a finite number", format_utc(*ts))]
    NotFinite {
        /// When, unix seconds.
        ts: i64,
        /// The value.
        value: f64,
    },
    /// Time does not advance.
    #[error("the observation at {} is not after the one at {}", format_utc(*ts), format_utc(*previous))]
    Order {
        /// Time of this observation, unix seconds.
        ts: i64,
        /// Time of the one before, unix seconds.
        previous: i64,
    },
    /// The value does not fit what is forecast.
    #[error("the value at {} is {value}: {problem}", format_utc(*ts))]
    Domain {
        /// When, unix seconds.
        ts: i64,
        /// The value.
        value: f64,
        /// What was expected.
        problem: &'static str,
    },
    /// The horizon or the step is not a positive time.
    #[error("{what} of {secs} s is not a positive time")]
    NotPositive {
        /// "a step" or "a horizon".
        what: &'static str,
        /// As given, seconds.
        secs: i64,
    },
    /// Not enough history.
    #[error("{what} needs at least {least} observations, not {found}")]
    TooShort {
        /// What was asked.
        what: &'static str,
        /// Fewest that will do.
        least: usize,
        /// How many there are.
        found: usize,
    },
    /// A least-squares problem without a unique answer.
    #[error("{0}: the regressors are collinear, so that the coefficients are not determined")]
    Collinear(&'static str),
    /// A lag that makes no sense.
    #[error("lags must be whole numbers of rows from 1 upwards, each longer than the one before: {0:?}")]
    Lags(Vec<usize>),
    /// The decay is not between 0 and 1.
    #[error("a decay of {0} is not between 0 and 1")]
    Decay(f64),
    /// The volatility model could not be fitted.
    #[error(transparent)]
    Garch(#[from] super::garch::GarchError),
    /// The boosting library refused its data.
    #[error("gradient boosting: {0}")]
    Boost(String),
}
