//! Did it work? One policy against others over the same time, and how much of the difference to believe.
//!
//! | Module | Job |
//! |---|---|
//! | [`compare`] | two equity curves, after costs: the difference, and the chance that it is luck |
//! | [`trials`] | the log of everything that was tried, without which no such chance can be given |

pub mod compare;
pub mod trials;

pub use compare::{Comparison, Verdict, compare, daily_returns, excess_of};
pub use trials::{Trial, TrialLog, TrialLogError};
