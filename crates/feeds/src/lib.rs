//! History over the network: Pyth Hermes and Benchmarks, DefiLlama, and the chain's own through RPC.
//!
//! | Module | Job |
//! |---|---|
//! | [`http`] | one blocking client: retry, `Retry-After`, rate limit, time and size limits |
//! | [`findings`] | what was wrong with an answer that could still be used |
//! | [`observations`] | order, duplicates, gaps and plausible times of a series |
//! | [`decimal`] | prices as the exact decimals that Pyth publishes |
//! | [`pyth`] | Hermes (prices at a moment) and Benchmarks (candles) |
//! | [`llama`] | DefiLlama: pools, a pool's history, coin prices |
//! | [`chain`] | Ballast's own events out of any Solana RPC node |
//! | [`shape`] | CSV in the shapes that `ballast_engine::data` reads, written whole or not at all |
//!
//! Nothing is filled in. What is missing, doubled or doubtful is a [`Finding`] in the answer; what
//! contradicts itself is a [`FeedError`].
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod chain;
pub mod decimal;
mod error;
pub mod findings;
pub mod http;
pub mod llama;
pub mod observations;
pub mod pyth;
pub mod shape;

pub use error::FeedError;
pub use findings::{Finding, FindingKind, Findings};
pub use http::{Base, Http, HttpConfig};

/// An answer and what was wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetched<T> {
    /// What could be used.
    pub value: T,
    /// What was missing, doubled or doubtful.
    pub findings: Findings,
}
