use ballast_math::portfolio::{self, SlotView};
use proptest::prelude::*;

use super::*;
use crate::curve::{RateCurve, ReserveState};
use crate::policy::IncomeForecast;

const CONFIG: EngineConfig = EngineConfig {
    horizon_secs: 14 * 86_400,
    every_secs: 86_400,
    min_gain_bps: 5,
    min_move_bps: 50,
    cvar_cap_bps: 2_000,
    liquidity_min_bps: 0,
    grid_bps: 100,
};

/// Twenty scenarios of two factors: number 1 loses a tenth in every one, number 2 loses everything in the last two.
fn scenarios() -> ScenarioSet {
    let row = |scenario: u16| [1_000, if scenario >= 18 { 10_000 } else { 0 }];
    ScenarioSet {
        horizon_secs: 30 * 86_400,
        alpha_bps: 9_000,
        worst_k: 2,
        drawn: 20,
        factors: vec![1, 2],
        shocks: (0..20).flat_map(row).collect(),
    }
}

fn slot(apr: f64, factors: &[u32]) -> SlotOutlook {
    SlotOutlook {
        target_bps: 0,
        withdrawable_atoms: u64::MAX,
        move_cost_bps: 0.0,
        income: Income::Stake { apr },
        forecast: None,
        risk_factors: factors.to_vec(),
    }
}

fn view(values: &[u64], slots: Vec<SlotOutlook>) -> PortfolioView {
    let mut limits = portfolio::PortfolioView {
        total_atoms: 1_000_000,
        idle_buffer_bps: 500,
        turnover_cap_bps: 20_000,
        ..Default::default()
    };
    for (slot, value) in limits.slots.iter_mut().zip(values) {
        *slot = SlotView {
            value_atoms: *value,
            absolute_cap_atoms: u64::MAX,
            relative_cap_bps: 6_000,
            may_increase: true,
        };
    }
    PortfolioView { limits, slots, now_ts: 0 }
}

fn decide(view: &PortfolioView) -> Targets {
    Engine::new(CONFIG, scenarios()).decide(view)
}

#[test]
fn the_tail_caps_what_the_rate_would_fill() {
    // The second pays more, but its worst tenth loses everything: a fifth of the vault is all the cap allows.
    let targets = decide(&view(&[0, 0], vec![slot(0.04, &[]), slot(0.30, &[2])]));
    assert_eq!(targets.weights_bps[..2], [6_000, 2_000]);
    // What always loses a tenth counts too.
    let both = decide(&view(&[0, 0], vec![slot(0.04, &[1]), slot(0.30, &[2])]));
    assert!(both.weights_bps[1] < 2_000 && both.weights_bps[1] > 1_000, "{both:?}");
}

#[test]
fn a_risk_that_the_set_does_not_know_never_grows() {
    let targets = decide(&view(&[0, 100_000], vec![slot(0.04, &[]), slot(0.30, &[77])]));
    assert_eq!(targets.weights_bps[0], 6_000);
    assert!(targets.weights_bps[1] <= 1_000, "{targets:?}");
}

#[test]
fn plans_are_made_on_the_lower_forecast() {
    let mut shaky = slot(0.30, &[]);
    shaky.forecast =
        Some(IncomeForecast { expected: Income::Stake { apr: 0.20 }, lower: Income::Stake { apr: 0.01 } });
    let targets = decide(&view(&[0, 0], vec![slot(0.05, &[]), shaky]));
    assert_eq!(targets.weights_bps[..2], [6_000, 3_500]);
}

#[test]
fn our_own_size_spreads_the_money() {
    let curve = RateCurve::new(&[(0, 0), (10_000, 1_000)], 0).unwrap();
    let reserve = || {
        let state = ReserveState { curve: curve.clone(), supplied_atoms: 1_000_000, borrowed_atoms: 800_000 };
        SlotOutlook { income: Income::Lending(state), ..slot(0.0, &[]) }
    };
    let targets = decide(&view(&[0, 0], vec![reserve(), reserve()]));
    let [first, second, ..] = targets.weights_bps;
    assert!(first.abs_diff(second) <= 100 && first + second <= 9_500, "{targets:?}");
}

#[test]
fn between_looks_it_holds_unless_a_limit_is_broken() {
    let mut engine = Engine::new(CONFIG, scenarios());
    let mut now = view(&[0, 0], vec![slot(0.04, &[]), slot(0.05, &[])]);
    assert!(matches!(engine.decide(&now).action, Action::Move { .. }));
    now.now_ts = 3_600;
    assert_eq!(engine.decide(&now).action, Action::Hold(HoldReason::NotDue));
    now.limits.slots[0].value_atoms = 700_000;
    let forced = engine.decide(&now);
    assert!(matches!(forced.action, Action::Move { forced: true, .. }) && forced.weights_bps[0] <= 6_000);
    now.limits.slots[0].value_atoms = 0;
    now.now_ts = 3_600 + 86_400;
    assert!(matches!(engine.decide(&now).action, Action::Move { .. }));
}

#[test]
fn what_cannot_come_out_stays_and_what_is_unknown_too() {
    let mut stuck = slot(0.01, &[]);
    stuck.withdrawable_atoms = 10_000;
    let targets = decide(&view(&[400_000, 0], vec![stuck, slot(0.10, &[])]));
    assert_eq!(targets.weights_bps[0], 4_000, "only a fortieth of it could leave: {targets:?}");
    let unknown = SlotOutlook { income: Income::Unknown, ..slot(0.0, &[]) };
    let targets = decide(&view(&[300_000, 0], vec![unknown, slot(0.10, &[])]));
    assert_eq!(targets.weights_bps[..2], [3_000, 6_000]);
}

#[test]
fn small_gains_and_an_empty_vault_move_nothing() {
    let settled = view(&[600_000, 350_000], vec![slot(0.0501, &[]), slot(0.05, &[])]);
    assert!(matches!(decide(&settled).action, Action::Hold(_)));
    let mut empty = view(&[0, 0], vec![slot(0.1, &[]), slot(0.1, &[])]);
    empty.limits.total_atoms = 0;
    assert_eq!(decide(&empty).action, Action::Hold(HoldReason::EmptyVault));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_it_orders_the_program_accepts(values in prop::collection::vec(0u64..300_000, 3), rates in prop::collection::vec(-0.2f64..0.4, 3), used in 0u64..20_000, liquid in 0.0f64..1.0) {
        let slots = rates.iter().zip(&values).map(|(apr, value)| SlotOutlook {
            withdrawable_atoms: (*value as f64 * liquid) as u64,
            ..slot(*apr, &[1, 2])
        });
        let mut view = view(&values, slots.collect());
        view.limits.turnover_used_bps = used;
        let targets = decide(&view);
        if let Action::Move { .. } = targets.action {
            prop_assert!(view.accepts(&targets.weights_bps));
        }
        prop_assert_eq!(decide(&view), targets);
    }
}
