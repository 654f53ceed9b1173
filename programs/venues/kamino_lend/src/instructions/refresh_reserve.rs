//! `refresh_reserve`: interest up to the current slot, with the reserve's oracle accounts.

use super::{now, prices};
use crate::error::LendingError;
use crate::layout::{MARKET_DISCRIMINATOR, RESERVE_DISCRIMINATOR};
use crate::market::Market;
use crate::reserve::Reserve;
use anchor_shape::AnchorError;
use anchor_shape::accounts::{AccountCursor, read_state, require_key, require_mut};
use prices::OracleAccounts;
use solana_program::{account_info::AccountInfo, entrypoint::ProgramResult};

/// Refreshes one reserve. Oracle accounts are looked at only when the stored price is due.
pub fn process(accounts: &[AccountInfo]) -> ProgramResult {
    let mut cursor = AccountCursor::new(accounts);
    let reserve_info = cursor.required()?;
    read_state(reserve_info, &crate::ID, &RESERVE_DISCRIMINATOR)?;
    let market_info = cursor.required()?;
    read_state(market_info, &crate::ID, &MARKET_DISCRIMINATOR)?;
    let oracles = OracleAccounts {
        pyth: cursor.optional(&crate::ID)?,
        switchboard_price: cursor.optional(&crate::ID)?,
        switchboard_twap: cursor.optional(&crate::ID)?,
        scope: cursor.optional(&crate::ID)?,
    };

    require_mut(reserve_info)?;
    let mut data = reserve_info.try_borrow_mut_data()?;
    let mut reserve = Reserve::load(&data)?;
    require_key(&reserve.market, market_info.key, AnchorError::ConstraintHasOne)?;
    let market = Market::load(&market_info.try_borrow_data()?)?;
    market.require_normal_mode()?;
    if cursor.maybe().is_some() {
        return Err(LendingError::InvalidAccountInput.into());
    }
    reserve.require_version()?;

    let now = now()?;
    prices::require_price_kept(&data, &reserve, &market, now, &oracles)?;
    reserve.refresh(now, market.referral_fee_bps)?;
    reserve.note_limits(now.ts)?;
    reserve.store(&mut data)
}
