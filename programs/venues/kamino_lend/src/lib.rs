//! Stand-in for Kamino Lend (klend), for tests and the local chain only.
//!
//! It is deployed at klend's own program id and does what the plain cToken path of klend 1.16 does:
//! the same discriminators, account order, account bytes, rounding, interest, limits and error codes.
//! It is written from facts about the protocol (docs/venues.md lists what it leaves out and how
//! sameness was checked); it shares no code with klend, nor with Ballast's own maths.
//!
//! - [`layout`]: sizes, discriminators and byte offsets.
//! - [`reserve`]: a reserve's state and its pure maths: interest, exchange rate, deposit, redeem.
//! - [`instructions`]: one file per instruction.
//! - `fixture` (host only): builds and edits reserve and market bytes, reads current rates.

pub mod caps;
pub mod curve;
pub mod error;
#[cfg(not(target_os = "solana"))]
pub mod fixture;
pub mod fraction;
pub mod instructions;
pub mod layout;
pub mod market;
pub mod processor;
pub mod reserve;
pub mod wide;

pub use processor::process_instruction;

solana_program::declare_id!("KLend2g3cP87fffoy8q1mQqGKjrxjC8boSyAYavgmjD");

// Host builds link this crate beside Ballast, whose entrypoint has the same symbol.
#[cfg(all(target_os = "solana", not(feature = "no-entrypoint")))]
solana_program::entrypoint!(process_instruction);
