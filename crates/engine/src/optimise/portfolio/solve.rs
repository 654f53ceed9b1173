use serde::Serialize;

use super::conic::ConicError;
use super::cutting_plane::{CutError, CutProblem};
use super::diagnose::{cvar_conflict, feasible, linear_conflicts, nearly};
use super::model::{LinearModel, active};
use super::problem::{Constraints, Objective, PortfolioProblem};
use super::ratio::{best_ratio, most_diversified};
use super::smooth::{NormalTerms, SmoothError, normal_multipliers, solve_normal};
use super::variance::{least_variance, most_useful};
use crate::optimise::hierarchy::hierarchical_risk_parity;
use crate::optimise::risk_parity::risk_parity;
use crate::optimise::scenarios::TailFinder;
use crate::optimise::simplex::dot;
use crate::optimise::{Covariance, OptimiseError};

/// Chosen weights and what they promise. Returns and risks are fractions a period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PortfolioSolution {
    /// What was optimised.
    pub objective: Objective,
    /// Names, in the order of the weights.
    pub assets: Vec<String>,
    /// Fractions of the whole.
    pub weights: Vec<f64>,
    /// CVaR, variance, expected return after costs, or that less risk aversion times CVaR or half the variance, the ratio that
    /// was made most; for risk parity the volatility.
    pub objective_value: f64,
    /// Expected return before costs; none without means and scenarios.
    pub expected_return: Option<f64>,
    /// Cost of getting there from the present weights.
    pub cost: f64,
    /// Turnover as the problem counts it; none without present weights.
    pub turnover: Option<f64>,
    /// Standard deviation; none without scenarios and covariance.
    pub volatility: Option<f64>,
    /// Confidence of the two below.
    pub alpha: f64,
    /// Value at risk, a loss.
    pub var: Option<f64>,
    /// Conditional value at risk, a loss.
    pub cvar: Option<f64>,
    /// What VaR and CVaR rest on: "scenarios" or "normal".
    pub risk_model: Option<&'static str>,
    /// Share of the variance that each asset brings; none where no covariance was needed.
    pub risk_contributions: Option<Vec<f64>>,
    /// Constraints that hold with equality.
    pub active_constraints: Vec<String>,
    /// Steps of the method: tails looked at, or interior-point or Newton steps.
    pub iterations: usize,
    /// Proven distance of the objective from the optimum, relative to the objective; none for risk parity, which has no
    /// objective to bound.
    pub gap: Option<f64>,
}

struct Found {
    weights: Vec<f64>,
    iterations: usize,
    gap: Option<f64>,
}

/// Solves `problem`. Every failure names what is wrong: the entry, the constraint that cannot hold, or the weight that
/// nothing limits.
pub fn solve(problem: &PortfolioProblem) -> Result<PortfolioSolution, OptimiseError> {
    problem.check()?;
    let found = match problem.objective {
        Objective::Hrp => {
            unconstrained(problem)?;
            let covariance = needed_covariance(problem)?;
            let weights = hierarchical_risk_parity(&covariance, &problem.hierarchy)?;
            Found { weights, iterations: problem.size().saturating_sub(1), gap: None }
        }
        Objective::Erc => {
            unconstrained(problem)?;
            let parity = risk_parity(&needed_covariance(problem)?, problem.risk_budgets.as_deref())?;
            Found { weights: parity.weights, iterations: parity.iterations, gap: None }
        }
        _ => optimise(problem)?,
    };
    report(problem, found)
}

/// Risk parity answers to nothing but the budget of one; anything else asked for would be ignored in silence.
fn unconstrained(problem: &PortfolioProblem) -> Result<(), OptimiseError> {
    let c = &problem.constraints;
    let bound = |lower: &f64, upper: &f64| *lower > 0.0 || *upper < 1.0;
    let asked = [
        ("budget", c.budget != Some((1.0, 1.0))),
        ("bounds", c.lower.iter().zip(&c.upper).any(|(lower, upper)| bound(lower, upper))),
        ("min_return", c.min_return.is_some()),
        ("max_cvar", c.max_cvar.is_some()),
        ("groups and rows", !c.rows.is_empty()),
        ("turnover", c.turnover.as_ref().is_some_and(|turnover| turnover.most.is_finite())),
    ];
    match asked.iter().find(|(_, asked)| *asked) {
        Some((name, _)) => Err(OptimiseError::Input(format!(
            "{name}: risk parity gives weights that sum to one and takes no constraint; use min_variance or min_cvar"
        ))),
        None => Ok(()),
    }
}

fn needed_covariance(problem: &PortfolioProblem) -> Result<Covariance, OptimiseError> {
    problem.covariances().ok_or_else(|| OptimiseError::input("a covariance or scenarios are needed"))
}

