//! Heterogeneous autoregression (Corsi 2009): means of a day, a week and a month as regressors.

use serde::Serialize;

use super::forecaster::{Forecaster, calendar_lags};
use super::least_squares::{LeastSquares, least_squares};
use super::{ForecastError, History, Horizon, Model};

/// Corsi's lags: a day, a week and a month of trading days.
pub const CORSI_LAGS: [usize; 3] = [1, 5, 22];
/// Fewest outcomes per coefficient that the forecaster learns from.
const OUTCOMES_PER_COEFFICIENT: usize = 8;
const WHAT: &str = "a heterogeneous autoregression";
const LN_2PI: f64 = 1.837_877_066_409_345_3;

/// A fitted heterogeneous autoregression (Corsi 2009), one row ahead:
/// `y_{t+1} = c + sum_k b_k mean(y_{t-lag_k+1} .. y_t) + e`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HarFit {
    /// Rows that each mean covers.
    pub lags: Vec<usize>,
    /// `c`.
    pub intercept: f64,
    /// `b_k`, in the order of the lags.
    pub coefficients: Vec<f64>,
    /// Standard errors of the intercept and the coefficients, homoskedastic.
    pub standard_errors: Vec<f64>,
    /// Share of the variance explained.
    pub r_squared: f64,
    /// Residual standard deviation, `n - k` degrees of freedom.
    pub residual_std: f64,
    /// Normal log-likelihood at the maximum-likelihood variance (divisor n), nats.
    pub log_likelihood: f64,
    /// Rows used as outcomes: all but the first month.
    pub observations: usize,
    /// Forecast for the row after the last.
    pub next: f64,
}

/// Fits a heterogeneous autoregression to `values` by ordinary least squares; the same numbers as `HARX(y, lags)` of
/// Python's `arch`.
///
/// # Errors
/// Lags that do not rise from 1 or more, a value that is not finite, too few rows, or a series that does not
/// determine the coefficients (a constant one).
pub fn fit(values: &[f64], lags: &[usize]) -> Result<HarFit, ForecastError> {
    let ascending = lags.iter().zip(lags.iter().skip(1)).all(|(a, b)| a < b);
    let (Some(&shortest), Some(&longest)) = (lags.first(), lags.last()) else {
        return Err(ForecastError::Lags(lags.to_vec()));
    };
    if !ascending || shortest == 0 {
        return Err(ForecastError::Lags(lags.to_vec()));
    }
    if let Some((index, value)) = values.iter().copied().enumerate().find(|(_, x)| !x.is_finite()) {
        return Err(ForecastError::NotFinite { ts: i64::try_from(index).unwrap_or(i64::MAX), value });
    }
    let least = longest.saturating_add(lags.len()).saturating_add(2);
    if values.len() < least {
        return Err(ForecastError::TooShort { what: WHAT, least, found: values.len() });
    }
    let mut sums = vec![0.0];
    for value in values {
        sums.push(sums.last().unwrap_or(&0.0) + value);
    }
    let mean = |end: usize, lag: usize| -> f64 {
        let sum = |at: usize| sums.get(at).copied().unwrap_or(0.0);
        (sum(end) - sum(end - lag)) / lag as f64
    };
    let outcomes = values.get(longest..).unwrap_or(&[]);
    let mut regressors = Vec::with_capacity(outcomes.len() * (lags.len() + 1));
    for end in longest..values.len() {
        regressors.push(1.0);
        regressors.extend(lags.iter().map(|lag| mean(end, *lag)));
    }
    let fitted = least_squares(WHAT, &regressors, outcomes)?;
    let next = predict(&fitted, lags.iter().map(|lag| mean(values.len(), *lag)));
    let count = outcomes.len() as f64;
    let centre = outcomes.iter().sum::<f64>() / count;
    let total: f64 = outcomes.iter().map(|y| (y - centre) * (y - centre)).sum();
    let likely = fitted.squares / count;
    Ok(HarFit {
        lags: lags.to_vec(),
        intercept: fitted.coefficients.first().copied().unwrap_or_default(),
        coefficients: fitted.coefficients.get(1..).unwrap_or(&[]).to_vec(),
        standard_errors: fitted.standard_errors.clone(),
        r_squared: 1.0 - fitted.squares / total,
        residual_std: (fitted.squares / (count - 1.0 - lags.len() as f64)).sqrt(),
        log_likelihood: -0.5 * count * (LN_2PI + likely.ln() + 1.0),
        observations: outcomes.len(),
        next,
    })
}

