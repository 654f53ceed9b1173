use anchor_lang::prelude::*;

use crate::adapters::{Adapter, Holding, Venue};
use crate::error::BallastError;
use crate::events::{GainRecorded, LossRecorded};
use crate::state::{LoadKnown, Strategy, Vault};

/// Reads what a slot is worth now, after the venue's own accrual in the same instruction.
///
/// Specification
/// 1. Anyone may call it. It moves nothing.
/// 2. Every venue account is the one the strategy pins; prices come through guards.
/// 3. A gain is locked and released over time; a loss hits locked profit first, then the share price.
///    Both are recorded.
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
    let strategy = accounts.strategy.load_known()?;
    let allocation = *accounts.vault.load_known()?.allocation(index)?;
    require_keys_eq!(accounts.strategy.key(), allocation.strategy, BallastError::WrongStrategy);
    let adapter = Adapter::from_kind(strategy.adapter)?;
    let venue = Venue { strategy: &strategy, accounts: ctx.remaining_accounts, clock: &clock };
    let holding = Holding { receipts: allocation.receipts, residual_atoms: allocation.residual_atoms };
    let valuation = adapter.refresh(&venue, holding)?;

    let mut vault = accounts.vault.load_known_mut()?;
    vault.allocation_mut(index)?.set_valuation(&valuation, clock.slot);
    let loss = vault.book_change(allocation.value_low, valuation.low, clock.unix_timestamp)?;
    drop(vault);
    let gain = valuation.low.saturating_sub(allocation.value_low);
    if gain > 0 {
        emit_cpi!(GainRecorded { vault: accounts.vault.key(), index, atoms: gain, slot: clock.slot });
    }
    if loss > 0 {
        emit_cpi!(LossRecorded { vault: accounts.vault.key(), index, atoms: loss, slot: clock.slot });
    }
    Ok(())
}
