//! Variance and normal CVaR: quadratic and second-order cone programmes.

use super::conic::{Cone, Conic, ConicError, ConicSolution};
use super::model::{LinearModel, UNLIMITED};
use super::problem::{NamedRow, PortfolioProblem};
use crate::optimise::scenarios::TailFinder;
use crate::optimise::{Covariance, OptimiseError};
use crate::stats::normal;

/// Normal quantile and tail mean in standard deviations: VaR = -mean + z sigma, CVaR = -mean + c sigma with
/// c = density(z) / (1 - alpha) (Rockafellar & Uryasev 2000, eq. 17).
pub fn normal_multipliers(alpha: f64) -> (f64, f64) {
    let quantile = normal::quantile(alpha);
    (quantile, normal::density(quantile) / (1.0 - alpha))
}

/// What to minimise under normal returns: variance · w'Cw / 2 + risk · CVaR - reward · net return, with CVaR <= cap.
pub struct NormalTerms {
    /// Weight of half the variance.
    pub variance: f64,
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
) -> Result<ConicSolution, SmoothError> {
    let (_, multiplier) = normal_multipliers(alpha);
    let unit = covariance.deviations().iter().fold(0.0_f64, |most, value| most.max(*value));
    let unit = if unit > 0.0 { unit } else { 1.0 };
    let mut conic = base(model, terms.reward, unit);
    if terms.variance > 0.0 {
        add_variance(&mut conic, model, covariance, terms.variance);
    }
    if terms.risk > 0.0 || terms.cap.is_finite() {
        // One more column: CVaR in units of the largest deviation.
        conic.linear.push(terms.risk);
        conic.lower.push(f64::NEG_INFINITY);
        conic.upper.push(terms.cap / unit);
        for row in &mut conic.quadratic {
            row.push(0.0);
        }
        if !conic.quadratic.is_empty() {
            conic.quadratic.push(vec![0.0; conic.linear.len()]);
        }
        let mut head: Vec<f64> = means.iter().map(|mean| mean / unit / multiplier).collect();
        head.resize(model.columns, 0.0);
        head.push(1.0 / multiplier);
        let root = covariance.root();
        let vectors = root.iter().map(|row| row.iter().map(|value| value / unit).collect()).collect();
        conic.cone = Some(Cone { head, shift: 0.0, vectors });
    }
    Ok(conic.solve()?)
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

/// Least variance; with scenarios and a cap on CVaR the tails that break it are added one by one.
pub fn least_variance(
    problem: &PortfolioProblem,
    model: &LinearModel,
    covariance: &Covariance,
) -> Result<ConicSolution, SmoothError> {
    let cap = problem.constraints.max_cvar.unwrap_or(f64::INFINITY);
    let unit = covariance.deviations().iter().fold(0.0_f64, |most, value| most.max(*value));
    let unit = if unit > 0.0 { unit } else { 1.0 };
    let Some(scenarios) = problem.scenarios.as_ref().filter(|_| cap.is_finite()) else {
        let means = problem.means();
        if cap.is_finite() && means.is_none() {
            return Err(SmoothError::Other(OptimiseError::input(
                "max_cvar: there are neither means nor scenarios",
            )));
        }
        let means = means.unwrap_or_else(|| vec![0.0; model.assets]);
        let terms = NormalTerms { variance: 1.0 / (unit * unit), risk: 0.0, reward: 0.0, cap };
        return solve_normal(model, problem.alpha, &means, covariance, &terms);
    };
    let mut conic = base(model, 0.0, unit);
    add_variance(&mut conic, model, covariance, 1.0 / (unit * unit));
    let mut finder = TailFinder::new(scenarios, problem.alpha);
    let mut iterations = 0;
    for _ in 0..500 {
        let mut found = conic.solve()?;
        iterations += found.iterations;
        let tail = finder.tail(model.weights(&found.columns));
        if tail.cvar <= cap + 1e-9 * cap.abs().max(unit) {
            found.iterations = iterations;
            return Ok(found);
        }
        let coefficients = tail.slope.iter().map(|value| value / unit).collect();
        let name = "tail".into();
        conic.rows.push(NamedRow { name, coefficients, lower: f64::NEG_INFINITY, upper: cap / unit });
    }
    Err(SmoothError::Other(OptimiseError::NotSolved("the tails that break max_cvar did not end".into())))
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

/// Adds weight times half the variance.
fn add_variance(conic: &mut Conic, model: &LinearModel, covariance: &Covariance, weight: f64) {
    conic.quadratic = (0..model.columns)
        .map(|row| {
            let mut values: Vec<f64> = (0..model.assets)
                .map(|column| if row < model.assets { covariance.at(row, column) * weight } else { 0.0 })
                .collect();
            values.resize(model.columns, 0.0);
            values
        })
        .collect();
}
