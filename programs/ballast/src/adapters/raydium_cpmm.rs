//! Raydium CPMM: LP tokens of one pool of the vault's asset and another token.
//!
//! Entering swaps part of the asset into the other leg on the same pool, leaving swaps it back; both
//! floored by the oracle. Value is the fair one at the oracle's price, never at the pool's.
//!
//! Accounts: program · leg's oracle · asset's oracle · pool W · asset vault W · leg vault W · leg's price
//! guard W · asset's price guard W · amm config | authority · LP mint W · leg mint · observation W · the
//! vault's leg account W · leg's token program · Token · Token-2022 · Memo. Valuing needs those before the bar.

use anchor_lang::prelude::*;
use ballast_math::cpmm::{self, Pool, SwapFees};
use ballast_math::price::{divergence_bps, TwoSided};
use ballast_math::{mul_div::bps_floor, BPS};

use super::account_data::{read_key, read_u64, read_u8, require_account, token_amount};
use super::{burn_last, instruction_data, Access, Holding, Listing, Redeemed, Valuation, VaultSide, Venue};
use crate::error::BallastError;
use crate::oracle::{price_in_asset, read_price, status};
use crate::seeds;
use crate::state::PriceGuard;

pub const ID: Pubkey = pubkey!("CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C");
const AUTHORITY: Pubkey = pubkey!("GpMZbSM2GgvTKHJirzeGfMFoaZ8UR2X7F4v8vHTvxFbL");
const MEMO: Pubkey = pubkey!("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

const POOL_LEN: usize = 637;
const POOL_DISCRIMINATOR: [u8; 8] = [0xf7, 0xed, 0xe3, 0xf5, 0xd7, 0xc3, 0xde, 0x46];
const DEPOSIT: [u8; 8] = [0xf2, 0x23, 0xc6, 0x89, 0x52, 0xe1, 0xf2, 0xb6];
const WITHDRAW: [u8; 8] = [0xb7, 0x12, 0x46, 0x9c, 0x94, 0x6d, 0xa1, 0x22];
const SWAP_BASE_INPUT: [u8; 8] = [0x8f, 0xbe, 0x5a, 0xda, 0xc4, 0x1e, 0x33, 0xde];

/// Byte offsets in a pool; each pair is for token 0 and token 1.
mod at {
    pub const AMM_CONFIG: usize = 8;
    pub const VAULTS: [usize; 2] = [72, 104];
    pub const LP_MINT: usize = 136;
    pub const MINTS: [usize; 2] = [168, 200];
    pub const TOKEN_PROGRAMS: [usize; 2] = [232, 264];
    pub const OBSERVATION: usize = 296;
    pub const STATUS: usize = 329;
    pub const LP_SUPPLY: usize = 333;
    pub const PROTOCOL_FEES: [usize; 2] = [341, 349];
    pub const FUND_FEES: [usize; 2] = [357, 365];
    pub const OPEN_TS: usize = 373;
    pub const CREATOR_FEE_ENABLED: usize = 390;
    pub const CREATOR_FEES: [usize; 2] = [397, 405];
    /// In the AMM config.
    pub const TRADE_FEE_RATE: usize = 12;
    /// In the AMM config.
    pub const CREATOR_FEE_RATE: usize = 108;
}

/// Bits of a pool's status that switch things off.
const DEPOSIT_OFF: u8 = 1;
const WITHDRAW_OFF: u8 = 1 << 1;
const SWAP_OFF: u8 = 1 << 2;

/// Which side of the pool the vault's asset is.
fn asset_side(pool: &[u8], asset_mint: &Pubkey) -> Result<usize> {
    for (side, offset) in at::MINTS.into_iter().enumerate() {
        if read_key(pool, offset)? == *asset_mint {
            return Ok(side);
        }
    }
    err!(BallastError::StrategyAssetMismatch)
}

/// Entry of a pair for the asset's side or the other.
fn of_side(pair: [usize; 2], side: usize) -> usize {
    let [first, second] = pair;
    if side == 0 {
        first
    } else {
        second
    }
}

fn other(side: usize) -> usize {
    usize::from(side == 0)
}

pub fn require_pool(pool: &AccountInfo) -> Result<()> {
    require_account(pool, &ID, POOL_LEN, &POOL_DISCRIMINATOR)
}

/// A pool that is to be entered and left needs all three of its operations.
pub fn require_open(data: &[u8]) -> Result<()> {
    let off = read_u8(data, at::STATUS)? & (DEPOSIT_OFF | WITHDRAW_OFF | SWAP_OFF);
    require!(off == 0, BallastError::VenueDisabled);
    Ok(())
}

pub fn listing(pool: &Pubkey, data: &[u8], asset_mint: &Pubkey) -> Result<Listing> {
    let asset = asset_side(data, asset_mint)?;
    let leg = other(asset);
    let leg_mint = read_key(data, of_side(at::MINTS, leg))?;
    require_keys_neq!(leg_mint, *asset_mint, BallastError::VenueAccountInvalid);
    let guard = |mint: &Pubkey| Pubkey::find_program_address(&[seeds::PRICE, mint.as_ref()], &crate::ID).0;
    let lp_mint = read_key(data, at::LP_MINT)?;
    Ok(Listing {
        receipt_mint: lp_mint,
        receipt_token_program: anchor_spl::token::ID,
        leg_mint,
        leg_token_program: read_key(data, of_side(at::TOKEN_PROGRAMS, leg))?,
        pinned: vec![
            *pool,
            read_key(data, of_side(at::VAULTS, asset))?,
            read_key(data, of_side(at::VAULTS, leg))?,
            guard(&leg_mint),
            guard(asset_mint),
            read_key(data, at::AMM_CONFIG)?,
            AUTHORITY,
            lp_mint,
            leg_mint,
            read_key(data, at::OBSERVATION)?,
        ],
    })
}

/// Index of the first pinned account; the two oracles stand before it.
const PINNED_FROM: usize = 3;

fn pool_state(data: &[u8], asset: usize, asset_vault: &AccountInfo, leg_vault: &AccountInfo) -> Result<Pool> {
    let net = |vault: &AccountInfo, side: usize| -> Result<u64> {
        [at::PROTOCOL_FEES, at::FUND_FEES, at::CREATOR_FEES].into_iter().try_fold(
            token_amount(vault)?,
            |left, fees| {
                let fee = read_u64(data, of_side(fees, side))?;
                Ok(left.checked_sub(fee).ok_or(BallastError::VenueAccountInvalid)?)
            },
        )
    };
    Ok(Pool {
        asset_atoms: net(asset_vault, asset)?,
        leg_atoms: net(leg_vault, other(asset))?,
        lp_supply: read_u64(data, at::LP_SUPPLY)?,
    })
}

/// The pool now and the guarded price of its leg.
struct Market {
    pool: Pool,
    asset: usize,
    off: u8,
    is_trading: bool,
    fees: SwapFees,
    sides: TwoSided,
    oracle_status: u16,
}

impl Market {
    /// Whether the pool pays liquidity out and takes the leg back now.
    fn can_be_left(&self) -> bool {
        self.off & (WITHDRAW_OFF | SWAP_OFF) == 0 && self.is_trading
    }
}

fn read_market(venue: &Venue) -> Result<Market> {
    let [pool, asset_vault, leg_vault, leg_guard, asset_guard, amm_config] =
        venue.pinned_from::<6>(PINNED_FROM)?;
    require_pool(pool)?;
    let data = pool.try_borrow_data()?;
    let asset = asset_side(&data, &venue.strategy.asset_mint)?;
    let now = venue.clock.unix_timestamp;
    let leg_guard = AccountLoader::<PriceGuard>::try_from(leg_guard)?;
    let asset_guard = AccountLoader::<PriceGuard>::try_from(asset_guard)?;
    let leg_price = read_price(&leg_guard, &venue.strategy.leg_mint, venue.at(1)?, now)?;
    let asset_price = read_price(&asset_guard, &venue.strategy.asset_mint, venue.at(2)?, now)?;
    let (sides, oracle_status) = price_in_asset(&leg_price, &asset_price)?;
    let pool = pool_state(&data, asset, asset_vault, leg_vault)?;
    Ok(Market {
        pool,
        asset,
        off: read_u8(&data, at::STATUS)?,
        is_trading: u64::try_from(now).unwrap_or(0) >= read_u64(&data, at::OPEN_TS)?,
        fees: swap_fees(&data, amm_config)?,
        sides,
        oracle_status,
    })
}

fn swap_fees(pool: &[u8], amm_config: &AccountInfo) -> Result<SwapFees> {
    require_keys_eq!(*amm_config.owner, ID, BallastError::VenueAccountOwner);
    let config = amm_config.try_borrow_data()?;
    let pays_creator = read_u8(pool, at::CREATOR_FEE_ENABLED)? != 0;
    let creator = if pays_creator { read_u64(&config, at::CREATOR_FEE_RATE)? } else { 0 };
    Ok(SwapFees { trade: read_u64(&config, at::TRADE_FEE_RATE)?, creator })
}

/// What leaving would pay now, valued like the holding: as much of it as the pool takes the leg of without
/// falling below the oracle's floor.
fn withdrawable(market: &Market, holding: Holding, low: u64, venue: &Venue) -> Option<u64> {
    if !market.can_be_left() {
        return Some(0);
    }
    let floor = |sell| floor_out(market.sides.mid.apply_floor(sell), venue).ok();
    let residual = holding.residual_atoms;
    let lp = cpmm::lp_within_floor(&market.pool, holding.receipts, residual, market.fees, floor)?;
    if lp == holding.receipts {
        return Some(low);
    }
    cpmm::lp_value_floor(&market.pool, lp, market.sides.low)
}

pub fn refresh(venue: &Venue, holding: Holding) -> Result<Valuation> {
    let market = read_market(venue)?;
    let worth = |ratio| {
        let lp = cpmm::lp_value_floor(&market.pool, holding.receipts, ratio)?;
        lp.checked_add(ratio.apply_floor(holding.residual_atoms)?)
    };
    let low = worth(market.sides.low).ok_or(BallastError::PriceOutOfRange)?;
    let high = worth(market.sides.high).ok_or(BallastError::PriceOutOfRange)?;
    let withdrawable = withdrawable(&market, holding, low, venue).ok_or(BallastError::PriceOutOfRange)?;
    let spot_near = market
        .sides
        .mid
        .apply_floor(market.pool.leg_atoms)
        .and_then(|implied| divergence_bps(market.pool.asset_atoms, implied))
        .is_some_and(|bps| bps <= u64::from(venue.strategy.max_divergence_bps));
    Ok(Valuation {
        low,
        high,
        withdrawable,
        oracle_status: if spot_near { market.oracle_status } else { market.oracle_status & !status::SPOT },
        free_liquidity: if market.can_be_left() { u64::MAX } else { 0 },
        exchange_rate_e9: cpmm::invariant_rate_e9(&market.pool),
        ..Valuation::default()
    })
}

/// The accounts that moves need beyond those for valuing.
struct MoveAccounts<'info> {
    pool: &'info AccountInfo<'info>,
    asset_vault: &'info AccountInfo<'info>,
    leg_vault: &'info AccountInfo<'info>,
    authority: &'info AccountInfo<'info>,
    amm_config: &'info AccountInfo<'info>,
    lp_mint: &'info AccountInfo<'info>,
    leg_mint: &'info AccountInfo<'info>,
    observation: &'info AccountInfo<'info>,
    leg_account: &'info AccountInfo<'info>,
    leg_token_program: &'info AccountInfo<'info>,
    token: &'info AccountInfo<'info>,
    token_2022: &'info AccountInfo<'info>,
    memo: &'info AccountInfo<'info>,
}

