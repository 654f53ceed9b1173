use nalgebra::SMatrix;

use super::bfgs::{self, Minimum};
use super::likelihood::{Natural, PARAMETERS, Sample};
use super::{Errors, GarchError, GarchFit, GarchSpec, MIN_RETURNS, Mean};
use crate::stats::moments;

/// Persistences and alphas that are tried for a start, omega following from the sample variance.
const STARTS: [(f64, [f64; 4]); 5] = [
    (0.1, [0.01, 0.03, 0.06, 0.09]),
    (0.5, [0.01, 0.05, 0.1, 0.3]),
    (0.7, [0.01, 0.05, 0.1, 0.2]),
    (0.9, [0.01, 0.05, 0.1, 0.2]),
    (0.98, [0.01, 0.05, 0.1, 0.2]),
];
const START_NU: f64 = 8.0;
/// `arch`'s bounds on the degrees of freedom.
const NU_RANGE: std::ops::RangeInclusive<f64> = 2.05..=500.0;
/// Unbounded coordinates stay within this: further out the natural parameters no longer change.
const FARTHEST: f64 = 30.0;

/// Fits GARCH(1,1) to returns of any scale (fractions or percent).
///
/// # Errors
/// Fewer than [`MIN_RETURNS`] returns, a return that is not finite, or returns that are all the same.
pub fn fit(returns: &[f64], spec: GarchSpec) -> Result<GarchFit, GarchError> {
    let (centre, scale, sample) = prepare(returns, spec)?;
    let starts = starts(&sample, 0.0);
    let mut best: Option<(Minimum<PARAMETERS>, Natural)> = None;
    for start in starts {
        let found = search(&sample, &start);
        let natural = natural(&found.at, spec);
        if best.as_ref().is_none_or(|(least, _)| found.value < least.value) {
            best = Some((found, natural));
        }
        // More starts are worth their time only where the best so far lies at an edge, or nothing settled: there the
        // likelihood is flat and may have several tops.
        if best.as_ref().is_some_and(|(found, p)| found.converged && is_inside(p)) {
            break;
        }
    }
    let (found, p) = best.ok_or(GarchError::TooShort(returns.len()))?;
    let end = sample.evaluate(&p);
    Ok(GarchFit {
        spec,
        mu: centre + p.mu * scale,
        omega: p.omega * scale * scale,
        alpha: p.alpha,
        beta: p.beta,
        nu: (spec.errors == Errors::StudentT).then_some(p.nu),
        log_likelihood: end.log_likelihood - returns.len() as f64 * scale.ln(),
        observations: returns.len(),
        backcast: sample.backcast * scale * scale,
        next_variance: end.next_variance * scale * scale,
        iterations: found.iterations,
        converged: found.converged,
    })
}

/// Checks the returns, takes their mean off where one is estimated and scales them to a mean square of one, so that the
/// search sees the same numbers whatever the returns' level and unit. Gives what was taken off, the scale and the rest.
fn prepare(returns: &[f64], spec: GarchSpec) -> Result<(f64, f64, Sample), GarchError> {
    if returns.len() < MIN_RETURNS {
        return Err(GarchError::TooShort(returns.len()));
    }
    if let Some((index, value)) = returns.iter().copied().enumerate().find(|(_, x)| !x.is_finite()) {
        return Err(GarchError::NotFinite { index, value });
    }
    let first = returns.first().copied().unwrap_or_default();
    if returns.iter().all(|x| *x == first) {
        return Err(GarchError::Constant(first));
    }
    let count = returns.len() as f64;
    let centre = match spec.mean {
        Mean::Zero => 0.0,
        Mean::Constant => moments::mean(returns).unwrap_or_default(),
    };
    let variance = returns.iter().map(|x| (x - centre) * (x - centre)).sum::<f64>() / count;
    if !variance.is_normal() {
        return Err(GarchError::Scale(variance));
    }
    let scale = variance.sqrt();
    // What is left is the rounding of the numbers themselves.
    if scale <= 4.0 * f64::EPSILON * centre.abs() {
        return Err(GarchError::Constant(first));
    }
    Ok((centre, scale, Sample::new(returns.iter().map(|x| (x - centre) / scale).collect(), spec)))
}

/// The best point of the grid at each persistence, best first.
fn starts(sample: &Sample, mu: f64) -> Vec<Natural> {
    let best_at = |(persistence, alphas): (f64, [f64; 4])| {
        let sets = alphas.map(|alpha| (1.0 - persistence, alpha, persistence - alpha));
        let values = sample.normal_of_four(mu, &sets);
        values.into_iter().zip(sets).max_by(|a, b| a.0.total_cmp(&b.0))
    };
    let mut found: Vec<(f64, (f64, f64, f64))> = STARTS.into_iter().filter_map(best_at).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let natural = |(omega, alpha, beta)| Natural { mu, omega, alpha, beta, nu: START_NU };
    found.into_iter().map(|(_, set)| natural(set)).collect()
}

