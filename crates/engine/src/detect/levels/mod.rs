//! Level rules: what is measured, when it is too much, which breaker that arms.
//!
//! A rule is raised when its statistic has been at or beyond its threshold `confirm` observations running, and cleared
//! when it has been back inside `release` as often. A value that was not observed counts neither way.

mod breaker;
mod gauge;
mod measure;
mod rule;
mod watch;

pub use breaker::Breaker;
pub use measure::{Measure, PegSide, Sense};
pub use rule::{Rule, RuleSet};
pub use watch::{Event, Evidence, Flag, RunLength, RunLengthBasis, Watch, run_lengths};