fn optimise(problem: &PortfolioProblem) -> Result<Found, OptimiseError> {
    let mut model = LinearModel::new(problem)?;
    if !feasible(&model)? {
        model = nearly(problem, &model).ok_or_else(|| linear_conflicts(problem, &model))?;
    }
    let found = match problem.objective {
        Objective::MinVariance => {
            let covariance = needed_covariance(problem)?;
            let solved = least_variance(problem, &model, &covariance)
                .map_err(|error| blame(error, problem, &model))?;
            Found {
                weights: model.weights(&solved.columns).to_vec(),
                iterations: solved.iterations,
                gap: Some(solved.gap),
            }
        }
        Objective::Utility | Objective::MaxSharpe | Objective::MaxDiversification => {
            by_variance(problem, &model)?
        }
        _ if problem.scenarios.is_some() || needs_no_risk(problem) => over_scenarios(problem, &model)?,
        _ => normal(problem, &model)?,
    };
    let unlimited = model.unlimited(&found.weights, problem);
    if unlimited.is_empty() { Ok(found) } else { Err(OptimiseError::Unbounded(unlimited)) }
}

/// Objectives of return and variance.
fn by_variance(problem: &PortfolioProblem, model: &LinearModel) -> Result<Found, OptimiseError> {
    if problem.constraints.max_cvar.is_some() {
        return Err(OptimiseError::input(
            "max_cvar: this objective takes no cap on CVaR; use max_return, mean_cvar or min_variance",
        ));
    }
    if problem.objective != Objective::MaxDiversification && problem.means().is_none() {
        return Err(OptimiseError::input("mean: this objective needs expected returns or scenarios"));
    }
    let covariance = needed_covariance(problem)?;
    let solved = match problem.objective {
        Objective::Utility if problem.risk_aversion == 0.0 => return most_return(model),
        Objective::Utility => most_useful(problem, model, &covariance),
        Objective::MaxSharpe => best_ratio(problem, model, &covariance),
        _ => most_diversified(model, &covariance),
    };
    let solved = solved.map_err(|error| blame(error, problem, model))?;
    let weights = model.weights(&solved.columns).to_vec();
    Ok(Found { weights, iterations: solved.iterations, gap: Some(solved.gap) })
}

fn needs_no_risk(problem: &PortfolioProblem) -> bool {
    problem.objective == Objective::MaxReturn && problem.constraints.max_cvar.is_none()
}

/// Risk and reward weights of the objective, and the cap.
fn terms(problem: &PortfolioProblem) -> (f64, f64, f64) {
    let (risk, reward) = match problem.objective {
        Objective::MaxReturn => (0.0, 1.0),
        Objective::MeanCvar => (problem.risk_aversion, 1.0),
        _ => (1.0, 0.0),
    };
    (risk, reward, problem.constraints.max_cvar.unwrap_or(f64::INFINITY))
}

fn over_scenarios(problem: &PortfolioProblem, model: &LinearModel) -> Result<Found, OptimiseError> {
    let (risk, reward, cap) = terms(problem);
    if reward > 0.0 && problem.means().is_none() {
        return Err(OptimiseError::input("mean: this objective needs expected returns or scenarios"));
    }
    let Some(scenarios) = problem.scenarios.as_ref().filter(|_| risk > 0.0 || cap.is_finite()) else {
        return most_return(model);
    };
    let cuts = CutProblem { model, scenarios, alpha: problem.alpha, risk, reward, cap };
    match cuts.solve() {
        Ok(found) => Ok(Found { weights: found.weights, iterations: found.iterations, gap: Some(found.gap) }),
        Err(CutError::Infeasible) if cap.is_finite() => Err(cvar_conflict(problem, model)),
        Err(error) => Err(error.into_optimise()),
    }
}

/// A plain linear programme.
fn most_return(model: &LinearModel) -> Result<Found, OptimiseError> {
    let scale = model.net_return.iter().fold(f64::MIN_POSITIVE, |most, value| most.max(value.abs()));
    let cost = model.net_return.iter().map(|value| -value / scale).collect();
    let mut lp = crate::optimise::simplex::Simplex::new(cost, model.lower.clone(), model.upper.clone());
    for row in model.rows() {
        lp.add_row(&row.coefficients, row.lower, row.upper);
    }
    lp.solve().map_err(|_| OptimiseError::NotSolved("the linear programme cycles".into()))?;
    // The value of the dual against that of the weights, so that rounding shows.
    let value = dot(&model.net_return, &lp.solution());
    let gap = (-lp.objective() * scale - value).abs() / value.abs().max(1e-12 * scale);
    Ok(Found { weights: model.weights(&lp.solution()).to_vec(), iterations: lp.pivots(), gap: Some(gap) })
}