impl<'info> MoveAccounts<'info> {
    fn new(venue: &Venue<'_, 'info>, side: &VaultSide) -> Result<Self> {
        let [pool, asset_vault, leg_vault, _, _, amm_config, authority, lp_mint, leg_mint, observation] =
            venue.pinned_from::<10>(PINNED_FROM)?;
        Ok(Self {
            pool,
            asset_vault,
            leg_vault,
            authority,
            amm_config,
            lp_mint,
            leg_mint,
            observation,
            leg_account: venue.known(13, &side.leg_account)?,
            leg_token_program: venue.known(14, &venue.strategy.leg_token_program)?,
            token: venue.known(15, &anchor_spl::token::ID)?,
            token_2022: venue.known(16, &anchor_spl::token_2022::ID)?,
            memo: venue.known(17, &MEMO)?,
        })
    }
}

/// What a swap must give at least: the oracle's mid price less the strategy's slippage.
fn floor_out(expected: Option<u64>, venue: &Venue) -> Result<u64> {
    let keep =
        BPS.checked_sub(u64::from(venue.strategy.max_slippage_bps)).ok_or(BallastError::MathOverflow)?;
    Ok(expected.and_then(|out| bps_floor(out, keep)).ok_or(BallastError::MathOverflow)?)
}

fn swap<'info>(
    venue: &Venue<'_, 'info>,
    side: &VaultSide<'_, 'info>,
    accounts: &MoveAccounts<'info>,
    sell_asset: bool,
    amount_in: u64,
    min_out: u64,
) -> Result<()> {
    let asset = (&side.idle_account, accounts.asset_vault, &side.token_program, &side.asset_mint);
    let leg = (accounts.leg_account, accounts.leg_vault, accounts.leg_token_program, accounts.leg_mint);
    let (from, to) = if sell_asset { (asset, leg) } else { (leg, asset) };
    venue.call(
        &[
            (&side.vault, Access::Sign),
            (accounts.authority, Access::Read),
            (accounts.amm_config, Access::Read),
            (accounts.pool, Access::Write),
            (from.0, Access::Write),
            (to.0, Access::Write),
            (from.1, Access::Write),
            (to.1, Access::Write),
            (from.2, Access::Read),
            (to.2, Access::Read),
            (from.3, Access::Read),
            (to.3, Access::Read),
            (accounts.observation, Access::Write),
        ],
        instruction_data(&SWAP_BASE_INPUT, &[amount_in, min_out]),
        &[&side.signer.seeds()],
    )
}

