//! Hamilton's filter and Kim's smoother.

use super::MarkovParams;

/// What the observations so far say, at every observation.
#[derive(Clone, Debug, PartialEq)]
pub struct Filtered {
    /// Log-likelihood of the series.
    pub log_likelihood: f64,
    /// Probability of each regime before the observation is seen.
    pub predicted: Vec<[f64; 2]>,
    /// And after.
    pub filtered: Vec<[f64; 2]>,
    /// Probability of each regime after the last observation.
    pub next: [f64; 2],
}

/// What all observations say.
#[derive(Clone, Debug, PartialEq)]
pub struct Smoothed {
    /// Probability of each regime at every observation.
    pub probabilities: Vec<[f64; 2]>,
    /// Expected number of moves from regime i to regime j.
    pub moves: [[f64; 2]; 2],
}

/// Log densities of the two regimes, constants computed once.
struct Densities {
    means: [f64; 2],
    half_precision: [f64; 2],
    log_scale: [f64; 2],
}

impl Densities {
    fn new(params: &MarkovParams) -> Self {
        let half_log_tau = 0.5 * std::f64::consts::TAU.ln();
        Self {
            means: params.means,
            half_precision: params.deviations.map(|d| 0.5 / (d * d)),
            log_scale: params.deviations.map(|d| -d.ln() - half_log_tau),
        }
    }

    /// Densities divided by the greater of the two, and the log of that one: nothing underflows in both regimes.
    fn at(&self, x: f64) -> ([f64; 2], f64) {
        let log = [0, 1].map(|i| self.log_scale[i] - self.half_precision[i] * (x - self.means[i]).powi(2));
        let top = log[0].max(log[1]);
        (log.map(|l| (l - top).exp()), top)
    }
}

fn step(params: &MarkovParams, now: [f64; 2]) -> [f64; 2] {
    let p = &params.transition;
    [now[0] * p[0][0] + now[1] * p[1][0], now[0] * p[0][1] + now[1] * p[1][1]]
}

/// Runs `visit` with (predicted, filtered) at every observation; the log-likelihood and the last filtered pair.
fn run(params: &MarkovParams, series: &[f64], mut visit: impl FnMut([f64; 2], [f64; 2])) -> (f64, [f64; 2]) {
    let densities = Densities::new(params);
    let mut predicted = params.stationary();
    let mut last = predicted;
    let mut log_likelihood = 0.0;
    for x in series {
        let (density, log_top) = densities.at(*x);
        let joint = [predicted[0] * density[0], predicted[1] * density[1]];
        // A probability of exactly zero can meet the only density that is not: floor the sum, as nothing is impossible.
        let total = (joint[0] + joint[1]).max(f64::MIN_POSITIVE);
        log_likelihood += total.ln() + log_top;
        last = joint.map(|j| j / total);
        visit(predicted, last);
        predicted = step(params, last);
    }
    (log_likelihood, last)
}

/// Hamilton's log-likelihood: the first observation's regime follows the stationary law.
pub fn log_likelihood(params: &MarkovParams, series: &[f64]) -> f64 {
    run(params, series, |_, _| ()).0
}

/// Filters the series.
pub fn filter(params: &MarkovParams, series: &[f64]) -> Filtered {
    let mut predicted = Vec::with_capacity(series.len());
    let mut filtered = Vec::with_capacity(series.len());
    let (log_likelihood, last) = run(params, series, |before, after| {
        predicted.push(before);
        filtered.push(after);
    });
    Filtered { log_likelihood, predicted, filtered, next: step(params, last) }
}

/// Smooths what was filtered with the same parameters.
pub fn smooth(params: &MarkovParams, forward: &Filtered) -> Smoothed {
    let mut probabilities = forward.filtered.clone();
    let mut moves = [[0.0; 2]; 2];
    let pairs = forward.filtered.iter().zip(forward.predicted.iter().skip(1)).enumerate().rev();
    for (t, (now, predicted_next)) in pairs {
        let Some(next) = probabilities.get(t + 1).copied() else { continue };
        let ratio = [0, 1].map(|j| if predicted_next[j] > 0.0 { next[j] / predicted_next[j] } else { 0.0 });
        let mut here = [0.0; 2];
        for i in 0..2 {
            for j in 0..2 {
                let both = now[i] * params.transition[i][j] * ratio[j];
                moves[i][j] += both;
                here[i] += both;
            }
        }
        if let Some(place) = probabilities.get_mut(t) {
            *place = here;
        }
    }
    Smoothed { probabilities, moves }
}
