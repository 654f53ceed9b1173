//! The keeper: proposes, within limits, and moves nothing.

pub mod rebalance;

pub use rebalance::*;
