//! What proposes: history and generated paths in, forecasts, scenarios, decisions and reports out. Knows no chain.
//!
//! | Module | Job |
//! |---|---|
//! | [`data`] | reads the history files, refuses what it cannot trust, lists every gap |
//! | [`market`] | one [`market::MarketStep`] per step of time, from history or from a generator |
//! | [`generate`] | seeded paths: mean-reverting utilisation, jump-diffusion prices, pool volume |
//! | [`curve`] | a lending reserve's borrow curve, its inverse, and the rate after our own deposit |
//! | [`policy`] | target weights from a portfolio, inside the limits that the program checks |
//! | [`forecast`] | what venues will pay, with intervals, walked forward |
//! | [`bootstrap`] | stationary block bootstrap, automatic block length |
//! | [`scenario`] | what could happen, as the integers that the chain holds |
//! | [`optimise`] | weights under constraints: CVaR, variance, return, risk parity |
//! | [`evaluate`] | one policy against others, luck allowed for; the log of trials |
//! | [`stats`] | return, risk and drawdown of a series; deflated Sharpe, overfitting |
//! | [`detect`] | level rules and CUSUM, and the breaker each would arm |
//! | [`personalise`] | questionnaire, profile, recommended mix |
//! | [`report`] | what a replay found: JSON, CSV, table, chart |
//! | [`time`], [`hex`] | dates and bytes as people write them |
//!
//! Floating point is used here for rates and statistics only. What the chain enforces comes from
//! `ballast-math`, in integers. Everything is deterministic: same inputs and seed, same output.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod bootstrap;
pub mod curve;
pub mod data;
pub mod detect;
pub mod evaluate;
pub mod forecast;
pub mod generate;
pub mod hex;
pub mod market;
pub mod optimise;
pub mod personalise;
pub mod policy;
pub mod report;
pub mod scenario;
pub mod stats;
pub mod time;

/// The chain's integer maths, for crates that know the engine only.
pub use ballast_math as math;

/// Seconds in a 365-day year, the base of every annual rate here and on the venues.
pub const YEAR_SECS: f64 = ballast_math::YEAR_SECS as f64;