/// Deposit or withdraw of `lp` tokens; the bounds are for the asset and the leg.
fn change_liquidity<'info>(
    venue: &Venue<'_, 'info>,
    side: &VaultSide<'_, 'info>,
    accounts: &MoveAccounts<'info>,
    asset: usize,
    discriminator: &[u8; 8],
    [lp, asset_bound, leg_bound]: [u64; 3],
) -> Result<()> {
    let asset_side = (&side.idle_account, accounts.asset_vault, &side.asset_mint, asset_bound);
    let leg_side = (accounts.leg_account, accounts.leg_vault, accounts.leg_mint, leg_bound);
    let (zero, one) = if asset == 0 { (asset_side, leg_side) } else { (leg_side, asset_side) };
    let mut list = vec![
        (&side.vault, Access::Sign),
        (accounts.authority, Access::Read),
        (accounts.pool, Access::Write),
        (&side.receipt_account, Access::Write),
        (zero.0, Access::Write),
        (one.0, Access::Write),
        (zero.1, Access::Write),
        (one.1, Access::Write),
        (accounts.token, Access::Read),
        (accounts.token_2022, Access::Read),
        (zero.2, Access::Read),
        (one.2, Access::Read),
        (accounts.lp_mint, Access::Write),
    ];
    if *discriminator == WITHDRAW {
        list.push((accounts.memo, Access::Read));
    }
    venue.call(&list, instruction_data(discriminator, &[lp, zero.3, one.3]), &[&side.signer.seeds()])
}

