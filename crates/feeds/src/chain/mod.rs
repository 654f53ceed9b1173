//! Ballast's own events out of any Solana RPC node: no Solana crates, plain JSON-RPC.
//!
//! A program that emits events "by CPI" calls itself with data that begins with Anchor's tag. Such calls are
//! inner instructions of the transaction, complete whatever the log limits; and since only the program can sign
//! for its event authority, a call that succeeded is the program's own.

mod base58;
mod events;
mod interface;
mod rpc;
mod series;

pub use base58::{decode as base58_decode, encode as base58_encode};
pub use events::{ChainEvent, ChainHistory, HistoryQuery, fetch_history};
pub use interface::{DecodedEvent, Interface, InterfaceError};
pub use rpc::Rpc;
pub use series::{Basis, SharePrice, Side, share_prices};

/// First eight bytes of an instruction that is an event (Anchor's `EVENT_IX_TAG_LE`).
pub const EVENT_TAG: [u8; 8] = [0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d];
