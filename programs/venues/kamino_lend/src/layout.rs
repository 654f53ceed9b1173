//! Where klend keeps things: sizes, discriminators, byte offsets (all counted from the first byte of
//! the account, discriminator included). Integers are little-endian; `_SF` fields are U68F60 (a u128
//! with 60 fractional bits), `_BSF` is the same scale in 256 bits.

/// Bytes of a reserve account.
pub const RESERVE_LEN: usize = 8_624;
/// Bytes of a lending market account.
pub const MARKET_LEN: usize = 4_664;
/// First bytes of a reserve account.
pub const RESERVE_DISCRIMINATOR: [u8; 8] = [0x2b, 0xf2, 0xcc, 0xca, 0x1a, 0xf7, 0x3b, 0x7f];
/// First bytes of a lending market account: sha256("account:LendingMarket").
pub const MARKET_DISCRIMINATOR: [u8; 8] = [0xf6, 0x72, 0x32, 0x62, 0x48, 0x9d, 0x1c, 0x78];
/// The layout version of both accounts.
pub const VERSION: u64 = 1;

/// Seeds of klend's derived addresses. A venue account stores the keys in use; the main market's
/// differ from the derived ones, so only fixtures derive them.
pub mod seeds {
    /// The market's authority: this, then the market's key.
    pub const MARKET_AUTHORITY: &[u8] = b"lma";
    /// The liquidity vault: this, then the reserve's key.
    pub const LIQUIDITY_VAULT: &[u8] = b"reserve_liq_supply";
    /// The fee vault: this, then the reserve's key.
    pub const FEE_VAULT: &[u8] = b"fee_receiver";
    /// The cToken mint: this, then the reserve's key.
    pub const COLLATERAL_MINT: &[u8] = b"reserve_coll_mint";
    /// The cToken vault of obligations: this, then the reserve's key.
    pub const COLLATERAL_VAULT: &[u8] = b"reserve_coll_supply";
}

/// First eight bytes of each instruction's data.
pub mod discriminator {
    /// `deposit_reserve_liquidity`, then the liquidity amount (u64).
    pub const DEPOSIT_RESERVE_LIQUIDITY: [u8; 8] = [0xa9, 0xc9, 0x1e, 0x7e, 0x06, 0xcd, 0x66, 0x44];
    /// `redeem_reserve_collateral`, then the cToken amount (u64).
    pub const REDEEM_RESERVE_COLLATERAL: [u8; 8] = [0xea, 0x75, 0xb5, 0x7d, 0xb9, 0x8e, 0xdc, 0x1d];
    /// `refresh_reserve`, no arguments.
    pub const REFRESH_RESERVE: [u8; 8] = [0x02, 0xda, 0x8a, 0xeb, 0x4f, 0xc9, 0x19, 0x66];
    /// `refresh_reserves_batch`, then whether to skip prices (bool).
    pub const REFRESH_RESERVES_BATCH: [u8; 8] = [0x90, 0x6e, 0x1a, 0x67, 0xa2, 0xcc, 0xfc, 0x93];
}

/// Offsets in a lending market.
pub mod market {
    /// u64.
    pub const VERSION: usize = 8;
    /// u64: bump of the market's authority.
    pub const BUMP: usize = 16;
    /// Owner of the market.
    pub const OWNER: usize = 24;
    /// u16: referrers' part of the protocol's take.
    pub const REFERRAL_FEE_BPS: usize = 120;
    /// u8 flag.
    pub const EMERGENCY_MODE: usize = 122;
    /// u8: share of the maximum price age after which a refresh reads the oracle again.
    pub const PRICE_REFRESH_TRIGGER_PCT: usize = 125;
}

