//! `swap_base_output`: an exact amount out, for at most a given amount in.

use super::now;
use super::swap::SwapAccounts;
use crate::curve;
use crate::error::CpmmError;
use anchor_shape::AnchorError;
use solana_program::{account_info::AccountInfo, entrypoint::ProgramResult};

/// Swaps `output_atoms` out for at most `max_input_atoms`.
pub fn process(accounts: &[AccountInfo], [max_input_atoms, output_atoms]: [u64; 2]) -> ProgramResult {
    let accounts = SwapAccounts::read(accounts)?;
    let pool = accounts.validate()?;
    if output_atoms == 0 {
        return Err(AnchorError::RequireGtViolated.into());
    }
    let (now_ts, epoch) = now()?;
    pool.require_swapping(now_ts)?;
    let before = accounts.before(pool)?;
    let [input, output] = before.reserves;
    if output_atoms >= output {
        // cp-swap aborts when asked for all that the pool holds.
        return Err(CpmmError::MathOverflow.into());
    }
    let swap = curve::swap_base_output(output_atoms, input, output, before.rates, before.side)
        .ok_or(CpmmError::ZeroTradingTokens)?;
    if swap.input_atoms == 0 {
        return Err(AnchorError::RequireGtViolated.into());
    }
    if swap.input_atoms > max_input_atoms {
        return Err(CpmmError::ExceededSlippage.into());
    }
    accounts.settle(before, &swap, now_ts, epoch)
}
