//! The limits that a set of target weights must pass.
//!
//! One pure function decides; the program enforces its verdict, `simulate_rebalance` reports it, and the
//! engine asks it before proposing. Reject, never clamp.

use crate::mul_div::{bps_floor, mul_div_floor};
use crate::{BPS, MAX_ALLOCATIONS};

/// What the check needs to know of one slot. All values in atoms of the vault's asset, low side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotView {
    /// Value now.
    pub value_atoms: u64,
    /// Most the slot may hold, atoms.
    pub absolute_cap_atoms: u64,
    /// Most the slot may hold, bps of the vault.
    pub relative_cap_bps: u16,
    /// False when only reductions are allowed (no strategy, oracle bits missing, reduce-only).
    pub may_increase: bool,
}

/// What the check needs to know of the vault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PortfolioView {
    /// Idle plus all slots, atoms.
    pub total_atoms: u64,
    /// The slots; unused ones are default.
    pub slots: [SlotView; MAX_ALLOCATIONS],
    /// Share that must stay idle, bps.
    pub idle_buffer_bps: u16,
    /// Turnover already used in the window, bps of the vault.
    pub turnover_used_bps: u64,
    /// Most turnover in a window, bps of the vault.
    pub turnover_cap_bps: u16,
}

/// The first limit that a set of targets breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breach {
    /// An amount does not fit its integer.
    Overflow,
    /// Targets and idle buffer sum to more than the vault.
    IdleBuffer,
    /// A slot that may only shrink would grow.
    SlotMayNotIncrease(u8),
    /// A slot would grow past its cap in atoms.
    AbsoluteCap(u8),
    /// A slot would grow past its cap in bps.
    RelativeCap(u8),
    /// The move does not fit what is left of the turnover budget.
    Turnover,
}

/// The portfolio as it would stand after the move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostMove {
    /// Weights now, bps rounded down.
    pub current_bps: [u16; MAX_ALLOCATIONS],
    /// One-way turnover of the move: the sum of the increases, bps.
    pub turnover_bps: u16,
    /// What would stay idle, bps.
    pub idle_bps: u16,
}

/// Weight of `value` in `total`, bps rounded down; zero for an empty vault.
pub fn weight_bps_floor(value: u64, total: u64) -> Option<u16> {
    if total == 0 {
        return Some(0);
    }
    u16::try_from(mul_div_floor(value, BPS, total)?).ok()
}

