//! Assets whose volatilities differ by many orders of magnitude, riskless mixes, and constraints that nearly hold.

use super::*;
use crate::optimise::Covariance;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Least variance of long-only weights that sum to one: every set of assets solved as a linear system in units of risk.
fn enumerated(covariance: &Covariance) -> (f64, Vec<f64>) {
    let (size, deviations) = (covariance.size(), covariance.deviations());
    let mut best = (f64::INFINITY, Vec::new());
    for set in 1_u32..1 << size {
        let held: Vec<usize> = (0..size).filter(|asset| set >> asset & 1 == 1).collect();
        let correlation = DMatrix::from_fn(held.len(), held.len(), |r, c| {
            covariance.at(held[r], held[c]) / deviations[held[r]] / deviations[held[c]]
        });
        let budget = DVector::from_fn(held.len(), |at, _| 1.0 / deviations[held[at]]);
        let Some(x) = correlation.cholesky().map(|factor| factor.solve(&budget)) else { continue };
        if x.iter().any(|value| *value < 0.0) {
            continue;
        }
        let variance = 1.0 / x.dot(&budget);
        if variance < best.0 {
            let mut weights = vec![0.0; size];
            for (asset, value) in held.iter().zip(x.iter()) {
                weights[*asset] = value * variance / deviations[*asset];
            }
            best = (variance, weights);
        }
    }
    best
}

/// A covariance with deviations over `decades` and correlations of any sign.
fn mixed(size: usize, decades: f64, seed: u64) -> Covariance {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let loads: Vec<Vec<f64>> =
        (0..size).map(|_| (0..size + 2).map(|_| StandardNormal.sample(&mut rng)).collect()).collect();
    let deviations: Vec<f64> = (0..size).map(|_| 1e-2 * 10f64.powf(-decades * rng.random::<f64>())).collect();
    let length = |a: usize| loads[a].iter().map(|v| v * v).sum::<f64>().sqrt();
    let entry = |a: usize, b: usize| {
        let product: f64 = loads[a].iter().zip(&loads[b]).map(|(x, y)| x * y).sum();
        product / length(a) / length(b) * deviations[a] * deviations[b]
    };
    Covariance::from_rows(&(0..size).map(|a| (a..size).map(|b| entry(a, b)).collect()).collect::<Vec<_>>())
        .unwrap()
}

fn least_variance_of(covariance: Covariance) -> PortfolioSolution {
    let size = covariance.size();
    let mut problem = PortfolioProblem::normal(Objective::MinVariance, vec![0.0; size], covariance);
    problem.mean = None;
    solve(&problem).unwrap()
}

fn example(text: &str) -> Covariance {
    let document: serde_json::Value = serde_json::from_str(text).unwrap();
    let rows: Vec<Vec<f64>> = serde_json::from_value(document["covariance"].clone()).unwrap();
    Covariance::from_rows(&rows).unwrap()
}

