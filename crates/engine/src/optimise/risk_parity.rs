//! Equal or budgeted risk contributions by Spinu's convex formulation (2013).

use nalgebra::{DMatrix, DVector};

use super::{Covariance, OptimiseError};

const MAX_STEPS: usize = 200;
/// Largest difference of a risk share from its budget at which to stop.
const ACCURACY: f64 = 1e-13;
/// Largest difference that still counts as solved.
const ACCEPTED: f64 = 1e-10;

/// Weights whose shares of the variance are as asked.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskParity {
    /// Positive, sum to one.
    pub weights: Vec<f64>,
    /// Newton steps.
    pub iterations: usize,
    /// Largest difference of a share of risk from its budget.
    pub error: f64,
}

/// Long-only weights with weight_i (C w)_i / w'Cw = budget_i. Budgets are positive and sum to one (equal when
/// none). Minimises x'Cx / 2 - sum budget ln x by damped Newton steps, which converge from anywhere as the
/// function is self-concordant; C is scaled to a correlation matrix first.
pub fn risk_parity(covariance: &Covariance, budgets: Option<&[f64]>) -> Result<RiskParity, OptimiseError> {
    let size = covariance.size();
    let deviations = covariance.deviations();
    if let Some(at) = deviations.iter().position(|deviation| *deviation <= 0.0) {
        return Err(OptimiseError::Input(format!("asset {} does not vary: it can carry no risk", at + 1)));
    }
    let equal = vec![1.0 / size as f64; size];
    let budgets = budgets.unwrap_or(&equal);
    if budgets.len() != size {
        return Err(OptimiseError::Input(format!(
            "risk budgets: {} entries for {size} assets",
            budgets.len()
        )));
    }
    let sum: f64 = budgets.iter().sum();
    if !budgets.iter().all(|budget| *budget > 0.0) || (sum - 1.0).abs() > 1e-9 {
        return Err(OptimiseError::Input(format!(
            "risk budgets: not all positive with a sum of one (sum {sum})"
        )));
    }
    let correlation = DMatrix::from_fn(size, size, |row, column| {
        let product =
            deviations.get(row).copied().unwrap_or(1.0) * deviations.get(column).copied().unwrap_or(1.0);
        covariance.at(row, column) / product
    });
    let budget = DVector::from_column_slice(budgets);
    // The right length for the start: x'Cx is one at the optimum.
    let ones = DVector::from_element(size, 1.0);
    let spread = (&correlation * &ones).dot(&ones).max(1e-12);
    let mut x = ones / spread.sqrt();
    let mut found = (f64::INFINITY, x.clone());
    let mut iterations = 0;
    for _ in 0..MAX_STEPS {
        let slope = &correlation * &x;
        let total = x.dot(&slope);
        let error = x.iter().zip(slope.iter()).zip(budget.iter());
        let error = error.map(|((x, slope), budget)| (x * slope / total - budget).abs()).fold(0.0, f64::max);
        if error < found.0 {
            found = (error, x.clone());
        }
        if error < ACCURACY {
            break;
        }
        iterations += 1;
        let gradient = &slope - budget.component_div(&x);
        let mut hessian = correlation.clone();
        for (at, (x, budget)) in x.iter().zip(budget.iter()).enumerate() {
            if let Some(entry) = hessian.get_mut((at, at)) {
                *entry += budget / (x * x);
            }
        }
        let Some(factor) = hessian.cholesky() else { break };
        let step = factor.solve(&gradient);
        // Self-concordance is scaled by the least budget: the decrement in its units decides the step's length.
        let least = budgets.iter().copied().fold(f64::INFINITY, f64::min);
        let decrement = (gradient.dot(&step).max(0.0) / least).sqrt();
        let length = if decrement > 0.25 { 1.0 / (1.0 + decrement) } else { 1.0 };
        x -= step * length;
    }
    if found.0 > ACCEPTED || found.0.is_nan() {
        return Err(OptimiseError::NotSolved(format!("risk shares are {:.1e} from their budgets", found.0)));
    }
    let unscaled: Vec<f64> = found.1.iter().zip(&deviations).map(|(x, deviation)| x / deviation).collect();
    let sum: f64 = unscaled.iter().sum();
    Ok(RiskParity { weights: unscaled.iter().map(|value| value / sum).collect(), iterations, error: found.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shares(covariance: &Covariance, weights: &[f64]) -> Vec<f64> {
        let total = covariance.variance(weights);
        covariance.times(weights).iter().zip(weights).map(|(slope, weight)| slope * weight / total).collect()
    }

    // Maillard, Roncalli & Teiletche (2010), section 4.1: volatilities 10, 20, 30, 40% and the correlation matrix given there
    // give weights of 38.4, 19.2, 24.3, 18.2%.
    #[test]
    fn reproduces_the_four_assets_of_maillard_roncalli_teiletche() {
        let deviations = [0.1, 0.2, 0.3, 0.4];
        let correlation =
            [[1.0, 0.8, 0.0, 0.0], [0.8, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -0.5], [0.0, 0.0, -0.5, 1.0]];
        let rows: Vec<Vec<f64>> = (0..4)
            .map(|i| (0..4).map(|j| correlation[i][j] * deviations[i] * deviations[j]).collect())
            .collect();
        let found = risk_parity(&Covariance::from_rows(&rows).unwrap(), None).unwrap();
        for (found, expected) in found.weights.iter().zip([0.384, 0.192, 0.243, 0.182]) {
            assert!((found - expected).abs() < 6e-4, "{found} is not {expected}");
        }
    }

    #[test]
    fn what_cannot_be_is_named() {
        let covariance = Covariance::from_rows(&[vec![1.0, 0.0], vec![0.0]]).unwrap();
        assert!(risk_parity(&covariance, None).unwrap_err().to_string().contains("asset 2 does not vary"));
        let sound = Covariance::from_rows(&[vec![1.0, 0.0], vec![1.0]]).unwrap();
        assert!(risk_parity(&sound, Some(&[0.5, 0.6])).unwrap_err().to_string().contains("sum 1.1"));
        assert!(risk_parity(&sound, Some(&[1.0])).unwrap_err().to_string().contains("1 entries for 2"));
    }

    proptest! {
        #[test]
        fn risk_is_shared_as_budgeted(factors in prop::collection::vec(prop::collection::vec(-1.0f64..1.0, 6), 1..9), raw in prop::collection::vec(0.01f64..1.0, 6), scale in 1e-6f64..1e3) {
            let rows: Vec<Vec<f64>> = (0..6).map(|i| (0..6).map(|j| {
                let shared: f64 = factors.iter().map(|f| f[i] * f[j]).sum();
                scale * (shared + if i == j { 0.01 } else { 0.0 })
            }).collect()).collect();
            let sum: f64 = raw.iter().sum();
            let budgets: Vec<f64> = raw.iter().map(|value| value / sum).collect();
            let covariance = Covariance::from_rows(&rows).unwrap();
            let found = risk_parity(&covariance, Some(&budgets)).unwrap();
            for (share, budget) in shares(&covariance, &found.weights).iter().zip(&budgets) {
                prop_assert!((share - budget).abs() < 1e-10);
            }
        }
    }
}
