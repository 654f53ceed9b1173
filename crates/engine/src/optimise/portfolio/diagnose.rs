//! Which constraint cannot hold: elastic relaxation, then what the others allow.

use super::cutting_plane::least_cvar;
use super::model::{LinearModel, UNLIMITED};
use super::problem::{NamedRow, PortfolioProblem};
use super::smooth::{NormalTerms, solve_normal};
use crate::optimise::OptimiseError;
use crate::optimise::error::{Asked, Conflict};
use crate::optimise::simplex::{LpError, Simplex, dot};

/// By how much every linear constraint may be missed, relative to its largest coefficient: bounds, budget, rows and returns.
pub const TOLERANCE: f64 = 1e-8;
/// Violations below this, relative to the largest coefficient, are rounding of the relaxation.
const VIOLATED: f64 = 1e-10;

/// True when some weights satisfy all linear constraints.
pub fn feasible(model: &LinearModel) -> Result<bool, OptimiseError> {
    let mut lp = Simplex::new(vec![0.0; model.columns], model.lower.clone(), model.upper.clone());
    for row in model.rows() {
        lp.add_row(&row.coefficients, row.lower, row.upper);
    }
    match lp.solve() {
        Ok(()) => Ok(true),
        Err(LpError::Infeasible) => Ok(false),
        Err(LpError::Stalled) => Err(OptimiseError::NotSolved("the feasibility check cycles".into())),
    }
}

/// The model with every linear constraint so much wider that some weights satisfy all, where [`TOLERANCE`] is enough for
/// that: numbers that were printed with eight digits mean what they were printed from. None where it is not.
pub fn nearly(problem: &PortfolioProblem, model: &LinearModel) -> Option<LinearModel> {
    let mut cost = vec![0.0; model.columns];
    cost.push(1.0);
    let mut lp = free(model, 1, cost, UNLIMITED);
    for row in with_bounds(problem, model) {
        for (sign, lower, upper) in [(1.0, row.lower, f64::INFINITY), (-1.0, f64::NEG_INFINITY, row.upper)] {
            if lower.is_finite() || upper.is_finite() {
                let mut coefficients = row.coefficients.clone();
                coefficients.resize(model.columns, 0.0);
                coefficients.push(sign * row.size());
                lp.add_row(&coefficients, lower, upper);
            }
        }
    }
    for link in &model.links {
        let mut coefficients = link.coefficients.clone();
        coefficients.push(0.0);
        lp.add_row(&coefficients, link.lower, link.upper);
    }
    lp.solve().ok()?;
    let least = lp.solution().last().copied()?;
    // The digits of the tolerance itself are those of decimals.
    if least > TOLERANCE * (1.0 + 1e-6) {
        return None;
    }
    // Some room beside the one point that the least would leave.
    let by = (2.0 * least).min(TOLERANCE).max(least + 1e-10);
    let mut wider = LinearModel {
        lower: model.lower.iter().map(|bound| bound - by).collect(),
        upper: model.upper.iter().map(|bound| bound + by).collect(),
        named: model.named.clone(),
        links: model.links.clone(),
        net_return: model.net_return.clone(),
        ..*model
    };
    for bound in wider.lower.iter_mut().skip(model.assets) {
        *bound = bound.max(0.0);
    }
    for row in &mut wider.named {
        let by = by * row.size();
        (row.lower, row.upper) = (row.lower - by, row.upper + by);
    }
    Some(wider)
}

/// The linear constraints that fail where the sum of all violations is least.
pub fn linear_conflicts(problem: &PortfolioProblem, model: &LinearModel) -> OptimiseError {
    let all = with_bounds(problem, model);
    let mut conflicts = Vec::new();
    for (index, violation) in elastic(model, &all) {
        let Some(row) = all.get(index) else { continue };
        let others: Vec<&NamedRow> =
            all.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, row)| row).collect();
        let reach = nearest(model, &others, row);
        conflicts.push(Conflict {
            constraint: row.name.clone(),
            asked: asked(row.lower, row.upper, violation),
            violation: violation.abs(),
            attainable: reach.as_ref().map(|reach| reach.0),
            limited_by: reach.map(|reach| reach.1).unwrap_or_default(),
        });
    }
    if conflicts.is_empty() {
        return OptimiseError::NotSolved("infeasible by less than rounding".into());
    }
    OptimiseError::Infeasible(conflicts)
}

