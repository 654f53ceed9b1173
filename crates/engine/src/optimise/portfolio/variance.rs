//! Least variance: quadratic programmes in units of risk.

use super::bound::distance;
use super::conic::ConicError;
use super::model::LinearModel;
use super::problem::PortfolioProblem;
use super::scaled::Scaled;
use super::smooth::{NormalTerms, SmoothError, Solved, normal_multipliers, solve_normal};
use crate::optimise::quadratic::{Quadratic, QuadraticError};
use crate::optimise::scenarios::{Scenarios, TailFinder};
use crate::optimise::simplex::dot;
use crate::optimise::{Covariance, OptimiseError};

/// Proven relative distance to the optimum above which there is no answer.
pub(super) const ACCEPTED: f64 = 1e-6;
/// A variance that is this part of the assets' own variances above the least is as good as the least.
const SLIGHT: f64 = 1e-10;
/// A variance below this part of the assets' own variances is made of rounding.
pub(super) const ROUNDING: f64 = 1e-9;
/// By how much a cap on CVaR may be missed, relative to the larger of the cap and the largest deviation.
const MISSED: f64 = 1e-9;

impl From<QuadraticError> for SmoothError {
    fn from(error: QuadraticError) -> Self {
        match error {
            QuadraticError::Infeasible => Self::Conic(ConicError::Infeasible),
            QuadraticError::Stalled => Self::Conic(ConicError::Failed),
        }
    }
}

/// Minimise half the variance of the model's weights, with further rows below a side.
struct LeastVariance<'a> {
    model: &'a LinearModel,
    scaled: Scaled,
    quadratic: Quadratic,
    /// coefficients · columns <= side, added to those of the model.
    below: Vec<(Vec<f64>, f64)>,
    iterations: usize,
}

impl<'a> LeastVariance<'a> {
    fn new(model: &'a LinearModel, covariance: &Covariance) -> Self {
        let scaled = Scaled::new(model, covariance);
        let quadratic = scaled.quadratic(model, &[]);
        Self { model, scaled, quadratic, below: Vec::new(), iterations: 0 }
    }

    /// Half the variance less `reward` · columns instead. Bounds that stand for none stay, as the reward may have no end.
    fn with_reward(model: &'a LinearModel, covariance: &Covariance, reward: &[f64]) -> Self {
        let mut search = Self::new(model, covariance);
        let negative: Vec<f64> = reward.iter().map(|value| -value).collect();
        search.quadratic = search.scaled.quadratic(model, &negative);
        let times = |values: &[f64]| values.iter().zip(&search.scaled.scale).map(|(v, s)| v * s).collect();
        (search.quadratic.lower, search.quadratic.upper) = (times(&model.lower), times(&model.upper));
        search
    }

    fn push(&mut self, mut coefficients: Vec<f64>, side: f64) {
        coefficients.resize(self.model.columns, 0.0);
        self.quadratic.rows.push((self.scaled.coefficients(&coefficients), f64::NEG_INFINITY, side));
        self.below.push((coefficients, side));
    }

    fn pop(&mut self) {
        self.quadratic.rows.pop();
        self.below.pop();
    }

    /// The columns of least variance.
    fn columns(&mut self) -> Result<Vec<f64>, QuadraticError> {
        let found = self.quadratic.solve()?;
        self.iterations += found.iterations;
        Ok(self.scaled.columns(&found.columns))
    }

    /// With the bound on its distance from the optimum, or an error where that is too far.
    fn proven(&self, columns: Vec<f64>) -> Result<Solved, SmoothError> {
        let slope = self.scaled.slope(&columns);
        let variance = dot(&slope, &columns);
        let own = self.scaled.own_variances(self.model.weights(&columns));
        let distance = distance(self.model, &self.scaled.scale, &slope, &columns, &self.below);
        // The slope is that of half the variance.
        let least = variance.max(ROUNDING * own).max(f64::MIN_POSITIVE);
        let gap = distance.map(|distance| 2.0 * distance / least);
        match gap {
            Some(gap) if gap <= ACCEPTED || gap * least <= SLIGHT * own => {
                Ok(Solved { columns, iterations: self.iterations, gap })
            }
            Some(gap) => Err(SmoothError::Other(OptimiseError::NotSolved(format!(
                "the variance found may be {gap:.1e} of itself above the least"
            )))),
            None => Err(SmoothError::Conic(ConicError::Failed)),
        }
    }
}

/// Least variance under the linear constraints alone.
pub(super) fn least_variance_of(model: &LinearModel, covariance: &Covariance) -> Result<Solved, SmoothError> {
    let mut search = LeastVariance::new(model, covariance);
    let columns = search.columns()?;
    search.proven(columns)
}

