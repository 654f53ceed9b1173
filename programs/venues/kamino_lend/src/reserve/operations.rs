//! Refresh, deposit and redeem on a reserve's state; tokens move elsewhere.

use super::Reserve;
use crate::error::LendingError;
use crate::fraction::Fraction;
use crate::layout::VERSION;

const STATUS_OBSOLETE: u8 = 1;
const STATUS_HIDDEN: u8 = 2;

/// The chain's clock, as far as a reserve cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Current slot.
    pub slot: u64,
    /// Current time, unix seconds.
    pub ts: u64,
}

/// What a deposit came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// Liquidity taken: at most what was offered, the least that pays for the cTokens.
    pub liquidity_atoms: u64,
    /// cTokens minted.
    pub collateral_atoms: u64,
}

impl Reserve {
    /// Fails with `ReserveDeprecated` unless the account has the layout of this program.
    pub fn require_version(&self) -> Result<(), LendingError> {
        if self.version == VERSION { Ok(()) } else { Err(LendingError::ReserveDeprecated) }
    }

    /// Fails unless the reserve takes direct deposits: `ReserveObsolete`, `ReserveDeprecated`,
    /// `CTokenUsageBlocked`, or `InvalidConfig` for a status klend does not know (it aborts there).
    pub fn require_open_for_deposits(&self) -> Result<(), LendingError> {
        match self.status {
            STATUS_OBSOLETE => return Err(LendingError::ReserveObsolete),
            status if status > STATUS_HIDDEN => return Err(LendingError::InvalidConfig),
            _ => {}
        }
        self.require_version()?;
        if self.block_ctoken_usage { Err(LendingError::CTokenUsageBlocked) } else { Ok(()) }
    }

    /// Brings interest up to now and drops the price's status if the price grew too old.
    pub fn refresh(&mut self, now: Now, referral_fee_bps: u16) -> Result<(), LendingError> {
        self.accrue(now.slot, referral_fee_bps)?;
        if now.ts.saturating_sub(self.price_ts) >= self.max_price_age_secs {
            self.price_status = 0;
        }
        self.last_slot = now.slot;
        self.stale = false;
        Ok(())
    }

    /// Records since when supply and borrows exceed their limits.
    pub fn note_limits(&mut self, now_ts: u64) -> Result<(), LendingError> {
        let over_deposit = self.total_supply()? > Fraction::from_int(self.deposit_limit_atoms);
        let over_borrow = self.borrowed > Fraction::from_int(self.borrow_limit_atoms);
        self.deposit_limit_crossed_ts = crossed_since(self.deposit_limit_crossed_ts, over_deposit, now_ts);
        self.borrow_limit_crossed_ts = crossed_since(self.borrow_limit_crossed_ts, over_borrow, now_ts);
        Ok(())
    }

    /// Books a deposit of up to `offered_atoms`. cTokens round down, and no more liquidity is taken
    /// than pays for them: an offer below one cToken takes and mints nothing, without an error.
    ///
    /// Errors: `InvalidAmount` for zero, `ReserveStale`, `DepositLimitExceeded`, the cap's.
    pub fn deposit(&mut self, offered_atoms: u64, now: Now) -> Result<Deposit, LendingError> {
        if offered_atoms == 0 {
            return Err(LendingError::InvalidAmount);
        }
        self.require_fresh(now)?;
        let rate = self.exchange_rate()?;
        let collateral_atoms = rate.to_collateral_floor(offered_atoms)?;
        let liquidity_atoms = rate.to_liquidity_ceil(collateral_atoms)?;
        if liquidity_atoms > offered_atoms {
            return Err(LendingError::MathOverflow);
        }
        let supply = self
            .total_supply()?
            .checked_add(Fraction::from_int(liquidity_atoms))
            .ok_or(LendingError::MathOverflow)?;
        if supply > Fraction::from_int(self.deposit_limit_atoms) {
            return Err(LendingError::DepositLimitExceeded);
        }
        self.deposit_cap.count_inflow(liquidity_atoms, now.ts)?;
        self.available_atoms =
            self.available_atoms.checked_add(liquidity_atoms).ok_or(LendingError::MathOverflow)?;
        self.collateral_supply =
            self.collateral_supply.checked_add(collateral_atoms).ok_or(LendingError::MathOverflow)?;
        self.stale = true;
        Ok(Deposit { liquidity_atoms, collateral_atoms })
    }

    /// Books a redemption and answers the liquidity to pay out, rounded down.
    ///
    /// Errors: `InvalidAmount` for zero, `ReserveStale`, `InsufficientLiquidity`, `MathOverflow` for
    /// more cTokens than exist, `WithdrawalCapReached`.
    pub fn redeem(&mut self, collateral_atoms: u64, now: Now) -> Result<u64, LendingError> {
        if collateral_atoms == 0 {
            return Err(LendingError::InvalidAmount);
        }
        self.require_fresh(now)?;
        let liquidity_atoms = self.exchange_rate()?.to_liquidity_floor(collateral_atoms)?;
        if liquidity_atoms > self.freely_available_atoms()? {
            return Err(LendingError::InsufficientLiquidity);
        }
        self.available_atoms =
            self.available_atoms.checked_sub(liquidity_atoms).ok_or(LendingError::MathOverflow)?;
        self.collateral_supply =
            self.collateral_supply.checked_sub(collateral_atoms).ok_or(LendingError::MathOverflow)?;
        self.note_limits(now.ts)?;
        self.stale = true;
        self.deposit_cap.count_outflow(liquidity_atoms, now.ts)?;
        Ok(liquidity_atoms)
    }

    fn require_fresh(&self, now: Now) -> Result<(), LendingError> {
        let elapsed = now.slot.checked_sub(self.last_slot).ok_or(LendingError::MathOverflow)?;
        if self.stale || elapsed > 0 { Err(LendingError::ReserveStale) } else { Ok(()) }
    }
}

/// The first time a limit was seen crossed, kept until it no longer is.
fn crossed_since(recorded_ts: u64, crossed: bool, now_ts: u64) -> u64 {
    match (crossed, recorded_ts) {
        (false, _) => 0,
        (true, 0) => now_ts,
        (true, recorded) => recorded,
    }
}