/// The cap on CVaR when the linear constraints can hold without it.
pub fn cvar_conflict(problem: &PortfolioProblem, model: &LinearModel) -> OptimiseError {
    let cap = problem.constraints.max_cvar.unwrap_or(f64::INFINITY);
    let (weights, least) = if let Some(scenarios) = &problem.scenarios {
        match least_cvar(problem, model, scenarios) {
            Ok(found) => {
                let tail = crate::optimise::scenarios::TailFinder::new(scenarios, problem.alpha)
                    .tail(&found.weights);
                (found.weights, tail.cvar)
            }
            Err(error) => return error.into_optimise(),
        }
    } else {
        let (Some(means), Some(covariance)) = (problem.means(), problem.covariances()) else {
            return OptimiseError::input("max_cvar: there are neither scenarios nor means and a covariance");
        };
        let terms = NormalTerms { risk: 1.0, reward: 0.0, cap: f64::INFINITY };
        let Ok(found) = solve_normal(model, problem.alpha, &means, &covariance, &terms) else {
            return OptimiseError::NotSolved("the least CVaR".into());
        };
        let weights = model.weights(&found.columns).to_vec();
        let multiplier = super::smooth::normal_multipliers(problem.alpha).1;
        let least = -dot(&means, &weights) + multiplier * covariance.variance(&weights).sqrt();
        (weights, least)
    };
    let net = problem.means().map(|means| problem.net_return(&means, &weights));
    let mut limited_by = super::model::active(problem, &weights, net, None);
    limited_by.retain(|name| !name.starts_with("lower bound"));
    OptimiseError::Infeasible(vec![Conflict {
        constraint: "max_cvar".into(),
        asked: Asked::AtMost(cap),
        violation: least - cap,
        attainable: Some(least),
        limited_by,
    }])
}

/// Named rows and, as rows, the bounds of each asset.
fn with_bounds(problem: &PortfolioProblem, model: &LinearModel) -> Vec<NamedRow> {
    let c = &problem.constraints;
    let bounds = problem.assets.iter().zip(c.lower.iter().zip(&c.upper)).enumerate();
    let bounds = bounds.map(|(asset, (name, (lower, upper)))| {
        let coefficients = (0..model.columns).map(|column| if column == asset { 1.0 } else { 0.0 }).collect();
        NamedRow { name: format!("bounds of {name}"), coefficients, lower: *lower, upper: *upper }
    });
    model.named.iter().cloned().chain(bounds).collect()
}

/// A programme whose weights are limited by rows alone, so that bounds can be relaxed like the rest.
fn free(model: &LinearModel, extra: usize, cost: Vec<f64>, extra_upper: f64) -> Simplex {
    let sides = |column: usize| if column < model.assets { -UNLIMITED } else { 0.0 };
    let lower = (0..model.columns).map(sides).chain(vec![0.0; extra]).collect();
    let upper = (0..model.columns).map(|_| UNLIMITED).chain(vec![extra_upper; extra]).collect();
    Simplex::new(cost, lower, upper)
}

/// Signed violations (negative: too little) by row where their sum is least.
fn elastic(model: &LinearModel, all: &[NamedRow]) -> Vec<(usize, f64)> {
    let extra = 2 * all.len();
    // Slacks in units of the row's largest coefficient, so that rows of small numbers keep their digits.
    let slacks = all.iter().flat_map(|row| [row.size(); 2]);
    let cost = vec![0.0; model.columns].into_iter().chain(slacks).collect();
    let mut lp = free(model, extra, cost, 4.0 * UNLIMITED * model.assets as f64);
    for (index, row) in all.iter().enumerate() {
        let mut coefficients = row.coefficients.clone();
        coefficients.resize(model.columns + extra, 0.0);
        let size = row.size();
        for (offset, sign) in [(0, size), (1, -size)] {
            if let Some(slot) = coefficients.get_mut(model.columns + 2 * index + offset) {
                *slot = sign;
            }
        }
        lp.add_row(&coefficients, row.lower, row.upper);
    }
    for link in &model.links {
        let mut coefficients = link.coefficients.clone();
        coefficients.resize(model.columns + extra, 0.0);
        lp.add_row(&coefficients, link.lower, link.upper);
    }
    if lp.solve().is_err() {
        return Vec::new();
    }
    let columns = lp.solution();
    let slack = |place: usize| columns.get(model.columns + place).copied().unwrap_or(0.0);
    let size = |index: usize| all.get(index).map_or(0.0, NamedRow::size);
    let violations = (0..all.len()).map(|index| (index, slack(2 * index + 1) - slack(2 * index)));
    let found = violations.filter(|(_, by)| by.abs() > VIOLATED);
    let mut found: Vec<(usize, f64)> = found.map(|(index, by)| (index, by * size(index))).collect();
    found.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
    found
}

/// The value of `row` nearest to what it asks that `others` allow, and which of them are tight there.
fn nearest(model: &LinearModel, others: &[&NamedRow], row: &NamedRow) -> Option<(f64, Vec<String>)> {
    let cost: Vec<f64> = row.coefficients.clone();
    // Both ends, as either may be the nearer one.
    let end = |sign: f64| {
        let mut lp = free(model, 0, cost.iter().map(|value| value * sign).collect(), 0.0);
        for other in others {
            lp.add_row(&other.coefficients, other.lower, other.upper);
        }
        for link in &model.links {
            lp.add_row(&link.coefficients, link.lower, link.upper);
        }
        lp.solve().ok()?;
        let value = dot(&cost, &lp.solution());
        let binding = lp.binding();
        let names = binding.rows.iter().filter_map(|row| others.get(*row)).map(|row| row.name.clone());
        Some((value, names.collect::<Vec<String>>()))
    };
    let (most, least) = (end(-1.0)?, end(1.0)?);
    if most.0 < row.lower { Some(most) } else { Some(least) }
}

fn asked(lower: f64, upper: f64, violation: f64) -> Asked {
    if lower == upper {
        Asked::Exactly(lower)
    } else if violation < 0.0 {
        Asked::AtLeast(lower)
    } else {
        Asked::AtMost(upper)
    }
}
