//! The instructions: accounts, checks, effects. The maths is in [`crate::reserve`].

pub mod deposit_reserve_liquidity;
pub mod redeem_reserve_collateral;
pub mod refresh_reserve;
pub mod refresh_reserves_batch;

mod liquidity_token;
mod prices;
mod vault_check;

use crate::reserve::Now;
use solana_program::{clock::Clock, program_error::ProgramError, sysvar::Sysvar};

use crate::error::LendingError;

/// The chain's clock.
fn now() -> Result<Now, ProgramError> {
    let clock = Clock::get()?;
    let ts = u64::try_from(clock.unix_timestamp).map_err(|_| LendingError::MathOverflow)?;
    Ok(Now { slot: clock.slot, ts })
}
