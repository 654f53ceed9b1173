//! How far weights can be from the best: a bound from a tangent, whatever method found them.

use super::model::LinearModel;
use crate::optimise::simplex::{Simplex, dot};

/// A cap that is missed by this, relative to its size, is met.
const MISSED: f64 = 1e-8;

/// slope · columns less the least that slope · y takes over the rows and bounds, and over any further half-spaces
/// coefficients · y <= side. A convex objective with that slope is at least its value here less that distance everywhere
/// (Frank & Wolfe 1956). `scale` measures the columns, so that one programme holds assets of very different volatility.
/// None where the linear programme fails.
pub fn distance(
    model: &LinearModel,
    scale: &[f64],
    slope: &[f64],
    columns: &[f64],
    half_spaces: &[(Vec<f64>, f64)],
) -> Option<f64> {
    let over = |values: &[f64]| -> Vec<f64> { values.iter().zip(scale).map(|(v, s)| v / s).collect() };
    let times = |values: &[f64]| -> Vec<f64> { values.iter().zip(scale).map(|(v, s)| v * s).collect() };
    let cost = over(slope);
    let size = cost.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    if size == 0.0 {
        return Some(0.0);
    }
    let mut lp = Simplex::new(
        cost.iter().map(|value| value / size).collect(),
        times(&model.lower),
        times(&model.upper),
    );
    for row in model.rows() {
        lp.add_row(&over(&row.coefficients), row.lower, row.upper);
    }
    for (coefficients, side) in half_spaces {
        let coefficients = over(coefficients);
        let most = coefficients.iter().fold(side.abs(), |most, value| most.max(value.abs()));
        lp.add_row(&coefficients, f64::NEG_INFINITY, side + MISSED * most);
    }
    lp.solve().ok()?;
    Some((dot(slope, columns) - lp.objective() * size).max(0.0))
}
