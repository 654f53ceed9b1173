//! Deciding about a rebalance: one code path for recording a decision and for simulating one.

use anchor_lang::prelude::*;
use ballast_math::portfolio::{check_targets, Breach, PostMove};
use ballast_math::MAX_ALLOCATIONS;

use crate::error::BallastError;
use crate::oracle::status;
use crate::state::{pause_level, Allocation, Model, Nav, Snapshot, SnapshotSlot, StalePolicy, Vault};

/// What a proposal would do to the vault, as far as it could be computed.
pub struct RebalancePlan {
    /// Net assets.
    pub nav: Nav,
    /// The portfolio after the move.
    pub post: PostMove,
    /// The state it was judged on.
    pub snapshot: Box<Snapshot>,
}

/// Why a proposal is refused.
pub struct Refusal {
    /// The broken rule.
    pub error: BallastError,
    /// The allocation that breaks it, where it is one.
    pub index: Option<u8>,
    /// The plan, where the vault could be priced.
    pub plan: Option<RebalancePlan>,
}

/// Judges `targets` against the vault's live state, its limits and the model.
pub fn plan_rebalance(
    vault_key: Pubkey,
    vault: &Vault,
    model: &Model,
    targets: &[u16; MAX_ALLOCATIONS],
    clock: &Clock,
) -> core::result::Result<RebalancePlan, Box<Refusal>> {
    let refuse = |error, index, plan| Err(Box::new(Refusal { error, index, plan }));
    let now = clock.unix_timestamp;
    let lowers =
        vault.allocations.iter().zip(targets).all(|(allocation, target)| *target <= allocation.target_bps);
    let stale = if lowers { StalePolicy::LastKnown } else { StalePolicy::Reject };
    let Ok(nav) = vault.nav(clock.slot, now, stale) else {
        return refuse(BallastError::StaleAllocation, None, None);
    };
    // What the venue's rate is now is what a later loss is measured against, in an empty allocation too.
    let unread =
        |(allocation, target): (&Allocation, &u16)| *target > 0 && allocation.refreshed_slot != clock.slot;
    if !lowers && vault.active().zip(targets).any(unread) {
        return refuse(BallastError::StaleAllocation, None, None);
    }
    let (Ok(view), Some(snapshot)) =
        (vault.portfolio_view(&nav, now), snapshot(vault_key, vault, &nav, clock))
    else {
        return refuse(BallastError::MathOverflow, None, None);
    };
    let (post, breach) = match check_targets(&view, targets) {
        Ok(post) => (post, None),
        Err((post, breach)) => (post, Some(breach)),
    };
    let plan = Some(RebalancePlan { nav, post, snapshot });
    if vault.pause_level >= pause_level::NO_INCREASES && post.turnover_bps > 0 {
        return refuse(BallastError::Paused, None, plan);
    }
    if !model.approved {
        let revoked = model.revoked_slot > 0;
        return refuse(
            if revoked { BallastError::ModelRevoked } else { BallastError::ModelNotApproved },
            None,
            plan,
        );
    }
    if vault.decision_sequence > 0 {
        if vault.decision_slot == clock.slot {
            return refuse(BallastError::DecisionInSameSlot, None, plan);
        }
        if now < vault.decision_ts.saturating_add(i64::from(vault.limits.cooldown_secs)) {
            return refuse(BallastError::CooldownActive, None, plan);
        }
    }
    let used = usize::from(vault.allocation_count);
    if targets.iter().skip(used).any(|target| *target > 0) {
        return refuse(BallastError::TargetWithoutStrategy, None, plan);
    }
    if let Some((index, error)) = first_oracle_failure(vault, status::EXIT, |_| true).filter(|_| !lowers) {
        return refuse(error, Some(index), plan);
    }
    match breach {
        None => plan
            .ok_or_else(|| Box::new(Refusal { error: BallastError::MathOverflow, index: None, plan: None })),
        Some(breach) => {
            let (error, index) = explain(vault, breach);
            refuse(error, index, plan)
        }
    }
}

fn explain(vault: &Vault, breach: Breach) -> (BallastError, Option<u8>) {
    match breach {
        Breach::Overflow => (BallastError::MathOverflow, None),
        Breach::IdleBuffer => (BallastError::IdleBufferNotKept, None),
        Breach::AbsoluteCap(index) => (BallastError::AbsoluteCapExceeded, Some(index)),
        Breach::RelativeCap(index) => (BallastError::RelativeCapExceeded, Some(index)),
        Breach::Turnover => (BallastError::TurnoverExceeded, None),
        Breach::SlotMayNotIncrease(index) => {
            let failure = first_oracle_failure(vault, status::ALL, |at| at == index);
            (failure.map_or(BallastError::TargetWithoutStrategy, |(_, error)| error), Some(index))
        }
    }
}

/// The first non-empty slot, among those `chosen`, that lacks one of `bits`, and which rule that breaks.
fn first_oracle_failure(vault: &Vault, bits: u16, chosen: impl Fn(u8) -> bool) -> Option<(u8, BallastError)> {
    (0u8..)
        .zip(vault.active())
        .filter(|(index, slot)| chosen(*index) && !slot.is_empty())
        .find_map(|(index, slot)| Some((index, status::first_missing(slot.oracle_status, bits)?)))
}

/// Copies the live state that a decision is bound to.
fn snapshot(vault_key: Pubkey, vault: &Vault, nav: &Nav, clock: &Clock) -> Option<Box<Snapshot>> {
    let now = clock.unix_timestamp;
    let mut slots = [SnapshotSlot::default(); MAX_ALLOCATIONS];
    for (slot, allocation) in slots.iter_mut().zip(vault.active()) {
        *slot = SnapshotSlot {
            strategy: allocation.strategy,
            receipts: allocation.receipts,
            value_low: allocation.value_low,
            value_high: allocation.value_high,
            withdrawable: allocation.withdrawable,
            absolute_cap_atoms: allocation.absolute_cap_atoms,
            relative_cap_bps: allocation.relative_cap_bps,
            target_bps: allocation.target_bps,
            oracle_status: allocation.oracle_status,
            padding: 0,
        };
    }
    Some(Box::new(Snapshot {
        vault: vault_key,
        sequence: vault.decision_sequence.checked_add(1)?,
        slot: clock.slot,
        unix_ts: now,
        idle_atoms: vault.idle_atoms,
        nav_low: nav.low,
        nav_high: nav.high,
        total_shares: vault.total_shares,
        turnover_used_bps: vault.turnover.used(now, vault.limits.turnover_window_secs)?,
        loss_used_atoms: vault.losses.used(now, vault.limits.loss_window_secs)?,
        slots,
    }))
}
