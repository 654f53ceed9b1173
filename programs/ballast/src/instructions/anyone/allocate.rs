use anchor_lang::prelude::*;
use ballast_math::mul_div::{bps_ceil, bps_floor};
use ballast_math::portfolio::{ceiling_atoms, target_atoms};

use crate::error::BallastError;
use crate::events::{AllocationExecuted, GainRecorded, LossRecorded};
use crate::instructions::movement::{Direction, Moved, Movement};
use crate::oracle::status;
use crate::state::{pause_level, Allocation, LoadKnown, Model, Nav, StalePolicy, Strategy, Vault, Versioned};

/// Moves funds of one slot toward its target, never past it.
///
/// Specification
/// 1. Anyone may call it; all non-empty allocations are refreshed in this slot.
/// 2. An increase needs a decision whose model is still live, no pause, every oracle bit, and leaves target,
///    caps and idle buffer kept.
/// 3. A decrease needs only that the slot is above its target or caps, or that the pause level lets anyone
///    unwind; it skips decision, model and cooldown: safety is never blocked.
/// 4. Balances move by exactly what the books say; receipts and value are read again after the call.
/// 5. The value lost is within the budget of the call and of the window.
#[event_cpi]
#[derive(Accounts)]
pub struct Allocate<'info> {
    /// Advances rent that comes back within the instruction, where an adapter needs it.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The vault.
    #[account(mut)]
    pub vault: AccountLoader<'info, Vault>,
    /// The slot's strategy.
    pub strategy: AccountLoader<'info, Strategy>,
    /// The model behind the last decision; needed for an increase.
    #[account(constraint = model.is_known() @ BallastError::UnknownVersion)]
    pub model: Option<Account<'info, Model>>,
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

impl Allocate<'_> {
    fn require_live_decision(&self, vault: &Vault) -> Result<()> {
        require!(vault.decision_sequence > 0, BallastError::NoDecision);
        let model = self.model.as_ref().ok_or(BallastError::WrongModel)?;
        require_keys_eq!(model.key(), vault.decision_model, BallastError::WrongModel);
        model.require_live()
    }
}

/// Whether `amount` more atoms keep every limit.
fn validate_increase(
    vault: &Vault,
    allocation: &Allocation,
    nav: &Nav,
    amount: u64,
    slot: u64,
) -> Result<()> {
    vault.require_below_pause(pause_level::NO_INCREASES)?;
    require_eq!(allocation.refreshed_slot, slot, BallastError::StaleAllocation);
    status::require(allocation.oracle_status, status::ALL)?;
    require_gte!(amount, vault.limits.min_move_atoms, BallastError::MoveTooSmall);
    require_gte!(vault.idle_atoms, amount, BallastError::InsufficientIdle);
    let overflow = BallastError::MathOverflow;
    let after = allocation.value_low.checked_add(amount).ok_or(overflow)?;
    require_gte!(allocation.absolute_cap_atoms, after, BallastError::AbsoluteCapExceeded);
    let relative =
        bps_floor(nav.gross_low, u64::from(allocation.relative_cap_bps)).ok_or(BallastError::MathOverflow)?;
    require_gte!(relative, after, BallastError::RelativeCapExceeded);
    let target = target_atoms(nav.gross_low, allocation.target_bps).ok_or(BallastError::MathOverflow)?;
    require_gte!(target, after, BallastError::TargetOvershot);
    let buffer =
        bps_ceil(nav.gross_low, u64::from(vault.limits.idle_buffer_bps)).ok_or(BallastError::MathOverflow)?;
    require_gte!(vault.idle_atoms.saturating_sub(amount), buffer, BallastError::IdleBufferNotKept);
    Ok(())
}

/// What a price must be for anyone to sell at it on the vault's behalf: divergence from the average is no bar.
const DECREASE_BITS: u16 = status::EXIT | status::CONFIDENCE | status::SPOT;

/// Lowest value the slot may be reduced to; errors when there is nothing to reduce.
fn validate_decrease(vault: &Vault, allocation: &Allocation, nav: &Nav, receipts: u64) -> Result<u64> {
    status::require(allocation.oracle_status, DECREASE_BITS)?;
    require_gte!(allocation.receipts, receipts, BallastError::InsufficientReceipts);
    if vault.anyone_may_unwind() {
        return Ok(0);
    }
    let ceiling = ceiling_atoms(nav.gross_low, allocation.target_bps, &allocation.view())
        .ok_or(BallastError::MathOverflow)?;
    require_gt!(allocation.value_low, ceiling, BallastError::NothingToReduce);
    Ok(ceiling)
}

