//! The instructions: accounts, checks, effects. The maths is in [`crate::curve`].

pub mod deposit;
pub mod swap_base_input;
pub mod swap_base_output;
pub mod withdraw;

mod liquidity_accounts;
mod side_token;
mod swap;

use crate::layout::seeds;
use solana_program::{clock::Clock, program_error::ProgramError, sysvar::Sysvar};

/// Signs with the pools' authority.
fn with_authority<T>(
    bump: u8,
    act: impl FnOnce(&[&[&[u8]]]) -> Result<T, ProgramError>,
) -> Result<T, ProgramError> {
    act(&[&[seeds::AUTHORITY, &[bump]]])
}

/// The chain's clock: (unix seconds, epoch). cp-swap, too, reads the time as an unsigned number.
fn now() -> Result<(u64, u64), ProgramError> {
    let clock = Clock::get()?;
    Ok((clock.unix_timestamp as u64, clock.epoch))
}
