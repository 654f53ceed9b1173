//! GARCH(1,1) volatility (Bollerslev 1986) by maximum likelihood.
//!
//! `x_t = mu + e_t`, `h_t = omega + alpha e_{t-1}^2 + beta h_{t-1}`, errors normal or standardised Student t.
//! The variance before the first return is the backcast of Python's `arch` 8.0.0: squared residuals of the first 75
//! returns, weights falling by 0.94 a step. The gradient is analytic; omega, alpha and beta are searched on an
//! unbounded scale on which variance is positive and persistence below one.

mod bfgs;
mod likelihood;
mod search;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use search::fit;

/// Fewest returns that are fitted: five parameters from fewer say nothing.
pub const MIN_RETURNS: usize = 20;
/// From here up the variance has no finite long-run level worth reporting.
const UNIT_PERSISTENCE: f64 = 1.0 - 1e-6;

/// What is estimated besides the variance equation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mean {
    /// Returns have mean zero.
    Zero,
    /// One mean for all returns.
    #[default]
    Constant,
}

/// How standardised errors are distributed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errors {
    /// Standard normal.
    #[default]
    Normal,
    /// Student t scaled to unit variance, degrees of freedom estimated.
    StudentT,
}

/// Which GARCH(1,1) to fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GarchSpec {
    /// Mean equation.
    pub mean: Mean,
    /// Error distribution.
    pub errors: Errors,
}

/// Why a series cannot be fitted.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq)]
pub enum GarchError {
    /// Not enough returns.
    #[error("GARCH(1,1) needs at least {MIN_RETURNS} returns, not {0}")]
    TooShort(usize),
    /// NaN or infinite.
    #[error("return {index} is {value}, which is not a finite number")]
    NotFinite {
        /// Index of the return, from 0.
        index: usize,
        /// The value.
        value: f64,
    },
    /// No variation to explain.
    #[error("every return is {0}: a constant series has no volatility to fit")]
    Constant(f64),
    /// So large or so small that its square is not a number.
    #[error("the returns' variance is {0:e}, outside what floating point can square")]
    Scale(f64),
}

/// A fitted GARCH(1,1). All figures are per period and in the units of the returns given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GarchFit {
    /// What was fitted.
    pub spec: GarchSpec,
    /// Mean of returns; zero when not estimated.
    pub mu: f64,
    /// Constant of the variance equation, above zero.
    pub omega: f64,
    /// Weight of the last squared error, 0 to 1.
    pub alpha: f64,
    /// Weight of the last variance, 0 to 1.
    pub beta: f64,
    /// Degrees of freedom; none for normal errors.
    pub nu: Option<f64>,
    /// Log-likelihood at these parameters, nats.
    pub log_likelihood: f64,
    /// Returns used.
    pub observations: usize,
    /// Variance before the first return.
    pub backcast: f64,
    /// Variance forecast for the period after the last return.
    pub next_variance: f64,
    /// Steps of the search.
    pub iterations: usize,
    /// False when the search ended by its limit on steps rather than by a flat gradient.
    pub converged: bool,
}

impl GarchFit {
    /// `alpha + beta`: how much of a shock to variance is left a period later.
    pub fn persistence(&self) -> f64 {
        self.alpha + self.beta
    }

    /// Periods until half of a shock to variance is gone; none where it does not fade or fades at once.
    pub fn half_life(&self) -> Option<f64> {
        let persistence = self.persistence();
        (persistence > 0.0 && persistence < UNIT_PERSISTENCE).then(|| 0.5f64.ln() / persistence.ln())
    }

    /// Long-run variance `omega / (1 - persistence)`; none where variance does not revert.
    pub fn unconditional_variance(&self) -> Option<f64> {
        (self.persistence() < UNIT_PERSISTENCE).then(|| self.omega / (1.0 - self.persistence()))
    }

    /// Variance forecast `steps` periods after the last return (1 is the next one; 0 is taken as 1).
    pub fn variance_at(&self, steps: usize) -> f64 {
        let ahead = steps.max(1) - 1;
        match self.unconditional_variance() {
            Some(level) => {
                let left = self.persistence().powi(i32::try_from(ahead).unwrap_or(i32::MAX));
                level + left * (self.next_variance - level)
            }
            None => self.next_variance + self.omega * ahead as f64,
        }
    }

    /// Mean of the variance forecasts for the next `steps` periods (0 is taken as 1).
    pub fn mean_variance(&self, steps: usize) -> f64 {
        let count = steps.max(1) as f64;
        match self.unconditional_variance() {
            Some(level) => {
                let persistence = self.persistence();
                let left = (1.0 - persistence.powf(count)) / (1.0 - persistence) / count;
                level + left * (self.next_variance - level)
            }
            None => self.next_variance + self.omega * 0.5 * (count - 1.0),
        }
    }

    /// Takes one more return without refitting: the next variance forecast moves on. A return that is not finite
    /// is left out.
    pub fn update(&mut self, x: f64) {
        if x.is_finite() {
            let error = x - self.mu;
            self.next_variance = self.omega + self.alpha * error * error + self.beta * self.next_variance;
        }
    }
}
