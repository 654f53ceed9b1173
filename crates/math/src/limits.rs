//! How much a move may be: what `allocate` enforces, and what whoever plans a move takes from here.
//!
//! Everything is atoms of the vault's asset, low side. Nothing is clamped by the program: it refuses what is
//! more than the room; a planner takes the room.

use crate::mul_div::{bps_ceil, bps_floor};

/// The totals that shares of the vault are measured on.
///
/// Anybody can make the total larger for as long as it suits them, so more is allowed only by the smaller total
/// and less is demanded only by the larger one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The smaller of now and of the last decision with what came and went since, less deposits that are too
    /// young to count. Increases and loss budgets are shares of it.
    pub smaller: u64,
    /// The larger of the two. The right to decrease, and the idle buffer, are shares of it.
    pub larger: u64,
}

impl Totals {
    /// Of `gross` atoms now, `principal` atoms since the decision, and `immature` atoms of young deposits.
    pub fn new(gross: u64, principal: u64, immature: u64) -> Self {
        Self { smaller: gross.min(principal).saturating_sub(immature), larger: gross.max(principal) }
    }
}

/// What an allocation may hold by its target and its caps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ceilings {
    /// Target, bps of the vault.
    pub target_bps: u16,
    /// Cap, bps of the vault.
    pub relative_cap_bps: u16,
    /// Cap, atoms.
    pub absolute_cap_atoms: u64,
}

impl Ceilings {
    /// Most atoms the allocation may hold of a vault of `total`: the lowest of its target and its caps.
    pub fn atoms(&self, total: u64) -> Option<u64> {
        let weight = u64::from(self.target_bps.min(self.relative_cap_bps));
        Some(bps_floor(total, weight)?.min(self.absolute_cap_atoms))
    }
}

/// What an increase of one allocation is judged on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IncreaseTerms {
    /// Target and caps.
    pub ceilings: Ceilings,
    /// The larger of what the allocation is worth and of what was sent there: a loss frees no room.
    pub held: u64,
    /// Idle assets.
    pub idle: u64,
    /// Share of the larger total that stays idle, bps.
    pub idle_buffer_bps: u16,
    /// Net inflow of the allocation within the window.
    pub inflow_used: u64,
    /// Most net inflow within a window, bps of the smaller total.
    pub inflow_cap_bps: u16,
    /// Whether the keeper asks: half of the inflow budget is his alone.
    pub by_keeper: bool,
    /// What the venue can pay out to anybody, before the move.
    pub free_liquidity: u64,
    /// Share of what would be held that the venue must be able to pay out, bps.
    pub min_liquidity_bps: u16,
}

/// Most that each rule lets an increase be, atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncreaseRoom {
    /// Up to the target.
    pub target: u64,
    /// Up to the cap in bps.
    pub relative_cap: u64,
    /// Up to the cap in atoms.
    pub absolute_cap: u64,
    /// Down to the idle buffer.
    pub idle_buffer: u64,
    /// Up to the inflow budget.
    pub inflow: u64,
    /// As long as the venue can pay out enough of it.
    pub liquidity: u64,
}

impl IncreaseRoom {
    /// What all rules together allow.
    pub fn least(&self) -> u64 {
        [self.target, self.relative_cap, self.absolute_cap, self.idle_buffer, self.inflow, self.liquidity]
            .into_iter()
            .fold(u64::MAX, u64::min)
    }
}

