//! Each adapter against its venue: what the chain says a holding is worth is what the venue pays for it, and
//! what the venue refuses is refused.
//!
//! Everything runs on the stand-ins, and on the real programs too where `VENUE_ELF_DIR` names a folder with
//! `kamino_lend.so`, `raydium_cpmm.so` and `spl_stake_pool.so`. docs/venues.md says what old public binaries
//! lack; tests of that run on the stand-ins only, and say so.
#![allow(missing_docs, clippy::unwrap_used)]

mod binaries;
mod compute;
mod holding;
mod kamino_failures;
mod kamino_value;
mod malicious;
mod pretender;
mod raydium_failures;
mod raydium_value;
mod stake_pool_failures;
mod stake_pool_value;
mod withdrawable;
