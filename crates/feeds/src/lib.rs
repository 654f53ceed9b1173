//! History over the network: Pyth Hermes and Benchmarks, DefiLlama, and the chain's own through RPC.
#![cfg_attr(test, allow(clippy::unwrap_used))]
