//! How much a Sharpe ratio proves: probabilistic and deflated Sharpe ratio, minimum track record length.

use serde::Serialize;

use super::error::{StatsError, check};
use super::normal;

/// Euler and Mascheroni's constant.
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// A Sharpe ratio and what it was measured on. All per period, nothing annualised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SharpeEvidence {
    /// Sharpe ratio per period.
    pub sharpe: f64,
    /// Returns observed.
    pub observations: f64,
    /// Third standardised moment of the returns.
    pub skewness: f64,
    /// Fourth standardised moment of the returns, not excess: a normal has 3.
    pub kurtosis: f64,
}

/// The result of deflating.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Deflated {
    /// Sharpe ratio per period that the best of so many useless trials is expected to show.
    pub expected_maximum: f64,
    /// Probability that the true Sharpe ratio is above zero, given that it is the best of so many trials.
    pub deflated_sharpe: f64,
}

impl SharpeEvidence {
    /// Takes figures that some series could have.
    ///
    /// # Errors
    /// Not finite; fewer than two observations; kurtosis below 1 + skewness squared, which no distribution has.
    pub fn new(sharpe: f64, observations: f64, skewness: f64, kurtosis: f64) -> Result<Self, StatsError> {
        check("the Sharpe ratio", sharpe, "a finite number", |_| true)?;
        check("the number of observations", observations, "at least 2", |count| count >= 2.0)?;
        // Moments that were rounded for print may miss the bound by a little.
        let possible = kurtosis >= 1.0 + skewness * skewness - 1e-9;
        if !(skewness.is_finite() && kurtosis.is_finite() && possible) {
            return Err(StatsError::Moments { skewness, kurtosis });
        }
        Ok(Self { sharpe, observations, skewness, kurtosis })
    }

    /// Probability that the true Sharpe ratio is above `reference` (per period): Bailey and Lopez de Prado (2012), "The
    /// Sharpe ratio efficient frontier", equation 11.
    pub fn probabilistic_sharpe(&self, reference: f64) -> f64 {
        let above = (self.sharpe - reference) * (self.observations - 1.0).sqrt();
        if above == 0.0 {
            return 0.5;
        }
        normal::cdf(above / self.variance_factor().sqrt())
    }

    /// Observations needed for the Sharpe ratio to be above `reference` (per period) at confidence `alpha`; none when it is
    /// not above. Bailey and Lopez de Prado (2012), equation 13; not rounded.
    ///
    /// # Errors
    /// Alpha outside (0, 1).
    pub fn minimum_track_record(&self, reference: f64, alpha: f64) -> Result<Option<f64>, StatsError> {
        check("alpha", alpha, "between 0 and 1", |alpha| alpha > 0.0 && alpha < 1.0)?;
        if self.sharpe <= reference {
            return Ok(None);
        }
        let z = normal::quantile(alpha) / (self.sharpe - reference);
        let length = 1.0 + self.variance_factor() * z * z;
        Ok(length.is_finite().then_some(length))
    }

    /// The probabilistic Sharpe ratio against the best of `trials` independent useless trials whose Sharpe ratios (per
    /// period) vary by `trial_variance`: Bailey and Lopez de Prado (2014), "The deflated Sharpe ratio", equations 1 and 2.
    ///
    /// # Errors
    /// Fewer than one trial; a negative variance.
    pub fn deflate(&self, trials: f64, trial_variance: f64) -> Result<Deflated, StatsError> {
        let expected_maximum = expected_maximum(trials, trial_variance)?;
        Ok(Deflated { expected_maximum, deflated_sharpe: self.probabilistic_sharpe(expected_maximum) })
    }

    /// Variance of the estimate times (observations - 1): Mertens (2002). Not negative for possible moments.
    fn variance_factor(&self) -> f64 {
        let factor =
            1.0 - self.skewness * self.sharpe + (self.kurtosis - 1.0) / 4.0 * self.sharpe * self.sharpe;
        factor.max(0.0)
    }
}

