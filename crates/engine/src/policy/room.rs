use ballast_math::portfolio::weight_bps_floor;
use ballast_math::{BPS, MAX_ALLOCATIONS};

use super::PortfolioView;

/// Weights of all slots, bps.
pub type Weights = [u16; MAX_ALLOCATIONS];

/// Where weights may go: the vault's limits in bps.
#[derive(Clone, Debug)]
pub struct Room {
    /// Weights now, rounded down as the program does.
    pub current: Weights,
    /// What should not be reduced: it cannot be withdrawn at present, or nothing is known of it.
    pub floor: Weights,
    /// Highest weight to aim for: caps, and no growth where none is allowed.
    pub ceiling: Weights,
    /// What all weights may sum to: everything but the idle buffer.
    pub budget: u16,
    /// True when the vault stands outside its limits by more than the tolerance.
    pub forced: bool,
}

impl Room {
    /// None for an empty vault. A slot of which nothing is `known` stays as it is, unless a limit demands
    /// less. Standing above a cap by less than `tolerance_bps` is left alone: values drift, and the program
    /// limits increases only.
    pub fn new(view: &PortfolioView, tolerance_bps: u16, known: impl Fn(usize) -> bool) -> Option<Self> {
        let total = view.limits.total_atoms;
        if total == 0 {
            return None;
        }
        let budget = u16::try_from(BPS.saturating_sub(u64::from(view.limits.idle_buffer_bps))).ok()?;
        let (mut current, mut floor, mut ceiling) =
            ([0; MAX_ALLOCATIONS], [0; MAX_ALLOCATIONS], [0; MAX_ALLOCATIONS]);
        let mut forced = false;
        for (index, (slot, outlook)) in view.limits.slots.iter().zip(&view.slots).enumerate() {
            let now = weight_bps_floor(slot.value_atoms, total)?;
            let absolute = bps_of(slot.absolute_cap_atoms, total);
            let cap = slot.relative_cap_bps.min(absolute).min(budget);
            let grows = slot.may_increase && known(index);
            let excess = now.saturating_sub(cap);
            let highest = match (excess, grows) {
                (0, true) => cap,
                (0, false) => now,
                _ if excess < tolerance_bps => now,
                _ => cap,
            };
            forced |= excess > 0 && excess >= tolerance_bps;
            let stuck = slot.value_atoms.saturating_sub(outlook.withdrawable_atoms);
            *current.get_mut(index)? = now;
            let least = if known(index) { bps_of(stuck, total) } else { now };
            *floor.get_mut(index)? = least.min(now).min(highest);
            *ceiling.get_mut(index)? = highest;
        }
        let over = sum(&current).saturating_sub(u32::from(budget));
        forced |= over > 0 && over >= u32::from(tolerance_bps);
        Some(Self { current, floor, ceiling, budget, forced })
    }

    /// The present weights brought inside the limits by reductions alone, from the first of `order` on:
    /// what can be withdrawn first, the rest only if that is not enough.
    pub fn repaired(&self, order: &[usize]) -> Weights {
        let mut weights = self.current;
        for (weight, ceiling) in weights.iter_mut().zip(self.ceiling) {
            *weight = (*weight).min(ceiling);
        }
        for floor in [self.floor, [0; MAX_ALLOCATIONS]] {
            for &index in order {
                let over = sum(&weights).saturating_sub(u32::from(self.budget));
                if let (Some(weight), Some(floor)) = (weights.get_mut(index), floor.get(index)) {
                    let cut = over.min(u32::from(weight.saturating_sub(*floor)));
                    *weight = weight.saturating_sub(u16::try_from(cut).unwrap_or(u16::MAX));
                }
            }
        }
        weights
    }

    /// Sum of the increases that `weights` order, bps: the program's turnover.
    pub fn turnover(&self, weights: &Weights) -> u32 {
        let increases = weights.iter().zip(self.current).map(|(to, from)| to.saturating_sub(from));
        increases.map(u32::from).sum()
    }
}