/// Offsets in a reserve.
pub mod reserve {
    /// u64.
    pub const VERSION: usize = 8;
    /// u64: slot up to which interest is in.
    pub const LAST_SLOT: usize = 16;
    /// u8 flag: set by every operation, cleared by a refresh.
    pub const STALE: usize = 24;
    /// u8: bits of the checks that the stored price passed.
    pub const PRICE_STATUS: usize = 25;
    /// The reserve's market.
    pub const MARKET: usize = 32;
    /// Mint of the liquidity token.
    pub const LIQUIDITY_MINT: usize = 128;
    /// Token account that holds the liquidity.
    pub const LIQUIDITY_VAULT: usize = 160;
    /// Token account that receives protocol fees.
    pub const FEE_VAULT: usize = 192;
    /// u64, liquidity atoms in the vault that belong to the reserve.
    pub const AVAILABLE: usize = 224;
    /// u128, liquidity atoms.
    pub const BORROWED_SF: usize = 232;
    /// u128, USD per whole token.
    pub const PRICE_SF: usize = 248;
    /// u64, unix seconds.
    pub const PRICE_TS: usize = 264;
    /// u64: decimals of the liquidity mint.
    pub const DECIMALS: usize = 272;
    /// u64, unix seconds since when deposits exceed their limit, 0 if they do not.
    pub const DEPOSIT_LIMIT_CROSSED_TS: usize = 280;
    /// u64, unix seconds since when borrows exceed their limit, 0 if they do not.
    pub const BORROW_LIMIT_CROSSED_TS: usize = 288;
    /// 256-bit fraction, then 16 unused bytes.
    pub const CUMULATIVE_BORROW_RATE_BSF: usize = 296;
    /// u128, liquidity atoms.
    pub const PROTOCOL_FEES_SF: usize = 344;
    /// u128, liquidity atoms.
    pub const REFERRER_FEES_SF: usize = 360;
    /// u128, liquidity atoms.
    pub const PENDING_REFERRER_FEES_SF: usize = 376;
    /// u128: take rate times the referrers' part, as of the last accrual.
    pub const ABSOLUTE_REFERRAL_RATE_SF: usize = 392;
    /// Token program of the liquidity mint.
    pub const TOKEN_PROGRAM: usize = 408;
    /// Mint of the cTokens.
    pub const COLLATERAL_MINT: usize = 2_560;
    /// u64, cToken atoms.
    pub const COLLATERAL_SUPPLY: usize = 2_592;
    /// Token account that holds cTokens of obligations.
    pub const COLLATERAL_VAULT: usize = 2_600;
    /// u8: 0 active, 1 obsolete, 2 hidden. First byte of the configuration.
    pub const STATUS: usize = 4_856;
    /// u16, bps a year on top of the curve, for the protocol alone.
    pub const HOST_FIXED_RATE_BPS: usize = 4_858;
    /// u8 flag: no direct cToken deposits.
    pub const BLOCK_CTOKEN_USAGE: usize = 4_862;
    /// Six bytes that every refresh clears.
    pub const CONFIG_RESERVED: core::ops::Range<usize> = 4_863..4_869;
    /// u8, percent of the variable interest that the protocol keeps.
    pub const PROTOCOL_TAKE_PCT: usize = 4_870;
    /// u8, percent.
    pub const LOAN_TO_VALUE_PCT: usize = 4_872;
    /// u8, percent.
    pub const LIQUIDATION_THRESHOLD_PCT: usize = 4_873;
    /// Eleven points of (u32 utilisation bps, u32 borrow rate bps a year).
    pub const BORROW_CURVE: usize = 4_920;
    /// u64, percent.
    pub const BORROW_FACTOR_PCT: usize = 5_008;
    /// u64, liquidity atoms.
    pub const DEPOSIT_LIMIT: usize = 5_016;
    /// u64, liquidity atoms.
    pub const BORROW_LIMIT: usize = 5_024;
    /// 32 bytes of UTF-8.
    pub const TOKEN_NAME: usize = 5_032;
    /// u64, bps; 0 switches the TWAP check off.
    pub const MAX_TWAP_DIVERGENCE_BPS: usize = 5_088;
    /// u64, seconds.
    pub const MAX_PRICE_AGE_SECS: usize = 5_096;
    /// u64, seconds.
    pub const MAX_TWAP_AGE_SECS: usize = 5_104;
    /// Scope price feed.
    pub const SCOPE_FEED: usize = 5_112;
    /// Four u16: Scope price indices.
    pub const SCOPE_PRICE_CHAIN: usize = 5_144;
    /// Four u16: Scope TWAP indices.
    pub const SCOPE_TWAP_CHAIN: usize = 5_152;
    /// Switchboard price aggregator.
    pub const SWITCHBOARD_PRICE: usize = 5_160;
    /// Switchboard TWAP aggregator.
    pub const SWITCHBOARD_TWAP: usize = 5_192;
    /// Pyth price account.
    pub const PYTH_PRICE: usize = 5_224;
    /// 32 bytes: the cap on withdrawals (capacity i64, total i64, interval start u64, length u64).
    pub const DEPOSIT_WITHDRAWAL_CAP: usize = 5_416;
    /// 32 bytes: the cap on borrows, same fields.
    pub const DEBT_WITHDRAWAL_CAP: usize = 5_448;
    /// u64, cToken atoms waiting in the withdrawal queue: their liquidity is spoken for.
    pub const QUEUED_COLLATERAL: usize = 6_968;
}