/// The largest Sharpe ratio to expect among `trials` independent ones around zero with variance `trial_variance`; the
/// number may be fractional (an effective number of trials). One trial has nothing to be the best of: zero.
///
/// # Errors
/// Fewer than one trial; a negative variance.
pub fn expected_maximum(trials: f64, trial_variance: f64) -> Result<f64, StatsError> {
    check("the number of trials", trials, "at least 1", |count| count >= 1.0)?;
    check("the variance of the trials' Sharpe ratios", trial_variance, "at least 0", |v| v >= 0.0)?;
    if trials == 1.0 || trial_variance == 0.0 {
        return Ok(0.0);
    }
    let first = normal::quantile(1.0 - 1.0 / trials);
    let second = normal::quantile(1.0 - 1.0 / (trials * std::f64::consts::E));
    // The formula is asymptotic in the number of trials and would go below zero just above one.
    let maximum = ((1.0 - EULER_GAMMA) * first + EULER_GAMMA * second).max(0.0);
    Ok(trial_variance.sqrt() * maximum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn published(trials: f64) -> f64 {
        let evidence = SharpeEvidence::new(2.5 / 250f64.sqrt(), 1250.0, -3.0, 10.0).unwrap();
        evidence.deflate(trials, 0.5 / 250.0).unwrap().deflated_sharpe
    }

    #[test]
    fn reproduces_the_published_deflation() {
        assert!((published(100.0) - 0.9004).abs() < 5e-5, "{}", published(100.0));
        assert!((published(46.0) - 0.9505).abs() < 5e-5, "{}", published(46.0));
    }

    #[test]
    fn reproduces_the_published_track_record_lengths() {
        // Bailey and Lopez de Prado (2012): an annual Sharpe of 2 on daily, weekly and monthly normal returns, above 1 at 95%.
        for (per_year, years) in [(250.0f64, 2.73), (52.0, 2.83), (12.0, 3.24)] {
            let evidence = SharpeEvidence::new(2.0 / per_year.sqrt(), 100.0, 0.0, 3.0).unwrap();
            let length = evidence.minimum_track_record(1.0 / per_year.sqrt(), 0.95).unwrap().unwrap();
            assert!((length / per_year - years).abs() < 6e-3, "{per_year}: {}", length / per_year);
        }
        let evidence = SharpeEvidence::new(0.1, 100.0, 0.0, 3.0).unwrap();
        assert_eq!(evidence.minimum_track_record(0.1, 0.95), Ok(None));
    }

    #[test]
    fn impossible_figures_are_refused() {
        assert!(SharpeEvidence::new(0.1, 1.0, 0.0, 3.0).is_err());
        assert!(SharpeEvidence::new(f64::NAN, 10.0, 0.0, 3.0).is_err());
        assert!(SharpeEvidence::new(0.1, 10.0, -3.0, 9.0).is_err());
        assert!(expected_maximum(0.5, 0.1).is_err() && expected_maximum(2.0, -0.1).is_err());
        assert_eq!(expected_maximum(1.0, 0.1), Ok(0.0));
    }

    proptest! {
        #[test]
        fn a_track_record_of_the_minimum_length_just_proves_it(
            sharpe in 0.01f64..1.0, skewness in -2.0f64..2.0, more in 0.1f64..20.0, alpha in 0.55f64..0.999,
        ) {
            let kurtosis = 1.0 + skewness * skewness + more;
            let evidence = SharpeEvidence::new(sharpe, 100.0, skewness, kurtosis).unwrap();
            let length = evidence.minimum_track_record(0.0, alpha).unwrap().unwrap();
            let at_length = SharpeEvidence { observations: length, ..evidence };
            prop_assert!((at_length.probabilistic_sharpe(0.0) - alpha).abs() < 1e-6);
        }

        #[test]
        fn more_trials_deflate_more(trials in 1.0f64..1e6, more in 1.0f64..100.0) {
            let evidence = SharpeEvidence::new(0.1, 500.0, -1.0, 6.0).unwrap();
            let few = evidence.deflate(trials, 0.01).unwrap().deflated_sharpe;
            prop_assert!(evidence.deflate(trials * more, 0.01).unwrap().deflated_sharpe <= few + 1e-12);
        }
    }
}
