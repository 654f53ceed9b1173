use serde::Serialize;

use super::{Model, Quantiles};
use crate::stats::{long_run, moments};

/// Fewest scored forecasts that let a model be preferred to the last value.
pub const LEAST_SCORED: usize = 30;
/// Fewest horizons that they span: forecasts whose horizons overlap are not separate evidence.
pub const LEAST_HORIZONS: usize = 5;

/// Scored forecasts that a model needs to be preferred.
pub(super) fn least_scored(horizon_rows: usize) -> usize {
    LEAST_SCORED.max(horizon_rows.saturating_mul(LEAST_HORIZONS))
}

/// How a model's forecasts came out, and the last value's on the same rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Score {
    loss: f64,
    last_loss: f64,
    absolute: f64,
    width: f64,
    covered: usize,
    half_covered: usize,
    /// Loss less the last value's, one a scored row.
    differences: Vec<f64>,
}

/// A row of the walk-forward table. Every forecast in it was made before the outcome was known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelScore {
    /// The model; none for the rule that picks one at each row.
    pub model: Option<Model>,
    /// Forecasts scored: made with quantiles, and with a known outcome.
    pub scored: usize,
    /// Mean pinball loss over the five quantile levels, in the value's units; none without a scored forecast.
    pub pinball: Option<f64>,
    /// The last value's, on the same rows.
    pub pinball_last: Option<f64>,
    /// `1 - pinball / pinball_last`: above zero beats the last value.
    pub skill: Option<f64>,
    /// Diebold & Mariano's (1995) statistic on the loss difference, Bartlett weights up to the horizon: below -1.96 the
    /// model is better by more than chance at 5%, above 1.96 worse.
    pub diebold_mariano: Option<f64>,
    /// Mean absolute error of the point forecast.
    pub mean_absolute_error: Option<f64>,
    /// Share of outcomes inside the 90% interval.
    pub coverage_90: Option<f64>,
    /// Share of outcomes inside the 50% interval.
    pub coverage_50: Option<f64>,
    /// Mean width of the 90% interval.
    pub width_90: Option<f64>,
}

impl Score {
    pub fn add(&mut self, point: f64, quantiles: &Quantiles, last: &Quantiles, actual: f64) {
        let (loss, last_loss) = (quantiles.pinball(actual), last.pinball(actual));
        self.loss += loss;
        self.last_loss += last_loss;
        self.absolute += (actual - point).abs();
        self.width += quantiles.q95 - quantiles.q05;
        self.covered += usize::from(quantiles.covers(actual));
        self.half_covered += usize::from(quantiles.half_covers(actual));
        self.differences.push(loss - last_loss);
    }

    pub fn scored(&self) -> usize {
        self.differences.len()
    }

    /// Loss as a share of the last value's, where enough rows are scored to say.
    pub fn ratio(&self, horizon_rows: usize) -> Option<f64> {
        (self.scored() >= least_scored(horizon_rows) && self.last_loss > 0.0)
            .then(|| self.loss / self.last_loss)
    }

    pub fn coverage(&self) -> Option<f64> {
        (self.scored() > 0).then(|| self.covered as f64 / self.scored() as f64)
    }

    pub fn report(&self, model: Option<Model>, horizon_rows: usize) -> ModelScore {
        let count = self.scored() as f64;
        let mean = |sum: f64| (count > 0.0).then(|| sum / count);
        ModelScore {
            model,
            scored: self.scored(),
            pinball: mean(self.loss),
            pinball_last: mean(self.last_loss),
            skill: (self.last_loss > 0.0).then(|| 1.0 - self.loss / self.last_loss),
            diebold_mariano: diebold_mariano(&self.differences, horizon_rows),
            mean_absolute_error: mean(self.absolute),
            coverage_90: self.coverage(),
            coverage_50: mean(self.half_covered as f64),
            width_90: mean(self.width),
        }
    }
}

/// Mean of `differences` over its standard error, autocovariances up to `horizon_rows - 1` with Bartlett weights; none
/// with fewer than [`LEAST_SCORED`] differences or no variation.
fn diebold_mariano(differences: &[f64], horizon_rows: usize) -> Option<f64> {
    if differences.len() < LEAST_SCORED {
        return None;
    }
    let count = differences.len() as f64;
    let bandwidth = horizon_rows.min(differences.len()).saturating_sub(1);
    let (_, long_run) = long_run::variances(differences, bandwidth)?;
    let mean = moments::mean(differences)?;
    (long_run > 0.0).then(|| mean / (long_run / count).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_better_model_has_skill() {
        let mut score = Score::default();
        let good = Quantiles::new([0.9, 0.95, 1.0, 1.05, 1.1]);
        let wide = Quantiles::new([0.0, 0.5, 1.0, 1.5, 2.0]);
        for row in 0..40 {
            score.add(1.0, &good, &wide, 1.0 + 0.001 * f64::from(row % 5));
        }
        let report = score.report(Some(Model::Har), 1);
        assert_eq!((report.scored, report.coverage_90), (40, Some(1.0)));
        assert!(report.skill.unwrap() > 0.8 && report.diebold_mariano.unwrap() < -10.0);
        assert!((report.width_90.unwrap() - 0.2).abs() < 1e-12);
        assert_eq!(Score::default().report(None, 1).pinball, None);
    }

    #[test]
    fn overlap_makes_evidence_weaker() {
        let differences: Vec<f64> = (0..200).map(|row| if row / 10 % 2 == 0 { 1.2 } else { -0.8 }).collect();
        let naive = diebold_mariano(&differences, 1).unwrap();
        let honest = diebold_mariano(&differences, 10).unwrap();
        assert!(honest < 0.6 * naive, "{honest} against {naive}");
        assert_eq!(diebold_mariano(&differences[..10], 1), None);
    }
}
