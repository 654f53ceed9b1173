//! SPL stake pool (jitoSOL and others): pool tokens for native SOL, in and out through the pool's reserve.
//!
//! Accounts: program · pool W · validator list W · reserve W · pool mint W · withdraw authority · manager's
//! fee account W · Token | funder W · unwrap W · System · Clock · StakeHistory · Stake.
//! Valuing needs those before the bar. The fee account is not pinned: the pool's manager may change it, so
//! it is whatever the pool names at the call.

use anchor_lang::prelude::*;
use ballast_math::stake_pool::{payout_floor, value_floor, Fee};
use solana_sysvar::epoch_rewards::EpochRewards;

use super::account_data::{read_key, read_u64, read_u8};
use super::native_sol::{pay_from_funder, sync, unwrap_to_funder, NativeAccounts};
use super::{burn_last, Access, Holding, Listing, Redeemed, Valuation, VaultSide, Venue, RATE_RECEIPTS};
use crate::error::BallastError;
use crate::oracle::status;
use crate::seeds;

pub const ID: Pubkey = pubkey!("SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy");
const CLOCK: Pubkey = pubkey!("SysvarC1ock11111111111111111111111111111111");
const STAKE_HISTORY: Pubkey = pubkey!("SysvarStakeHistory1111111111111111111111111");
const STAKE_PROGRAM: Pubkey = pubkey!("Stake11111111111111111111111111111111111111");
const NATIVE_MINT: Pubkey = anchor_spl::token::spl_token::native_mint::ID;

const UPDATE_BALANCE: u8 = 7;
const DEPOSIT_SOL: u8 = 14;
const WITHDRAW_SOL: u8 = 16;

/// Byte offsets in a stake pool, up to its first field of variable length.
mod at {
    pub const ACCOUNT_TYPE: usize = 0;
    pub const VALIDATOR_LIST: usize = 98;
    pub const RESERVE: usize = 130;
    pub const MINT: usize = 162;
    pub const FEE_ACCOUNT: usize = 194;
    pub const TOKEN_PROGRAM: usize = 226;
    pub const TOTAL_LAMPORTS: usize = 258;
    pub const SUPPLY: usize = 266;
    pub const LAST_UPDATE_EPOCH: usize = 274;
    pub const NEXT_EPOCH_FEE: usize = 346;
}

/// The fields behind those of variable length that matter here.
struct SolTerms {
    deposit_restricted: bool,
    withdraw_restricted: bool,
    withdrawal_fee: Fee,
}

/// Walks over optional fields in the order of the pool's Borsh encoding.
struct Cursor<'a> {
    data: &'a [u8],
    offset: usize,
}

impl Cursor<'_> {
    fn skip(&mut self, bytes: usize) -> Result<()> {
        self.offset = self.offset.checked_add(bytes).ok_or(BallastError::VenueAccountInvalid)?;
        Ok(())
    }

    /// A tag byte, then `len` bytes unless the tag is zero. True where something was there.
    fn optional(&mut self, len: usize) -> Result<bool> {
        let some = read_u8(self.data, self.offset)? != 0;
        self.skip(if some { len.saturating_add(1) } else { 1 })?;
        Ok(some)
    }

    fn fee(&mut self) -> Result<Fee> {
        let den = read_u64(self.data, self.offset)?;
        self.skip(8)?;
        let num = read_u64(self.data, self.offset)?;
        self.skip(8)?;
        Ok(Fee { num, den })
    }
}

fn sol_terms(data: &[u8]) -> Result<SolTerms> {
    const FEE: usize = 16;
    const KEY: usize = 32;
    let mut cursor = Cursor { data, offset: at::NEXT_EPOCH_FEE };
    cursor.optional(FEE)?; // next epoch fee
    cursor.optional(KEY)?; // preferred validator for deposits
    cursor.optional(KEY)?; // preferred validator for withdrawals
    cursor.skip(FEE)?; // stake deposit fee
    cursor.skip(FEE)?; // stake withdrawal fee
    cursor.optional(FEE)?; // next stake withdrawal fee
    cursor.skip(1)?; // stake referral fee
    let deposit_restricted = cursor.optional(KEY)?;
    cursor.skip(FEE)?; // SOL deposit fee
    cursor.skip(1)?; // SOL referral fee
    let withdraw_restricted = cursor.optional(KEY)?;
    let withdrawal_fee = cursor.fee()?;
    Ok(SolTerms { deposit_restricted, withdraw_restricted, withdrawal_fee })
}

pub fn require_pool(pool: &AccountInfo) -> Result<()> {
    require_keys_eq!(*pool.owner, ID, BallastError::VenueAccountOwner);
    const STAKE_POOL: u8 = 1;
    require!(
        read_u8(&pool.try_borrow_data()?, at::ACCOUNT_TYPE)? == STAKE_POOL,
        BallastError::VenueAccountInvalid
    );
    Ok(())
}