pub fn deposit<'info>(venue: &Venue<'_, 'info>, side: &VaultSide<'_, 'info>, atoms: u64) -> Result<()> {
    let market = read_market(venue)?;
    require!(market.off & (DEPOSIT_OFF | SWAP_OFF) == 0, BallastError::VenueDisabled);
    let accounts = MoveAccounts::new(venue, side)?;
    let sell = cpmm::swap_in_for_both_legs(atoms, market.pool.asset_atoms, market.fees.trade)
        .ok_or(BallastError::MathOverflow)?;
    let min_leg = floor_out(market.sides.mid.invert_floor(sell), venue)?;
    require!(min_leg > 0, BallastError::MoveTooSmall);
    let leg_before = token_amount(accounts.leg_account)?;
    swap(venue, side, &accounts, true, sell, min_leg)?;
    let bought = token_amount(accounts.leg_account)?
        .checked_sub(leg_before)
        .ok_or(BallastError::BalanceDeltaMismatch)?;
    // The swap moved the reserves and the fees kept out of them: read the pool again.
    let pool = pool_state(
        &accounts.pool.try_borrow_data()?,
        market.asset,
        accounts.asset_vault,
        accounts.leg_vault,
    )?;
    let asset_left = atoms.checked_sub(sell).ok_or(BallastError::MathOverflow)?;
    let leg_left = bought.checked_add(side.holding.residual_atoms).ok_or(BallastError::MathOverflow)?;
    let lp = cpmm::lp_for_both_legs_floor(&pool, asset_left, leg_left).ok_or(BallastError::MathOverflow)?;
    require!(lp > 0, BallastError::MoveTooSmall);
    change_liquidity(venue, side, &accounts, market.asset, &DEPOSIT, [lp, asset_left, leg_left])
}

