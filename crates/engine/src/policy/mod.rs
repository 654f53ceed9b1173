//! Policies: from what a vault holds and what its venues would pay to target weights.
//!
//! A policy proposes, the program decides. Every proposal here has already passed
//! [`ballast_math::portfolio::check_targets`], the very function that the program enforces.

mod equal_weight;
mod hold;
mod income;
mod plain;
mod room;
mod view;
mod waterfill;

pub use equal_weight::EqualWeight;
pub use hold::Hold;
pub use income::{Income, lvr_apr};
pub use plain::{Plain, PlainConfig};
pub use view::{Action, HoldReason, PortfolioView, SlotOutlook, Targets};

/// Turns a portfolio into target weights.
pub trait Policy {
    /// Its name in reports.
    fn name(&self) -> &'static str;
    /// What the vault should hold. Same views in the same order, same targets.
    fn decide(&mut self, view: &PortfolioView) -> Targets;
}
