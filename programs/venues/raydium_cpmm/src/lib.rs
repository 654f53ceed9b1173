//! Stand-in for Raydium CPMM (cp-swap), for tests and the local chain only.
//!
//! It is deployed at cp-swap's own program id and does what deposit, withdraw and the two swaps of
//! cp-swap do: the same discriminators, account order, account bytes, rounding, fees and error codes.
//! docs/venues.md lists what it leaves out and how sameness was checked. It shares no code with
//! cp-swap, nor with Ballast's own maths.
//!
//! - [`layout`]: sizes, discriminators and byte offsets.
//! - [`state`]: pool, fee configuration and observations, read from and written to bytes.
//! - [`curve`]: the pure maths of swaps and shares.
//! - [`instructions`]: one file per instruction.
//! - `fixture` (host only): builds and edits pools.

pub mod curve;
pub mod error;
#[cfg(not(target_os = "solana"))]
pub mod fixture;
pub mod instructions;
pub mod layout;
pub mod processor;
pub mod state;

pub use processor::process_instruction;

use solana_program::pubkey::Pubkey;

solana_program::declare_id!("CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C");

/// Owner of every vault and mint authority of every LP token: PDA of [`layout::seeds::AUTHORITY`].
pub const AUTHORITY: Pubkey = solana_program::pubkey!("GpMZbSM2GgvTKHJirzeGfMFoaZ8UR2X7F4v8vHTvxFbL");
/// Bump of [`AUTHORITY`].
pub const AUTHORITY_BUMP: u8 = 253;

// Host builds link this crate beside Ballast, whose entrypoint has the same symbol.
#[cfg(all(target_os = "solana", not(feature = "no-entrypoint")))]
solana_program::entrypoint!(process_instruction);
