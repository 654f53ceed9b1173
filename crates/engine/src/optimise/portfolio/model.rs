use super::problem::{NamedRow, PortfolioProblem, TurnoverCount};
use crate::optimise::OptimiseError;
use crate::optimise::simplex::dot;

/// Stands for infinity where a finite bound is needed; weights that reach it are unbounded.
pub const UNLIMITED: f64 = 1e4;

/// The linear part of a portfolio problem over columns: weights, then (with present weights) increases and decreases.
pub struct LinearModel {
    /// Number of assets.
    pub assets: usize,
    /// All columns.
    pub columns: usize,
    /// Finite bounds.
    pub lower: Vec<f64>,
    /// Finite bounds.
    pub upper: Vec<f64>,
    /// Constraints with a name.
    pub named: Vec<NamedRow>,
    /// weight - increase + decrease = present weight, one an asset.
    pub links: Vec<NamedRow>,
    /// Expected return after costs as a function of the columns; zero without means.
    pub net_return: Vec<f64>,
}

impl LinearModel {
    /// Writes the constraints down. Fails if a return is asked for and no means are known.
    pub fn new(problem: &PortfolioProblem) -> Result<Self, OptimiseError> {
        let assets = problem.size();
        let c = &problem.constraints;
        let columns = if c.turnover.is_some() { 3 * assets } else { assets };
        let means = problem.means();
        let (mut lower, mut upper) = tightened(&c.lower, &c.upper, c.budget);
        let mut net_return = means.clone().unwrap_or_else(|| vec![0.0; assets]);
        let mut links = Vec::new();
        let mut named = Vec::new();
        let padded = |values: &[f64]| {
            let mut row = values.to_vec();
            row.resize(columns, 0.0);
            row
        };
        if let Some((lower, upper)) = c.budget {
            named.push(NamedRow {
                name: "budget".into(),
                coefficients: padded(&vec![1.0; assets]),
                lower,
                upper,
            });
        }
        if let Some(turnover) = &c.turnover {
            net_return.extend(turnover.costs.iter().chain(&turnover.costs).map(|cost| -cost));
            let mut counted = vec![0.0; assets];
            let (buys, sells) = match turnover.count {
                TurnoverCount::Total => (1.0, 1.0),
                TurnoverCount::Half => (0.5, 0.5),
                TurnoverCount::Increases => (1.0, 0.0),
            };
            counted.extend(vec![buys; assets]);
            counted.extend(vec![sells; assets]);
            if turnover.most.is_finite() {
                let name = "turnover".into();
                named.push(NamedRow {
                    name,
                    coefficients: counted,
                    lower: f64::NEG_INFINITY,
                    upper: turnover.most,
                });
            }
            for (asset, current) in turnover.current.iter().enumerate() {
                let mut coefficients = vec![0.0; columns];
                for (column, value) in [(asset, 1.0), (assets + asset, -1.0), (2 * assets + asset, 1.0)] {
                    if let Some(slot) = coefficients.get_mut(column) {
                        *slot = value;
                    }
                }
                let name = format!("change of {asset}");
                links.push(NamedRow { name, coefficients, lower: *current, upper: *current });
            }
            let reach: Vec<f64> = lower
                .iter()
                .zip(&upper)
                .zip(&turnover.current)
                .map(|((low, high), now)| (high - now).abs().max((now - low).abs()))
                .collect();
            lower.extend(vec![0.0; 2 * assets]);
            upper.extend(reach.iter().chain(&reach));
        }
        if let Some(wanted) = c.min_return {
            if means.is_none() {
                return Err(OptimiseError::input(
                    "min_return: there are neither means nor scenarios to take returns from",
                ));
            }
            let coefficients = net_return.clone();
            named.push(NamedRow {
                name: "min_return".into(),
                coefficients,
                lower: wanted,
                upper: f64::INFINITY,
            });
        }
        for row in &c.rows {
            named.push(NamedRow { coefficients: padded(&row.coefficients), ..row.clone() });
        }
        Ok(Self { assets, columns, lower, upper, named, links, net_return })
    }

