//! The keeper: reads a vault, lets a policy propose, asks the chain, and moves funds toward the targets.
//!
//! | Part | Where |
//! |---|---|
//! | The three traits | [`pipeline`] |
//! | Reading a vault and its venues | [`setup`], [`fresh`], [`venue`], [`pool_history`], [`collect`] |
//! | Deciding, and writing down on what | [`model`], [`input`], [`decide`] |
//! | Amounts that never overshoot | [`moves`] |
//! | Paying a leaver | [`exit_plan`] |
//! | Getting there | [`execute`], [`run`] |
//! | Is it doing its job? | [`health`], [`journal`] |
//! | Room in a transaction | [`transaction_room`] |
//!
//! Everything but the last row works on any [`ballast_client::ChainClient`].

pub mod collect;
pub mod decide;
pub mod error;
pub mod execute;
pub mod exit_plan;
pub mod fresh;
pub mod health;
pub mod input;
pub mod journal;
pub mod model;
pub mod moves;
pub mod pipeline;
pub mod pool_history;

pub mod run;
pub mod setup;
pub mod transaction_room;
pub mod venue;

pub use collect::VaultCollector;
pub use decide::PolicyStrategy;
pub use error::KeeperError;
pub use execute::ChainExecutor;
pub use fresh::{FreshVault, Unpriced};
pub use health::{Alert, HealthPolicy, HealthState, Observation, Progress};
pub use journal::Journal;
pub use model::ModelFile;
pub use pipeline::{Collector, DecisionOutcome, Execution, Executor, Proposal, Situation, Strategy};
pub use run::{Keeper, Run};
pub use setup::{SetupError, VaultSetup};
pub use venue::{Outlook, OutlookSource, VenueOutlook};
