use ballast_math::MAX_ALLOCATIONS;

use super::room::{Room, toward};
use super::{Action, HoldReason, Policy, PortfolioView, Targets};

/// Everything that the limits allow in one slot, whatever happens: what a person does who picks one venue and stays.
#[derive(Clone, Copy, Debug)]
pub struct Single {
    slot: usize,
    min_move_bps: u16,
}

impl Single {
    /// Stays in slot `slot`, counted from 0.
    pub fn new(slot: usize) -> Self {
        Self { slot, min_move_bps: 50 }
    }
}

impl Policy for Single {
    fn name(&self) -> &'static str {
        "single"
    }

    fn decide(&mut self, view: &PortfolioView) -> Targets {
        let Some(room) = Room::new(view, self.min_move_bps, |_| true) else {
            return view.hold(HoldReason::EmptyVault);
        };
        let start = room.repaired(&(0..view.slots.len()).collect::<Vec<_>>());
        let mut goal = [0; MAX_ALLOCATIONS];
        if let (Some(weight), Some(ceiling)) = (goal.get_mut(self.slot), room.ceiling.get(self.slot)) {
            *weight = (*ceiling).min(room.budget);
        }
        let weights = toward(view, &start, &goal);
        let farthest = weights.iter().zip(room.current).map(|(to, from)| to.abs_diff(from)).max();
        if farthest.unwrap_or(0) < self.min_move_bps && !room.forced {
            return view.hold(HoldReason::NothingToMove);
        }
        if weights == room.current || !view.accepts(&weights) {
            return view.hold(HoldReason::Blocked);
        }
        Targets { weights_bps: weights, action: Action::Move { gain_bps: 0.0, forced: room.forced } }
    }
}

#[cfg(test)]
mod tests {
    use ballast_math::portfolio::{self, SlotView};

    use super::*;
    use crate::policy::{Income, SlotOutlook};

    #[test]
    fn all_that_fits_goes_into_the_one_slot_and_stays() {
        let mut limits = portfolio::PortfolioView {
            total_atoms: 1_000_000,
            idle_buffer_bps: 500,
            turnover_cap_bps: 20_000,
            ..Default::default()
        };
        let outlook = SlotOutlook {
            target_bps: 0,
            withdrawable_atoms: 0,
            move_cost_bps: 0.0,
            income: Income::Unknown,
            forecast: None,
            risk_factors: Vec::new(),
        };
        for slot in limits.slots.iter_mut().take(2) {
            *slot = SlotView {
                value_atoms: 0,
                absolute_cap_atoms: u64::MAX,
                relative_cap_bps: 10_000,
                may_increase: true,
            };
        }
        let mut view = PortfolioView { limits, slots: vec![outlook.clone(), outlook], now_ts: 0 };
        let targets = Single::new(1).decide(&view);
        assert_eq!(targets.weights_bps[..3], [0, 9_500, 0]);
        view.limits.slots[1].value_atoms = 949_000;
        assert_eq!(Single::new(1).decide(&view).action, Action::Hold(HoldReason::NothingToMove));
        assert_eq!(Single::new(7).decide(&view).weights_bps[..3], [0, 0, 0], "a slot that is not there");
    }
}
