//! `swap_base_input`: an exact amount in, at least a given amount out.

use super::now;
use super::swap::SwapAccounts;
use crate::curve;
use crate::error::CpmmError;
use anchor_shape::AnchorError;
use solana_program::{account_info::AccountInfo, entrypoint::ProgramResult};

/// Swaps `input_atoms` in for at least `min_output_atoms`.
pub fn process(accounts: &[AccountInfo], [input_atoms, min_output_atoms]: [u64; 2]) -> ProgramResult {
    let accounts = SwapAccounts::read(accounts)?;
    let pool = accounts.validate()?;
    let (now_ts, epoch) = now()?;
    pool.require_swapping(now_ts)?;
    if input_atoms == 0 {
        return Err(AnchorError::RequireGtViolated.into());
    }
    let before = accounts.before(pool)?;
    let [input, output] = before.reserves;
    let swap = curve::swap_base_input(input_atoms, input, output, before.rates, before.side)
        .ok_or(CpmmError::ZeroTradingTokens)?;
    if swap.output_atoms == 0 {
        return Err(AnchorError::RequireGtViolated.into());
    }
    if swap.output_atoms < min_output_atoms {
        return Err(CpmmError::ExceededSlippage.into());
    }
    accounts.settle(before, &swap, now_ts, epoch)
}
