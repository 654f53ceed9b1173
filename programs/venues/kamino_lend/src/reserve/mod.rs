//! A reserve's state, read from and written back to the account's bytes.

mod accrual;
mod exchange_rate;
mod operations;

pub use accrual::{SLOTS_PER_YEAR, compounded};
pub use exchange_rate::ExchangeRate;
pub use operations::{Deposit, Now};

use crate::caps::WithdrawalCap;
use crate::curve::BorrowCurve;
use crate::error::LendingError;
use crate::fraction::Fraction;
use crate::layout::reserve as at;
use crate::wide::U256;
use anchor_shape::bytes::{read, read_u64, read_u128, write};
use solana_program::{program_error::ProgramError, pubkey::Pubkey};

/// The fields of a reserve that the cToken path uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserve {
    /// Layout version.
    pub version: u64,
    /// Slot up to which interest is in.
    pub last_slot: u64,
    /// Set by every operation, cleared by a refresh.
    pub stale: bool,
    /// Checks that the stored price passed; cleared when it grows too old.
    pub price_status: u8,
    /// The lending market.
    pub market: Pubkey,
    /// Mint of the liquidity token.
    pub liquidity_mint: Pubkey,
    /// Token account that holds the liquidity.
    pub liquidity_vault: Pubkey,
    /// Mint of the cTokens.
    pub collateral_mint: Pubkey,
    /// Token account that holds cTokens of obligations.
    pub collateral_vault: Pubkey,
    /// Liquidity in the vault that belongs to the reserve, atoms.
    pub available_atoms: u64,
    /// Liquidity lent out, atoms.
    pub borrowed: Fraction,
    /// Growth of one atom of debt since the reserve was made.
    pub cumulative_borrow_rate: U256,
    /// The protocol's part of the liquidity, atoms.
    pub protocol_fees: Fraction,
    /// Referrers' part of the liquidity, atoms.
    pub referrer_fees: Fraction,
    /// Referrers' part that is not assigned yet, atoms.
    pub pending_referrer_fees: Fraction,
    /// Take rate times the referrers' part, as of the last accrual.
    pub absolute_referral_rate: Fraction,
    /// cTokens in existence, atoms.
    pub collateral_supply: u64,
    /// cTokens waiting in the withdrawal queue, atoms.
    pub queued_collateral: u64,
    /// 0 active, 1 obsolete, 2 hidden.
    pub status: u8,
    /// Interest on top of the curve, for the protocol alone.
    pub host_fixed_rate_bps: u16,
    /// Whether direct cToken deposits are refused.
    pub block_ctoken_usage: bool,
    /// Percent of the variable interest that the protocol keeps.
    pub protocol_take_pct: u8,
    /// The borrow curve.
    pub curve: BorrowCurve,
    /// Highest total supply, atoms.
    pub deposit_limit_atoms: u64,
    /// Highest total borrow, atoms.
    pub borrow_limit_atoms: u64,
    /// Since when supply exceeds its limit, unix seconds; 0 if it does not.
    pub deposit_limit_crossed_ts: u64,
    /// Since when borrows exceed their limit, unix seconds; 0 if they do not.
    pub borrow_limit_crossed_ts: u64,
    /// Time of the stored price, unix seconds.
    pub price_ts: u64,
    /// Age above which the stored price no longer counts, seconds.
    pub max_price_age_secs: u64,
    /// Cap on what depositors may take out.
    pub deposit_cap: WithdrawalCap,
}

impl Reserve {
    /// Reads a reserve account's bytes.
    pub fn load(data: &[u8]) -> Result<Self, ProgramError> {
        let key = |offset| Ok::<_, ProgramError>(Pubkey::new_from_array(read(data, offset)?));
        let byte = |offset| Ok::<_, ProgramError>(read::<1>(data, offset)?[0]);
        let fraction = |offset| Ok::<_, ProgramError>(Fraction(read_u128(data, offset)?));
        Ok(Self {
            version: read_u64(data, at::VERSION)?,
            last_slot: read_u64(data, at::LAST_SLOT)?,
            stale: byte(at::STALE)? != 0,
            price_status: byte(at::PRICE_STATUS)?,
            market: key(at::MARKET)?,
            liquidity_mint: key(at::LIQUIDITY_MINT)?,
            liquidity_vault: key(at::LIQUIDITY_VAULT)?,
            collateral_mint: key(at::COLLATERAL_MINT)?,
            collateral_vault: key(at::COLLATERAL_VAULT)?,
            available_atoms: read_u64(data, at::AVAILABLE)?,
            borrowed: fraction(at::BORROWED_SF)?,
            cumulative_borrow_rate: load_wide(data, at::CUMULATIVE_BORROW_RATE_BSF)?,
            protocol_fees: fraction(at::PROTOCOL_FEES_SF)?,
            referrer_fees: fraction(at::REFERRER_FEES_SF)?,
            pending_referrer_fees: fraction(at::PENDING_REFERRER_FEES_SF)?,
            absolute_referral_rate: fraction(at::ABSOLUTE_REFERRAL_RATE_SF)?,
            collateral_supply: read_u64(data, at::COLLATERAL_SUPPLY)?,
            queued_collateral: read_u64(data, at::QUEUED_COLLATERAL)?,
            status: byte(at::STATUS)?,
            host_fixed_rate_bps: u16::from_le_bytes(read(data, at::HOST_FIXED_RATE_BPS)?),
            block_ctoken_usage: byte(at::BLOCK_CTOKEN_USAGE)? != 0,
            protocol_take_pct: byte(at::PROTOCOL_TAKE_PCT)?,
            curve: BorrowCurve::load(data)?,
            deposit_limit_atoms: read_u64(data, at::DEPOSIT_LIMIT)?,
            borrow_limit_atoms: read_u64(data, at::BORROW_LIMIT)?,
            deposit_limit_crossed_ts: read_u64(data, at::DEPOSIT_LIMIT_CROSSED_TS)?,
            borrow_limit_crossed_ts: read_u64(data, at::BORROW_LIMIT_CROSSED_TS)?,
            price_ts: read_u64(data, at::PRICE_TS)?,
            max_price_age_secs: read_u64(data, at::MAX_PRICE_AGE_SECS)?,
            deposit_cap: WithdrawalCap::load(data, at::DEPOSIT_WITHDRAWAL_CAP)?,
        })
    }

