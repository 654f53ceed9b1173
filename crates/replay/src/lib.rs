//! Where the engine meets the sandbox: a market, step by step, on the real bytecode.
//!
//! | Module | Job |
//! |---|---|
//! | [`settings`] | what to replay, and [`settings::ReplaySettings::market`]: history files or a generator |
//! | [`class`] | the limits of each risk class |
//! | [`setup`] | the world: one vault and its venues, at addresses that depend on nothing but the settings |
//! | [`venues`] | moves oracles and venues as the market did |
//! | [`outlook`] | what a policy sees of the vault |
//! | [`holders`], [`exit`] | people who come and leave |
//! | [`keeper`] | decisions and moves |
//! | [`conservation`] | nobody can redeem what is not there, checked every step |
//! | [`run`] | the loop: [`Replay`] |
//! | [`contest`] | several policies on one market |
//! | [`backtest`] | the engine against baselines, and what of it could be luck |
//!
//! Floating point decides what the market does and what is reported, never what anybody owns: that is the
//! bytecode's business. Same settings and files, same report, `timing` apart.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod backtest;
pub mod class;
pub mod conservation;
pub mod contest;
mod error;
pub mod exit;
mod flows;
pub mod holders;
pub mod keeper;
mod keys;
pub mod outlook;
mod refusal;
pub mod run;
pub mod settings;
pub mod setup;
pub mod venues;

pub use backtest::Backtest;
pub use class::RiskClass;
pub use contest::{Contest, ContestProgress};
pub use error::ReplayError;
pub use run::{Progress, Replay};
pub use settings::{Asset, PolicyKind, ReplaySettings};
