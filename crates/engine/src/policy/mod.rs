//! Policies: from what a vault holds and what its venues would pay to target weights.
//!
//! A policy proposes, the program decides. Every proposal here has already passed
//! [`ballast_math::portfolio::check_targets`], the very function that the program enforces.

mod engine;
mod equal_weight;
mod hold;
mod income;
mod plain;
mod room;
mod single;
mod view;
mod watch;
mod waterfill;

pub use engine::{Engine, EngineConfig};
pub use equal_weight::EqualWeight;
pub use hold::Hold;
pub use income::{Income, lvr_apr};
pub use plain::{Plain, PlainConfig};
pub use single::Single;
pub use view::{Action, HoldReason, IncomeForecast, PortfolioView, SlotOutlook, Targets};
pub use watch::{IncomeSample, IncomeWatch, LowerQuantile, WatchParams};

/// Turns a portfolio into target weights.
pub trait Policy {
    /// Its name in reports.
    fn name(&self) -> &'static str;
    /// What the vault should hold. Same views in the same order, same targets.
    fn decide(&mut self, view: &PortfolioView) -> Targets;
}

impl<P: Policy + ?Sized> Policy for Box<P> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn decide(&mut self, view: &PortfolioView) -> Targets {
        (**self).decide(view)
    }
}
