//! CVaR over scenarios by cutting planes on the mean of the tail (Kuenzi-Bay & Mayer 2006).
//!
//! CVaR is the largest of the mean losses over all tails of the given mass, a linear function of the weights each.
//! The master problem holds the weights, one variable for CVaR and only the tails met so far; every step
//! looks for the worst tail at the master's optimum. The master's value bounds the optimum from below, the
//! best portfolio met bounds it from above. Near the optimum hundreds of tails differ by a scenario or two; there the
//! scenarios about VaR are taken in one by one, those clearly in the tail as a lump and the rest left out, which is
//! again a lower bound everywhere and exact nearby.

use super::model::LinearModel;
use super::problem::PortfolioProblem;
use super::refine::{Units, refine};
use crate::optimise::OptimiseError;
use crate::optimise::scenarios::{Scenarios, TailFinder};
use crate::optimise::simplex::{LpError, Simplex, dot};

/// Gap between the bounds at which to stop, relative to the objective.
const GAP: f64 = 1e-9;
const MAX_CUTS: usize = 5_000;
/// Part of the way from the best portfolio to the master's optimum at which the tail is looked at.
const STEP: f64 = 0.3;
/// Looks by cuts alone before the scenarios about VaR are taken in one by one, beyond one for each column.
const COARSE_LOOKS: usize = 16;
/// Scenarios about VaR that are taken in, for each asset.
const BORDER: usize = 10;
/// Loose cuts are dropped when there are this many more than columns.
const SPARE_CUTS: usize = 60;

/// The optimum over scenarios.
#[derive(Clone, Debug)]
pub struct CutSolution {
    /// One an asset.
    pub weights: Vec<f64>,
    /// Tails looked at.
    pub iterations: usize,
    /// Upper less lower bound, relative to the upper.
    pub gap: f64,
}

/// Minimises risk · CVaR - reward · net return subject to the linear rows and CVaR <= cap.
pub struct CutProblem<'a> {
    /// Linear part.
    pub model: &'a LinearModel,
    /// Scenarios.
    pub scenarios: &'a Scenarios,
    /// Confidence.
    pub alpha: f64,
    /// Weight of CVaR.
    pub risk: f64,
    /// Weight of the expected return after costs.
    pub reward: f64,
    /// Most CVaR; infinity for none.
    pub cap: f64,
}

