use ballast_math::portfolio::{self, SlotView};
use proptest::prelude::*;

use super::*;
use crate::curve::{RateCurve, ReserveState};
use crate::policy::{EqualWeight, Hold, SlotOutlook};

const TOTAL: u64 = 1_000_000;

#[derive(Debug)]
struct Slot {
    value: u64,
    income: Income,
    cap_bps: u16,
}

fn stake(value: u64, apr: f64) -> Slot {
    Slot { value, income: Income::Stake { apr }, cap_bps: 10_000 }
}

fn lending(value: u64, supplied: u64, borrowed: u64) -> Slot {
    let curve = RateCurve::new(&[(0, 0), (8_000, 500), (9_000, 900), (10_000, 6_000)], 1_000).unwrap();
    let income = Income::Lending(ReserveState { curve, supplied_atoms: supplied, borrowed_atoms: borrowed });
    Slot { value, income, cap_bps: 10_000 }
}

fn view(slots: Vec<Slot>, turnover_cap_bps: u16) -> PortfolioView {
    let mut limits = portfolio::PortfolioView {
        total_atoms: TOTAL,
        idle_buffer_bps: 500,
        turnover_cap_bps,
        ..Default::default()
    };
    for (view, slot) in limits.slots.iter_mut().zip(&slots) {
        *view = SlotView {
            value_atoms: slot.value,
            absolute_cap_atoms: TOTAL,
            relative_cap_bps: slot.cap_bps,
            may_increase: true,
        };
    }
    let outlook = |slot: Slot| SlotOutlook {
        target_bps: 0,
        withdrawable_atoms: slot.value,
        move_cost_bps: 2.0,
        income: slot.income,
        forecast: None,
        risk_factors: Vec::new(),
    };
    PortfolioView { limits, slots: slots.into_iter().map(outlook).collect(), now_ts: 0 }
}

fn moved(view: &PortfolioView) -> Weights {
    let targets = Plain::default().decide(view);
    assert!(matches!(targets.action, Action::Move { .. }), "{targets:?}");
    targets.weights_bps
}

fn income_of(view: &PortfolioView, weights: &Weights) -> f64 {
    let slots = view.slots.iter().zip(&view.limits.slots).zip(weights);
    slots
        .map(|((slot, now), weight)| {
            let after = TOTAL as f64 * f64::from(*weight) / 1e4;
            f64::from(*weight) * slot.income.apr_with(now.value_atoms, after)
        })
        .sum()
}

#[test]
fn idle_money_goes_to_the_best_rate_up_to_its_cap() {
    let mut slots = vec![stake(0, 0.04), stake(0, 0.06)];
    slots[1].cap_bps = 4_000;
    assert_eq!(moved(&view(slots, 60_000))[..2], [5_500, 4_000]);
}

#[test]
fn equal_reserves_are_filled_equally_because_each_dilutes_itself() {
    let weights =
        moved(&view(vec![lending(0, 5_000_000, 4_500_000), lending(0, 5_000_000, 4_500_000)], 60_000));
    assert_eq!(weights[0] + weights[1], 9_500);
    assert!(weights[0].abs_diff(weights[1]) <= 25, "{weights:?}");
}

#[test]
fn money_that_would_only_dilute_stays_idle() {
    let weights = moved(&view(vec![lending(0, 500_000, 450_000)], 60_000));
    assert!(weights[0] > 500 && weights[0] < 8_000, "{weights:?}");
}

#[test]
fn no_weights_on_the_grid_earn_more() {
    let mut view =
        view(vec![lending(0, 500_000, 465_000), lending(0, 900_000, 780_000), stake(0, 0.031)], 60_000);
    for slot in &mut view.slots {
        slot.move_cost_bps = 0.0;
    }
    let best = income_of(&view, &moved(&view));
    for first in (0..=9_500u16).step_by(100) {
        for second in (0..=9_500 - first).step_by(100) {
            let other = [first, second, 9_500 - first - second, 0, 0, 0, 0, 0];
            assert!(income_of(&view, &other) <= best + 0.1, "{other:?}");
        }
    }
}

#[test]
fn the_turnover_budget_goes_to_the_best_moves() {
    let weights =
        moved(&view(vec![stake(400_000, 0.02), stake(300_000, 0.05), stake(0, 0.05), stake(0, 0.08)], 1_000));
    // Room for a tenth of the vault: all of it into the best slot.
    assert!(weights[3] >= 990 && weights[3] <= 1_000, "{weights:?}");
    assert_eq!(weights[1], 3_000);
    assert_eq!(weights[2], 0);
}

#[test]
fn a_gain_below_the_threshold_moves_nothing() {
    let near = view(vec![stake(475_000, 0.0500), stake(475_000, 0.0502)], 60_000);
    assert!(matches!(Plain::default().decide(&near).action, Action::Hold(_)));
    let far = view(vec![stake(475_000, 0.03), stake(475_000, 0.06)], 60_000);
    assert_eq!(moved(&far)[..2], [0, 9_500]);
}

