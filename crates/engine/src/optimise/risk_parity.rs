//! Equal or budgeted risk contributions by Spinu's convex formulation (2013).

use nalgebra::{DMatrix, DVector};

use super::{Covariance, OptimiseError};

const MAX_STEPS: usize = 200;
/// Sweeps by asset before Newton's method.
const SWEEPS: usize = 10;
/// Largest miss of a budget at which to stop.
const ACCURACY: f64 = 1e-13;
/// Largest miss that still counts as solved.
const ACCEPTED: f64 = 1e-10;
/// A budget below this is met the more closely the smaller it is, up to so many times: beyond, rounding of the whole shows.
const TINY: f64 = 1e-3;
const MOST: f64 = 1e3;
/// A variance below this part of what it would be without any hedge is made of rounding.
const RISKLESS: f64 = 1e-8;

/// Weights whose shares of the variance are as asked.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskParity {
    /// Positive, sum to one.
    pub weights: Vec<f64>,
    /// Newton steps.
    pub iterations: usize,
    /// Largest difference of a share of risk from its budget, weighted up to a thousandfold for budgets below a thousandth.
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
    // Roots of the budgets are the answer where nothing correlates; sweeps by asset, each exact, come near it from anywhere.
    let mut x = budget.map(f64::sqrt);
    for _ in 0..SWEEPS {
        sweep(&correlation, &budget, &mut x);
    }
    let mut found = (f64::INFINITY, x.clone());
    let mut iterations = SWEEPS;
    for _ in 0..MAX_STEPS {
        let slope = &correlation * &x;
        let total = x.dot(&slope);
        let error = x.iter().zip(slope.iter()).zip(budget.iter());
        let error = error.map(|((x, slope), budget)| miss(x * slope / total, *budget)).fold(0.0, f64::max);
        // All risk hedged away: shares of nothing.
        if total <= 0.0 {
            found.0 = f64::INFINITY;
            break;
        }
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
        let Some(next) = shortened(&correlation, &budget, &x, &step) else { break };
        x = next;
    }
    let total = found.1.dot(&(&correlation * &found.1));
    if !found.0.is_finite() || (found.0 > ACCEPTED && total <= RISKLESS * found.1.sum().powi(2)) {
        return Err(OptimiseError::input(
            "covariance: a mix of these assets without short sales carries no risk, so there are no shares of it to set",
        ));
    }
    if found.0 > ACCEPTED {
        return Err(OptimiseError::NotSolved(format!("risk shares are {:.1e} from their budgets", found.0)));
    }
    let unscaled: Vec<f64> = found.1.iter().zip(&deviations).map(|(x, deviation)| x / deviation).collect();
    let sum: f64 = unscaled.iter().sum();
    Ok(RiskParity { weights: unscaled.iter().map(|value| value / sum).collect(), iterations, error: found.0 })
}

/// How far a share is from its budget: a small budget must be met the more closely.
fn miss(share: f64, budget: f64) -> f64 {
    (share - budget).abs() * (TINY / budget).clamp(1.0, MOST)
}

/// For each asset in turn the x at which its own equation holds: x (a + x) = budget with a the sum over the others.
fn sweep(correlation: &DMatrix<f64>, budget: &DVector<f64>, x: &mut DVector<f64>) {
    for at in 0..x.len() {
        let own = x.get(at).copied().unwrap_or(0.0);
        let others = correlation.row(at).transpose().dot(x) - own;
        let wanted = budget.get(at).copied().unwrap_or(0.0);
        let root = others.hypot(2.0 * wanted.sqrt());
        // The form without cancellation.
        let value = if others > 0.0 { 2.0 * wanted / (root + others) } else { (root - others) / 2.0 };
        if let Some(slot) = x.get_mut(at) {
            *slot = value;
        }
    }
}

/// x less so much of the step that all stay positive and the function falls; none where no part of it does.
fn shortened(
    correlation: &DMatrix<f64>,
    budget: &DVector<f64>,
    x: &DVector<f64>,
    step: &DVector<f64>,
) -> Option<DVector<f64>> {
    // The change of the function in its own terms: differences of near-equal sums would be all rounding.
    let slope = correlation * x;
    let bend = (correlation * step).dot(step);
    let ratios: Vec<f64> = x.iter().zip(step.iter()).map(|(x, step)| step / x).collect();
    let steepest = ratios.iter().fold(0.0_f64, |most, ratio| most.max(*ratio));
    let mut length = if steepest >= 1.0 { 0.9 / steepest } else { 1.0 };
    for _ in 0..60 {
        let logs: f64 = ratios.iter().zip(budget.iter()).map(|(r, b)| b * (-length * r).ln_1p()).sum();
        let change = -length * slope.dot(step) + length * length * bend / 2.0 - logs;
        if change <= 0.0 || length * ratios.iter().fold(0.0_f64, |m, r| m.max(r.abs())) < 1e-7 {
            return Some(x - step * length);
        }
        length /= 2.0;
    }
    None
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

    // Nothing correlates: weights go with the root of the budget over the deviation. One asset hedged: Spinu's equations.
    #[test]
    fn very_small_budgets_are_met() {
        for tiny in [1e-5, 1e-6, 1e-8, 1e-12] {
            let budgets = [tiny, 0.4, 0.6 - tiny];
            let diagonal =
                Covariance::from_rows(&[vec![0.04, 0.0, 0.0], vec![0.01, 0.0], vec![0.09]]).unwrap();
            let found = risk_parity(&diagonal, Some(&budgets)).unwrap();
            let raw: Vec<f64> = budgets.iter().zip([0.2, 0.1, 0.3]).map(|(b, d)| b.sqrt() / d).collect();
            for (found, raw_weight) in found.weights.iter().zip(&raw) {
                let expected = raw_weight / raw.iter().sum::<f64>();
                assert!((found / expected - 1.0).abs() < 1e-6, "{tiny}: {found} is not {expected}");
            }
            for correlation in [-0.5, 0.3, 0.9] {
                let off = correlation * 0.2 * 0.1;
                let tied =
                    Covariance::from_rows(&[vec![0.04, off, 0.0], vec![0.01, 0.0], vec![0.09]]).unwrap();
                let found = risk_parity(&tied, Some(&budgets)).unwrap();
                for (share, budget) in shares(&tied, &found.weights).iter().zip(&budgets) {
                    assert!((share - budget).abs() < 1e-12 + 1e-6 * budget, "{share} is not {budget}");
                }
            }
        }
    }

    #[test]
    fn a_mix_without_risk_has_no_shares() {
        let hedged = Covariance::from_rows(&[vec![0.04, -0.04], vec![0.04]]).unwrap();
        assert!(risk_parity(&hedged, Some(&[0.3, 0.7])).unwrap_err().to_string().contains("carries no risk"));
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