/// How large an increase may be. `None` where an amount does not fit its integer.
pub fn increase_room(totals: Totals, terms: &IncreaseTerms) -> Option<IncreaseRoom> {
    let up_to = |ceiling: u64| ceiling.saturating_sub(terms.held);
    let share = |bps: u16| bps_floor(totals.smaller, u64::from(bps));
    let budget = share(terms.inflow_cap_bps)?;
    let half = budget.checked_div(2)?;
    let budget = if terms.by_keeper { budget } else { half };
    // held + amount <= free / share
    let payable = if terms.min_liquidity_bps == 0 {
        u64::MAX
    } else {
        let most = u128::from(terms.free_liquidity).checked_mul(u128::from(crate::BPS))?;
        u64::try_from(most.checked_div(u128::from(terms.min_liquidity_bps))?).unwrap_or(u64::MAX)
    };
    Some(IncreaseRoom {
        target: up_to(share(terms.ceilings.target_bps)?),
        relative_cap: up_to(share(terms.ceilings.relative_cap_bps)?),
        absolute_cap: up_to(terms.ceilings.absolute_cap_atoms),
        idle_buffer: terms.idle.saturating_sub(bps_ceil(totals.larger, u64::from(terms.idle_buffer_bps))?),
        inflow: budget.saturating_sub(terms.inflow_used),
        liquidity: up_to(payable),
    })
}

/// Lowest value that an allocation worth `value` may be reduced to; `None` of the inner option where it may not be
/// reduced, standing no more than `dead_band_bps` of itself above its ceiling. The outer `None` is an overflow.
pub fn decrease_floor(
    totals: Totals,
    ceilings: &Ceilings,
    value: u64,
    dead_band_bps: u16,
) -> Option<Option<u64>> {
    let floor = ceilings.atoms(totals.larger)?;
    let band = bps_ceil(floor, u64::from(dead_band_bps))?;
    Some((value > floor.saturating_add(band)).then_some(floor))
}

/// Who asks for a move: it decides how much of the loss budget he may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mover {
    /// Half of the window's budget; beyond it, roundings only.
    Anyone,
    /// All of the window's budget.
    Keeper,
    /// Bound by the loss of the call alone, that safety never waits for a budget.
    Guardian,
}

/// What a venue may round away in one move, atoms: never a reason to refuse it.
pub const ROUNDING_ATOMS: u64 = 2;

/// Loss budgets of a vault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LossBudget {
    /// Most that one move may lose, bps of its size.
    pub call_bps: u16,
    /// Most that moves may lose within the window, bps of the smaller total.
    pub window_bps: u16,
    /// Lost within the window, atoms.
    pub used: u64,
}

/// Most that a move may lose, and why no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossAllowed {
    /// By the limit of the call, atoms; rounded up, so that the atom a venue rounds away never blocks a move.
    pub call: u64,
    /// By what is left of the window, atoms; `u64::MAX` for the guardian.
    pub window: u64,
}

