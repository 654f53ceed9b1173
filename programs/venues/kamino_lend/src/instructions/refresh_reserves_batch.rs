//! `refresh_reserves_batch`: several reserves at once, optionally without their prices.
//!
//! With prices skipped it needs no oracle: pairs of reserve and market. Otherwise four oracle
//! accounts follow each pair, the program's own id standing for none.

use super::{now, prices};
use crate::error::LendingError;
use crate::layout::{MARKET_DISCRIMINATOR, RESERVE_DISCRIMINATOR};
use crate::market::Market;
use crate::reserve::{Now, Reserve};
use anchor_shape::AnchorError;
use anchor_shape::accounts::{AccountCursor, read_state};
use prices::OracleAccounts;
use solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, program_error::ProgramError};

/// Refreshes the reserves in order; none is refreshed if one fails.
pub fn process(accounts: &[AccountInfo], skip_price_updates: bool) -> ProgramResult {
    let now = now()?;
    let mut cursor = AccountCursor::new(accounts);
    while let Some(reserve) = cursor.maybe() {
        refresh_next(reserve, &mut cursor, skip_price_updates, now)?;
    }
    Ok(())
}

fn refresh_next(
    reserve_info: &AccountInfo,
    cursor: &mut AccountCursor,
    skip_price_updates: bool,
    now: Now,
) -> ProgramResult {
    let market_info = cursor.maybe().ok_or(LendingError::InvalidAccountInput)?;
    read_state(reserve_info, &crate::ID, &RESERVE_DISCRIMINATOR)?;
    if !reserve_info.is_writable {
        return Err(AnchorError::AccountNotMutable.into());
    }
    let mut data = reserve_info.try_borrow_mut_data()?;
    let mut reserve = Reserve::load(&data)?;
    if reserve.market != *market_info.key {
        return Err(LendingError::InvalidAccountInput.into());
    }
    read_state(market_info, &crate::ID, &MARKET_DISCRIMINATOR)?;
    let market = Market::load(&market_info.try_borrow_data()?)?;
    market.require_normal_mode()?;
    reserve.require_version()?;

    if !skip_price_updates {
        let oracles = next_oracles(cursor)?;
        prices::require_price_kept(&data, &reserve, &market, now, &oracles)?;
    }
    reserve.refresh(now, market.referral_fee_bps)?;
    reserve.note_limits(now.ts)?;
    reserve.store(&mut data)
}

fn next_oracles<'a, 'info>(
    cursor: &mut AccountCursor<'a, 'info>,
) -> Result<OracleAccounts<'a, 'info>, ProgramError> {
    let mut next = || {
        let account = cursor.maybe().ok_or(LendingError::InvalidAccountInput)?;
        Ok::<_, ProgramError>((*account.key != crate::ID).then_some(account))
    };
    Ok(OracleAccounts {
        pyth: next()?,
        switchboard_price: next()?,
        switchboard_twap: next()?,
        scope: next()?,
    })
}