/// Why there is no optimum over scenarios.
#[derive(Debug, PartialEq)]
pub enum CutError {
    /// No weights satisfy the rows and the cap.
    Infeasible,
    /// The solver gave up.
    Stalled(&'static str),
}

impl From<LpError> for CutError {
    fn from(error: LpError) -> Self {
        match error {
            LpError::Infeasible => Self::Infeasible,
            LpError::Stalled => Self::Stalled("the master problem cycles"),
        }
    }
}

impl CutProblem<'_> {
    /// Runs the cutting planes.
    pub fn solve(&self) -> Result<CutSolution, CutError> {
        let model = self.model;
        let mut finder = TailFinder::new(self.scenarios, self.alpha);
        let start: Vec<f64> = model
            .lower
            .iter()
            .zip(&model.upper)
            .take(model.assets)
            .map(|(low, high)| (1.0 / model.assets as f64).clamp(*low, *high))
            .collect();
        let first = finder.tail(&start);
        // CVaR is measured in units of a typical loss, so that its column is of the size of the weights' columns.
        let unit = first.slope.iter().fold(f64::MIN_POSITIVE, |most, value| most.max(value.abs())).max(1e-12);
        let reach: f64 =
            model.lower.iter().zip(&model.upper).take(model.assets).map(|(l, u)| l.abs().max(u.abs())).sum();
        let limit = (self.scenarios.largest() / unit).max(1.0) * reach.max(1.0) * 1.01;
        let mut cost: Vec<f64> = model.net_return.iter().map(|value| -self.reward * value).collect();
        cost.push(self.risk * unit);
        let scale = cost.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let scale = if scale > 0.0 { scale } else { 1.0 };
        let lower = model.lower.iter().copied().chain([-limit]).collect();
        let upper = model.upper.iter().copied().chain([(self.cap / unit).clamp(-limit, limit)]).collect();
        let mut master = Simplex::new(cost.iter().map(|value| value / scale).collect(), lower, upper);
        for row in model.rows() {
            let mut coefficients = row.coefficients.clone();
            coefficients.push(0.0);
            master.add_row(&coefficients, row.lower, row.upper);
        }
        let fixed = master.row_count();
        let mut best: Option<(f64, Vec<f64>)> = None;
        let cut = |slope: &[f64]| -> Vec<f64> {
            let mut row: Vec<f64> = slope.iter().map(|value| value / unit).collect();
            row.resize(model.columns, 0.0);
            row.push(-1.0);
            row
        };
        master.add_row(&cut(&first.slope), f64::NEG_INFINITY, 0.0);
        // Looks at the tail of a point inside the rows; a better one within the cap becomes the best.
        let mut looks = 0;
        let mut proven = f64::NEG_INFINITY;
        let mut next_refinement = model.assets + COARSE_LOOKS;
        let mut look = |columns: &[f64], best: &mut Option<(f64, Vec<f64>)>| {
            looks += 1;
            let tail = finder.tail(model.weights(columns));
            let value = self.risk * tail.cvar - self.reward * dot(&model.net_return, columns);
            let within = tail.cvar <= self.cap + GAP * self.cap.abs() + 1e-11 * unit;
            if within && best.as_ref().is_none_or(|(least, _)| value < *least) {
                *best = Some((value, columns.to_vec()));
            }
            (tail, looks)
        };
        for _ in 0..MAX_CUTS {
            master.solve()?;
            let below = (master.objective() * scale).max(proven);
            let outer = master.solution();
            let estimate = outer.last().map_or(0.0, |value| value * unit);
            let outer = outer.get(..model.columns).unwrap_or(&outer).to_vec();
            // The master's optimum jumps from corner to corner: a look part of the way there from the best portfolio gives cuts
            // that hold near the optimum (Ben-Ameur & Neto 2007). Where that does not cut the corner off, the corner is
            // looked at itself.
            let mut separated = false;
            let mut exact = false;
            let mut iterations = 0;
            if let Some((_, inner)) = best.clone() {
                let between: Vec<f64> = inner.iter().zip(&outer).map(|(i, o)| i + STEP * (o - i)).collect();
                let (tail, looked) = look(&between, &mut best);
                iterations = looked;
                let there = dot(&tail.slope, model.weights(&outer));
                separated = there - estimate > 1e-12 * there.abs().max(unit);
                if separated {
                    master.add_row(&cut(&tail.slope), f64::NEG_INFINITY, 0.0);
                }
            }
            if !separated {
                let (tail, looked) = look(&outer, &mut best);
                iterations = looked;
                exact = tail.cvar - estimate <= 1e-12 * tail.cvar.abs().max(unit);
                master.add_row(&cut(&tail.slope), f64::NEG_INFINITY, 0.0);
            }
            if let Some((least, found)) = &best {
                let gap = (least - below).max(0.0) / least.abs().max(1e-9 * scale);
                if gap <= GAP || exact {
                    return Ok(CutSolution { weights: model.weights(found).to_vec(), iterations, gap });
                }
            }
            if iterations >= next_refinement
                && let Some((mut value, mut centre)) = best.clone()
            {
                let mut splitter = TailFinder::new(self.scenarios, self.alpha);
                loop {
                    let split = splitter.split(model.weights(&centre), BORDER * model.assets);
                    let Some((found, bound)) = refine(self, &split, Units { loss: unit, limit, cost: scale })
                    else {
                        break;
                    };
                    proven = proven.max(bound);
                    let (tail, iterations) = look(&found, &mut best);
                    master.add_row(&cut(&tail.slope), f64::NEG_INFINITY, 0.0);
                    next_refinement = iterations + COARSE_LOOKS;
                    let Some((least, columns)) = &best else { break };
                    let gap = (least - proven).max(0.0) / least.abs().max(1e-9 * scale);
                    if gap <= GAP {
                        return Ok(CutSolution { weights: model.weights(columns).to_vec(), iterations, gap });
                    }
                    if *least >= value {
                        break;
                    }
                    (value, centre) = (*least, found);
                }
            }
            if master.row_count() > fixed + model.columns + SPARE_CUTS {
                master.drop_loose_rows(fixed);
            }
        }
        Err(CutError::Stalled("the bounds on CVaR did not meet"))
    }
}

impl CutError {
    pub(super) fn into_optimise(self) -> OptimiseError {
        match self {
            Self::Infeasible => OptimiseError::NotSolved("infeasible by rounding".into()),
            Self::Stalled(what) => OptimiseError::NotSolved(what.into()),
        }
    }
}

/// Least CVaR over the linear part of `problem`.
pub(super) fn least_cvar(
    problem: &PortfolioProblem,
    model: &LinearModel,
    scenarios: &Scenarios,
) -> Result<CutSolution, CutError> {
    let alpha = problem.alpha;
    CutProblem { model, scenarios, alpha, risk: 1.0, reward: 0.0, cap: f64::INFINITY }.solve()
}
