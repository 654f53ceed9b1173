//! Resampling: the stationary block bootstrap and its block length.
//!
//! | Module | Job |
//! |---|---|
//! | [`stationary`] | index paths: blocks of geometric length, wrapped around the end of the data |
//! | [`block_length`] | the block length that the data ask for |
//! | [`statistic`] | a statistic over every path: its distribution, standard error and interval |
//!
//! Path i depends on (seed, i) alone: paths can be made in any order, on any number of threads, one at a time.

pub mod block_length;
mod geometric;
pub mod stationary;
pub mod statistic;

pub use block_length::{BlockLength, optimal_block_length};
pub use stationary::{IndexPaths, StationaryBootstrap};
pub use statistic::{Distribution, Statistic, distribution};

/// Why nothing can be resampled.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
pub enum BootstrapError {
    /// Too few rows.
    #[error("{found} row(s): {purpose} needs at least {needed}")]
    TooShort {
        /// Rows there are.
        found: usize,
        /// Rows needed.
        needed: usize,
        /// By what.
        purpose: &'static str,
    },
    /// More rows than an index can name.
    #[error("{0} rows: more than {max} cannot be resampled", max = u32::MAX)]
    TooLong(usize),
    /// Mean block length below one row or without bound.
    #[error("a block length of {0}: it is a mean number of rows, at least 1")]
    BlockLength(f64),
    /// A value is missing or infinite.
    #[error("row {row} is {value}; every row needs a finite number")]
    NotFinite {
        /// Row, from 1.
        row: usize,
        /// What stands there.
        value: f64,
    },
    /// The data do not vary, so no block length follows from them.
    #[error("the values do not vary: no block length follows from them, give one")]
    Constant,
    /// The statistic takes returns, and this is not one.
    #[error(
        "row {row}: {value} is not a return: it loses more than everything; returns are fractions, -0.05 is a loss of 5%"
    )]
    BelowTotalLoss {
        /// Row, from 1.
        row: usize,
        /// What stands there.
        value: f64,
    },
    /// The statistic takes returns, and these read like percent.
    #[error("{large} of {rows} rows are beyond 1 (100%): these read like percent; returns are fractions")]
    Percent {
        /// Rows beyond one in size.
        large: usize,
        /// Rows.
        rows: usize,
    },
    /// A size that is zero.
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    /// A level that is not a probability.
    #[error("quantile {0} is not between 0 and 1")]
    Quantile(f64),
    /// A confidence that is not one.
    #[error("a confidence of {0} is not between 0 and 1")]
    Confidence(f64),
}