    /// Writes back what an operation may change. Keys and configuration are left as they are, save
    /// for the reserved configuration bytes, which klend clears whenever it refreshes; every
    /// operation refreshes.
    pub fn store(&self, data: &mut [u8]) -> Result<(), ProgramError> {
        write(data, at::LAST_SLOT, &self.last_slot.to_le_bytes())?;
        write(data, at::STALE, &[u8::from(self.stale), self.price_status])?;
        write(data, at::AVAILABLE, &self.available_atoms.to_le_bytes())?;
        write(data, at::BORROWED_SF, &self.borrowed.0.to_le_bytes())?;
        write(data, at::DEPOSIT_LIMIT_CROSSED_TS, &self.deposit_limit_crossed_ts.to_le_bytes())?;
        write(data, at::BORROW_LIMIT_CROSSED_TS, &self.borrow_limit_crossed_ts.to_le_bytes())?;
        for (index, limb) in self.cumulative_borrow_rate.0.iter().enumerate() {
            write(data, at::CUMULATIVE_BORROW_RATE_BSF + 8 * index, &limb.to_le_bytes())?;
        }
        write(data, at::PROTOCOL_FEES_SF, &self.protocol_fees.0.to_le_bytes())?;
        write(data, at::REFERRER_FEES_SF, &self.referrer_fees.0.to_le_bytes())?;
        write(data, at::PENDING_REFERRER_FEES_SF, &self.pending_referrer_fees.0.to_le_bytes())?;
        write(data, at::ABSOLUTE_REFERRAL_RATE_SF, &self.absolute_referral_rate.0.to_le_bytes())?;
        write(data, at::COLLATERAL_SUPPLY, &self.collateral_supply.to_le_bytes())?;
        write(data, at::CONFIG_RESERVED.start, &[0; at::CONFIG_RESERVED.end - at::CONFIG_RESERVED.start])?;
        self.deposit_cap.store(data, at::DEPOSIT_WITHDRAWAL_CAP)
    }

    /// What depositors own, atoms: available plus borrowed less everyone else's fees.
    ///
    /// Errors: `MathOverflow` if the fees exceed the rest (klend aborts there).
    pub fn total_supply(&self) -> Result<Fraction, LendingError> {
        Fraction::from_int(self.available_atoms)
            .checked_add(self.borrowed)
            .and_then(|total| total.checked_sub(self.protocol_fees))
            .and_then(|total| total.checked_sub(self.referrer_fees))
            .and_then(|total| total.checked_sub(self.pending_referrer_fees))
            .ok_or(LendingError::MathOverflow)
    }

    /// Borrowed / supplied, rounded down; 0 for an empty reserve.
    pub fn utilisation(&self) -> Result<Fraction, LendingError> {
        let supply = self.total_supply()?;
        if supply == Fraction::ZERO {
            return Ok(Fraction::ZERO);
        }
        self.borrowed.checked_div(supply).ok_or(LendingError::MathOverflow)
    }

    /// The curve's rate a year at the current utilisation, without the fixed part.
    pub fn borrow_rate(&self) -> Result<Fraction, LendingError> {
        self.curve.borrow_rate(self.utilisation()?)
    }

    /// What one cToken is worth now.
    pub fn exchange_rate(&self) -> Result<ExchangeRate, LendingError> {
        Ok(ExchangeRate::new(self.collateral_supply, self.total_supply()?))
    }

    /// Liquidity that nobody in the withdrawal queue has a claim on, atoms.
    pub fn freely_available_atoms(&self) -> Result<u64, LendingError> {
        let queued_atoms = self.exchange_rate()?.to_liquidity_floor(self.queued_collateral)?;
        Ok(self.available_atoms.saturating_sub(queued_atoms))
    }
}

fn load_wide(data: &[u8], offset: usize) -> Result<U256, ProgramError> {
    let mut limbs = [0; 4];
    for (index, limb) in limbs.iter_mut().enumerate() {
        *limb = read_u64(data, offset + 8 * index)?;
    }
    Ok(U256(limbs))
}
