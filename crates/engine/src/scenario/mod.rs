//! What could happen: resampled history, regimes and jumps, as integers that the chain can hold.
//!
//! A risk factor loses value through its market (block bootstrap or two-regime resampling of a history, or the
//! calibrated generator) and through jumps (Poisson arrivals, a severity law). A strategy loses what its factors lose.
//! Scenarios are drawn by the thousand; the set keeps those that are in the tail of some strategy or portfolio.
//!
//! [`analyse`] answers everything about a [`ScenarioSpec`]; [`scenario_set`] gives the set alone.

mod calibration;
mod check;
mod draw;
mod error;
mod history;
mod jumps;
pub mod markov;
mod report;
mod resample;
mod select;
mod set;
mod severity;
mod spec;

pub use calibration::{Calibrated, Jump, JumpKind, defaults_for, table as calibration_table};
pub use check::{Checked, Factor, Mix};
pub use draw::wanted_columns;
pub use error::ScenarioError;
pub use history::{History, Measure, Wanted};
pub use jumps::events as jump_events;
pub use report::{ScenarioReport, SetReport, SweepRow, TailReport, analyse, scenario_set};
pub use select::Holding;
pub use set::{ScenarioSet, factor_id};
pub use severity::Severity;
pub use spec::{
    Exposure, FactorEntry, FactorSpec, HistorySpec, Intensity, MarketSpec, Resampling, ScenarioSpec,
    StrategySpec, SweepSpec,
};

#[cfg(test)]
mod tests;
