//! Did it work? One policy against others over the same time, and how much of the difference to believe.
//!
//! | Part | Job |
//! |---|---|
//! | [`compare()`] | two equity curves, after costs: the difference, and the chance that it is luck |
//! | [`TrialLog`] | everything that was tried, without which no such chance can be given |

mod compare;
mod trials;

pub use compare::{Comparison, Verdict, compare, daily_returns, excess_of};
pub use trials::{Trial, TrialLog, TrialLogError};
