//! Where cp-swap keeps things: sizes, discriminators, byte offsets (all counted from the first byte of
//! the account, discriminator included). Integers are little-endian; nothing is padded to alignment.

/// Bytes of a pool account.
pub const POOL_LEN: usize = 637;
/// Bytes of a fee configuration account.
pub const CONFIG_LEN: usize = 236;
/// Bytes of an observation account.
pub const OBSERVATION_LEN: usize = 4_075;
/// First bytes of a pool account.
pub const POOL_DISCRIMINATOR: [u8; 8] = [247, 237, 227, 245, 215, 195, 222, 70];
/// First bytes of a fee configuration account: sha256("account:AmmConfig").
pub const CONFIG_DISCRIMINATOR: [u8; 8] = [218, 244, 33, 104, 203, 203, 43, 111];
/// First bytes of an observation account: sha256("account:ObservationState").
pub const OBSERVATION_DISCRIMINATOR: [u8; 8] = [122, 174, 197, 53, 129, 9, 165, 132];

/// Seeds of cp-swap's derived addresses. The pool stores the keys in use.
pub mod seeds {
    /// The authority of all pools.
    pub const AUTHORITY: &[u8] = b"vault_and_lp_mint_auth_seed";
    /// A fee configuration: this, then its index (u16, big-endian).
    pub const CONFIG: &[u8] = b"amm_config";
    /// A pool: this, then configuration, mint 0, mint 1.
    pub const POOL: &[u8] = b"pool";
    /// The LP mint: this, then the pool.
    pub const LP_MINT: &[u8] = b"pool_lp_mint";
    /// A vault: this, then the pool and the mint.
    pub const VAULT: &[u8] = b"pool_vault";
    /// The observations: this, then the pool.
    pub const OBSERVATION: &[u8] = b"observation";
}

/// First eight bytes of each instruction's data.
pub mod discriminator {
    /// `deposit`, then LP amount and the two highest token amounts (u64 each).
    pub const DEPOSIT: [u8; 8] = [242, 35, 198, 137, 82, 225, 242, 182];
    /// `withdraw`, then LP amount and the two lowest token amounts (u64 each).
    pub const WITHDRAW: [u8; 8] = [183, 18, 70, 156, 148, 109, 161, 34];
    /// `swap_base_input`, then amount in and lowest amount out (u64 each).
    pub const SWAP_BASE_INPUT: [u8; 8] = [0x8f, 0xbe, 0x5a, 0xda, 0xc4, 0x1e, 0x33, 0xde];
    /// `swap_base_output`, then highest amount in and amount out (u64 each).
    pub const SWAP_BASE_OUTPUT: [u8; 8] = [0x37, 0xd9, 0x62, 0x56, 0xa3, 0x4a, 0xb4, 0xad];
}

/// Offsets in a pool.
pub mod pool {
    /// Fee configuration.
    pub const CONFIG: usize = 8;
    /// Who made the pool.
    pub const CREATOR: usize = 40;
    /// Vault of token 0.
    pub const VAULT_0: usize = 72;
    /// Vault of token 1.
    pub const VAULT_1: usize = 104;
    /// LP mint.
    pub const LP_MINT: usize = 136;
    /// Mint of token 0.
    pub const MINT_0: usize = 168;
    /// Mint of token 1.
    pub const MINT_1: usize = 200;
    /// Token program of token 0.
    pub const TOKEN_PROGRAM_0: usize = 232;
    /// Token program of token 1.
    pub const TOKEN_PROGRAM_1: usize = 264;
    /// Observation account.
    pub const OBSERVATION: usize = 296;
    /// u8.
    pub const AUTHORITY_BUMP: usize = 328;
    /// u8, see [`super::status`].
    pub const STATUS: usize = 329;
    /// u8.
    pub const LP_DECIMALS: usize = 330;
    /// u8.
    pub const DECIMALS_0: usize = 331;
    /// u8.
    pub const DECIMALS_1: usize = 332;
    /// u64, LP atoms that count for shares; above the mint's supply by what was locked or burnt.
    pub const LP_SUPPLY: usize = 333;
    /// u64 each, atoms in the vaults that belong to the protocol.
    pub const PROTOCOL_FEES: [usize; 2] = [341, 349];
    /// u64 each, atoms in the vaults that belong to the fund.
    pub const FUND_FEES: [usize; 2] = [357, 365];
    /// u64, unix seconds before which nobody swaps.
    pub const OPEN_TS: usize = 373;
    /// u64, epoch of the last change.
    pub const RECENT_EPOCH: usize = 381;
    /// u8: which token pays creator fees (0 the input, 1 token 0, 2 token 1).
    pub const CREATOR_FEE_ON: usize = 389;
    /// u8 flag.
    pub const CREATOR_FEE_ENABLED: usize = 390;
    /// u64 each, atoms in the vaults that belong to the creator.
    pub const CREATOR_FEES: [usize; 2] = [397, 405];
}

/// Bits of a pool's status: a set bit switches the operation off.
pub mod status {
    /// No deposits.
    pub const DEPOSIT_OFF: u8 = 1;
    /// No withdrawals.
    pub const WITHDRAW_OFF: u8 = 2;
    /// No swaps.
    pub const SWAP_OFF: u8 = 4;
}

/// Offsets in a fee configuration. Rates are in millionths.
pub mod config {
    /// u8.
    pub const BUMP: usize = 8;
    /// u16.
    pub const INDEX: usize = 10;
    /// u64: of the amount swapped in.
    pub const TRADE_FEE_RATE: usize = 12;
    /// u64: of the trade fee.
    pub const PROTOCOL_FEE_RATE: usize = 20;
    /// u64: of the trade fee.
    pub const FUND_FEE_RATE: usize = 28;
    /// Who collects protocol fees.
    pub const PROTOCOL_OWNER: usize = 44;
    /// Who collects fund fees.
    pub const FUND_OWNER: usize = 76;
    /// u64: of the amount swapped, on top of the trade fee.
    pub const CREATOR_FEE_RATE: usize = 108;
}

/// Offsets in an observation account: a ring of cumulative prices.
pub mod observation {
    /// u8 flag.
    pub const INITIALIZED: usize = 8;
    /// u16: the entry written last.
    pub const INDEX: usize = 9;
    /// The pool.
    pub const POOL: usize = 11;
    /// 100 entries of (u64 unix seconds, u128 cumulative price 0, u128 cumulative price 1).
    pub const ENTRIES: usize = 43;
    /// Bytes of one entry.
    pub const ENTRY_LEN: usize = 40;
    /// Entries in the ring.
    pub const ENTRY_COUNT: u16 = 100;
    /// u64, unix seconds; 0 in accounts older than the field.
    pub const LAST_UPDATE_TS: usize = 4_043;
}
