use anchor_lang::prelude::*;

use crate::events::LossRecorded;
use crate::instructions::valuation::revalue;
use crate::state::{Strategy, Vault};

/// Reads what a slot is worth now, after the venue's own accrual in the same instruction.
///
/// Specification
/// 1. Anyone may call it. It moves nothing.
/// 2. Every venue account is the one the strategy pins; prices come through guards.
/// 3. A gain is locked and released over time; a loss hits locked profit first, then the share price,
///    and is recorded.
/// 4. A price that is merely not good enough sets bits; one that is not what it claims is an error.
#[event_cpi]
#[derive(Accounts)]
pub struct RefreshAllocation<'info> {
    /// The vault.
    #[account(mut)]
    pub vault: AccountLoader<'info, Vault>,
    /// The slot's strategy.
    pub strategy: AccountLoader<'info, Strategy>,
    // Then the venue's program and accounts, in the adapter's order.
}

/// See [`RefreshAllocation`].
pub(crate) fn refresh_allocation<'info>(
    ctx: Context<'info, RefreshAllocation<'info>>,
    index: u8,
) -> Result<()> {
    let clock = Clock::get()?;
    let accounts = &ctx.accounts;
    let loss = revalue(&accounts.vault, &accounts.strategy, index, ctx.remaining_accounts, &clock)?;
    if loss > 0 {
        emit_cpi!(LossRecorded { vault: accounts.vault.key(), index, atoms: loss, slot: clock.slot });
    }
    Ok(())
}