#[test]
fn lending_rates_beside_a_coin_have_a_least_variance() {
    let lending = example(include_str!("examples/lending_and_sol_hourly.json"));
    let found = least_variance_of(lending);
    let expected = [0.00074, 0.27737, 0.2357, 0.0, 0.03235, 0.45383, 1e-05];
    for (found, expected) in found.weights.iter().zip(expected) {
        assert!((found - expected).abs() < 6e-6, "{found} is not {expected}");
    }
    assert!((found.objective_value / 1.134199e-12 - 1.0).abs() < 1e-6, "{}", found.objective_value);

    let silent = least_variance_of(example(include_str!("examples/volatility_ratio_1e5.json")));
    for (found, expected) in silent.weights.iter().zip([0.0, 0.7381, 0.0397, 0.1046, 0.1176]) {
        assert!((found - expected).abs() < 6e-5, "{found} is not {expected}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn least_variance_is_that_of_the_best_set_of_assets(size in 2usize..7, decades in 0.0f64..7.0, seed in 0u64..100_000) {
        let covariance = mixed(size, decades, seed);
        let (variance, weights) = enumerated(&covariance);
        let deviations = covariance.deviations();
        let found = least_variance_of(covariance);
        prop_assert!((found.objective_value / variance - 1.0).abs() < 1e-9, "{} is not {variance}", found.objective_value);
        prop_assert!(found.gap.unwrap() < 1e-7);
        for ((found, expected), deviation) in found.weights.iter().zip(&weights).zip(deviations) {
            prop_assert!((found - expected).abs() * deviation < 1e-5 * variance.sqrt(), "{found} is not {expected}");
        }
    }

    // Bounds, a group and a turnover limit beside mixed scales: never an error, and never better than proven.
    #[test]
    fn constraints_do_not_spoil_mixed_scales(size in 3usize..9, decades in 0.0f64..6.0, seed in 0u64..100_000) {
        let covariance = mixed(size, decades, seed);
        let mut problem = PortfolioProblem::normal(Objective::MinVariance, vec![0.0; size], covariance);
        problem.constraints.upper = vec![2.0 / size as f64; size];
        problem.constraints.lower[seed as usize % size] = 0.1;
        let free = solve(&problem).unwrap();
        prop_assert!(free.gap.unwrap() < 1e-6);
        let current = vec![1.0 / size as f64; size];
        problem.constraints.turnover = Some(Turnover { current, most: 0.4, count: TurnoverCount::Total, costs: vec![0.0; size] });
        let held = solve(&problem).unwrap();
        prop_assert!(held.gap.unwrap() < 1e-6 && held.turnover.unwrap() < 0.4 + 1e-9, "{held:?}");
        prop_assert!(held.objective_value >= free.objective_value * (1.0 - 1e-6));
    }
}

fn unequal(objective: Objective) -> PortfolioProblem {
    let covariance = Covariance::from_rows(&[vec![0.04, 0.0, 0.0], vec![0.01, 0.0], vec![0.09]]).unwrap();
    PortfolioProblem::normal(objective, vec![0.01, 0.02, 0.03], covariance)
}

const CONSTRAINED: [Objective; 4] =
    [Objective::MinVariance, Objective::MinCvar, Objective::MeanCvar, Objective::MaxReturn];

#[test]
fn bounds_that_nearly_add_up_are_met() {
    for objective in CONSTRAINED {
        for third in [0.33333333, 0.333333333, 0.3333333333, 0.333333333333, 1.0 / 3.0] {
            let mut problem = unequal(objective);
            problem.constraints.upper = vec![third; 3];
            let found = solve(&problem).unwrap_or_else(|error| panic!("{objective:?} {third}: {error}"));
            for weight in found.weights {
                assert!((weight - 1.0 / 3.0).abs() < 1e-8, "{objective:?} {third}: {weight}");
            }
        }
        for over in [1e-12, 1e-10, 1e-9, 5e-9] {
            let mut problem = unequal(objective);
            problem.constraints.lower = vec![0.2 + over, 0.3, 0.5];
            assert!((solve(&problem).unwrap().weights[2] - 0.5).abs() < 2e-8, "{objective:?} {over}");
            let mut problem = unequal(objective);
            problem.constraints.min_return = Some(0.03 + over * 0.03);
            assert!((solve(&problem).unwrap().weights[2] - 1.0).abs() < 1e-7, "{objective:?} {over}");
        }
    }
}

#[test]
fn what_cannot_hold_by_little_shows_two_numbers() {
    for over in [1e-7, 1e-6, 1e-5, 5e-8] {
        let mut budget = unequal(Objective::MinVariance);
        budget.constraints.upper = vec![(1.0 - over) / 3.0; 3];
        let mut lower = unequal(Objective::MinCvar);
        lower.constraints.lower = vec![0.2 + over, 0.3, 0.5];
        let mut wanted = unequal(Objective::MaxReturn);
        wanted.constraints.min_return = Some(0.03 + over);
        let mut row = unequal(Objective::MinVariance);
        row.constraints.rows = vec![NamedRow {
            name: "all".into(),
            coefficients: vec![1.0; 3],
            lower: 1.0 + over,
            upper: 1.0 + over,
        }];
        for problem in [budget, lower, wanted, row] {
            let text = solve(&problem).unwrap_err().to_string();
            let number = |after: &str| -> f64 {
                let tail = text.split(after).nth(1).unwrap_or_else(|| panic!("{text}"));
                tail.split([' ', ')']).next().unwrap().parse().unwrap_or_else(|_| panic!("{text}"))
            };
            let asked = if text.contains("(exactly ") { "(exactly " } else { "(at least " };
            assert_ne!(number(asked), number("others allow is "), "{text}");
        }
    }
}

#[test]
fn a_mix_without_risk_is_found() {
    for rows in [
        vec![vec![0.04, -0.04], vec![0.04]],
        vec![vec![0.04, -0.02], vec![0.01]],
        vec![vec![0.04, 0.0], vec![0.0]],
        vec![vec![0.04, -0.02, 0.01], vec![0.01, -0.005], vec![0.09]],
        vec![vec![0.04, -0.00002, 0.01], vec![0.00000001, -0.000005], vec![0.09]],
    ] {
        let covariance = Covariance::from_rows(&rows).unwrap();
        let size = covariance.size();
        for objective in [Objective::MinVariance, Objective::MinCvar] {
            let mean = (0..size).map(|asset| 0.001 * asset as f64).collect();
            let mut problem = PortfolioProblem::normal(objective, mean, covariance.clone());
            let found = solve(&problem).unwrap_or_else(|error| panic!("{objective:?} {rows:?}: {error}"));
            assert!(found.volatility.unwrap() < 1e-8, "{objective:?} {rows:?} {found:?}");
            problem.constraints.upper = vec![0.9; size];
            solve(&problem).unwrap_or_else(|error| panic!("{objective:?} {rows:?}: {error}"));
        }
    }
}

#[test]
fn a_large_risk_aversion_names_no_cap() {
    let least = solve(&unequal(Objective::MinCvar)).unwrap();
    let rows: Vec<Vec<f64>> =
        (0..40).map(|t| (0..3).map(|a| ((t * (a + 2)) % 7) as f64 * 0.01 - 0.03).collect()).collect();
    let scenarios = crate::optimise::Scenarios::from_rows(&rows, None).unwrap();
    let calmest = solve(&PortfolioProblem::over_scenarios(Objective::MinCvar, scenarios.clone())).unwrap();
    for aversion in [1e3, 1e6, 1e9, 1e12, 1e15, 1e100] {
        let mut problem = unequal(Objective::MeanCvar);
        problem.risk_aversion = aversion;
        let found = solve(&problem).unwrap_or_else(|error| panic!("{aversion}: {error}"));
        assert!((found.cvar.unwrap() - least.cvar.unwrap()).abs() < 1e-6, "{aversion}");
        let mut problem = PortfolioProblem::over_scenarios(Objective::MeanCvar, scenarios.clone());
        problem.risk_aversion = aversion;
        let found = solve(&problem).unwrap_or_else(|error| panic!("{aversion}: {error}"));
        assert!((found.cvar.unwrap() - calmest.cvar.unwrap()).abs() < 1e-6, "{aversion}");
    }
}
