//! Kamino Lend: the plain cToken path of one reserve. It accrues interest itself and needs no oracle.
//!
//! Accounts: program · reserve W · market | market authority · liquidity vault W · cToken mint W ·
//! Token · Instructions sysvar. Valuing needs those before the bar.

use anchor_lang::prelude::*;
use ballast_math::lending::{ctoken_value_floor, total_liquidity_sf, utilisation_bps_ceil};

use super::account_data::{read_i64, read_key, read_u128, read_u64, read_u8, require_account};
use super::{instruction_data, Access, Holding, Listing, Valuation, VaultSide, Venue, RATE_RECEIPTS};
use crate::error::BallastError;
use crate::oracle::status;

pub const ID: Pubkey = pubkey!("KLend2g3cP87fffoy8q1mQqGKjrxjC8boSyAYavgmjD");
const INSTRUCTIONS_SYSVAR: Pubkey = pubkey!("Sysvar1nstructions1111111111111111111111111");

const RESERVE_LEN: usize = 8_624;
const RESERVE_DISCRIMINATOR: [u8; 8] = [0x2b, 0xf2, 0xcc, 0xca, 0x1a, 0xf7, 0x3b, 0x7f];
const DEPOSIT: [u8; 8] = [0xa9, 0xc9, 0x1e, 0x7e, 0x06, 0xcd, 0x66, 0x44];
const REDEEM: [u8; 8] = [0xea, 0x75, 0xb5, 0x7d, 0xb9, 0x8e, 0xdc, 0x1d];
const REFRESH_BATCH: [u8; 8] = [0x90, 0x6e, 0x1a, 0x67, 0xa2, 0xcc, 0xfc, 0x93];

/// Byte offsets in a reserve.
mod at {
    pub const LAST_SLOT: usize = 16;
    pub const MARKET: usize = 32;
    pub const MINT: usize = 128;
    pub const LIQUIDITY_VAULT: usize = 160;
    pub const AVAILABLE: usize = 224;
    pub const BORROWED_SF: usize = 232;
    pub const PROTOCOL_FEES_SF: usize = 344;
    pub const REFERRER_FEES_SF: usize = 360;
    pub const PENDING_REFERRER_SF: usize = 376;
    pub const CTOKEN_MINT: usize = 2_560;
    pub const CTOKEN_SUPPLY: usize = 2_592;
    pub const BLOCK_CTOKEN_USAGE: usize = 4_862;
    pub const WITHDRAWAL_CAP: usize = 5_416;
    pub const QUEUED_CTOKENS: usize = 6_968;
    /// In the market.
    pub const MARKET_EMERGENCY: usize = 122;
}

pub fn require_reserve(reserve: &AccountInfo) -> Result<()> {
    require_account(reserve, &ID, RESERVE_LEN, &RESERVE_DISCRIMINATOR)
}

/// A reserve that blocks cTokens takes no deposits; what it holds it still pays out.
pub fn require_open(data: &[u8]) -> Result<()> {
    require!(read_u8(data, at::BLOCK_CTOKEN_USAGE)? == 0, BallastError::VenueDisabled);
    Ok(())
}

pub fn listing(reserve: &Pubkey, data: &[u8], asset_mint: &Pubkey) -> Result<Listing> {
    require_keys_eq!(read_key(data, at::MINT)?, *asset_mint, BallastError::StrategyAssetMismatch);
    let market = read_key(data, at::MARKET)?;
    let (authority, _) = Pubkey::find_program_address(&[b"lma", market.as_ref()], &ID);
    let ctoken_mint = read_key(data, at::CTOKEN_MINT)?;
    Ok(Listing {
        receipt_mint: ctoken_mint,
        receipt_token_program: anchor_spl::token::ID,
        leg_mint: Pubkey::default(),
        leg_token_program: Pubkey::default(),
        pinned: vec![*reserve, market, authority, read_key(data, at::LIQUIDITY_VAULT)?, ctoken_mint],
    })
}

pub fn refresh(venue: &Venue, holding: Holding) -> Result<Valuation> {
    let [reserve, market] = venue.pinned::<2>()?;
    require_reserve(reserve)?;
    // The stale flag is not looked at: operations set it after they accrued, and interest is all that counts.
    if read_u64(&reserve.try_borrow_data()?, at::LAST_SLOT)? != venue.clock.slot {
        const SKIP_PRICE_UPDATES: u8 = 1;
        let data = [REFRESH_BATCH.as_slice(), &[SKIP_PRICE_UPDATES]].concat();
        venue.call(&[(reserve, Access::Write), (market, Access::Read)], data, &[])?;
        require_reserve(reserve)?;
    }
    let data = reserve.try_borrow_data()?;
    require_eq!(read_u64(&data, at::LAST_SLOT)?, venue.clock.slot, BallastError::VenueStale);
    // A market in emergency mode redeems nothing.
    let emergency = read_u8(&market.try_borrow_data()?, at::MARKET_EMERGENCY)? != 0;
    value(&data, emergency, holding, venue.clock.unix_timestamp)
}