/// Checks `targets` (bps) against every limit, in the order of [`Breach`].
pub fn check_targets(
    view: &PortfolioView,
    targets: &[u16; MAX_ALLOCATIONS],
) -> Result<PostMove, (PostMove, Breach)> {
    let mut post = PostMove::default();
    let mut allocated: u64 = 0;
    let mut turnover: u64 = 0;
    let mut breach = None;
    for (index, (slot, target)) in (0u8..).zip(view.slots.iter().zip(targets)) {
        let overflow = (post, Breach::Overflow);
        let current = weight_bps_floor(slot.value_atoms, view.total_atoms).ok_or(overflow)?;
        if let Some(weight) = post.current_bps.get_mut(usize::from(index)) {
            *weight = current;
        }
        allocated = allocated.saturating_add(u64::from(*target));
        if *target > current {
            turnover = turnover.saturating_add(u64::from(target.saturating_sub(current)));
            let atoms = bps_floor(view.total_atoms, u64::from(*target)).ok_or(overflow)?;
            let slot_breach = if !slot.may_increase {
                Some(Breach::SlotMayNotIncrease(index))
            } else if atoms > slot.absolute_cap_atoms {
                Some(Breach::AbsoluteCap(index))
            } else if *target > slot.relative_cap_bps {
                Some(Breach::RelativeCap(index))
            } else {
                None
            };
            breach = breach.or(slot_breach);
        }
    }
    post.turnover_bps = u16::try_from(turnover).unwrap_or(u16::MAX);
    post.idle_bps = u16::try_from(BPS.saturating_sub(allocated)).unwrap_or(0);
    if allocated.saturating_add(u64::from(view.idle_buffer_bps)) > BPS {
        return Err((post, Breach::IdleBuffer));
    }
    if let Some(breach) = breach {
        return Err((post, breach));
    }
    // A move that only reduces orders no turnover: it passes even where the budget was overdrawn by a lower cap.
    if turnover > 0 && view.turnover_used_bps.saturating_add(turnover) > u64::from(view.turnover_cap_bps) {
        return Err((post, Breach::Turnover));
    }
    Ok(post)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn view() -> PortfolioView {
        let mut view = PortfolioView {
            total_atoms: 1_000_000,
            idle_buffer_bps: 500,
            turnover_cap_bps: 6_000,
            ..PortfolioView::default()
        };
        for slot in view.slots.iter_mut().take(2) {
            *slot = SlotView {
                value_atoms: 0,
                absolute_cap_atoms: 900_000,
                relative_cap_bps: 5_000,
                may_increase: true,
            };
        }
        view
    }

    fn targets(first: u16, second: u16) -> [u16; MAX_ALLOCATIONS] {
        [first, second, 0, 0, 0, 0, 0, 0]
    }

    fn breach(view: &PortfolioView, targets: [u16; MAX_ALLOCATIONS]) -> Option<Breach> {
        check_targets(view, &targets).err().map(|(_, breach)| breach)
    }

    #[test]
    fn each_limit_is_named() {
        assert_eq!(breach(&view(), targets(3_000, 3_000)), None);
        assert_eq!(breach(&view(), targets(5_000, 4_600)), Some(Breach::IdleBuffer));
        assert_eq!(breach(&view(), targets(5_001, 0)), Some(Breach::RelativeCap(0)));
        assert_eq!(breach(&view(), targets(3_001, 3_000)), Some(Breach::Turnover));
        assert_eq!(breach(&view(), [0, 0, 1, 0, 0, 0, 0, 0]), Some(Breach::SlotMayNotIncrease(2)));
        let mut capped = view();
        capped.slots[1].absolute_cap_atoms = 100;
        assert_eq!(breach(&capped, targets(0, 2)), Some(Breach::AbsoluteCap(1)));
    }

    #[test]
    fn lowering_an_oversized_slot_is_never_blocked() {
        let mut over = view();
        over.slots[0] = SlotView {
            value_atoms: 800_000,
            absolute_cap_atoms: 1,
            relative_cap_bps: 1,
            may_increase: false,
        };
        over.turnover_used_bps = 60_000;
        over.turnover_cap_bps = 10_000;
        assert_eq!(breach(&over, targets(7_000, 0)), None);
    }

    proptest! {
        #[test]
        fn what_passes_is_inside_every_limit(values in prop::array::uniform8(0u64..1 << 40), goals in prop::array::uniform8(0u16..4_000), cap in 0u16..10_000, used in 0u64..10_000) {
            let total: u64 = values.iter().sum::<u64>() + 1;
            let mut view = PortfolioView { total_atoms: total, idle_buffer_bps: 300, turnover_used_bps: used, turnover_cap_bps: cap, ..Default::default() };
            for (slot, value) in view.slots.iter_mut().zip(values) {
                *slot = SlotView { value_atoms: value, absolute_cap_atoms: total / 3, relative_cap_bps: 3_500, may_increase: true };
            }
            if let Ok(post) = check_targets(&view, &goals) {
                prop_assert!(goals.iter().map(|g| u64::from(*g)).sum::<u64>() + 300 <= BPS);
                prop_assert!(used + u64::from(post.turnover_bps) <= u64::from(cap));
                for (slot, goal) in view.slots.iter().zip(goals) {
                    let current = weight_bps_floor(slot.value_atoms, total).unwrap();
                    if goal > current {
                        prop_assert!(goal <= 3_500 && bps_floor(total, u64::from(goal)).unwrap() <= total / 3);
                    }
                }
            }
        }
    }
}
