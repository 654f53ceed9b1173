use anchor_lang::prelude::*;
use ballast_math::limits::{
    decrease_floor, increase_room, loss_allowed, IncreaseRoom, IncreaseTerms, LossBudget, Mover, Totals,
    ROUNDING_ATOMS,
};

use crate::error::BallastError;
use crate::instructions::movement::{Direction, Moved};
use crate::oracle::status;
use crate::state::{pause_level, Allocation, Model, Nav, Vault};

/// A move that somebody asks for.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoveOrder {
    /// Allocation.
    pub index: u8,
    /// Which way.
    pub direction: Direction,
    /// Atoms of the asset for an increase, receipts for a decrease.
    pub amount: u64,
    /// Number of the decision that an increase is for; it may be no other's. A decrease is for none.
    pub decision_sequence: u64,
}

/// What a move is measured by after it was made.
pub struct MovePlan {
    totals: Totals,
    mover: Mover,
    /// Lowest value that a decrease may leave.
    floor: u64,
}

/// Judges `order` on the vault's live state. Values of the moved allocation must be of now.
pub fn plan_move(
    vault: &Vault,
    order: &MoveOrder,
    nav: &Nav,
    mover: Mover,
    decision: Option<(Pubkey, &Model)>,
    clock: &Clock,
) -> Result<MovePlan> {
    require!(order.amount > 0, BallastError::ZeroAmount);
    let allocation = vault.allocation(order.index)?;
    let totals = vault.totals(nav.gross_low, clock.unix_timestamp)?;
    let floor = match order.direction {
        Direction::Increase => {
            require_live_decision(vault, order, decision, clock)?;
            validate_increase(vault, allocation, totals, mover, order.amount, clock)?;
            0
        }
        Direction::Decrease => validate_decrease(vault, allocation, totals, mover, order.amount, clock)?,
    };
    Ok(MovePlan { totals, mover, floor })
}

fn require_live_decision(
    vault: &Vault,
    order: &MoveOrder,
    decision: Option<(Pubkey, &Model)>,
    clock: &Clock,
) -> Result<()> {
    let ended = vault.decision_sequence == 0 || vault.decision_model == Pubkey::default();
    require!(!ended, BallastError::NoDecision);
    let (key, model) = decision.ok_or(BallastError::WrongModel)?;
    require_keys_eq!(key, vault.decision_model, BallastError::WrongModel);
    model.require_live()?;
    require_eq!(order.decision_sequence, vault.decision_sequence, BallastError::WrongDecision);
    let until = vault.decision_ts.saturating_add(i64::from(vault.limits.decision_ttl_secs));
    require_gte!(until, clock.unix_timestamp, BallastError::DecisionExpired);
    Ok(())
}

/// How much more each rule lets `allocation` hold, for whoever plans an increase as for the program.
pub fn move_room(
    vault: &Vault,
    allocation: &Allocation,
    totals: Totals,
    mover: Mover,
    now_ts: i64,
) -> Result<IncreaseRoom> {
    let limits = &vault.limits;
    let inflow_used = allocation.inflow.used(now_ts, limits.inflow_window_secs);
    let terms = IncreaseTerms {
        ceilings: allocation.ceilings(),
        held: allocation.held_atoms(),
        idle: vault.idle_atoms,
        idle_buffer_bps: limits.idle_buffer_bps,
        inflow_used: inflow_used.ok_or(BallastError::MathOverflow)?,
        inflow_cap_bps: limits.inflow_cap_bps,
        by_keeper: mover == Mover::Keeper,
        free_liquidity: allocation.readings.worst().map_or(0, |(free, _)| free),
        min_liquidity_bps: limits.min_liquidity_bps,
    };
    Ok(increase_room(totals, &terms).ok_or(BallastError::MathOverflow)?)
}

