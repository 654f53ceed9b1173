//! EM from several fixed starts. Works on a series of mean 0 and deviation 1.

use super::{MarkovParams, filter, smooth};
use crate::stats::moments::population_mean_and_deviation;

/// Iterations every start gets before the best are chosen.
const TRIAL_ITERATIONS: usize = 60;
/// Iterations that a chosen start may take.
const MAX_ITERATIONS: usize = 2_000;
/// Starts that are taken on.
const KEPT_STARTS: usize = 3;
/// Rise of the log-likelihood per observation below which EM has arrived; Newton does the rest.
const TOLERANCE: f64 = 1e-11;
/// A regime with less weight (in observations) or less deviation than this fits a single point: the likelihood has no
/// bound there, so it is no maximum worth having.
const LEAST_WEIGHT: f64 = 3.0;
const LEAST_DEVIATION: f64 = 1e-5;

/// Where EM arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    pub params: MarkovParams,
    pub log_likelihood: f64,
    pub iterations: usize,
    pub converged: bool,
}

/// The best arrival, none when every start degenerates.
pub fn best(series: &[f64]) -> Option<Arrival> {
    let mut trials: Vec<Arrival> =
        starts(series).into_iter().filter_map(|start| climb(start, series, TRIAL_ITERATIONS)).collect();
    trials.sort_by(|a, b| b.log_likelihood.total_cmp(&a.log_likelihood));
    trials.truncate(KEPT_STARTS);
    let arrived = trials.into_iter().filter_map(|trial| {
        let rest = climb(trial.params, series, MAX_ITERATIONS)?;
        Some(Arrival { iterations: rest.iterations + trial.iterations, ..rest })
    });
    arrived.reduce(|best, next| if next.log_likelihood > best.log_likelihood { next } else { best })
}

fn climb(start: MarkovParams, series: &[f64], iterations: usize) -> Option<Arrival> {
    let mut params = start;
    let mut before = f64::NEG_INFINITY;
    for iteration in 0..iterations {
        let forward = filter(&params, series);
        let log_likelihood = forward.log_likelihood;
        if !log_likelihood.is_finite() {
            return None;
        }
        if log_likelihood - before <= TOLERANCE * series.len() as f64 && iteration > 0 {
            return Some(Arrival { params, log_likelihood, iterations: iteration, converged: true });
        }
        before = log_likelihood;
        params = maximise(&params, series, &smooth(&params, &forward))?;
    }
    let log_likelihood = super::log_likelihood(&params, series);
    Some(Arrival { params, log_likelihood, iterations, converged: false })
}

/// The M step; none when a regime is about to vanish.
fn maximise(params: &MarkovParams, series: &[f64], smoothed: &super::Smoothed) -> Option<MarkovParams> {
    let mut next = *params;
    for i in 0..2 {
        let weight: f64 = smoothed.probabilities.iter().map(|p| p[i]).sum();
        let weighted: f64 = smoothed.probabilities.iter().zip(series).map(|(p, x)| p[i] * x).sum();
        let mean = weighted / weight;
        let squares: f64 =
            smoothed.probabilities.iter().zip(series).map(|(p, x)| p[i] * (x - mean).powi(2)).sum();
        let deviation = (squares / weight).sqrt();
        let alive = weight >= LEAST_WEIGHT && deviation.is_finite() && deviation >= LEAST_DEVIATION;
        if !alive {
            return None;
        }
        next.means[i] = mean;
        next.deviations[i] = deviation;
        let out = smoothed.moves[i][0] + smoothed.moves[i][1];
        if out > 0.0 {
            next.transition[i] = [smoothed.moves[i][0] / out, smoothed.moves[i][1] / out];
        }
    }
    Some(next)
}

/// Splits by size of move and by sign, each with a short and a long memory: the same for every run.
fn starts(series: &[f64]) -> Vec<MarkovParams> {
    let sizes: Vec<f64> = series.iter().map(|x| x.abs()).collect();
    let local: Vec<f64> = (0..series.len())
        .map(|t| {
            let window = series.get(t.saturating_sub(5)..(t + 6).min(series.len())).unwrap_or(&[]);
            window.iter().map(|x| x * x).sum::<f64>() / window.len().max(1) as f64
        })
        .collect();
    let mut found = Vec::new();
    for (key, share) in [(&sizes, 0.5), (&sizes, 0.8), (&local, 0.5), (&local, 0.8), (&local, 0.9)] {
        found.extend(split(series, key, share));
    }
    let values = series.to_vec();
    for share in [0.2, 0.5, 0.8] {
        found.extend(split(series, &values, share));
    }
    found.into_iter().flat_map(|start| [0.8, 0.97].map(|stay| with_stay(start, stay))).collect()
}

fn with_stay(params: MarkovParams, stay: f64) -> MarkovParams {
    MarkovParams { transition: [[stay, 1.0 - stay], [1.0 - stay, stay]], ..params }
}

/// Moments on both sides of the `share` quantile of `key`.
fn split(series: &[f64], key: &[f64], share: f64) -> Option<MarkovParams> {
    let mut sorted = key.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = *sorted.get((sorted.len() as f64 * share) as usize)?;
    let side = |high: bool| -> Option<(f64, f64)> {
        let part: Vec<f64> =
            series.iter().zip(key).filter(|(_, k)| (**k > at) == high).map(|(x, _)| *x).collect();
        let (mean, deviation) = population_mean_and_deviation(&part)?;
        (part.len() >= 5).then_some((mean, deviation.max(0.05)))
    };
    let (low, high) = (side(false)?, side(true)?);
    Some(with_stay(
        MarkovParams { means: [low.0, high.0], deviations: [low.1, high.1], transition: [[0.5; 2]; 2] },
        0.9,
    ))
}
