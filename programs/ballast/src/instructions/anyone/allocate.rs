use anchor_lang::prelude::*;
use ballast_math::limits::Mover;

use crate::error::BallastError;
use crate::events::{AllocationExecuted, GainRecorded, LossRecorded};
use crate::instructions::movement::{Direction, Movement};
use crate::instructions::valuation::revalue;
use crate::plan::{plan_move, verify_move, MoveOrder, MovePlan};
use crate::seeds;
use crate::state::{Config, LoadKnown, Model, StalePolicy, Strategy, Vault, Versioned};

/// Moves funds of one allocation toward its target, never past it.
///
/// Specification
/// 1. Anyone may call it. The allocation is valued first: what changed before the move is not the move's.
/// 2. An increase names the vault's last decision, which is young enough and whose model is still live. It needs
///    no pause, every oracle bit, all non-empty allocations refreshed in this slot, and no fall of the venue's own
///    exchange rate since the decision; it keeps target, caps, idle buffer and inflow budget, measured on the
///    smaller total; the venue's liquidity and utilisation are within bounds now and at earlier readings.
/// 3. A decrease needs only that the allocation is above its target or caps by more than the dead band, or that
///    the pause level lets anyone unwind; it skips decision, model and cooldown, and no other venue can block it.
///    Keeper and guardian need no dead band and no rest; the guardian needs no excess either.
/// 4. Balances move by exactly what the books say; receipts and value are read again after the call.
/// 5. The value lost is within the budget of the call and of the window, of which strangers may use half.
#[event_cpi]
#[derive(Accounts)]
pub struct Allocate<'info> {
    /// Whoever asks. Advances rent that comes back within the instruction, where an adapter needs it.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The vault.
    #[account(mut)]
    pub vault: AccountLoader<'info, Vault>,
    /// The allocation's strategy.
    pub strategy: AccountLoader<'info, Strategy>,
    /// The model behind the last decision; needed for an increase.
    #[account(constraint = model.is_known() @ BallastError::UnknownVersion)]
    pub model: Option<Account<'info, Model>>,
    /// Names the guardian; needed where the payer moves as the guardian.
    #[account(
        seeds = [seeds::CONFIG], bump = config.bump,
        constraint = config.is_known() @ BallastError::UnknownVersion
    )]
    pub config: Option<Box<Account<'info, Config>>>,
    /// CHECK: must be the vault's asset; checked by the move.
    #[account(mut)]
    pub asset_mint: UncheckedAccount<'info>,
    /// CHECK: must be the vault's idle account; checked by the move.
    #[account(mut)]
    pub idle_account: UncheckedAccount<'info>,
    /// CHECK: must be the allocation's receipt account; checked by the move.
    #[account(mut)]
    pub receipt_account: UncheckedAccount<'info>,
    /// CHECK: must be the asset's token program; checked by the move.
    pub token_program: UncheckedAccount<'info>,
    // Then the venue's program and accounts, in the adapter's order.
}

impl Allocate<'_> {
    fn mover(&self, vault: &Vault) -> Mover {
        let payer = self.payer.key();
        if self.config.as_ref().is_some_and(|config| config.guardian == payer) {
            Mover::Guardian
        } else if vault.keeper == payer {
            Mover::Keeper
        } else {
            Mover::Anyone
        }
    }

    fn plan(&self, order: &MoveOrder, clock: &Clock) -> Result<MovePlan> {
        let vault = self.vault.load_known()?;
        // A dead venue must not block what makes another one safer.
        let stale = match order.direction {
            Direction::Increase => StalePolicy::Reject,
            Direction::Decrease => StalePolicy::LastKnown,
        };
        let nav = vault.nav(clock.slot, clock.unix_timestamp, stale)?;
        let model = self.model.as_ref().map(|model| (model.key(), &**model));
        plan_move(&vault, order, &nav, self.mover(&vault), model, clock)
    }
}

/// See [`Allocate`].
pub(crate) fn allocate<'info>(ctx: Context<'info, Allocate<'info>>, order: MoveOrder) -> Result<()> {
    let clock = Clock::get()?;
    let accounts = &ctx.accounts;
    let (index, venue_accounts) = (order.index, ctx.remaining_accounts);
    let market = revalue(&accounts.vault, &accounts.strategy, index, venue_accounts, &clock)?;
    let plan = accounts.plan(&order, &clock)?;

    let movement = Movement {
        vault: &accounts.vault,
        strategy: &accounts.strategy,
        payer: accounts.payer.to_account_info(),
        asset_mint: accounts.asset_mint.to_account_info(),
        idle_account: accounts.idle_account.to_account_info(),
        receipt_account: accounts.receipt_account.to_account_info(),
        token_program: accounts.token_program.to_account_info(),
        venue_accounts,
        index,
        clock: &clock,
    };
    let moved = movement.execute(order.direction, order.amount)?;

    let mut vault = accounts.vault.load_known_mut()?;
    verify_move(&mut vault, &order, &plan, &moved, &clock)?;
    let move_loss = vault.book_change(moved.gross_before, moved.gross_after, clock.unix_timestamp)?;
    vault.invariant()?;
    drop(vault);
    let vault = accounts.vault.key();
    let move_gain = moved.gross_after.saturating_sub(moved.gross_before);
    let gain = market.gain.saturating_add(move_gain);
    if gain > 0 {
        emit_cpi!(GainRecorded { vault, index, atoms: gain, slot: clock.slot });
    }
    let recorded = market.loss.saturating_add(move_loss);
    if recorded > 0 {
        emit_cpi!(LossRecorded { vault, index, atoms: recorded, slot: clock.slot });
    }
    emit_cpi!(AllocationExecuted {
        vault,
        index,
        actor: accounts.payer.key(),
        increase: order.direction == Direction::Increase,
        atoms: moved.atoms,
        receipts: moved.receipts,
        value_after: moved.value_after,
        loss_atoms: moved.loss(),
        slot: clock.slot,
    });
    Ok(())
}