/// Whether `amount` more atoms keep every limit.
fn validate_increase(
    vault: &Vault,
    allocation: &Allocation,
    totals: Totals,
    mover: Mover,
    amount: u64,
    clock: &Clock,
) -> Result<()> {
    let limits = &vault.limits;
    vault.require_below_pause(pause_level::NO_INCREASES)?;
    status::require(allocation.oracle_status, status::ALL)?;
    require!(allocation.latched == 0, BallastError::LostSinceDecision);
    require_gte!(amount, limits.min_move_atoms, BallastError::MoveTooSmall);
    require_gte!(vault.idle_atoms, amount, BallastError::InsufficientIdle);
    let (_, utilisation_bps) = allocation.readings.worst().ok_or(BallastError::LiquidityNotSettled)?;
    let room = move_room(vault, allocation, totals, mover, clock.unix_timestamp)?;
    require_gte!(room.absolute_cap, amount, BallastError::AbsoluteCapExceeded);
    require_gte!(room.relative_cap, amount, BallastError::RelativeCapExceeded);
    require_gte!(room.target, amount, BallastError::TargetOvershot);
    require_gte!(room.idle_buffer, amount, BallastError::IdleBufferNotKept);
    require_gte!(room.inflow, amount, BallastError::InflowExceeded);
    require_gte!(limits.max_utilisation_bps, utilisation_bps, BallastError::UtilisationTooHigh);
    require_gte!(room.liquidity, amount, BallastError::LiquidityTooLow);
    Ok(())
}

/// Lowest value the allocation may be reduced to; errors when there is nothing to reduce.
fn validate_decrease(
    vault: &Vault,
    allocation: &Allocation,
    totals: Totals,
    mover: Mover,
    receipts: u64,
    clock: &Clock,
) -> Result<u64> {
    require_gte!(allocation.receipts, receipts, BallastError::InsufficientReceipts);
    if mover == Mover::Guardian {
        status::require(allocation.oracle_status, status::EXIT)?;
        return Ok(0);
    }
    status::require(allocation.oracle_status, status::EXIT | status::CONFIDENCE | status::SPOT)?;
    let by_anyone = mover == Mover::Anyone;
    if by_anyone {
        require_gte!(clock.unix_timestamp, allocation.rest_until_ts, BallastError::AllocationResting);
    }
    if vault.anyone_may_unwind() {
        return Ok(0);
    }
    let dead_band = if by_anyone { vault.limits.dead_band_bps } else { 0 };
    let floor = decrease_floor(totals, &allocation.ceilings(), allocation.value_low, dead_band)
        .ok_or(BallastError::MathOverflow)?;
    Ok(floor.ok_or(BallastError::NothingToReduce)?)
}

/// Checks what a move did, and books its loss against the budgets of the call and of the window.
pub fn verify_move(
    vault: &mut Vault,
    order: &MoveOrder,
    plan: &MovePlan,
    moved: &Moved,
    clock: &Clock,
) -> Result<()> {
    let limits = vault.limits;
    let allocation = vault.allocation_mut(order.index)?;
    let loss = moved.loss();
    if order.direction == Direction::Decrease {
        require_gte!(moved.value_after, plan.floor, BallastError::TargetOvershot);
        let drop = moved.value_before.saturating_sub(moved.value_after);
        let emptied = allocation.receipts == 0;
        require!(emptied || drop >= limits.min_move_atoms, BallastError::MoveTooSmall);
        if plan.mover == Mover::Anyone && loss > ROUNDING_ATOMS {
            let rest = i64::from(limits.reduction_rest_secs);
            allocation.rest_until_ts = clock.unix_timestamp.saturating_add(rest);
        }
    }
    if loss == 0 {
        return Ok(());
    }
    let overflow = BallastError::MathOverflow;
    let size = moved.atoms.max(moved.value_before.saturating_sub(moved.value_after));
    let used = vault.losses.used(clock.unix_timestamp, limits.loss_window_secs).ok_or(overflow)?;
    let budget = LossBudget { call_bps: limits.loss_call_bps, window_bps: limits.loss_window_bps, used };
    let allowed = loss_allowed(plan.totals, &budget, plan.mover, size).ok_or(overflow)?;
    require!(moved.given_up || loss <= allowed.call, BallastError::LossPerCallExceeded);
    require_gte!(allowed.window, loss, BallastError::LossWindowExceeded);
    vault.losses.add(loss, clock.unix_timestamp, limits.loss_window_secs).ok_or(overflow)?;
    Ok(())
}
