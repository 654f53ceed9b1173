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
