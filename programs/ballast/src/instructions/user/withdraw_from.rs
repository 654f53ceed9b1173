use anchor_lang::prelude::*;
use ballast_math::mul_div::mul_div_ceil;

use super::withdraw::{price_exit, Payout};
use crate::error::BallastError;
use crate::events::{FeesAccrued, GainRecorded, Withdrawn};
use crate::instructions::movement::{Direction, Movement};
use crate::seeds;
use crate::state::{Allocation, LoadKnown, Position, Strategy, Vault, Versioned};

/// Pays a person by unwinding one venue for their own exit.
///
/// Specification
/// 1. The owner signs. No pause, flag or silent keeper stops it.
/// 2. Priced as `withdraw` prices; the unwound slot itself must be refreshed.
/// 3. The leaver unwinds at most the worth of their own exit, rounded up to a whole receipt. They are paid
///    no more than their exit is worth: what the last receipt is worth beyond it stays with the vault as idle.
/// 4. What unwinding loses, the leaver bears: nobody else's share price moves.
/// 5. Balances move by exactly what the books say.
#[event_cpi]
#[derive(Accounts)]
pub struct WithdrawFrom<'info> {
    /// Whose money it is; advances rent that comes back, where an adapter needs it.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The vault.
    #[account(mut)]
    pub vault: AccountLoader<'info, Vault>,
    /// Their position.
    #[account(
        mut, has_one = owner @ BallastError::NotOwner,
        seeds = [seeds::POSITION, vault.key().as_ref(), owner.key().as_ref()], bump = position.bump,
        constraint = position.is_known() @ BallastError::UnknownVersion
    )]
    pub position: Account<'info, Position>,
    /// The slot's strategy.
    pub strategy: AccountLoader<'info, Strategy>,
    /// CHECK: where to pay; the token program checks its mint.
    #[account(mut)]
    pub owner_tokens: UncheckedAccount<'info>,
    /// CHECK: must be the vault's asset; checked by the move.
    #[account(mut)]
    pub asset_mint: UncheckedAccount<'info>,
    /// CHECK: must be the vault's idle account; checked by the move.
    #[account(mut)]
    pub idle_account: UncheckedAccount<'info>,
    /// CHECK: must be the slot's receipt account; checked by the move.
    #[account(mut)]
    pub receipt_account: UncheckedAccount<'info>,
    /// CHECK: must be the asset's token program; checked by the move.
    pub token_program: UncheckedAccount<'info>,
    // Then the venue's program and accounts, in the adapter's order.
}

/// What one receipt of the slot is worth, rounded up. Receipts are whole, and venues round: without idle
/// assets, no number of receipts might be worth what is owed to the atom.
fn receipt_atoms_ceil(allocation: &Allocation) -> Result<u64> {
    let worth = mul_div_ceil(allocation.value_low, 1, allocation.receipts);
    Ok(worth.ok_or(BallastError::MathOverflow)?)
}

/// See [`WithdrawFrom`].
pub(crate) fn withdraw_from<'info>(
    ctx: Context<'info, WithdrawFrom<'info>>,
    index: u8,
    receipts: u64,
    shares: u64,
    min_assets_out: u64,
    accept_stale: bool,
) -> Result<()> {
    require!(receipts > 0, BallastError::ZeroAmount);
    let clock = Clock::get()?;
    let accounts = &ctx.accounts;
    let (receipt_atoms, (owed, nav, fee_shares)) = {
        let mut vault = accounts.vault.load_known_mut()?;
        let allocation = vault.allocation(index)?;
        require!(allocation.is_fresh(clock.slot), BallastError::StaleAllocation);
        require_gte!(allocation.receipts, receipts, BallastError::InsufficientReceipts);
        let receipt_atoms = receipt_atoms_ceil(allocation)?;
        (receipt_atoms, price_exit(&mut vault, &accounts.position, shares, accept_stale, &clock)?)
    };

    let movement = Movement {
        vault: &accounts.vault,
        strategy: &accounts.strategy,
        payer: accounts.owner.to_account_info(),
        asset_mint: accounts.asset_mint.to_account_info(),
        idle_account: accounts.idle_account.to_account_info(),
        receipt_account: accounts.receipt_account.to_account_info(),
        token_program: accounts.token_program.to_account_info(),
        venue_accounts: ctx.remaining_accounts,
        index,
        // The leaver alone bears what a bad price costs.
        oracle_bits: 0,
        clock: &clock,
    };
    let moved = movement.execute(Direction::Decrease, receipts)?;
    let unwound = moved.value_before.saturating_sub(moved.value_after);
    let most = owed.checked_add(receipt_atoms).ok_or(BallastError::MathOverflow)?;
    require_gte!(most, unwound, BallastError::UnwindExceedsExit);
    let loss = moved.loss();
    let atoms = owed.checked_sub(loss).ok_or(BallastError::DustAmount)?;
    require!(atoms > 0, BallastError::DustAmount);
    require_gte!(atoms, min_assets_out, BallastError::MinAssetsNotMet);

    // A venue that paid more than its books said leaves a gain to everybody.
    let gain = moved.gross_after.saturating_sub(moved.gross_before);
    {
        let mut vault = accounts.vault.load_known_mut()?;
        vault.book_change(0, gain, clock.unix_timestamp)?;
        vault.idle_atoms = vault.idle_atoms.checked_sub(atoms).ok_or(BallastError::InsufficientIdle)?;
        vault.burn_shares(shares)?;
        vault.invariant()?;
    }
    let payout = Payout {
        vault: &accounts.vault,
        idle_account: accounts.idle_account.to_account_info(),
        owner_tokens: accounts.owner_tokens.to_account_info(),
        asset_mint: accounts.asset_mint.to_account_info(),
        token_program: accounts.token_program.to_account_info(),
    };
    payout.pay(atoms)?;
    ctx.accounts.position.take(shares, atoms)?;
    let accounts = &ctx.accounts;
    let (vault, slot) = (accounts.vault.key(), clock.slot);
    if fee_shares > 0 {
        emit_cpi!(FeesAccrued { vault, shares: fee_shares, nav_low: nav.low, slot });
    }
    if gain > 0 {
        emit_cpi!(GainRecorded { vault, index, atoms: gain, slot });
    }
    emit_cpi!(Withdrawn {
        vault: accounts.vault.key(),
        owner: accounts.owner.key(),
        atoms,
        shares,
        nav_low: nav.low,
        unwound: Some(index),
        loss_atoms: loss,
        slot: clock.slot,
    });
    Ok(())
}
