//! One in-process world: Ballast's real bytecode in LiteSVM beside the venues, mints and oracles, and a
//! clock that moves. Tests, the replay, the benchmarks and the keeper's rehearsal run on it.
//!
//! - [`World`] sends transactions and moves time.
//! - [`chain`], [`token`], [`oracle`], [`kamino`], [`raydium`] and [`stake_pool`] write accounts into
//!   anything that is a [`chain::Chain`]: this world, or a local validator.
//! - [`Deployment`] sets the usual fixture on a world: authorities, vaults, strategies, people.

pub mod chain;
mod client;
mod deployment;
pub mod elf;
pub mod kamino;
pub mod oracle;
pub mod raydium;
pub mod stake_pool;
pub mod token;
mod world;

pub use chain::{Chain, ChainError};
pub use deployment::{
    Authorities, Deployment, DeploymentError, Fixture, FixtureSpec, MODEL_HASH, Person, VaultSpec,
    price_account, usual_guard, usual_limits, usual_strategy,
};
pub use elf::Programs;
pub use world::{Done, Failed, MAX_COMPUTE_UNITS, MAX_TRANSACTION_BYTES, World};
