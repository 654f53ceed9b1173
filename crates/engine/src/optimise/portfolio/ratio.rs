//! Most return, or most deviation, a unit of risk: a ratio made a quadratic programme (Charnes & Cooper 1962; Cornuejols &
//! Tutuncu 2007, section 8.2).
//!
//! With y = kappa · weights and kappa > 0 so chosen that the numerator is one, the ratio is one over the deviation of y.

use super::bound::distance;
use super::conic::ConicError;
use super::model::{LinearModel, UNLIMITED};
use super::problem::PortfolioProblem;
use super::scaled::Scaled;
use super::smooth::{SmoothError, Solved};
use super::variance::{ACCEPTED, ROUNDING, least_variance_of};
use crate::optimise::quadratic::Quadratic;
use crate::optimise::simplex::{Simplex, dot};
use crate::optimise::{Covariance, OptimiseError};

/// Most expected return after costs above the risk-free rate a unit of deviation.
pub fn best_ratio(
    problem: &PortfolioProblem,
    model: &LinearModel,
    covariance: &Covariance,
) -> Result<Solved, SmoothError> {
    Ratio { name: "max_sharpe", numerator: model.net_return.clone(), from: problem.risk_free }
        .most(model, covariance)
}

/// Most weighted mean of deviations a unit of deviation (Choueifaty & Coignard 2008).
pub fn most_diversified(model: &LinearModel, covariance: &Covariance) -> Result<Solved, SmoothError> {
    let mut numerator = covariance.deviations();
    numerator.resize(model.columns, 0.0);
    Ratio { name: "max_diversification", numerator, from: 0.0 }.most(model, covariance)
}

/// (numerator · columns - from) over the deviation.
struct Ratio {
    name: &'static str,
    numerator: Vec<f64>,
    from: f64,
}

impl Ratio {
    fn most(&self, model: &LinearModel, covariance: &Covariance) -> Result<Solved, SmoothError> {
        let largest = self.largest(model)?;
        if largest <= self.from {
            let (name, from) = (self.name, self.from);
            return Err(input(format!(
                "{name}: no weights that the constraints allow earn more than risk_free {from}; the most is {largest}"
            )));
        }
        let calm = least_variance_of(model, covariance)?;
        let scaled = Scaled::new(model, covariance);
        let risk = |columns: &[f64]| dot(&scaled.slope(columns), columns).max(0.0).sqrt() * scaled.unit;
        let found = self.quadratic(model, &scaled).solve()?;
        let (y, kappa) = found.columns.split_at(model.columns.min(found.columns.len()));
        let kappa = kappa.first().copied().unwrap_or(0.0);
        let mut columns: Vec<f64> = scaled.columns(y).into_iter().map(|value| value / kappa).collect();
        if !columns.iter().all(|value| value.is_finite() && value.abs() < UNLIMITED) {
            return Err(SmoothError::Conic(ConicError::Unbounded));
        }
        for (value, (low, high)) in columns.iter_mut().zip(model.lower.iter().zip(&model.upper)) {
            *value = value.max(*low).min(*high);
        }
        let weights = model.weights(&columns);
        let (deviation, excess) = (risk(&columns), dot(&self.numerator, &columns) - self.from);
        let least = (ROUNDING * scaled.own_variances(weights)).sqrt() * scaled.unit;
        if deviation <= least {
            return Err(input(format!("{}: a mix without risk has a ratio without end", self.name)));
        }
        // No weights exceed ratio · deviation by more than this, as the difference is convex, and zero here.
        let ratio = excess / deviation;
        let along = ratio / deviation * scaled.unit * scaled.unit;
        let slope = scaled.slope(&columns).into_iter().zip(&self.numerator);
        let slope: Vec<f64> = slope.map(|(risk, numerator)| along * risk - numerator).collect();
        let distance = distance(model, &scaled.scale, &slope, &columns, &[]);
        let gap =
            distance.ok_or(SmoothError::Conic(ConicError::Failed))? / ratio / risk(&calm.columns).max(least);
        if gap > ACCEPTED {
            let problem = format!("the ratio found may be {gap:.1e} of itself below the most");
            return Err(SmoothError::Other(OptimiseError::NotSolved(problem)));
        }
        Ok(Solved { columns, iterations: found.iterations, gap })
    }

    /// The most that the numerator can be.
    fn largest(&self, model: &LinearModel) -> Result<f64, SmoothError> {
        let size = self.numerator.iter().fold(f64::MIN_POSITIVE, |most, value| most.max(value.abs()));
        let cost = self.numerator.iter().map(|value| -value / size).collect();
        let mut lp = Simplex::new(cost, model.lower.clone(), model.upper.clone());
        for row in model.rows() {
            lp.add_row(&row.coefficients, row.lower, row.upper);
        }
        lp.solve().map_err(|_| SmoothError::Conic(ConicError::Failed))?;
        Ok(dot(&self.numerator, &lp.solution()))
    }

    /// Over y in units of risk and kappa: limits become rows, each less its limit times kappa.
    fn quadratic(&self, model: &LinearModel, scaled: &Scaled) -> Quadratic {
        let size = model.columns + 1;
        let mut rows = Vec::new();
        let mut add = |coefficients: &[f64], lower: f64, upper: f64| {
            let with = |limit: f64| {
                let mut row = scaled.coefficients(coefficients);
                row.push(-limit);
                row
            };
            if lower == upper {
                rows.push((with(upper), 0.0, 0.0));
                return;
            }
            if lower > -UNLIMITED {
                rows.push((with(lower), 0.0, f64::INFINITY));
            }
            if upper < UNLIMITED {
                rows.push((with(upper), f64::NEG_INFINITY, 0.0));
            }
        };
        for row in model.rows() {
            add(&row.coefficients, row.lower, row.upper);
        }
        for (column, (lower, upper)) in model.lower.iter().zip(&model.upper).enumerate() {
            let unit: Vec<f64> = (0..model.columns).map(|at| if at == column { 1.0 } else { 0.0 }).collect();
            add(&unit, *lower, *upper);
        }
        // Of size one, whatever returns are measured in.
        let mut numerator = scaled.coefficients(&self.numerator);
        numerator.push(-self.from);
        let most = numerator.iter().fold(f64::MIN_POSITIVE, |most, value| most.max(value.abs()));
        numerator.iter_mut().for_each(|value| *value /= most);
        rows.push((numerator, 1.0, 1.0));
        let mut lower = vec![f64::NEG_INFINITY; model.columns];
        lower.push(0.0);
        Quadratic {
            curvature: scaled.curvature.clone().resize(size, size, 0.0),
            linear: vec![0.0; size],
            lower,
            upper: vec![f64::INFINITY; size],
            rows,
        }
    }
}

fn input(problem: String) -> SmoothError {
    SmoothError::Other(OptimiseError::Input(problem))
}