fn normal(problem: &PortfolioProblem, model: &LinearModel) -> Result<Found, OptimiseError> {
    let (risk, reward, cap) = terms(problem);
    let means = problem.means().ok_or_else(|| {
        OptimiseError::input("mean: CVaR of normal returns needs expected returns, or give scenarios")
    })?;
    let covariance = needed_covariance(problem)?;
    let terms = NormalTerms { risk, reward, cap };
    let solved = solve_normal(model, problem.alpha, &means, &covariance, &terms)
        .map_err(|error| blame(error, problem, model))?;
    let weights = tidy(problem, model.weights(&solved.columns));
    Ok(Found { weights, iterations: solved.iterations, gap: Some(solved.gap) })
}

/// The linear rows can hold, so that an infeasible cone is the cap's doing.
fn blame(error: SmoothError, problem: &PortfolioProblem, model: &LinearModel) -> OptimiseError {
    match error {
        SmoothError::Conic(ConicError::Infeasible) if problem.constraints.max_cvar.is_some() => {
            cvar_conflict(problem, model)
        }
        SmoothError::Conic(ConicError::Unbounded) => OptimiseError::Unbounded(model.without_bound(problem)),
        SmoothError::Conic(ConicError::Failed | ConicError::Infeasible) => {
            OptimiseError::NotSolved("the interior point stopped early".into())
        }
        SmoothError::Other(error) => error,
    }
}

/// An interior point ends a hair inside the bounds: weights within that hair stand on them.
fn tidy(problem: &PortfolioProblem, weights: &[f64]) -> Vec<f64> {
    let Constraints { lower, upper, .. } = &problem.constraints;
    let snapped = weights.iter().zip(lower.iter().zip(upper)).map(|(weight, (low, high))| {
        let near = |bound: &f64| (weight - bound).abs() < 1e-9;
        if near(low) {
            *low
        } else if near(high) {
            *high
        } else {
            *weight
        }
    });
    snapped.collect()
}

fn report(problem: &PortfolioProblem, found: Found) -> Result<PortfolioSolution, OptimiseError> {
    let weights = found.weights;
    let means = problem.means();
    // Over scenarios the variance is that of the losses: one pass instead of a whole matrix.
    let by_tail =
        matches!(problem.objective, Objective::MinCvar | Objective::MeanCvar | Objective::MaxReturn);
    let covariance = if by_tail { problem.covariance.clone() } else { problem.covariances() };
    let expected_return = means.as_ref().map(|means| dot(means, &weights));
    let over_scenarios = || problem.scenarios.as_ref().map(|scenarios| scenarios.variance(&weights));
    let variance =
        covariance.as_ref().map(|covariance| covariance.variance(&weights)).or_else(over_scenarios);
    let volatility = variance.map(f64::sqrt);
    let (risk_model, var, cvar) = match (&problem.scenarios, expected_return, volatility) {
        (Some(scenarios), ..) => {
            let tail = TailFinder::new(scenarios, problem.alpha).tail(&weights);
            (Some("scenarios"), Some(tail.var), Some(tail.cvar))
        }
        (None, Some(mean), Some(volatility)) => {
            let (quantile, multiplier) = normal_multipliers(problem.alpha);
            (Some("normal"), Some(quantile * volatility - mean), Some(multiplier * volatility - mean))
        }
        _ => (None, None, None),
    };
    let cost = problem.cost_of(&weights);
    let net = expected_return.map(|mean| mean - cost);
    let missing = || OptimiseError::input("the objective's value needs means, scenarios or a covariance");
    let objective_value = match problem.objective {
        Objective::MinCvar => cvar,
        Objective::MinVariance => variance,
        Objective::MaxReturn => net,
        Objective::MeanCvar => net.zip(cvar).map(|(net, cvar)| net - problem.risk_aversion * cvar),
        Objective::Utility => {
            net.zip(variance).map(|(net, variance)| net - problem.risk_aversion * variance / 2.0)
        }
        Objective::MaxSharpe => {
            net.zip(volatility).map(|(net, deviation)| (net - problem.risk_free) / deviation)
        }
        Objective::MaxDiversification => covariance
            .as_ref()
            .zip(volatility)
            .map(|(covariance, deviation)| dot(&covariance.deviations(), &weights) / deviation),
        Objective::Hrp | Objective::Erc => volatility,
    };
    let risk_contributions = covariance.as_ref().zip(variance).filter(|(_, variance)| *variance > 0.0).map(
        |(covariance, variance)| {
            covariance
                .times(&weights)
                .iter()
                .zip(&weights)
                .map(|(slope, weight)| slope * weight / variance)
                .collect()
        },
    );
    Ok(PortfolioSolution {
        objective: problem.objective,
        assets: problem.assets.clone(),
        objective_value: objective_value.ok_or_else(missing)?,
        expected_return,
        cost,
        turnover: problem.constraints.turnover.as_ref().map(|_| problem.turnover_of(&weights)),
        volatility,
        alpha: problem.alpha,
        var,
        cvar,
        risk_model,
        risk_contributions,
        active_constraints: active(problem, &weights, net, cvar),
        iterations: found.iterations,
        gap: found.gap,
        weights,
    })
}