/// Checks what a decrease did, and its size, which is only known now.
fn verify_decrease(vault: &Vault, allocation: &Allocation, moved: &Moved, floor: u64) -> Result<()> {
    require_gte!(moved.value_after, floor, BallastError::TargetOvershot);
    let drop = moved.value_before.saturating_sub(moved.value_after);
    let emptied = allocation.receipts == 0;
    require!(emptied || drop >= vault.limits.min_move_atoms, BallastError::MoveTooSmall);
    Ok(())
}

/// Books the loss against the budgets of the call and of the window.
fn charge_loss(vault: &mut Vault, moved: &Moved, nav: &Nav, now_ts: i64) -> Result<()> {
    let loss = moved.loss();
    if loss == 0 {
        return Ok(());
    }
    let size = moved.atoms.max(moved.value_before.saturating_sub(moved.value_after));
    // Rounded up, so that the atom a venue rounds away never blocks a move.
    let per_call = bps_ceil(size, u64::from(vault.limits.loss_call_bps)).ok_or(BallastError::MathOverflow)?;
    require!(moved.given_up || loss <= per_call, BallastError::LossPerCallExceeded);
    let window_secs = vault.limits.loss_window_secs;
    let used = vault.losses.used(now_ts, window_secs).ok_or(BallastError::MathOverflow)?;
    let budget = bps_floor(nav.gross_low, u64::from(vault.limits.loss_window_bps))
        .ok_or(BallastError::MathOverflow)?;
    require_gte!(budget, used.saturating_add(loss), BallastError::LossWindowExceeded);
    vault.losses.add(loss, now_ts, window_secs).ok_or(BallastError::MathOverflow)?;
    Ok(())
}

/// See [`Allocate`]. The amount is atoms of the asset for an increase, receipts for a decrease.
pub(crate) fn allocate<'info>(
    ctx: Context<'info, Allocate<'info>>,
    index: u8,
    direction: Direction,
    amount: u64,
) -> Result<()> {
    require!(amount > 0, BallastError::ZeroAmount);
    let clock = Clock::get()?;
    let now = clock.unix_timestamp;
    let accounts = &ctx.accounts;
    let (nav, floor) = {
        let vault = accounts.vault.load_known()?;
        let nav = vault.nav(clock.slot, now, StalePolicy::Reject)?;
        let allocation = vault.allocation(index)?;
        let floor = match direction {
            Direction::Increase => {
                accounts.require_live_decision(&vault)?;
                validate_increase(&vault, allocation, &nav, amount, clock.slot)?;
                0
            }
            Direction::Decrease => validate_decrease(&vault, allocation, &nav, amount)?,
        };
        (nav, floor)
    };

    let movement = Movement {
        vault: &accounts.vault,
        strategy: &accounts.strategy,
        payer: accounts.payer.to_account_info(),
        asset_mint: accounts.asset_mint.to_account_info(),
        idle_account: accounts.idle_account.to_account_info(),
        receipt_account: accounts.receipt_account.to_account_info(),
        token_program: accounts.token_program.to_account_info(),
        venue_accounts: ctx.remaining_accounts,
        index,
        oracle_bits: match direction {
            Direction::Increase => status::ALL,
            Direction::Decrease => DECREASE_BITS,
        },
        clock: &clock,
    };
    let moved = movement.execute(direction, amount)?;

    let mut vault = accounts.vault.load_known_mut()?;
    if direction == Direction::Decrease {
        verify_decrease(&vault, vault.allocation(index)?, &moved, floor)?;
    }
    charge_loss(&mut vault, &moved, &nav, now)?;
    let recorded = vault.book_change(moved.gross_before, moved.gross_after, now)?;
    vault.invariant()?;
    drop(vault);
    let vault = accounts.vault.key();
    if recorded > 0 {
        emit_cpi!(LossRecorded { vault, index, atoms: recorded, slot: clock.slot });
    }
    let gain = moved.gross_after.saturating_sub(moved.gross_before);
    if gain > 0 {
        emit_cpi!(GainRecorded { vault, index, atoms: gain, slot: clock.slot });
    }
    emit_cpi!(AllocationExecuted {
        vault,
        index,
        actor: accounts.payer.key(),
        increase: direction == Direction::Increase,
        atoms: moved.atoms,
        receipts: moved.receipts,
        value_after: moved.value_after,
        loss_atoms: moved.loss(),
        slot: clock.slot,
    });
    Ok(())
}
