use super::*;
use crate::optimise::OptimiseError;
use proptest::prelude::*;

fn slot(name: &str, income: IncomeCurve, current_bps: u16, cap_bps: u16) -> SlotProblem {
    let (move_cost, withdrawable_fraction, frozen) = (0.0, 1.0, false);
    SlotProblem { name: name.into(), income, current_bps, cap_bps, move_cost, withdrawable_fraction, frozen }
}

/// rate x w, bent down as a deposit dilutes it.
fn diluted(rate: f64, bend: f64) -> IncomeCurve {
    IncomeCurve::sample(10_000, 100, |w| f64::from(w) * rate / (1.0 + bend * f64::from(w) / 10_000.0))
        .unwrap()
}

fn problem(slots: Vec<SlotProblem>) -> AllocationProblem {
    AllocationProblem {
        slots,
        factors: Vec::new(),
        idle_min_bps: 500,
        turnover_bps: None,
        liquidity_min_bps: 0,
        scenarios: None,
        horizon_years: 0.1,
        min_move_bps: 0,
    }
}

#[test]
fn the_better_rate_fills_first_and_caps_hold() {
    let line = |rate| IncomeCurve::linear(rate, 10_000).unwrap();
    let found =
        solve(&problem(vec![slot("a", line(0.05), 0, 4_000), slot("b", line(0.03), 0, 10_000)])).unwrap();
    assert_eq!(found.weights_bps, [4_000, 5_500]);
    assert!((found.income - (200.0 + 165.0)).abs() < 1e-9);
    assert_eq!(found.active, ["idle buffer", "cap of a"]);
    assert_eq!((found.idle_bps, found.turnover_bps, found.forced), (500, 9_500, false));
}

#[test]
fn each_limit_binds_by_name() {
    let line = |rate| IncomeCurve::linear(rate, 10_000).unwrap();
    let base = problem(vec![slot("a", line(0.05), 1_000, 10_000), slot("b", line(0.03), 0, 10_000)]);
    let factor = FactorCap { name: "venue:kamino".into(), members: vec![0], cap_bps: 2_500 };
    let found = solve(&AllocationProblem { factors: vec![factor], ..base.clone() }).unwrap();
    assert_eq!(found.weights_bps, [2_500, 7_000]);
    assert!(found.active.contains(&"cap of factor venue:kamino".to_owned()));

    let found = solve(&AllocationProblem { turnover_bps: Some(700), ..base.clone() }).unwrap();
    assert_eq!(found.weights_bps, [1_700, 0]);
    assert_eq!(found.active, ["turnover"]);

    let mut locked = AllocationProblem { liquidity_min_bps: 4_000, ..base.clone() };
    locked.slots[0].withdrawable_fraction = 0.25;
    let found = solve(&locked).unwrap();
    // 8,000 in the first leaves 2,000 + a quarter of 8,000.
    assert_eq!(found.weights_bps, [8_000, 1_500]);
    assert!(found.active.contains(&"liquidity".to_owned()));

    let losses_bps = vec![vec![2_000, 0], vec![0, 100], vec![50, 50]];
    let scenarios = Some(ScenarioLosses { losses_bps, worst_k: 1, cap_bps: 300 });
    let found = solve(&AllocationProblem { scenarios, ..base }).unwrap();
    assert_eq!(found.weights_bps, [1_500, 8_000]);
    assert_eq!(found.cvar_bps, Some(300.0));
    assert!(found.active.contains(&"scenario CVaR".to_owned()));
}

#[test]
fn the_cost_of_moving_keeps_weights_where_they_are() {
    let line = |rate| IncomeCurve::linear(rate, 10_000).unwrap();
    let mut base = problem(vec![slot("a", line(0.05), 0, 10_000), slot("b", line(0.045), 9_000, 10_000)]);
    base.slots[0].move_cost = 0.001;
    base.slots[1].move_cost = 0.001;
    // The difference of half a percent earns 5 bps in a tenth of a year; moving costs 20.
    let found = solve(&base).unwrap();
    assert_eq!(found.weights_bps, [500, 9_000]);
    base.horizon_years = 1.0;
    assert_eq!(solve(&base).unwrap().weights_bps, [9_500, 0]);
}

