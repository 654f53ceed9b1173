//! Every PDA seed of the program, in one place. No two accounts share a prefix.

/// `[config]`
pub const CONFIG: &[u8] = b"config";
/// `[vault, asset mint, class]`
pub const VAULT: &[u8] = b"vault";
/// `[strategy, venue account, asset mint]`: one pool can serve vaults of either of its assets.
pub const STRATEGY: &[u8] = b"strategy";
/// `[profile, owner]`
pub const PROFILE: &[u8] = b"profile";
/// `[position, vault, owner]`
pub const POSITION: &[u8] = b"position";
/// `[model, model hash]`
pub const MODEL: &[u8] = b"model";
/// `[decision, vault, sequence number as u64 LE]`
pub const DECISION: &[u8] = b"decision";
/// `[history, vault]`
pub const HISTORY: &[u8] = b"history";
/// `[price, mint]`
pub const PRICE: &[u8] = b"price";
/// `[funder, vault]`: system-owned and without data, because a stake pool takes native SOL by system transfer.
pub const FUNDER: &[u8] = b"funder";
/// `[unwrap, vault]`: token account that lives for one instruction, to turn wrapped SOL into lamports.
pub const UNWRAP: &[u8] = b"unwrap";
