//! Objectives of return and variance against their closed forms.

use super::*;
use crate::optimise::Covariance;
use nalgebra::{DMatrix, DVector};

fn near(found: &[f64], expected: &[f64]) {
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-7, "{found} is not {expected}");
    }
}

fn market() -> (Vec<f64>, Covariance) {
    let rows = [vec![0.04, 0.006, -0.004], vec![0.01, 0.002], vec![0.09]];
    (vec![0.06, 0.03, 0.08], Covariance::from_rows(&rows).unwrap())
}

/// C^-1 v, scaled to a sum of one.
fn tangency(covariance: &Covariance, v: &[f64]) -> Vec<f64> {
    let size = covariance.size();
    let matrix = DMatrix::from_fn(size, size, |r, c| covariance.at(r, c));
    let raw = matrix.cholesky().unwrap().solve(&DVector::from_column_slice(v));
    let sum = raw.sum();
    raw.iter().map(|value| value / sum).collect()
}

// Without short sales at work the best ratio is C^-1 (m - r), the most diversified portfolio C^-1 s.
#[test]
fn the_best_ratio_is_the_tangency_portfolio() {
    let (mean, covariance) = market();
    for (risk_free, free) in [(0.0, false), (0.01, false), (0.01, true), (-0.005, true)] {
        let mut problem = PortfolioProblem::normal(Objective::MaxSharpe, mean.clone(), covariance.clone());
        problem.risk_free = risk_free;
        if free {
            problem.constraints.lower = vec![f64::NEG_INFINITY; 3];
        }
        let found = solve(&problem).unwrap();
        let excess: Vec<f64> = mean.iter().map(|mean| mean - risk_free).collect();
        near(&found.weights, &tangency(&covariance, &excess));
        let ratio = (found.expected_return.unwrap() - risk_free) / found.volatility.unwrap();
        assert!((found.objective_value - ratio).abs() < 1e-12 && found.gap.unwrap() < 1e-6);
    }
    let problem = PortfolioProblem::normal(Objective::MaxDiversification, mean, covariance.clone());
    let found = solve(&problem).unwrap();
    near(&found.weights, &tangency(&covariance, &covariance.deviations()));
    assert!(found.objective_value > 1.0);
}

// Two assets at odds: the bound holds and the rest follows.
#[test]
fn bounds_hold_a_ratio_back() {
    let (mean, covariance) = market();
    let mut problem = PortfolioProblem::normal(Objective::MaxSharpe, mean.clone(), covariance.clone());
    let free = solve(&problem).unwrap();
    problem.constraints.upper = vec![0.2, 1.0, 1.0];
    let held = solve(&problem).unwrap();
    assert!((held.weights[0] - 0.2).abs() < 1e-9 && held.objective_value < free.objective_value);
    // Nothing on a grid of portfolios inside the bounds is better.
    for step in 0..=1_000 {
        let second = 0.8 * f64::from(step) / 1_000.0;
        for first in [0.2, 0.15] {
            let weights = [first, second, 1.0 - first - second];
            let value: f64 = weights.iter().zip(&mean).map(|(w, m)| w * m).sum();
            assert!(
                weights[2] < 0.0
                    || value / covariance.variance(&weights).sqrt() <= held.objective_value + 1e-12
            );
        }
    }
    problem.constraints.turnover = Some(Turnover {
        current: vec![0.2, 0.2, 0.6],
        most: 0.1,
        count: TurnoverCount::Total,
        costs: vec![0.001; 3],
    });
    let turned = solve(&problem).unwrap();
    assert!(turned.turnover.unwrap() <= 0.1 + 1e-9 && turned.cost > 0.0);
}

// With the budget's price v the weights are C^-1 (m - v) / aversion, v so that they sum to one.
#[test]
fn utility_meets_its_closed_form() {
    let (mean, covariance) = market();
    let inverse = DMatrix::from_fn(3, 3, |r, c| covariance.at(r, c)).try_inverse().unwrap();
    let (ones, means) = (DVector::from_element(3, 1.0), DVector::from_vec(mean.clone()));
    for aversion in [0.5, 1.0, 3.0, 100.0] {
        let price = (ones.dot(&(&inverse * &means)) - aversion) / ones.dot(&(&inverse * &ones));
        let expected = &inverse * (&means - &ones * price) / aversion;
        let mut problem = PortfolioProblem::normal(Objective::Utility, mean.clone(), covariance.clone());
        problem.risk_aversion = aversion;
        problem.constraints.lower = vec![f64::NEG_INFINITY; 3];
        let found = solve(&problem).unwrap();
        near(&found.weights, expected.as_slice());
        let value = found.expected_return.unwrap() - aversion / 2.0 * found.volatility.unwrap().powi(2);
        assert!((found.objective_value - value).abs() < 1e-12);
    }
    let mut riskless = PortfolioProblem::normal(Objective::Utility, mean, covariance);
    riskless.risk_aversion = 0.0;
    near(&solve(&riskless).unwrap().weights, &[0.0, 0.0, 1.0]);
}

#[test]
fn what_has_no_ratio_is_named() {
    let (mean, covariance) = market();
    let mut problem = PortfolioProblem::normal(Objective::MaxSharpe, mean, covariance.clone());
    problem.risk_free = 0.09;
    let found = solve(&problem).unwrap_err().to_string();
    assert!(found.contains("earn more than risk_free 0.09; the most is 0.08"), "{found}");
    problem.risk_free = 0.0;
    problem.constraints.max_cvar = Some(0.1);
    assert!(solve(&problem).unwrap_err().to_string().contains("max_cvar: this objective takes no cap"));
    problem.constraints.max_cvar = None;
    problem.constraints.upper = vec![0.3; 3];
    assert!(solve(&problem).unwrap_err().to_string().contains("budget (exactly 1) cannot hold"));
    problem.constraints.upper = vec![1.0; 3];
    problem.mean = None;
    assert!(solve(&problem).unwrap_err().to_string().contains("mean: this objective needs"));
    let still = Covariance::from_rows(&[vec![0.04, -0.04], vec![0.04]]).unwrap();
    let hedged = PortfolioProblem::normal(Objective::MaxSharpe, vec![0.1, 0.1], still);
    assert!(solve(&hedged).unwrap_err().to_string().contains("a mix without risk"));
}

#[test]
fn ratios_stand_mixed_scales() {
    let rows = [vec![4e-4, 0.0, 0.0], vec![1e-12, 1e-13], vec![4e-12]];
    let covariance = Covariance::from_rows(&rows).unwrap();
    let mean = vec![1e-4, 1e-6, 2e-6];
    let found =
        solve(&PortfolioProblem::normal(Objective::MaxSharpe, mean.clone(), covariance.clone())).unwrap();
    near(&found.weights, &tangency(&covariance, &mean));
}
