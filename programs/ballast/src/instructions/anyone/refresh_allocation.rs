use anchor_lang::prelude::*;

use crate::events::{GainRecorded, LossRecorded};
use crate::instructions::valuation::revalue;
use crate::seeds;
use crate::state::{History, LoadKnown, StalePolicy, Strategy, Vault};

/// Reads what an allocation is worth now, after the venue's own accrual in the same instruction.
///
/// Specification
/// 1. Anyone may call it. It moves nothing.
/// 2. Every venue account is the one the strategy pins; prices come through guards.
/// 3. A gain is locked and released over time; a loss hits locked profit first, then the share price.
///    Both are recorded.
/// 4. Where the history is passed and nothing is stale any more, what the vault is worth is written into it.
/// 5. A price that is merely not good enough sets bits; one that is not what it claims is an error.
#[event_cpi]
#[derive(Accounts)]
pub struct RefreshAllocation<'info> {
    /// The vault.
    #[account(mut)]
    pub vault: AccountLoader<'info, Vault>,
    /// The allocation's strategy.
    pub strategy: AccountLoader<'info, Strategy>,
    /// The vault's history.
    #[account(mut, seeds = [seeds::HISTORY, vault.key().as_ref()], bump = history.load_known()?.bump)]
    pub history: Option<AccountLoader<'info, History>>,
    // Then the venue's program and accounts, in the adapter's order.
}

/// See [`RefreshAllocation`].
pub(crate) fn refresh_allocation<'info>(
    ctx: Context<'info, RefreshAllocation<'info>>,
    index: u8,
) -> Result<()> {
    let clock = Clock::get()?;
    let accounts = &ctx.accounts;
    let change = revalue(&accounts.vault, &accounts.strategy, index, ctx.remaining_accounts, &clock)?;
    if let Some(history) = &accounts.history {
        let vault = accounts.vault.load_known()?;
        if let Ok(nav) = vault.nav(clock.slot, clock.unix_timestamp, StalePolicy::Reject) {
            history.load_known_mut()?.record(&vault, &nav, clock.unix_timestamp)?;
        }
    }
    let (vault, slot) = (accounts.vault.key(), clock.slot);
    if change.gain > 0 {
        emit_cpi!(GainRecorded { vault, index, atoms: change.gain, slot });
    }
    if change.loss > 0 {
        emit_cpi!(LossRecorded { vault, index, atoms: change.loss, slot });
    }
    Ok(())
}