#[test]
fn the_cost_of_moving_is_weighed_against_the_horizon() {
    let mut costly = view(vec![stake(475_000, 0.03), stake(475_000, 0.06)], 60_000);
    for slot in &mut costly.slots {
        slot.move_cost_bps = 20.0;
    }
    // 40 bps in and out against 3% a year: a week is too short, a year is not.
    assert!(matches!(Plain::default().decide(&costly).action, Action::Hold(HoldReason::NothingToMove)));
    let patient = PlainConfig { horizon_secs: YEAR_SECS, ..PlainConfig::default() };
    assert_eq!(Plain::new(patient).decide(&costly).weights_bps[..2], [0, 9_500]);
}

#[test]
fn what_cannot_be_withdrawn_is_not_ordered_out() {
    let mut stuck = view(vec![stake(475_000, 0.01), stake(475_000, 0.06)], 60_000);
    stuck.slots[0].withdrawable_atoms = 75_000;
    assert_eq!(moved(&stuck)[..2], [4_000, 5_500]);
}

#[test]
fn unknown_income_is_left_alone_and_caps_force_a_cut_at_a_loss() {
    let unknown = Slot { value: 300_000, income: Income::Unknown, cap_bps: 10_000 };
    let mut over = stake(600_000, 0.09);
    over.cap_bps = 5_000;
    let targets = Plain::default().decide(&view(vec![unknown, over, stake(0, 0.03)], 60_000));
    assert_eq!(targets.weights_bps[..3], [3_000, 5_000, 1_500]);
    assert!(matches!(targets.action, Action::Move { gain_bps, forced: true } if gain_bps < 0.0));
}

#[test]
fn with_no_turnover_left_only_reductions_are_ordered() {
    let mut over = stake(900_000, 0.05);
    over.cap_bps = 5_000;
    assert_eq!(moved(&view(vec![over, stake(0, 0.05)], 0))[..2], [5_000, 0]);
}

#[test]
fn an_empty_vault_holds_its_targets() {
    let mut empty = view(vec![stake(0, 0.05)], 60_000);
    empty.limits.total_atoms = 0;
    empty.slots[0].target_bps = 1_234;
    let targets = Plain::default().decide(&empty);
    assert_eq!(targets.action, Action::Hold(HoldReason::EmptyVault));
    assert_eq!(targets.weights_bps[0], 1_234);
}

prop_compose! {
    fn any_slot()(
        value in 0u64..600_000, kind in 0u8..4, apr in -0.05f64..0.4, size in 1_000u64..5_000_000, used in 0.0f64..=1.0,
        cap_bps in 0u16..=10_000,
    ) -> Slot {
        let mut slot = match kind {
            0 => lending(value, size + value, ((size + value) as f64 * used) as u64),
            1 => Slot { value, income: Income::Pool { fee_apr: apr.abs(), lvr_apr: 0.05, tvl_atoms: size + value }, cap_bps },
            2 => stake(value, apr),
            _ => Slot { value, income: Income::Unknown, cap_bps },
        };
        slot.cap_bps = cap_bps;
        slot
    }
}

prop_compose! {
    fn any_view()(
        slots in prop::collection::vec(any_slot(), 1..=8), cap in 0u16..20_000, used in 0u64..20_000, idle in 0u16..=10_000,
        free in prop::collection::vec(0.0f64..=1.0, 8), frozen in any::<u8>(), extra in 0u64..500_000, cost in 0.0f64..50.0,
        absolute in prop::collection::vec(0u64..3_000_000, 8),
    ) -> PortfolioView {
        let mut view = view(slots, cap);
        view.limits.total_atoms = view.limits.slots.iter().map(|slot| slot.value_atoms).sum::<u64>() + extra;
        view.limits.turnover_used_bps = used;
        view.limits.idle_buffer_bps = idle;
        for (index, slot) in view.limits.slots.iter_mut().enumerate() {
            slot.may_increase = frozen >> index & 1 == 0;
            slot.absolute_cap_atoms = absolute[index];
        }
        for (slot, free) in view.slots.iter_mut().zip(free) {
            slot.withdrawable_atoms = (slot.withdrawable_atoms as f64 * free) as u64;
            slot.move_cost_bps = cost;
        }
        view
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_policy_ever_breaks_a_limit(view in any_view()) {
        let policies: [&mut dyn Policy; 3] = [&mut Plain::default(), &mut EqualWeight::default(), &mut Hold];
        for policy in policies {
            let targets = policy.decide(&view);
            // Reductions always pass, whatever was used of the budget: no policy is ever stuck.
            prop_assert!(view.accepts(&[0; 8]));
            prop_assert!(targets.action != Action::Hold(HoldReason::Blocked), "{}", policy.name());
            if let Action::Move { .. } = targets.action {
                let verdict = portfolio::check_targets(&view.limits, &targets.weights_bps);
                prop_assert!(verdict.is_ok(), "{} {:?}", policy.name(), verdict);
            }
            prop_assert_eq!(targets, policy.decide(&view), "{} is not deterministic", policy.name());
        }
    }

    #[test]
    fn a_free_move_never_loses(view in any_view()) {
        if let Action::Move { gain_bps, forced: false } = Plain::default().decide(&view).action {
            prop_assert!(gain_bps >= PlainConfig::default().min_gain_bps);
        }
    }
}