fn predict(fitted: &LeastSquares, regressors: impl Iterator<Item = f64>) -> f64 {
    let with_intercept = std::iter::once(1.0).chain(regressors);
    fitted.coefficients.iter().zip(with_intercept).map(|(b, x)| b * x).sum()
}

/// The autoregression as a forecaster: the outcome at the horizon itself is regressed on the means of a row, a day,
/// a week and a month, so that no forecast is fed back into the model. A forecast change beyond any that it learnt from
/// is cut to the largest seen (after Swanson & White's 1997 insanity filter): few and overlapping outcomes
/// otherwise let a line run away.
#[derive(Clone, Debug)]
pub struct Har {
    lags: Vec<usize>,
    fitted: Option<LeastSquares>,
    /// Least and most of the changes, from row to outcome, learnt from.
    changes: (f64, f64),
}

impl Har {
    /// For rows that come every `step_secs`.
    pub fn new(step_secs: i64) -> Self {
        Self { lags: calendar_lags(step_secs), fitted: None, changes: (f64::NEG_INFINITY, f64::INFINITY) }
    }

    fn longest(&self) -> usize {
        self.lags.last().copied().unwrap_or(1)
    }
}

impl Forecaster for Har {
    fn model(&self) -> Model {
        Model::Har
    }

    fn fit(&mut self, history: &History, first: usize, horizon: Horizon) -> Result<(), ForecastError> {
        let (mut regressors, mut outcomes) = (Vec::new(), Vec::new());
        let mut changes = (f64::INFINITY, f64::NEG_INFINITY);
        for (origin, outcome) in history.outcomes(first + self.longest() - 1, horizon) {
            regressors.push(1.0);
            regressors.extend(self.lags.iter().filter_map(|lag| history.trailing_mean(origin, *lag)));
            outcomes.push(outcome);
            if let Some(now) = history.scaled().get(origin) {
                changes = (changes.0.min(outcome - now), changes.1.max(outcome - now));
            }
        }
        let least = OUTCOMES_PER_COEFFICIENT * (self.lags.len() + 1);
        if outcomes.len() < least {
            return Err(ForecastError::TooShort { what: WHAT, least, found: outcomes.len() });
        }
        self.fitted = Some(least_squares(WHAT, &regressors, &outcomes)?);
        self.changes = changes;
        Ok(())
    }

    fn point(&self, history: &History) -> Option<f64> {
        let newest = history.len().checked_sub(1)?;
        let fitted = self.fitted.as_ref()?;
        history.trailing_mean(newest, self.longest())?;
        let means = self.lags.iter().filter_map(|lag| history.trailing_mean(newest, *lag));
        let change = predict(fitted, means) - history.scaled().last()?;
        let sane = change.max(self.changes.0).min(self.changes.1);
        change.is_finite().then_some(history.scaled().last()? + sane)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::{Scale, Target};
    use rand::{Rng, SeedableRng};

    /// A random walk with 64-bit draws that Python can repeat: see the parity test.
    fn walk(count: usize) -> Vec<f64> {
        let mut state = 5u64;
        let mut level = 0.0;
        let mut one = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            level = 0.9 * level + (state >> 11) as f64 / 9_007_199_254_740_992.0 - 0.5;
            level
        };
        (0..count).map(|_| one()).collect()
    }