#[test]
fn small_moves_are_dropped_but_a_limit_may_force_them() {
    let line = |rate| IncomeCurve::linear(rate, 10_000).unwrap();
    let mut base = problem(vec![slot("a", line(0.05), 3_990, 4_000), slot("b", line(0.03), 5_500, 10_000)]);
    base.min_move_bps = 50;
    let found = solve(&base).unwrap();
    assert_eq!(found.weights_bps, [3_990, 5_500]);
    assert!(!found.forced && found.turnover_bps == 0);
    base.slots[0].cap_bps = 3_980;
    let found = solve(&base).unwrap();
    assert!(found.forced);
    assert_eq!(found.nearest_bps, Some(vec![3_980, 5_500]));
    assert_eq!(found.weights_bps, [3_980, 5_500]);
}

#[test]
fn a_frozen_slot_stays_unless_a_limit_demands_less() {
    let line = |rate| IncomeCurve::linear(rate, 10_000).unwrap();
    let mut base = problem(vec![slot("a", line(0.05), 1_000, 10_000), slot("b", line(0.01), 4_000, 10_000)]);
    base.slots[1].frozen = true;
    assert_eq!(solve(&base).unwrap().weights_bps, [5_500, 4_000]);
    base.slots[1].cap_bps = 2_000;
    let found = solve(&base).unwrap();
    assert!(found.forced);
    assert_eq!(found.weights_bps, [7_500, 2_000]);
    // A cap on the tail that only the frozen slot can meet.
    base.slots[1].cap_bps = 10_000;
    let losses_bps = vec![vec![0, 1_000], vec![0, 0]];
    base.scenarios = Some(ScenarioLosses { losses_bps, worst_k: 1, cap_bps: 300 });
    assert_eq!(solve(&base).unwrap().weights_bps, [6_500, 3_000]);
}

// Income that rises late: the envelope would spread over both, the truth is to choose one.
#[test]
fn the_wrong_bend_is_searched_not_smoothed() {
    let late =
        |most: f64| IncomeCurve::new(vec![(0, 0.0), (6_000, 10.0), (8_000, most), (10_000, most)]).unwrap();
    let mut base = problem(vec![slot("a", late(400.0), 0, 10_000), slot("b", late(399.0), 0, 10_000)]);
    base.idle_min_bps = 1_000;
    let found = solve(&base).unwrap();
    assert_eq!(found.weights_bps, [8_000, 1_000]);
    assert!(found.gap <= 0.01, "{}", found.gap);
}

#[test]
fn bad_problems_are_named() {
    let line = |rate| IncomeCurve::linear(rate, 5_000).unwrap();
    let base = problem(vec![slot("a", line(0.05), 0, 4_000)]);
    type Spoil = fn(&mut AllocationProblem);
    let cases: [(Spoil, &str); 7] = [
        (|p| p.slots[0].cap_bps = 6_000, "a: its income is known up to 5000 bps"),
        (|p| p.slots[0].move_cost = f64::NAN, "a: move cost"),
        (|p| p.horizon_years = 0.0, "horizon"),
        (|p| p.idle_min_bps = 10_001, "idle buffer"),
        (
            |p| p.factors = vec![FactorCap { name: "f".into(), members: vec![3], cap_bps: 1 }],
            "f: there is no slot 3",
        ),
        (
            |p| p.scenarios = Some(ScenarioLosses { losses_bps: vec![], worst_k: 1, cap_bps: 1 }),
            "the worst 1 of 0",
        ),
        (
            |p| p.scenarios = Some(ScenarioLosses { losses_bps: vec![vec![]], worst_k: 1, cap_bps: 1 }),
            "row 1",
        ),
    ];
    for (spoil, expected) in cases {
        let mut spoilt = base.clone();
        spoil(&mut spoilt);
        let found = solve(&spoilt).unwrap_err().to_string();
        assert!(found.contains(expected), "{found:?} lacks {expected:?}");
    }
    for (points, expected) in [
        (vec![], "begins at a weight of zero"),
        (vec![(1, 0.0)], "begins at a weight of zero"),
        (vec![(0, 0.0), (0, 1.0)], "point 2 does not rise"),
        (vec![(0, 0.0), (5, f64::NAN)], "point 2 is not finite"),
    ] {
        let OptimiseError::Input(found) = IncomeCurve::new(points).unwrap_err() else { panic!() };
        assert!(found.contains(expected), "{found}");
    }
}