/// False where a parameter is so close to its bound that another start may do better.
fn is_inside(p: &Natural) -> bool {
    p.alpha > 1e-4 && p.beta > 1e-4 && p.alpha + p.beta < 1.0 - 1e-6
}

fn search(sample: &Sample, start: &Natural) -> Minimum<PARAMETERS> {
    let count = sample.returns.len() as f64;
    let spec = sample.spec;
    let at = unbounded(start);
    let inverse = first_inverse(sample, start);
    bfgs::minimise(at, inverse, |at| {
        if at.iter().any(|c| c.abs() > FARTHEST) {
            return (f64::INFINITY, [0.0; PARAMETERS]);
        }
        let p = natural(at, spec);
        let found = sample.evaluate(&p);
        let slopes = to_unbounded(&found.gradient, &p, spec);
        (-found.log_likelihood / count, slopes.map(|s| -s / count))
    })
}

/// mu, ln omega, logit of persistence, logit of alpha's share of it, ln(nu - 2).
fn unbounded(p: &Natural) -> [f64; PARAMETERS] {
    let persistence = p.alpha + p.beta;
    let share = p.alpha / persistence;
    let logit = |x: f64| (x / (1.0 - x)).ln();
    [p.mu, p.omega.ln(), logit(persistence), logit(share), (p.nu - 2.0).ln()]
}

fn natural(at: &[f64; PARAMETERS], spec: GarchSpec) -> Natural {
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    let (persistence, share) = (logistic(at[2]), logistic(at[3]));
    let nu = match spec.errors {
        Errors::Normal => START_NU,
        Errors::StudentT => (2.0 + at[4].exp()).clamp(*NU_RANGE.start(), *NU_RANGE.end()),
    };
    Natural {
        mu: at[0],
        omega: at[1].exp(),
        alpha: persistence * share,
        beta: persistence * (1.0 - share),
        nu,
    }
}

/// Slopes in the unbounded coordinates from slopes in the natural ones. What is not estimated has none.
fn to_unbounded(natural: &[f64; PARAMETERS], p: &Natural, spec: GarchSpec) -> [f64; PARAMETERS] {
    let chain = jacobian(p, spec);
    std::array::from_fn(|coordinate| (0..PARAMETERS).map(|i| natural[i] * chain[i][coordinate]).sum())
}

/// Slope of each natural parameter (rows) in each unbounded coordinate (columns).
fn jacobian(p: &Natural, spec: GarchSpec) -> [[f64; PARAMETERS]; PARAMETERS] {
    let persistence = p.alpha + p.beta;
    let share = p.alpha / persistence;
    let by_persistence = persistence * (1.0 - persistence);
    let by_share = share * (1.0 - share) * persistence;
    let mut chain = [[0.0; PARAMETERS]; PARAMETERS];
    if spec.mean == Mean::Constant {
        chain[0][0] = 1.0;
    }
    chain[1][1] = p.omega;
    chain[2][2] = share * by_persistence;
    chain[3][2] = (1.0 - share) * by_persistence;
    chain[2][3] = by_share;
    chain[3][3] = -by_share;
    // At an end of its range nu no longer moves.
    if spec.errors == Errors::StudentT && p.nu > *NU_RANGE.start() && p.nu < *NU_RANGE.end() {
        chain[4][4] = p.nu - 2.0;
    }
    chain
}

/// Inverse of the expected information per observation, in unbounded coordinates; the identity where it has none.
fn first_inverse(sample: &Sample, start: &Natural) -> [[f64; PARAMETERS]; PARAMETERS] {
    let count = sample.returns.len() as f64;
    let rows = |cells: [[f64; PARAMETERS]; PARAMETERS]| {
        SMatrix::<f64, PARAMETERS, PARAMETERS>::from_fn(|row, column| cells[row][column])
    };
    let information = rows(sample.information(start));
    let chain = rows(jacobian(start, sample.spec));
    let mut curvature = chain.transpose() * information * chain / count;
    for i in 0..PARAMETERS {
        // What is not estimated, and nu, get a curvature of their own; the rest a ridge against singularity.
        curvature[(i, i)] += if curvature[(i, i)] > 0.0 { 1e-6 } else { 0.05 };
    }
    match curvature.cholesky() {
        Some(factor) => {
            let inverse = factor.inverse();
            std::array::from_fn(|row| std::array::from_fn(|column| inverse[(row, column)]))
        }
        None => bfgs::identity(),
    }
}