/// What a move of `size` atoms may lose. `None` where an amount does not fit its integer.
pub fn loss_allowed(totals: Totals, budget: &LossBudget, mover: Mover, size: u64) -> Option<LossAllowed> {
    let window = bps_floor(totals.smaller, u64::from(budget.window_bps))?;
    let window = match mover {
        Mover::Anyone => window.checked_div(2)?.saturating_sub(budget.used).max(ROUNDING_ATOMS),
        Mover::Keeper => window.saturating_sub(budget.used).max(ROUNDING_ATOMS),
        Mover::Guardian => u64::MAX,
    };
    Some(LossAllowed { call: bps_ceil(size, u64::from(budget.call_bps))?.max(ROUNDING_ATOMS), window })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CEILINGS: Ceilings =
        Ceilings { target_bps: 4_000, relative_cap_bps: 5_000, absolute_cap_atoms: 450_000 };

    fn terms() -> IncreaseTerms {
        IncreaseTerms {
            ceilings: CEILINGS,
            held: 100_000,
            idle: 900_000,
            idle_buffer_bps: 500,
            inflow_used: 50_000,
            inflow_cap_bps: 5_000,
            by_keeper: true,
            free_liquidity: 60_000,
            min_liquidity_bps: 2_000,
        }
    }

    #[test]
    fn each_rule_has_its_room() {
        let totals = Totals::new(1_100_000, 1_000_000, 0);
        let room = increase_room(totals, &terms()).unwrap();
        assert_eq!((room.target, room.relative_cap, room.absolute_cap), (300_000, 400_000, 350_000));
        assert_eq!((room.idle_buffer, room.inflow, room.liquidity), (845_000, 450_000, 200_000));
        assert_eq!(room.least(), 200_000);
        let stranger = IncreaseTerms { by_keeper: false, ..terms() };
        assert_eq!(increase_room(totals, &stranger).unwrap().inflow, 200_000);
        let no_bound = IncreaseTerms { min_liquidity_bps: 0, free_liquidity: 0, ..terms() };
        assert_eq!(increase_room(totals, &no_bound).unwrap().liquidity, u64::MAX - 100_000);
    }

    #[test]
    fn a_deposit_raises_no_room_before_it_is_old_enough() {
        let before = Totals::new(1_000_000, 1_000_000, 0);
        let young = Totals::new(2_500_000, 2_500_000, 1_500_000);
        assert_eq!(young.smaller, before.smaller);
        assert_eq!(Totals::new(1_200_000, 1_000_000, 0).smaller, 1_000_000, "a gain since the decision");
        assert_eq!(Totals::new(700_000, 1_000_000, 0), Totals { smaller: 700_000, larger: 1_000_000 });
    }

    #[test]
    fn a_decrease_needs_more_than_the_dead_band() {
        let totals = Totals::new(1_000_000, 1_000_000, 0);
        assert_eq!(decrease_floor(totals, &CEILINGS, 400_000, 0), Some(None));
        assert_eq!(decrease_floor(totals, &CEILINGS, 400_001, 0), Some(Some(400_000)));
        assert_eq!(decrease_floor(totals, &CEILINGS, 404_000, 100), Some(None));
        assert_eq!(decrease_floor(totals, &CEILINGS, 404_001, 100), Some(Some(400_000)));
        let to_leave = Ceilings { target_bps: 0, ..CEILINGS };
        assert_eq!(decrease_floor(totals, &to_leave, 1, 100), Some(Some(0)));
    }

    #[test]
    fn strangers_leave_half_of_the_loss_budget_to_the_keeper() {
        let totals = Totals::new(1_000_000, 1_000_000, 0);
        let budget = LossBudget { call_bps: 100, window_bps: 50, used: 2_000 };
        let allowed = |mover, size| loss_allowed(totals, &budget, mover, size).unwrap();
        assert_eq!(allowed(Mover::Anyone, 100_000), LossAllowed { call: 1_000, window: 500 });
        assert_eq!(allowed(Mover::Keeper, 100_000), LossAllowed { call: 1_000, window: 3_000 });
        assert_eq!(allowed(Mover::Guardian, 100_000), LossAllowed { call: 1_000, window: u64::MAX });
        let spent = LossBudget { used: 9_000, ..budget };
        assert_eq!(loss_allowed(totals, &spent, Mover::Anyone, 1).unwrap().window, ROUNDING_ATOMS);
    }

    proptest! {
        #[test]
        fn what_the_room_allows_is_inside_every_rule(
            gross in 1u64..1 << 45, principal in 1u64..1 << 45, immature in 0u64..1 << 45, held in 0u64..1 << 45,
            idle in 0u64..1 << 45, free in 0u64..1 << 45, share in 0u16..10_001, used in 0u64..1 << 45, keeper: bool,
        ) {
            let totals = Totals::new(gross, principal, immature);
            let terms = IncreaseTerms {
                held, idle, free_liquidity: free, min_liquidity_bps: share, inflow_used: used, by_keeper: keeper, ..terms()
            };
            let amount = increase_room(totals, &terms).unwrap().least();
            prop_assert!(totals.smaller <= gross && totals.larger >= gross);
            if amount > 0 {
                let after = held + amount;
                prop_assert!(after <= CEILINGS.atoms(totals.smaller).unwrap());
                prop_assert!(idle - amount >= bps_ceil(totals.larger, 500).unwrap());
                prop_assert!(u128::from(after) * u128::from(share) <= u128::from(free) * 10_000);
                prop_assert!(used + amount <= bps_floor(totals.smaller, 5_000).unwrap());
            }
        }
    }
}