pub fn withdraw<'info>(
    venue: &Venue<'_, 'info>,
    side: &VaultSide<'_, 'info>,
    receipts: u64,
) -> Result<Redeemed> {
    let market = read_market(venue)?;
    require!(market.off & (WITHDRAW_OFF | SWAP_OFF) == 0, BallastError::VenueDisabled);
    let accounts = MoveAccounts::new(venue, side)?;
    let leg_before = token_amount(accounts.leg_account)?;
    let mut redeemed = Redeemed::Paid;
    if receipts > 0 {
        // Nothing runs between reading the pool and this call, so the pool pays exactly its share.
        let share = |reserve| ballast_math::mul_div::mul_div_floor(receipts, reserve, market.pool.lp_supply);
        let (asset, leg) = share(market.pool.asset_atoms)
            .zip(share(market.pool.leg_atoms))
            .ok_or(BallastError::MathOverflow)?;
        if asset > 0 && leg > 0 {
            change_liquidity(venue, side, &accounts, market.asset, &WITHDRAW, [receipts, asset, leg])?;
        } else {
            // The pool refuses to pay nothing of a token, so nobody could ever be rid of the last LP tokens.
            redeemed = burn_last(side, accounts.lp_mint, receipts)?;
        }
    }
    let got = token_amount(accounts.leg_account)?
        .checked_sub(leg_before)
        .ok_or(BallastError::BalanceDeltaMismatch)?;
    let sell = got.checked_add(side.holding.residual_atoms).ok_or(BallastError::MathOverflow)?;
    let min_asset = floor_out(market.sides.mid.apply_floor(sell), venue)?;
    // A leg worth less than an atom buys nothing and stays as residual.
    if min_asset == 0 {
        return Ok(redeemed);
    }
    swap(venue, side, &accounts, false, sell, min_asset)?;
    Ok(redeemed)
}