/// As far from `from` toward `to` as the program accepts. `from` must be acceptable.
pub fn toward(view: &PortfolioView, from: &Weights, to: &Weights) -> Weights {
    const PARTS: u32 = 1_024;
    let blend = |part: u32| {
        let mut weights = *from;
        for (weight, goal) in weights.iter_mut().zip(to) {
            let distance = u32::from(weight.abs_diff(*goal)) * part;
            // Increases round down and reductions up, so that rounding never breaks a limit.
            *weight = if goal > weight {
                weight.saturating_add(u16::try_from(distance / PARTS).unwrap_or(0))
            } else {
                weight.saturating_sub(u16::try_from(distance.div_ceil(PARTS)).unwrap_or(0))
            };
        }
        weights
    };
    if view.accepts(to) {
        return *to;
    }
    let (mut accepted, mut refused) = (0, PARTS);
    while refused - accepted > 1 {
        let middle = (accepted + refused) / 2;
        if view.accepts(&blend(middle)) {
            accepted = middle;
        } else {
            refused = middle;
        }
    }
    blend(accepted)
}

/// Sum of weights, bps.
pub fn sum(weights: &Weights) -> u32 {
    weights.iter().copied().map(u32::from).sum()
}

/// Share of `part` in `total` > 0, bps rounded down, at most the whole.
fn bps_of(part: u64, total: u64) -> u16 {
    weight_bps_floor(part.min(total), total).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Income, SlotOutlook};
    use ballast_math::portfolio::{self, SlotView};

    fn view(values: &[u64], caps: &[u16]) -> PortfolioView {
        let mut limits = portfolio::PortfolioView {
            total_atoms: 10_000,
            idle_buffer_bps: 500,
            turnover_cap_bps: 1_000,
            ..Default::default()
        };
        for (slot, (value, cap)) in limits.slots.iter_mut().zip(values.iter().zip(caps)) {
            *slot = SlotView {
                value_atoms: *value,
                absolute_cap_atoms: 8_000,
                relative_cap_bps: *cap,
                may_increase: true,
            };
        }
        let outlook = |value: &u64| SlotOutlook {
            target_bps: 0,
            withdrawable_atoms: *value,
            move_cost_bps: 0.0,
            income: Income::Stake { apr: 0.05 },
            forecast: None,
            risk_factors: Vec::new(),
        };
        PortfolioView { limits, slots: values.iter().map(outlook).collect(), now_ts: 0 }
    }

    #[test]
    fn a_small_excess_is_left_alone_and_a_large_one_is_cut() {
        let room = Room::new(&view(&[3_030, 2_000], &[3_000, 9_000]), 50, |_| true).unwrap();
        assert_eq!((room.ceiling[0], room.ceiling[1], room.forced), (3_030, 8_000, false));
        let room = Room::new(&view(&[3_050, 2_000], &[3_000, 9_000]), 50, |_| true).unwrap();
        assert_eq!((room.ceiling[0], room.forced), (3_000, true));
        assert_eq!(room.repaired(&[0, 1])[..2], [3_000, 2_000]);
    }

    #[test]
    fn repairs_take_the_worst_first_and_the_illiquid_last() {
        let mut view = view(&[5_000, 4_900], &[9_000, 9_000]);
        let unknown = Room::new(&view, 50, |index| index == 1).unwrap();
        assert_eq!(
            (unknown.floor[0], unknown.ceiling[0], unknown.repaired(&[0, 1])[0]),
            (5_000, 5_000, 5_000)
        );
        view.slots[0].withdrawable_atoms = 100;
        let room = Room::new(&view, 50, |_| true).unwrap();
        assert!(room.forced);
        assert_eq!(room.floor[..2], [4_900, 0]);
        assert_eq!(room.repaired(&[0, 1])[..2], [4_900, 4_600]);
        view.slots[1].withdrawable_atoms = 0;
        let room = Room::new(&view, 50, |_| true).unwrap();
        assert_eq!(room.repaired(&[0, 1])[..2], [4_600, 4_900]);
    }

    #[test]
    fn a_blend_stops_at_the_turnover_budget() {
        let view = view(&[5_000, 2_000], &[9_000, 9_000]);
        let from = [5_000, 2_000, 0, 0, 0, 0, 0, 0];
        let found = toward(&view, &from, &[0, 7_000, 0, 0, 0, 0, 0, 0]);
        let moved = found[1] - 2_000;
        assert!((990..=1_000).contains(&moved), "{found:?}");
        assert!(view.accepts(&found) && found[0] <= 5_000 - moved);
    }

    #[test]
    fn an_empty_vault_has_no_room() {
        let mut view = view(&[0], &[9_000]);
        view.limits.total_atoms = 0;
        assert!(Room::new(&view, 0, |_| true).is_none());
    }
}
