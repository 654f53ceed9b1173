//! Ballast's integer maths.
//!
//! Pure functions over integers: no I/O, no framework, no floating point, no panics. The program and
//! the engine compile this one crate, so a back-test computes what the chain computes, bit for
//! bit. Anything that cannot be represented is `None`, and the caller names the failure.
//!
//! Rounding is in the name (`_floor`, `_ceil`, `_down`, `_up`) wherever a choice exists.
#![no_std]
#![deny(clippy::arithmetic_side_effects, clippy::integer_division)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::integer_division, clippy::unwrap_used))]

pub mod cpmm;
pub mod fees;
pub mod lending;
pub mod limits;
pub mod linear_release;
pub mod mul_div;
pub mod portfolio;
pub mod price;
pub mod scenario;
pub mod shares;
pub mod stake_pool;
pub mod window;

/// Basis points in one.
pub const BPS: u64 = 10_000;

/// Seconds in a 365-day year, the base of every annual rate here.
pub const YEAR_SECS: u64 = 31_536_000;

/// Allocation slots in a vault.
pub const MAX_ALLOCATIONS: usize = 8;
