use ballast_math::MAX_ALLOCATIONS;

use super::room::{Room, Weights, sum, toward};
use super::{Action, HoldReason, Policy, PortfolioView, Targets};

/// The same weight for every slot, as far as caps allow: the yardstick that needs no forecast.
#[derive(Clone, Copy, Debug)]
pub struct EqualWeight {
    min_move_bps: u16,
}

impl Default for EqualWeight {
    /// Moves once some slot is half a percent of the vault away from its share.
    fn default() -> Self {
        Self { min_move_bps: 50 }
    }
}

impl EqualWeight {
    /// Raises all slots together until each is at its ceiling or the budget is spent.
    fn goal(room: &Room, slots: usize) -> Weights {
        let mut weights = [0; MAX_ALLOCATIONS];
        let (mut low, mut high) = (0u16, room.budget);
        let at_level = |level: u16| {
            let mut weights = [0; MAX_ALLOCATIONS];
            for (weight, ceiling) in weights.iter_mut().zip(room.ceiling).take(slots) {
                *weight = level.min(ceiling);
            }
            weights
        };
        while low <= high {
            let level = low + (high - low) / 2;
            let candidate = at_level(level);
            if sum(&candidate) <= u32::from(room.budget) {
                weights = candidate;
                low = level.saturating_add(1);
            } else if level == 0 {
                break;
            } else {
                high = level - 1;
            }
        }
        weights
    }
}

impl Policy for EqualWeight {
    fn name(&self) -> &'static str {
        "equal-weight"
    }

    fn decide(&mut self, view: &PortfolioView) -> Targets {
        let Some(room) = Room::new(view, self.min_move_bps, |_| true) else {
            return view.hold(HoldReason::EmptyVault);
        };
        let mut largest_first: Vec<usize> = (0..view.slots.len()).collect();
        largest_first.sort_by_key(|index| std::cmp::Reverse(room.current.get(*index).copied()));
        let start = room.repaired(&largest_first);
        let weights = toward(view, &start, &Self::goal(&room, view.slots.len()));
        let farthest = weights.iter().zip(room.current).map(|(to, from)| to.abs_diff(from)).max();
        if farthest.unwrap_or(0) < self.min_move_bps && !room.forced {
            return view.hold(HoldReason::NothingToMove);
        }
        if weights == room.current || !view.accepts(&weights) {
            return view.hold(HoldReason::Blocked);
        }
        let income = |weights: &Weights| -> f64 {
            let slots = view.slots.iter().zip(&view.limits.slots).zip(weights);
            slots
                .map(|((slot, now), weight)| {
                    let after = view.limits.total_atoms as f64 * f64::from(*weight) / 10_000.0;
                    f64::from(*weight) * slot.income.apr_with(now.value_atoms, after)
                })
                .sum()
        };
        let gain_bps = income(&weights) - income(&room.current);
        Targets { weights_bps: weights, action: Action::Move { gain_bps, forced: room.forced } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_cap_leaves_over_goes_to_the_others() {
        let mut ceiling = [0; MAX_ALLOCATIONS];
        ceiling[..3].copy_from_slice(&[1_000, 9_000, 9_000]);
        let room = Room {
            current: [0; MAX_ALLOCATIONS],
            floor: [0; MAX_ALLOCATIONS],
            ceiling,
            budget: 9_501,
            forced: false,
        };
        assert_eq!(EqualWeight::goal(&room, 3)[..3], [1_000, 4_250, 4_250]);
        assert_eq!(EqualWeight::goal(&Room { budget: 0, ..room }, 3), [0; MAX_ALLOCATIONS]);
    }
}