/// Least variance under the linear constraints and the cap on CVaR. With scenarios the tails that break the cap are added
/// one by one.
pub fn least_variance(
    problem: &PortfolioProblem,
    model: &LinearModel,
    covariance: &Covariance,
) -> Result<Solved, SmoothError> {
    let Some(cap) = problem.constraints.max_cvar else {
        return least_variance_of(model, covariance);
    };
    let search = LeastVariance::new(model, covariance);
    let largest = covariance.deviations().iter().fold(0.0_f64, |most, value| most.max(*value));
    let cap = Cap { value: cap, allowed: cap + MISSED * cap.abs().max(largest) };
    match (&problem.scenarios, problem.means()) {
        (Some(scenarios), _) => cap.over_scenarios(search, scenarios, problem.alpha),
        (None, Some(means)) => cap.over_normal(search, &means, covariance, problem.alpha),
        (None, None) => {
            Err(SmoothError::Other(OptimiseError::input("max_cvar: there are neither means nor scenarios")))
        }
    }
}

/// Most of expected return after costs less half of risk aversion, above zero, times variance.
pub fn most_useful(
    problem: &PortfolioProblem,
    model: &LinearModel,
    covariance: &Covariance,
) -> Result<Solved, SmoothError> {
    let reward: Vec<f64> = model.net_return.iter().map(|value| value / problem.risk_aversion).collect();
    let mut search = LeastVariance::with_reward(model, covariance, &reward);
    let columns = search.columns()?;
    let square = search.scaled.unit * search.scaled.unit;
    let risk = search.scaled.slope(&columns);
    let slope: Vec<f64> = risk.iter().zip(&reward).map(|(risk, reward)| risk - reward / square).collect();
    let distance = distance(model, &search.scaled.scale, &slope, &columns, &[]);
    let distance = distance.ok_or(SmoothError::Conic(ConicError::Failed))?;
    let size = dot(&risk, &columns).abs() / 2.0 + dot(&reward, &columns).abs() / square;
    let gap = distance / size.max(f64::MIN_POSITIVE);
    // Where nothing ends the reward, the weights say so.
    if gap > ACCEPTED && model.without_bound(problem).is_empty() {
        let problem = format!("the utility found may be {gap:.1e} of itself below the most");
        return Err(SmoothError::Other(OptimiseError::NotSolved(problem)));
    }
    Ok(Solved { columns, iterations: search.iterations, gap })
}

/// A cap on CVaR, and what still passes for it.
struct Cap {
    value: f64,
    allowed: f64,
}

impl Cap {
    fn over_scenarios(
        &self,
        mut search: LeastVariance<'_>,
        scenarios: &Scenarios,
        alpha: f64,
    ) -> Result<Solved, SmoothError> {
        let mut finder = TailFinder::new(scenarios, alpha);
        for _ in 0..500 {
            let columns = search.columns()?;
            let tail = finder.tail(search.model.weights(&columns));
            if tail.cvar <= self.allowed {
                return search.proven(columns);
            }
            search.push(tail.slope.clone(), self.value);
        }
        Err(SmoothError::Other(OptimiseError::NotSolved("the tails that break max_cvar did not end".into())))
    }

    /// Where the cap binds, the optimum is also the least variance at its own expected return. CVaR of those is convex in the
    /// return and falls from the least variance to the least CVaR: the return is found between the two.
    fn over_normal(
        &self,
        mut search: LeastVariance<'_>,
        means: &[f64],
        covariance: &Covariance,
        alpha: f64,
    ) -> Result<Solved, SmoothError> {
        let multiplier = normal_multipliers(alpha).1;
        let model = search.model;
        let excess = |columns: &[f64]| {
            let weights = model.weights(columns);
            multiplier * covariance.variance(weights).sqrt() - dot(means, weights) - self.value
        };
        let calm = search.columns()?;
        if excess(&calm) <= self.allowed - self.value {
            return search.proven(calm);
        }
        let terms = NormalTerms { risk: 1.0, reward: 0.0, cap: f64::INFINITY };
        let safest = solve_normal(model, alpha, means, covariance, &terms)?.columns;
        if excess(&safest) > self.allowed - self.value {
            return Err(SmoothError::Conic(ConicError::Infeasible));
        }
        let mean = |columns: &[f64]| dot(means, model.weights(columns));
        let negative: Vec<f64> = means.iter().map(|value| -value).collect();
        let mut at_return = |wanted: f64| {
            search.push(negative.clone(), -wanted);
            let columns = search.columns();
            search.pop();
            columns
        };
        let (mut low, mut high) = (mean(&calm), mean(&safest));
        let mut best = at_return(high)?;
        for _ in 0..60 {
            let middle = low + (high - low) / 2.0;
            if middle <= low || middle >= high {
                break;
            }
            let columns = at_return(middle)?;
            if excess(&columns) <= 0.0 {
                (high, best) = (middle, columns);
            } else {
                low = middle;
            }
        }
        // CVaR is at least its tangent, which goes through zero.
        let weights = model.weights(&best);
        let deviation = covariance.variance(weights).sqrt().max(f64::MIN_POSITIVE);
        let slope = covariance.times(weights).into_iter().map(|value| multiplier * value / deviation);
        search.push(slope.zip(means).map(|(slope, mean)| slope - mean).collect(), self.value);
        search.proven(best)
    }
}
