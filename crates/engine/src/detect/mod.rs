//! Red flags: level rules and CUSUM, and the on-chain breaker that each would arm.
//!
//! | Module | Job |
//! |---|---|
//! | [`cusum`] | cumulative sums of a standardised series: alarms, direction, change point |
//! | [`run_length`] | how long a CUSUM runs before it alarms, and the threshold for a wanted length |
//! | [`levels`] | rules on utilisation, liquidity, flows, pegs, oracles, rates and supply, watched together |

pub mod cusum;
mod error;
pub mod levels;
pub mod run_length;

pub use cusum::{Alarm, Cusum, CusumSettings, Direction, Sides};
pub use error::DetectError;
pub use levels::{Breaker, Event, Flag, Measure, Rule, Watch};
