//! CVaR of normal returns: second-order cone programmes.

use super::bound::distance;
use super::conic::{Cone, Conic, ConicError};
use super::model::{LinearModel, UNLIMITED};
use crate::optimise::simplex::dot;
use crate::optimise::{Covariance, OptimiseError};
use crate::stats::normal;

/// Normal quantile and tail mean in standard deviations: VaR = -mean + z sigma, CVaR = -mean + c sigma with
/// c = density(z) / (1 - alpha) (Rockafellar & Uryasev 2000, eq. 17).
pub fn normal_multipliers(alpha: f64) -> (f64, f64) {
    let quantile = normal::quantile(alpha);
    (quantile, normal::density(quantile) / (1.0 - alpha))
}

/// What to minimise under normal returns: risk · CVaR - reward · net return, with CVaR <= cap.
pub struct NormalTerms {
    /// Weight of CVaR.
    pub risk: f64,
    /// Weight of the net return.
    pub reward: f64,
    /// Most CVaR; infinity for none.
    pub cap: f64,
}

/// Solves it. `means` and `covariance` fit the model's assets.
pub fn solve_normal(
    model: &LinearModel,
    alpha: f64,
    means: &[f64],
    covariance: &Covariance,
    terms: &NormalTerms,
) -> Result<Solved, SmoothError> {
    let (_, multiplier) = normal_multipliers(alpha);
    let unit = covariance.deviations().iter().fold(0.0_f64, |most, value| most.max(*value));
    let unit = if unit > 0.0 { unit } else { 1.0 };
    let mut conic = base(model, terms.reward, unit);
    if terms.risk > 0.0 || terms.cap.is_finite() {
        // One more column: CVaR in units of the largest deviation.
        conic.linear.push(terms.risk);
        conic.lower.push(f64::NEG_INFINITY);
        conic.upper.push(terms.cap / unit);
        let mut head: Vec<f64> = means.iter().map(|mean| mean / unit / multiplier).collect();
        head.resize(model.columns, 0.0);
        head.push(1.0 / multiplier);
        let root = covariance.root();
        let vectors = root.iter().map(|row| row.iter().map(|value| value / unit).collect()).collect();
        conic.cone = Some(Cone { head, shift: 0.0, vectors });
    }
    // Of size one, so that neither weight drowns the other, nor the tolerances.
    let size = conic.linear.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    if size > 0.0 {
        conic.linear.iter_mut().for_each(|value| *value /= size);
    }
    let found = conic.solve()?;
    let columns: Vec<f64> = found.columns.into_iter().take(model.columns).collect();
    let gap = normal_gap(model, multiplier, means, covariance, terms, &columns);
    Ok(Solved { columns, iterations: found.iterations, gap })
}

/// The proven relative distance from the optimum, by the tangents of CVaR at `columns`.
fn normal_gap(
    model: &LinearModel,
    multiplier: f64,
    means: &[f64],
    covariance: &Covariance,
    terms: &NormalTerms,
    columns: &[f64],
) -> f64 {
    let weights = model.weights(columns);
    let deviation = covariance.variance(weights).sqrt();
    let scale = vec![1.0; model.columns];
    let tangent = |along: f64| -> Vec<f64> {
        let risk = covariance.times(weights).into_iter().zip(means);
        risk.map(|(slope, mean)| multiplier * slope * along - mean).collect()
    };
    let objective = |tangent: &[f64]| -> Vec<f64> {
        let risk = tangent.iter().copied().chain(std::iter::repeat(0.0));
        risk.zip(&model.net_return).map(|(risk, net)| terms.risk * risk - terms.reward * net).collect()
    };
    let cvar = multiplier * deviation - dot(means, weights);
    let value = terms.risk * cvar - terms.reward * dot(&model.net_return, columns);
    // Where the deviation is all but zero the cone has many tangents; the flat one bounds too.
    let steep = if deviation > 0.0 { 1.0 / deviation } else { 0.0 };
    let gaps = [steep, 0.0].into_iter().filter_map(|along| {
        let tangent = tangent(along);
        let slope = objective(&tangent);
        let half_space = (padded(&tangent, model.columns), terms.cap);
        let half_spaces: &[(Vec<f64>, f64)] =
            if terms.cap.is_finite() { std::slice::from_ref(&half_space) } else { &[] };
        let distance = distance(model, &scale, &slope, columns, half_spaces)?;
        Some(distance + value - dot(&slope, columns))
    });
    let own = covariance.deviations().iter().zip(weights).map(|(d, w)| (d * w).powi(2)).sum::<f64>().sqrt();
    let least = 1e-9 * (terms.risk * own + terms.reward * dot(means, weights).abs());
    gaps.fold(f64::INFINITY, f64::min).max(0.0) / value.abs().max(least).max(f64::MIN_POSITIVE)
}

fn padded(values: &[f64], columns: usize) -> Vec<f64> {
    values.iter().copied().chain(std::iter::repeat(0.0)).take(columns).collect()
}

/// An optimum of a smooth problem.
#[derive(Clone, Debug)]
pub struct Solved {
    /// The model's columns.
    pub columns: Vec<f64>,
    /// Steps of the method.
    pub iterations: usize,
    /// Proven distance of the objective from the optimum, relative to the objective.
    pub gap: f64,
}

/// Why a smooth problem has no optimum.
#[derive(Debug, PartialEq)]
pub enum SmoothError {
    /// The solver's verdict.
    Conic(ConicError),
    /// Anything else.
    Other(OptimiseError),
}

impl From<ConicError> for SmoothError {
    fn from(error: ConicError) -> Self {
        Self::Conic(error)
    }
}

/// Rows and bounds of the model; returns are measured in `unit`. What only stands in for infinity is left out: bounds a
/// thousand times the answer cost the interior point its last digits, and then the answer.
fn base(model: &LinearModel, reward: f64, unit: f64) -> Conic {
    Conic {
        quadratic: Vec::new(),
        linear: model.net_return.iter().map(|value| -reward * value / unit).collect(),
        lower: model
            .lower
            .iter()
            .map(|low| if *low > -UNLIMITED { *low } else { f64::NEG_INFINITY })
            .collect(),
        upper: model.upper.iter().map(|high| if *high < UNLIMITED { *high } else { f64::INFINITY }).collect(),
        rows: model.rows().cloned().collect(),
        cone: None,
    }
}