fn value(data: &[u8], emergency: bool, holding: Holding, now_ts: i64) -> Result<Valuation> {
    let fees = [at::PROTOCOL_FEES_SF, at::REFERRER_FEES_SF, at::PENDING_REFERRER_SF].into_iter().try_fold(
        0u128,
        |sum, offset| {
            Ok::<_, Error>(sum.checked_add(read_u128(data, offset)?).ok_or(BallastError::MathOverflow)?)
        },
    )?;
    let available = read_u64(data, at::AVAILABLE)?;
    let borrowed = read_u128(data, at::BORROWED_SF)?;
    let total = total_liquidity_sf(available, borrowed, fees).ok_or(BallastError::MathOverflow)?;
    let supply = read_u64(data, at::CTOKEN_SUPPLY)?;
    let worth = |ctokens: u64| ctoken_value_floor(ctokens, total, supply).ok_or(BallastError::MathOverflow);
    let value = worth(holding.receipts)?;
    let unqueued = available.saturating_sub(worth(read_u64(data, at::QUEUED_CTOKENS)?)?);
    // `block_ctoken_usage` is not asked: it stops deposits, and redeems all the same.
    let free = if emergency { 0 } else { unqueued.min(withdrawal_cap_left(data, now_ts)?) };
    Ok(Valuation {
        low: value,
        high: value,
        withdrawable: value.min(free),
        oracle_status: status::ALL,
        free_liquidity: free,
        utilisation_bps: utilisation_bps_ceil(borrowed, total),
        // More receipts than there may be: a rate beyond 64 bits is as high as can be told.
        exchange_rate_e9: worth(RATE_RECEIPTS).unwrap_or(u64::MAX),
    })
}

/// What the reserve's cap on outflows per interval leaves, atoms.
fn withdrawal_cap_left(data: &[u8], now_ts: i64) -> Result<u64> {
    let field = |index: usize| at::WITHDRAWAL_CAP.saturating_add(index.saturating_mul(8));
    let (capacity, used) = (read_i64(data, field(0))?, read_i64(data, field(1))?);
    let (start, interval) = (read_u64(data, field(2))?, read_u64(data, field(3))?);
    if interval == 0 {
        return Ok(u64::MAX);
    }
    // klend refuses every withdrawal of an interval that has not begun, or of a capacity below zero.
    let elapsed = u64::try_from(now_ts).unwrap_or(0).checked_sub(start);
    let Some(elapsed) = elapsed.filter(|_| capacity >= 0) else { return Ok(0) };
    let used = if elapsed >= interval { 0 } else { used };
    let left = i128::from(capacity).saturating_sub(i128::from(used));
    Ok(u64::try_from(left.max(0)).unwrap_or(u64::MAX))
}

pub fn deposit<'info>(venue: &Venue<'_, 'info>, side: &VaultSide<'_, 'info>, atoms: u64) -> Result<()> {
    let [reserve, market, authority, liquidity_vault, ctoken_mint] = venue.pinned::<5>()?;
    require_open(&reserve.try_borrow_data()?)?;
    venue.call(
        &[
            (&side.vault, Access::Sign),
            (reserve, Access::Write),
            (market, Access::Read),
            (authority, Access::Read),
            (&side.asset_mint, Access::Write),
            (liquidity_vault, Access::Write),
            (ctoken_mint, Access::Write),
            (&side.idle_account, Access::Write),
            (&side.receipt_account, Access::Write),
            (venue.known(6, &anchor_spl::token::ID)?, Access::Read),
            (&side.token_program, Access::Read),
            (venue.known(7, &INSTRUCTIONS_SYSVAR)?, Access::Read),
        ],
        instruction_data(&DEPOSIT, &[atoms]),
        &[&side.signer.seeds()],
    )
}

pub fn withdraw<'info>(venue: &Venue<'_, 'info>, side: &VaultSide<'_, 'info>, receipts: u64) -> Result<()> {
    let [reserve, market, authority, liquidity_vault, ctoken_mint] = venue.pinned::<5>()?;
    venue.call(
        &[
            (&side.vault, Access::Sign),
            (market, Access::Read),
            (reserve, Access::Write),
            (authority, Access::Read),
            (&side.asset_mint, Access::Write),
            (ctoken_mint, Access::Write),
            (liquidity_vault, Access::Write),
            (&side.receipt_account, Access::Write),
            (&side.idle_account, Access::Write),
            (venue.known(6, &anchor_spl::token::ID)?, Access::Read),
            (&side.token_program, Access::Read),
            (venue.known(7, &INSTRUCTIONS_SYSVAR)?, Access::Read),
        ],
        instruction_data(&REDEEM, &[receipts]),
        &[&side.signer.seeds()],
    )
}