    /// All rows, named ones first.
    pub fn rows(&self) -> impl Iterator<Item = &NamedRow> {
        self.named.iter().chain(&self.links)
    }

    /// Columns with increases and decreases filled in for given weights.
    pub fn weights<'a>(&self, columns: &'a [f64]) -> &'a [f64] {
        columns.get(..self.assets).unwrap_or(columns)
    }

    /// Assets that no bound and no budget limits on one side or the other.
    pub fn without_bound(&self, problem: &PortfolioProblem) -> Vec<String> {
        let bounds = self.lower.iter().zip(&self.upper).zip(&problem.assets);
        let endless = bounds.filter(|((low, high), _)| **low <= -UNLIMITED || **high >= UNLIMITED);
        endless.map(|(_, name)| name.clone()).collect()
    }

    /// Assets whose weight stands at the stand-in for infinity.
    pub fn unlimited(&self, weights: &[f64], problem: &PortfolioProblem) -> Vec<String> {
        let reached = weights.iter().map(|weight| weight.abs() > 0.999 * UNLIMITED);
        reached.zip(&problem.assets).filter(|(reached, _)| *reached).map(|(_, name)| name.clone()).collect()
    }
}

/// Bounds with infinity replaced: by what a budget leaves when the others are at their least, else by [`UNLIMITED`].
fn tightened(lower: &[f64], upper: &[f64], budget: Option<(f64, f64)>) -> (Vec<f64>, Vec<f64>) {
    let least: f64 = lower.iter().sum();
    let most = budget.map_or(f64::INFINITY, |budget| budget.1);
    let highest = |low: f64, high: f64| {
        let left = most - (least - low);
        // A budget below the bounds' sum is infeasible; bounds must not be crossed for the diagnosis to say so.
        let high = if high.is_infinite() && left.is_finite() { left.max(low) } else { high };
        high.min(UNLIMITED)
    };
    let upper = lower.iter().zip(upper).map(|(low, high)| highest(*low, *high)).collect();
    let lower = lower.iter().map(|low| low.max(-UNLIMITED)).collect();
    (lower, upper)
}

/// Names of the constraints that hold with equality at `weights`: rows first, then bounds, in the problem's order.
pub fn active(
    problem: &PortfolioProblem,
    weights: &[f64],
    net_return: Option<f64>,
    cvar: Option<f64>,
) -> Vec<String> {
    const NEAR: f64 = 1e-6;
    let near = |value: f64, bound: f64, scale: f64| (value - bound).abs() <= NEAR * scale;
    let c = &problem.constraints;
    let mut names = Vec::new();
    let sum: f64 = weights.iter().sum();
    if c.budget.is_some_and(|(low, high)| near(sum, low, 1.0) || near(sum, high, 1.0)) {
        names.push("budget".to_owned());
    }
    let turnover = c.turnover.as_ref().filter(|turnover| turnover.most.is_finite());
    if turnover.is_some_and(|turnover| near(problem.turnover_of(weights), turnover.most, 1.0)) {
        names.push("turnover".to_owned());
    }
    for (name, value, bound) in [("min_return", net_return, c.min_return), ("max_cvar", cvar, c.max_cvar)] {
        if let (Some(value), Some(bound)) = (value, bound)
            && near(value, bound, bound.abs().max(1e-3))
        {
            names.push(name.to_owned());
        }
    }
    for row in &c.rows {
        let value = dot(&row.coefficients, weights);
        let scale = row.coefficients.iter().fold(1e-12_f64, |most, value| most.max(value.abs()));
        if near(value, row.lower, scale) || near(value, row.upper, scale) {
            names.push(row.name.clone());
        }
    }
    for ((weight, name), (low, high)) in weights.iter().zip(&problem.assets).zip(c.lower.iter().zip(&c.upper))
    {
        if near(*weight, *low, 1.0) {
            names.push(format!("lower bound of {name}"));
        }
        if near(*weight, *high, 1.0) {
            names.push(format!("upper bound of {name}"));
        }
    }
    names
}