    /// Python: `HARX(walk(600), lags=[1, 5, 22], rescale=False).fit(disp='off')` of `arch` 8.0.0; standard errors from
    /// statsmodels' `OLS` on the same regressors.
    #[test]
    fn agrees_with_arch() {
        let found = fit(&walk(600), &CORSI_LAGS).unwrap();
        assert_eq!(found.observations, 578);
        let parameters =
            [found.intercept, found.coefficients[0], found.coefficients[1], found.coefficients[2]];
        for (found, wanted) in parameters.iter().zip(REFERENCE) {
            assert!((found - wanted).abs() < 1e-9, "{found} against {wanted}");
        }
        assert!((found.log_likelihood - REFERENCE_LIKELIHOOD).abs() < 1e-7, "{}", found.log_likelihood);
        assert!((found.r_squared - REFERENCE_R2).abs() < 1e-9, "{}", found.r_squared);
        for (found, wanted) in found.standard_errors.iter().zip(REFERENCE_ERRORS) {
            assert!((found - wanted).abs() < 1e-9, "{found} against {wanted}");
        }
    }

    const REFERENCE: [f64; 4] =
        [0.001_477_024_882_500_65, 0.800_224_383_836_511_8, 0.100_185_061_057_653_7, 0.005_650_879_084_367_7];
    const REFERENCE_LIKELIHOOD: f64 = -103.431_432_300_648_11;
    const REFERENCE_R2: f64 = 0.782_768_314_663_663_3;
    const REFERENCE_ERRORS: [f64; 4] =
        [0.012_087_100_009_195, 0.042_810_432_547_228_7, 0.055_249_620_889_432_8, 0.039_343_601_764_597_5];

    #[test]
    fn recovers_what_made_the_series() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(11);
        let mut values = vec![0.0; 22];
        for _ in 0..20_000 {
            let mean = |rows: usize| values[values.len() - rows..].iter().sum::<f64>() / rows as f64;
            let next = 0.1 + 0.4 * mean(1) + 0.3 * mean(5) + 0.2 * mean(22) + rng.random::<f64>() - 0.5;
            values.push(next);
        }
        let found = fit(&values, &CORSI_LAGS).unwrap();
        for (found, wanted) in found.coefficients.iter().zip([0.4, 0.3, 0.2]) {
            assert!((found - wanted).abs() < 0.05, "{found} against {wanted}");
        }
        assert!((found.residual_std - (1.0f64 / 12.0).sqrt()).abs() < 0.01);
    }

    #[test]
    fn refusals() {
        assert!(matches!(fit(&walk(100), &[5, 5]), Err(ForecastError::Lags(_))));
        assert!(matches!(fit(&walk(100), &[0, 5]), Err(ForecastError::Lags(_))));
        assert!(matches!(fit(&walk(100), &[]), Err(ForecastError::Lags(_))));
        assert!(matches!(fit(&walk(20), &CORSI_LAGS), Err(ForecastError::TooShort { least: 27, .. })));
        assert!(matches!(fit(&[0.5; 100], &CORSI_LAGS), Err(ForecastError::Collinear(_))));
        assert!(matches!(fit(&[f64::NAN; 100], &CORSI_LAGS), Err(ForecastError::NotFinite { .. })));
    }

    #[test]
    fn one_row_ahead_the_forecaster_is_the_fit() {
        let mut history = History::new(Scale::Raw, 86_400).unwrap();
        for (value, day) in walk(300).into_iter().zip(0..) {
            history.push(day * 86_400, value).unwrap();
        }
        let mut model = Har::new(86_400);
        model.fit(&history, 0, Horizon { rows: 1, target: Target::At }).unwrap();
        let direct = fit(&walk(300), &[1, 7, 30]).unwrap();
        assert!((model.point(&history).unwrap() - direct.next).abs() < 1e-10);
    }
}
