//! The optimum near a portfolio, with the scenarios about VaR taken in one by one.

use super::cutting_plane::CutProblem;
use crate::optimise::scenarios::{Border, Split};
use crate::optimise::simplex::{Simplex, dot};

/// Rows added at a time.
const BATCH: usize = 16;
/// An excess may be short by this, in units of a typical loss.
const SHORT: f64 = 1e-11;

/// What numbers of the programme are measured in.
#[derive(Clone, Copy)]
pub struct Units {
    /// A typical loss.
    pub loss: f64,
    /// Bound on CVaR and VaR in that unit.
    pub limit: f64,
    /// Largest cost.
    pub cost: f64,
}

/// The best columns and a lower bound on the optimum. CVaR is at least VaR plus (excess of the lump clearly in the tail plus
/// the excess of each scenario about VaR) / (1 - alpha) whatever the split, so that the bound holds everywhere; near
/// the weights of the split it is exact. A scenario that was in the tail pays its loss less VaR and gets back what
/// falls below, so that only those that change sides need a row: rows are added as they are broken.
pub fn refine(problem: &CutProblem<'_>, split: &Split, units: Units) -> Option<(Vec<f64>, f64)> {
    let model = problem.model;
    let tail = 1.0 - problem.alpha;
    let (cvar, var, first) = (model.columns, model.columns + 1, model.columns + 2);
    let width = first + split.border.len();
    let losses: Vec<Vec<f64>> = split
        .border
        .iter()
        .map(|border| {
            let value = |asset| problem.scenarios.column(asset).get(border.row).copied().unwrap_or(0.0);
            (0..model.assets).map(|asset| -value(asset) / units.loss).collect()
        })
        .collect();
    let mut cost: Vec<f64> =
        model.net_return.iter().map(|value| -problem.reward * value / units.cost).collect();
    cost.push(problem.risk * units.loss / units.cost);
    cost.resize(width, 0.0);
    let excesses = |most: f64| split.border.iter().map(move |_| most);
    let limit = units.limit;
    let lower = model.lower.iter().copied().chain([-limit, -limit]).chain(excesses(0.0)).collect();
    let top = [(problem.cap / units.loss).clamp(-limit, limit), limit];
    let upper = model.upper.iter().copied().chain(top).chain(excesses(2.0 * limit)).collect();
    let mut lp = Simplex::new(cost, lower, upper);
    for row in model.rows() {
        let mut coefficients = row.coefficients.clone();
        coefficients.resize(width, 0.0);
        lp.add_row(&coefficients, row.lower, row.upper);
    }
    let mut lump: Vec<f64> = split.beyond.iter().map(|loss| loss / units.loss / tail).collect();
    let mut mass = split.mass;
    for (border, losses) in split.border.iter().zip(&losses).filter(|(border, _)| inside(border)) {
        mass += border.probability;
        for (sum, loss) in lump.iter_mut().zip(losses) {
            *sum += border.probability * loss / tail;
        }
    }
    lump.resize(model.columns, 0.0);
    lump.extend([-1.0, 1.0 - mass / tail]);
    lump.extend(split.border.iter().map(|border| border.probability / tail));
    lp.add_row(&lump, f64::NEG_INFINITY, 0.0);
    // The nearest are sure to be needed; without them VaR would run away.
    let mut missing: Vec<usize> = (0..split.border.len()).collect();
    let mut next: Vec<usize> = missing.iter().copied().take(model.assets + BATCH).collect();
    loop {
        missing.retain(|place| !next.contains(place));
        for place in &next {
            let (Some(border), Some(losses)) = (split.border.get(*place), losses.get(*place)) else {
                continue;
            };
            // Outside: excess >= loss - VaR. Inside: refund >= VaR - loss.
            let sign = if inside(border) { 1.0 } else { -1.0 };
            let mut row: Vec<f64> = losses.iter().map(|loss| sign * loss).collect();
            row.resize(width, 0.0);
            for (column, value) in [(var, -sign), (first + place, 1.0)] {
                if let Some(slot) = row.get_mut(column) {
                    *slot = value;
                }
            }
            lp.add_row(&row, 0.0, f64::INFINITY);
        }
        lp.solve().ok()?;
        let columns = lp.solution();
        let at_var = columns.get(var).copied()?;
        let mut broken: Vec<(f64, usize)> = missing
            .iter()
            .filter_map(|place| {
                let loss = dot(losses.get(*place)?, model.weights(&columns));
                let short = if inside(split.border.get(*place)?) { at_var - loss } else { loss - at_var };
                (short > SHORT).then_some((short, *place))
            })
            .collect();
        if broken.is_empty() {
            return columns.get(..cvar).map(|columns| (columns.to_vec(), lp.objective() * units.cost));
        }
        broken.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        next = broken.into_iter().take(BATCH).map(|(_, place)| place).collect();
    }
}

fn inside(border: &Border) -> bool {
    border.excess > 0.0
}
