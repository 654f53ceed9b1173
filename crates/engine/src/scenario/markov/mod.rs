//! Two regimes that a series switches between: Hamilton's Markov-switching model (Econometrica 57, 1989), Gaussian
//! with its own mean and deviation in each regime.
//!
//! Fitted by EM (Baum and Welch; the smoother is Kim's, 1994) from several fixed starts, the best of them then taken to
//! the maximum of Hamilton's likelihood by Newton steps: EM's transition step leaves the first observation's stationary
//! law out, so that alone it stops slightly short. Regime 0 is the calmer one.

mod em;
mod filter;
mod newton;

use serde::{Deserialize, Serialize};

use crate::stats::moments::population_mean_and_deviation;

pub use filter::{Filtered, Smoothed, filter, log_likelihood, smooth};

/// Fewest observations that six parameters are fitted to.
pub const MIN_OBSERVATIONS: usize = 30;
/// Free parameters: two means, two deviations, two probabilities of staying.
pub const PARAMETERS: usize = 6;

/// Means, deviations and transition probabilities, all per observation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarkovParams {
    /// Mean in each regime, in the series' unit.
    pub means: [f64; 2],
    /// Standard deviation in each regime, in the series' unit.
    pub deviations: [f64; 2],
    /// `transition[i][j]`: probability of regime j after regime i. Rows sum to one.
    pub transition: [[f64; 2]; 2],
}

impl MarkovParams {
    /// Long-run share of time in each regime.
    pub fn stationary(&self) -> [f64; 2] {
        let leave = [self.transition[0][1], self.transition[1][0]];
        let sum = leave[0] + leave[1];
        if sum > 0.0 { [leave[1] / sum, leave[0] / sum] } else { [0.5, 0.5] }
    }

    /// Expected stay in each regime, observations; none for one that is never left.
    pub fn expected_durations(&self) -> [Option<f64>; 2] {
        [self.transition[0][1], self.transition[1][0]].map(|leave| (leave > 0.0).then(|| 1.0 / leave))
    }

    /// Refuses what is not a model: deviations that are not positive, rows that are not probabilities.
    pub fn validate(&self) -> Result<(), MarkovError> {
        let finite = self.means.iter().all(|mean| mean.is_finite())
            && self.deviations.iter().all(|deviation| deviation.is_finite() && *deviation > 0.0);
        if !finite {
            return Err(MarkovError::Params("means must be finite and deviations positive".into()));
        }
        for (from, row) in self.transition.iter().enumerate() {
            let sum = row[0] + row[1];
            if row.iter().any(|p| !(0.0..=1.0).contains(p)) || (sum - 1.0).abs() > 1e-9 {
                return Err(MarkovError::Params(format!(
                    "transition probabilities out of regime {from} are {row:?}: they must lie in 0 to 1 and sum to one"
                )));
            }
        }
        Ok(())
    }

    /// The same model with the calmer regime first.
    fn ordered(self) -> Self {
        let key = |i: usize| (self.deviations[i], -self.means[i]);
        if key(0) <= key(1) {
            return self;
        }
        let flip = |pair: [f64; 2]| [pair[1], pair[0]];
        Self {
            means: flip(self.means),
            deviations: flip(self.deviations),
            transition: [flip(self.transition[1]), flip(self.transition[0])],
        }
    }
}

/// Why a series has no two-regime model.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MarkovError {
    /// Too short.
    #[error("{found} observations: a two-regime model needs at least {MIN_OBSERVATIONS}")]
    TooShort {
        /// Observations given.
        found: usize,
    },
    /// A value is NaN or infinite.
    #[error("observation {index} (counted from 0) is {value}: every observation must be a finite number")]
    NotFinite {
        /// Its index.
        index: usize,
        /// The value.
        value: f64,
    },
    /// Nothing varies.
    #[error("every observation is {value}: a constant series has no regimes")]
    Constant {
        /// The value.
        value: f64,
    },
    /// Every start ran into a regime of almost no observations or no variance.
    #[error(
        "no two regimes found: every start ended with a regime of a single value or of hardly any observation"
    )]
    Degenerate,
    /// Given parameters are no model.
    #[error("not a two-regime model: {0}")]
    Params(String),
}

/// Standard errors from the observed information (inverse Hessian), by the delta method.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StandardErrors {
    /// Of the means.
    pub means: [f64; 2],
    /// Of the deviations.
    pub deviations: [f64; 2],
    /// Of the probabilities of staying.
    pub stay: [f64; 2],
}

