//! The last stretch to the maximum of the likelihood, and the curvature there.

use nalgebra::{SMatrix, SVector};

use super::{MarkovParams, PARAMETERS, StandardErrors, log_likelihood};

type Vector = SVector<f64, PARAMETERS>;
type Matrix = SMatrix<f64, PARAMETERS, PARAMETERS>;

const MAX_STEPS: usize = 25;
/// Difference steps in the free coordinates, which are all of order one.
const GRADIENT_STEP: f64 = 1e-5;
const HESSIAN_STEP: f64 = 1e-3;
/// Rise of the log-likelihood below which it has arrived.
const TOLERANCE: f64 = 1e-9;
/// A probability of staying is kept this far from 0 and 1, in log odds.
const LOG_ODDS_BOUND: f64 = 16.0;

/// Where Newton arrived.
pub struct Polished {
    pub params: MarkovParams,
    pub steps: usize,
    pub converged: bool,
}

/// Means in deviations, log deviations, log odds of staying: no bounds, all of order one.
fn to_free(params: &MarkovParams) -> Vector {
    let odds = |stay: f64, leave: f64| (stay / leave).ln().clamp(-LOG_ODDS_BOUND, LOG_ODDS_BOUND);
    Vector::from([
        params.means[0],
        params.means[1],
        params.deviations[0].ln(),
        params.deviations[1].ln(),
        odds(params.transition[0][0], params.transition[0][1]),
        odds(params.transition[1][1], params.transition[1][0]),
    ])
}

fn from_free(free: &Vector) -> MarkovParams {
    let stay = [free[4], free[5]].map(|o| 1.0 / (1.0 + (-o.clamp(-LOG_ODDS_BOUND, LOG_ODDS_BOUND)).exp()));
    MarkovParams {
        means: [free[0], free[1]],
        deviations: [free[2].exp(), free[3].exp()],
        transition: [[stay[0], 1.0 - stay[0]], [1.0 - stay[1], stay[1]]],
    }
}

/// Damped Newton steps that only ever raise the likelihood.
pub fn polish(start: MarkovParams, series: &[f64]) -> Polished {
    let value = |free: &Vector| log_likelihood(&from_free(free), series);
    let mut at = to_free(&start);
    let mut height = value(&at);
    for steps in 0..MAX_STEPS {
        let (gradient, hessian) = (gradient(&value, &at), hessian(&value, &at));
        let Some((next, reached)) = raise(&value, &at, height, &gradient, &hessian) else {
            return Polished { params: from_free(&at), steps, converged: true };
        };
        let rise = reached - height;
        (at, height) = (next, reached);
        if rise < TOLERANCE {
            return Polished { params: from_free(&at), steps: steps + 1, converged: true };
        }
    }
    Polished { params: from_free(&at), steps: MAX_STEPS, converged: false }
}

/// A higher point along the damped Newton direction, none when there is none.
fn raise(
    value: &impl Fn(&Vector) -> f64,
    at: &Vector,
    height: f64,
    gradient: &Vector,
    hessian: &Matrix,
) -> Option<(Vector, f64)> {
    let mut damping = 0.0;
    for _ in 0..30 {
        let curvature = -hessian + Matrix::identity() * damping;
        if let Some(factored) = curvature.cholesky() {
            let next = at + factored.solve(gradient);
            let reached = value(&next);
            if reached > height {
                return Some((next, reached));
            }
        }
        damping = if damping == 0.0 { 1e-4 * hessian.abs().max().max(1.0) } else { damping * 4.0 };
    }
    None
}

fn gradient(value: &impl Fn(&Vector) -> f64, at: &Vector) -> Vector {
    Vector::from_fn(|i, _| {
        let mut step = Vector::zeros();
        step[i] = GRADIENT_STEP;
        (value(&(at + step)) - value(&(at - step))) / (2.0 * GRADIENT_STEP)
    })
}

fn hessian(value: &impl Fn(&Vector) -> f64, at: &Vector) -> Matrix {
    let unit = |i: usize| {
        let mut step = Vector::zeros();
        step[i] = HESSIAN_STEP;
        step
    };
    let centre = value(at);
    let mut found = Matrix::zeros();
    for i in 0..PARAMETERS {
        for j in 0..=i {
            let (a, b) = (unit(i), unit(j));
            let square = 4.0 * HESSIAN_STEP * HESSIAN_STEP;
            let curvature = if i == j {
                (value(&(at + a * 2.0)) - 2.0 * centre + value(&(at - a * 2.0))) / square
            } else {
                (value(&(at + a + b)) - value(&(at + a - b)) - value(&(at - a + b)) + value(&(at - a - b)))
                    / square
            };
            found[(i, j)] = curvature;
            found[(j, i)] = curvature;
        }
    }
    found
}

/// From the curvature at the maximum; none where it is not one in every direction.
pub fn standard_errors(params: &MarkovParams, series: &[f64]) -> Option<StandardErrors> {
    let value = |free: &Vector| log_likelihood(&from_free(free), series);
    let covariance = (-hessian(&value, &to_free(params))).cholesky()?.inverse();
    let free = |i: usize| covariance[(i, i)].sqrt();
    let stay = [params.transition[0][0], params.transition[1][1]];
    let errors = StandardErrors {
        means: [free(0), free(1)],
        deviations: [free(2) * params.deviations[0], free(3) * params.deviations[1]],
        stay: [free(4) * stay[0] * (1.0 - stay[0]), free(5) * stay[1] * (1.0 - stay[1])],
    };
    let all = errors.means.iter().chain(&errors.deviations).chain(&errors.stay);
    all.into_iter().all(|error| error.is_finite()).then_some(errors)
}