fn arbitrary() -> impl Strategy<Value = AllocationProblem> {
    let one = (0.0f64..0.1, 0.0f64..4.0, 0u16..3_300, 0u16..10_000, 0.0f64..0.002, 0.0f64..=1.0, 0u8..8);
    let curve = prop::collection::vec(0.0f64..60.0, 5);
    (
        prop::collection::vec((one, curve), 2..4),
        0u16..2_000,
        prop::option::of(0u16..6_000),
        0u16..5_000,
        prop::option::of((
            prop::collection::vec(prop::collection::vec(0i32..3_000, 3), 4..20),
            1usize..4,
            0u16..800,
        )),
        prop::option::of(0u16..9_000),
        0u16..150,
        any::<bool>(),
    )
        .prop_map(|(slots, idle, turnover, liquidity, scenarios, factor, min_move, bent)| {
            let slots: Vec<SlotProblem> = slots
                .into_iter()
                .enumerate()
                .map(|(index, ((rate, bend, now, cap, cost, share, frozen), steps))| {
                    // Steps of any size give a rising curve that bends either way.
                    let mut sum = 0.0;
                    let rising = (0..=4u16).zip(steps).map(|(at, step)| {
                        sum += if at == 0 { 0.0 } else { step };
                        (at * 2_500, sum)
                    });
                    let income =
                        if bent { IncomeCurve::new(rising.collect()).unwrap() } else { diluted(rate, bend) };
                    let base = slot(&format!("slot {index}"), income, now, cap);
                    SlotProblem { move_cost: cost, withdrawable_fraction: share, frozen: frozen == 0, ..base }
                })
                .collect();
            let count = slots.len();
            let scenarios = scenarios.map(|(rows, worst_k, cap_bps)| {
                let losses_bps = rows.into_iter().map(|row| row[..count].to_vec()).collect();
                ScenarioLosses { losses_bps, worst_k, cap_bps }
            });
            let members = vec![0, count - 1];
            let factors =
                factor.map(|cap_bps| FactorCap { name: "f".into(), members, cap_bps }).into_iter().collect();
            AllocationProblem {
                slots,
                factors,
                idle_min_bps: idle,
                turnover_bps: turnover,
                liquidity_min_bps: liquidity,
                scenarios,
                horizon_years: 0.5,
                min_move_bps: min_move,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn never_outside_a_limit_and_never_beaten_by_a_grid(problem in arbitrary()) {
        let found = solve(&problem).unwrap();
        prop_assert_eq!(problem.breach(&found.weights_bps), None);
        prop_assert_eq!(found.forced, problem.breach(&problem.current()).is_some());
        if let Some(nearest) = &found.nearest_bps {
            prop_assert_eq!(problem.breach(nearest), None);
        }
        for (slot, weight) in problem.slots.iter().zip(&found.weights_bps) {
            let moved = weight.abs_diff(slot.current_bps);
            let free = moved == 0
                || moved >= problem.min_move_bps
                || (found.forced && *weight < slot.current_bps);
            prop_assert!(free, "{} moves by {}", slot.name, moved);
        }
        // Every point of a coarse grid (and the present weights) that is inside the limits and moves enough.
        let choices = |slot: &SlotProblem| -> Vec<u16> {
            let mut all: Vec<u16> = (0..=10_000).step_by(500).collect();
            all.push(slot.current_bps);
            all.push(slot.cap_bps);
            all.retain(|w| {
                let moved = w.abs_diff(slot.current_bps);
                moved == 0 || moved >= problem.min_move_bps && !slot.frozen
            });
            all
        };
        let all: Vec<Vec<u16>> = problem.slots.iter().map(choices).collect();
        let mut points: Vec<Vec<u16>> = vec![vec![]];
        for one in &all {
            points = points.iter().flat_map(|point| one.iter().map(move |w| [point.clone(), vec![*w]].concat())).collect();
        }
        let value = problem.net(&found.weights_bps);
        for point in points {
            let beaten = problem.net(&point) > value + 0.02 && problem.breach(&point).is_none();
            prop_assert!(!beaten, "{:?} gains {} but {:?} {}", point, problem.net(&point), found, value);
        }
        prop_assert_eq!(solve(&problem).unwrap(), found);
    }
}