/// A fitted model and what it says about every observation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MarkovFit {
    /// Number of observations.
    pub observations: usize,
    /// The parameters, calmer regime first.
    #[serde(flatten)]
    pub params: MarkovParams,
    /// None where the likelihood is flat (a probability at its bound).
    pub standard_errors: Option<StandardErrors>,
    /// Long-run share of time in each regime.
    pub stationary: [f64; 2],
    /// Expected stay, observations.
    pub expected_durations: [Option<f64>; 2],
    /// Hamilton's log-likelihood, the first observation under the stationary law.
    pub log_likelihood: f64,
    /// Akaike's criterion.
    pub aic: f64,
    /// Schwarz's criterion.
    pub bic: f64,
    /// Log-likelihood of one Gaussian regime, for comparison.
    pub single_regime_log_likelihood: f64,
    /// Its Schwarz criterion: one regime is enough where this is the lower.
    pub single_regime_bic: f64,
    /// EM iterations of the best start.
    pub em_iterations: usize,
    /// Newton steps after it.
    pub newton_steps: usize,
    /// Whether the likelihood stopped rising before the iterations ran out.
    pub converged: bool,
    /// Probability of each regime at the observation after the last.
    pub next: [f64; 2],
    /// Probability of each regime given the observations so far, one pair an observation.
    pub filtered: Vec<[f64; 2]>,
    /// Probability of each regime given all observations.
    pub smoothed: Vec<[f64; 2]>,
}

/// Fits the model to `series` (at least [`MIN_OBSERVATIONS`] finite values, equally spaced in time).
pub fn fit(series: &[f64]) -> Result<MarkovFit, MarkovError> {
    let (mean, deviation) = check(series)?;
    // In units of the sample's deviation, so that tolerances mean the same for every series.
    let scaled: Vec<f64> = series.iter().map(|x| (x - mean) / deviation).collect();
    let best = em::best(&scaled).ok_or(MarkovError::Degenerate)?;
    let polished = newton::polish(best.params, &scaled);
    let params = polished.params.ordered();
    let errors = newton::standard_errors(&params, &scaled).map(|errors| StandardErrors {
        means: errors.means.map(|error| error * deviation),
        deviations: errors.deviations.map(|error| error * deviation),
        stay: errors.stay,
    });
    let params = MarkovParams {
        means: params.means.map(|m| mean + m * deviation),
        deviations: params.deviations.map(|d| d * deviation),
        transition: params.transition,
    };
    let filtered = filter(&params, series);
    let smoothed = smooth(&params, &filtered);
    let count = series.len() as f64;
    let single = -0.5 * count * ((std::f64::consts::TAU).ln() + 1.0) - count * deviation.ln();
    let bic = |log_likelihood: f64, parameters: usize| parameters as f64 * count.ln() - 2.0 * log_likelihood;
    Ok(MarkovFit {
        observations: series.len(),
        params,
        standard_errors: errors,
        stationary: params.stationary(),
        expected_durations: params.expected_durations(),
        log_likelihood: filtered.log_likelihood,
        aic: 2.0 * PARAMETERS as f64 - 2.0 * filtered.log_likelihood,
        bic: bic(filtered.log_likelihood, PARAMETERS),
        single_regime_log_likelihood: single,
        single_regime_bic: bic(single, 2),
        em_iterations: best.iterations,
        newton_steps: polished.steps,
        converged: best.converged || polished.converged,
        next: filtered.next,
        filtered: filtered.filtered,
        smoothed: smoothed.probabilities,
    })
}

/// Mean and deviation (by n) of a series that can be fitted.
fn check(series: &[f64]) -> Result<(f64, f64), MarkovError> {
    if let Some((index, value)) = series.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        return Err(MarkovError::NotFinite { index, value: *value });
    }
    if series.len() < MIN_OBSERVATIONS {
        return Err(MarkovError::TooShort { found: series.len() });
    }
    let (mean, deviation) = population_mean_and_deviation(series).unwrap_or_default();
    let largest = series.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    // Below this only rounding varies.
    if !deviation.is_finite() || deviation <= 1e-13 * largest || deviation == 0.0 {
        return Err(MarkovError::Constant { value: mean });
    }
    Ok((mean, deviation))
}

#[cfg(test)]
mod tests;
