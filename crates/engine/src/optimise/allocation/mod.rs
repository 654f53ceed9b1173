//! The vault's own problem: basis points per slot that earn most in a year, inside every limit that the chain checks.
//!
//! A slot's income is any sampled function of its weight, as our deposit dilutes the rate we earn. Where income
//! bends the wrong way, or a move below the least one is ruled out, the concave envelope is too kind: branch
//! and bound splits the slot's range there until the envelope is exact. Each node is a linear programme, with the
//! scenario CVaR added as cutting planes. The answer is rounded down to whole basis points and checked in integers.

mod branch;
mod curve;
mod limits;
mod polish;
mod problem;
mod relax;

pub use branch::solve;
pub use curve::IncomeCurve;
pub use limits::AllocationBreach;
pub use problem::{Allocation, AllocationProblem, FactorCap, ScenarioLosses, SlotProblem};

#[cfg(test)]
mod tests;