/// A restricting authority would have to sign: such a pool cannot be used by a program on anyone's behalf.
pub fn require_open(data: &[u8]) -> Result<()> {
    let terms = sol_terms(data)?;
    require!(!terms.deposit_restricted && !terms.withdraw_restricted, BallastError::VenueDisabled);
    Ok(())
}

/// Where the pool's manager has its fees paid now.
pub fn fee_account(pool: &[u8]) -> Result<Pubkey> {
    read_key(pool, at::FEE_ACCOUNT)
}

pub fn listing(pool: &Pubkey, data: &[u8], asset_mint: &Pubkey) -> Result<Listing> {
    require_keys_eq!(*asset_mint, NATIVE_MINT, BallastError::StrategyAssetMismatch);
    let token_program = read_key(data, at::TOKEN_PROGRAM)?;
    require_keys_eq!(token_program, anchor_spl::token::ID, BallastError::WrongTokenProgram);
    let (authority, _) = Pubkey::find_program_address(&[pool.as_ref(), b"withdraw"], &ID);
    let mint = read_key(data, at::MINT)?;
    Ok(Listing {
        receipt_mint: mint,
        receipt_token_program: token_program,
        leg_mint: Pubkey::default(),
        leg_token_program: Pubkey::default(),
        pinned: vec![
            *pool,
            read_key(data, at::VALIDATOR_LIST)?,
            read_key(data, at::RESERVE)?,
            mint,
            authority,
        ],
    })
}

/// The pool's accounts, checked: pinned ones against the strategy, the fee account against the pool.
struct PoolAccounts<'info> {
    pool: &'info AccountInfo<'info>,
    validator_list: &'info AccountInfo<'info>,
    reserve: &'info AccountInfo<'info>,
    mint: &'info AccountInfo<'info>,
    authority: &'info AccountInfo<'info>,
    fee_account: &'info AccountInfo<'info>,
}

impl<'info> PoolAccounts<'info> {
    fn read(venue: &Venue<'_, 'info>) -> Result<Self> {
        let [pool, validator_list, reserve, mint, authority] = venue.pinned::<5>()?;
        require_pool(pool)?;
        let fee_account = venue.known(6, &fee_account(&pool.try_borrow_data()?)?)?;
        Ok(Self { pool, validator_list, reserve, mint, authority, fee_account })
    }
}

pub fn refresh(venue: &Venue, holding: Holding) -> Result<Valuation> {
    let PoolAccounts { pool, validator_list, reserve, mint, authority, fee_account } =
        PoolAccounts::read(venue)?;
    if read_u64(&pool.try_borrow_data()?, at::LAST_UPDATE_EPOCH)? != venue.clock.epoch {
        venue.call(
            &[
                (pool, Access::Write),
                (authority, Access::Read),
                (validator_list, Access::Write),
                (reserve, Access::Read),
                (fee_account, Access::Write),
                (mint, Access::Write),
                (venue.known(7, &anchor_spl::token::ID)?, Access::Read),
            ],
            vec![UPDATE_BALANCE],
            &[],
        )?;
    }
    let data = pool.try_borrow_data()?;
    require_eq!(read_u64(&data, at::LAST_UPDATE_EPOCH)?, venue.clock.epoch, BallastError::VenueStale);
    let (lamports, supply) = (read_u64(&data, at::TOTAL_LAMPORTS)?, read_u64(&data, at::SUPPLY)?);
    let terms = sol_terms(&data)?;
    let low = payout(&data, &terms, holding.receipts)?;
    let high = value_floor(holding.receipts, lamports, supply).ok_or(BallastError::MathOverflow)?;
    let in_reserve = free_in_reserve(reserve)?;
    let is_shut = terms.withdraw_restricted || rewards_are_being_paid();
    let free = if is_shut { 0 } else { in_reserve };
    Ok(Valuation {
        low,
        high,
        withdrawable: low.min(free),
        oracle_status: status::ALL,
        free_liquidity: free,
        exchange_rate_e9: value_floor(RATE_RECEIPTS, lamports, supply).unwrap_or(u64::MAX),
        ..Valuation::default()
    })
}

/// Lamports that withdrawing `tokens` pays.
fn payout(pool: &[u8], terms: &SolTerms, tokens: u64) -> Result<u64> {
    let (lamports, supply) = (read_u64(pool, at::TOTAL_LAMPORTS)?, read_u64(pool, at::SUPPLY)?);
    Ok(payout_floor(tokens, lamports, supply, terms.withdrawal_fee).ok_or(BallastError::MathOverflow)?)
}

