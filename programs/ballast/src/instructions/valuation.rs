//! What an allocation is worth now: read from the venue, and the change booked. Every move begins with it, so that
//! a price or an accrual between refresh and move is the vault's, never the move's.

use anchor_lang::prelude::*;

use crate::adapters::{Adapter, Holding, Venue};
use crate::error::BallastError;
use crate::state::{LoadKnown, Strategy, Vault};

/// What a valuation found, atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The gain, which unlocks over time.
    pub gain: u64,
    /// The loss that reached the share price.
    pub loss: u64,
}

/// Values allocation `index` at `clock` and books what changed since the last time: a gain is locked, a loss hits
/// locked profit first.
pub fn revalue<'info>(
    vault: &AccountLoader<'info, Vault>,
    strategy: &AccountLoader<'info, Strategy>,
    index: u8,
    venue_accounts: &'info [AccountInfo<'info>],
    clock: &Clock,
) -> Result<Change> {
    let allocation = *vault.load_known()?.allocation(index)?;
    require_keys_eq!(strategy.key(), allocation.strategy, BallastError::WrongStrategy);
    let strategy = strategy.load_known()?;
    let adapter = Adapter::from_kind(strategy.adapter)?;
    let venue = Venue { strategy: &strategy, accounts: venue_accounts, clock };
    let holding = Holding { receipts: allocation.receipts, residual_atoms: allocation.residual_atoms };
    // No borrow of the vault is held: the venue is called.
    let valuation = adapter.refresh(&venue, holding)?;
    let mut vault = vault.load_known_mut()?;
    let limits = vault.limits;
    vault.allocation_mut(index)?.set_valuation(&valuation, &limits, clock);
    let loss = vault.book_change(allocation.value_low, valuation.low, clock.unix_timestamp)?;
    Ok(Change { gain: valuation.low.saturating_sub(allocation.value_low), loss })
}
