use anchor_lang::prelude::*;

use super::withdraw::{price_exit, Payout};
use crate::error::BallastError;
use crate::events::{FeesAccrued, GainRecorded, LossRecorded, Withdrawn};
use crate::instructions::movement::{Direction, Movement};
use crate::instructions::valuation::revalue;
use crate::oracle::status;
use crate::plan::settle_exit;
use crate::seeds;
use crate::state::{LoadKnown, Position, Strategy, Vault, Versioned};

/// Pays a person by unwinding one venue for their own exit.
///
/// Specification
/// 1. The owner signs. No pause, flag or silent keeper stops it; only shares entered in this slot stay.
/// 2. The allocation is valued first and needs a live price; else priced as `withdraw` prices.
/// 3. The leaver unwinds at most the worth of their own exit and the roundings of receipts. They are paid what
///    came out and what is idle, no more than their exit is worth; what is beyond it stays with the vault as idle.
/// 4. Only the shares that were paid for are burned; the rest stays theirs.
/// 5. What unwinding loses, the leaver bears: nobody else's share price moves.
/// 6. Balances move by exactly what the books say.
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
    let market = revalue(&accounts.vault, &accounts.strategy, index, ctx.remaining_accounts, &clock)?;
    let (owed, nav, fee_shares, idle_before) = {
        let mut vault = accounts.vault.load_known_mut()?;
        let allocation = vault.allocation(index)?;
        // Sold at a dead price, it would be sold at the others' cost.
        status::require(allocation.oracle_status, status::EXIT)?;
        require_gte!(allocation.receipts, receipts, BallastError::InsufficientReceipts);
        let (owed, nav, fee_shares) =
            price_exit(&mut vault, &accounts.position, shares, accept_stale, &clock)?;
        (owed, nav, fee_shares, vault.idle_atoms)
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
        clock: &clock,
    };
    let moved = movement.execute(Direction::Decrease, receipts)?;
    let exit = settle_exit(owed, shares, idle_before, &moved)?;
    require_gte!(exit.atoms, min_assets_out, BallastError::MinAssetsNotMet);

    // A venue that paid more than its books said leaves a gain to everybody.
    let gain = moved.gross_after.saturating_sub(moved.gross_before);
    {
        let mut vault = accounts.vault.load_known_mut()?;
        vault.book_change(0, gain, clock.unix_timestamp)?;
        vault.pay_withdrawal(exit.atoms, clock.unix_timestamp)?;
        vault.burn_shares(exit.shares)?;
        vault.invariant()?;
    }
    let payout = Payout {
        vault: &accounts.vault,
        idle_account: accounts.idle_account.to_account_info(),
        owner_tokens: accounts.owner_tokens.to_account_info(),
        asset_mint: accounts.asset_mint.to_account_info(),
        token_program: accounts.token_program.to_account_info(),
    };
    payout.pay(exit.atoms)?;
    ctx.accounts.position.take(exit.shares, exit.atoms)?;
    let accounts = &ctx.accounts;
    let (vault, slot) = (accounts.vault.key(), clock.slot);
    if fee_shares > 0 {
        emit_cpi!(FeesAccrued { vault, shares: fee_shares, nav_low: nav.low, slot });
    }
    let gain = market.gain.saturating_add(gain);
    if gain > 0 {
        emit_cpi!(GainRecorded { vault, index, atoms: gain, slot });
    }
    if market.loss > 0 {
        emit_cpi!(LossRecorded { vault, index, atoms: market.loss, slot });
    }
    emit_cpi!(Withdrawn {
        vault: accounts.vault.key(),
        owner: accounts.owner.key(),
        atoms: exit.atoms,
        shares: exit.shares,
        nav_low: nav.low,
        unwound: Some(index),
        loss_atoms: moved.loss(),
        slot: clock.slot,
    });
    Ok(())
}