/// Lamports that the pool lets out of its reserve: all beyond the rent that the stake account itself states,
/// which is not the rent of today.
fn free_in_reserve(reserve: &AccountInfo) -> Result<u64> {
    const INITIALIZED: u8 = 1;
    const RENT_EXEMPT_RESERVE: usize = 4;
    let data = reserve.try_borrow_data()?;
    if read_u8(&data, 0)? != INITIALIZED {
        return Ok(0);
    }
    Ok(reserve.lamports().saturating_sub(read_u64(&data, RENT_EXEMPT_RESERVE)?))
}

/// Whether the cluster is still paying the last epoch's staking rewards: in these first slots of an epoch the
/// stake program lets nothing out of any stake account, the pool's reserve included.
fn rewards_are_being_paid() -> bool {
    // A cluster without the sysvar pays them at once.
    EpochRewards::get().is_ok_and(|rewards| rewards.active)
}

fn native<'info>(venue: &Venue<'_, 'info>, side: &VaultSide) -> Result<NativeAccounts<'info>> {
    let pda = |seed: &[u8], bump: u8| {
        Pubkey::create_program_address(&[seed, side.vault.key.as_ref(), &[bump]], &crate::ID)
            .map_err(|_| Error::from(BallastError::PinnedAccountMismatch))
    };
    let [funder_bump, unwrap_bump] = side.native_bumps;
    Ok(NativeAccounts {
        funder: venue.known(8, &pda(seeds::FUNDER, funder_bump)?)?,
        unwrap: venue.known(9, &pda(seeds::UNWRAP, unwrap_bump)?)?,
        bumps: side.native_bumps,
    })
}

fn tagged(tag: u8, amount: u64) -> Vec<u8> {
    let mut data = vec![tag];
    data.extend_from_slice(&amount.to_le_bytes());
    data
}

pub fn deposit<'info>(venue: &Venue<'_, 'info>, side: &VaultSide<'_, 'info>, atoms: u64) -> Result<()> {
    let PoolAccounts { pool, reserve, mint, authority, fee_account, .. } = PoolAccounts::read(venue)?;
    require!(!sol_terms(&pool.try_borrow_data()?)?.deposit_restricted, BallastError::VenueDisabled);
    let native = native(venue, side)?;
    let rent = unwrap_to_funder(side, &native, atoms)?;
    let [funder_bump, _] = native.bumps.map(|bump| [bump]);
    venue.call(
        &[
            (pool, Access::Write),
            (authority, Access::Read),
            (reserve, Access::Write),
            (native.funder, Access::SignWrite),
            (&side.receipt_account, Access::Write),
            (fee_account, Access::Write),
            // The referral fee, where there is one, comes back to the vault.
            (&side.receipt_account, Access::Write),
            (mint, Access::Write),
            (venue.known(10, &anchor_lang::system_program::ID)?, Access::Read),
            (venue.known(7, &anchor_spl::token::ID)?, Access::Read),
        ],
        tagged(DEPOSIT_SOL, atoms),
        &[&NativeAccounts::funder_seeds(side.vault.key, &funder_bump)],
    )?;
    pay_from_funder(side, &native, &side.payer, rent)
}

pub fn withdraw<'info>(
    venue: &Venue<'_, 'info>,
    side: &VaultSide<'_, 'info>,
    receipts: u64,
) -> Result<Redeemed> {
    let PoolAccounts { pool, reserve, mint, authority, fee_account, .. } = PoolAccounts::read(venue)?;
    let worth = {
        let data = pool.try_borrow_data()?;
        let terms = sol_terms(&data)?;
        require!(!terms.withdraw_restricted, BallastError::VenueDisabled);
        payout(&data, &terms, receipts)?
    };
    if worth == 0 {
        // The pool refuses to pay nothing, so nobody could ever be rid of the last token.
        return burn_last(side, mint, receipts);
    }
    let native = native(venue, side)?;
    let before = native.funder.lamports();
    venue.call(
        &[
            (pool, Access::Write),
            (authority, Access::Read),
            (&side.vault, Access::Sign),
            (&side.receipt_account, Access::Write),
            (reserve, Access::Write),
            (native.funder, Access::Write),
            (fee_account, Access::Write),
            (mint, Access::Write),
            (venue.known(11, &CLOCK)?, Access::Read),
            (venue.known(12, &STAKE_HISTORY)?, Access::Read),
            (venue.known(13, &STAKE_PROGRAM)?, Access::Read),
            (venue.known(7, &anchor_spl::token::ID)?, Access::Read),
        ],
        tagged(WITHDRAW_SOL, receipts),
        &[&side.signer.seeds()],
    )?;
    let paid = native.funder.lamports().checked_sub(before).ok_or(BallastError::BalanceDeltaMismatch)?;
    pay_from_funder(side, &native, &side.idle_account, paid)?;
    sync(side)?;
    Ok(Redeemed::Paid)
}
