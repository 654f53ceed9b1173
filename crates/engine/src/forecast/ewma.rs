use super::forecaster::Forecaster;
use super::{ForecastError, History, Horizon, Model};

/// RiskMetrics' decay for daily data (J.P. Morgan 1996).
pub const RISKMETRICS_DAILY: f64 = 0.94;
/// Decays that a fit chooses from; 0 would be the last value.
const DECAYS: [f64; 8] = [0.3, 0.5, 0.65, 0.8, 0.88, 0.94, 0.97, 0.985];
/// Rows after which a decay's weight no longer counts.
const MEMORY_ROWS: usize = 1_000;
/// Fewest known outcomes to choose a decay by.
const LEAST_OUTCOMES: usize = 20;

/// Exponentially weighted variance of returns around zero, per period: `sum lambda^i r^2 / sum lambda^i`, newest first
/// (RiskMetrics technical document 1996, section 5.2). It is the forecast for every later period too.
///
/// # Errors
/// No return, a return that is not finite, or a decay outside 0 to 1 (both exclusive).
pub fn ewma_variance(returns: &[f64], lambda: f64) -> Result<f64, ForecastError> {
    if !(lambda > 0.0 && lambda < 1.0) {
        return Err(ForecastError::Decay(lambda));
    }
    if returns.is_empty() {
        return Err(ForecastError::TooShort { what: "a weighted variance", least: 1, found: 0 });
    }
    if let Some((index, value)) = returns.iter().copied().enumerate().find(|(_, x)| !x.is_finite()) {
        return Err(super::garch::GarchError::NotFinite { index, value }.into());
    }
    let (mut weight, mut weights, mut total) = (1.0, 0.0, 0.0);
    for x in returns.iter().rev() {
        total += weight * x * x;
        weights += weight;
        weight *= lambda;
    }
    Ok(total / weights)
}

/// Simple exponential smoothing, its decay chosen by squared error at the horizon.
#[derive(Clone, Copy, Debug, Default)]
pub struct Smoothing {
    decay: Option<f64>,
}

impl Smoothing {
    /// The decay in use, once fitted.
    pub fn decay(&self) -> Option<f64> {
        self.decay
    }
}

impl Forecaster for Smoothing {
    fn model(&self) -> Model {
        Model::Ewma
    }

    fn fit(&mut self, history: &History, first: usize, horizon: Horizon) -> Result<(), ForecastError> {
        let outcomes: Vec<(usize, f64)> = history.outcomes(first, horizon).collect();
        if outcomes.len() < LEAST_OUTCOMES {
            let what = "exponential smoothing";
            return Err(ForecastError::TooShort { what, least: LEAST_OUTCOMES, found: outcomes.len() });
        }
        let values = history.scaled().get(first..).unwrap_or(&[]);
        let mut least = f64::INFINITY;
        for decay in DECAYS {
            let levels: Vec<f64> = levels(values, decay).collect();
            let error = |(origin, outcome): &(usize, f64)| Some(outcome - levels.get(origin - first)?);
            let squares: f64 = outcomes.iter().filter_map(error).map(|e| e * e).sum();
            if squares < least {
                (least, self.decay) = (squares, Some(decay));
            }
        }
        Ok(())
    }

    fn point(&self, history: &History) -> Option<f64> {
        let values = history.scaled();
        let recent = values.get(values.len().saturating_sub(MEMORY_ROWS)..)?;
        levels(recent, self.decay?).last()
    }
}

/// The smoothed level after each value; the first value starts it.
fn levels(values: &[f64], decay: f64) -> impl Iterator<Item = f64> + '_ {
    values.iter().scan(None, move |level, value| {
        let next = level.map_or(*value, |level: f64| decay * level + (1.0 - decay) * value);
        *level = Some(next);
        Some(next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::{Scale, Target};
    use rand::{Rng, SeedableRng};

    #[test]
    fn weights_are_riskmetrics() {
        // (0.03^2 + 0.5 * 0.02^2 + 0.25 * 0.01^2) / 1.75
        let found = ewma_variance(&[0.01, -0.02, 0.03], 0.5).unwrap();
        assert!((found - 0.001_125 / 1.75).abs() < 1e-15);
        for decay in [0.0, 1.0, f64::NAN] {
            assert!(matches!(ewma_variance(&[0.1], decay), Err(ForecastError::Decay(_))));
        }
        assert!(ewma_variance(&[], 0.94).is_err() && ewma_variance(&[f64::NAN], 0.94).is_err());
    }

    /// Noise around a level wants a long memory, a random walk a short one.
    #[test]
    fn the_decay_suits_the_series() {
        let horizon = Horizon { rows: 1, target: Target::At };
        let fitted = |persistence: f64| {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
            let mut history = History::new(Scale::Raw, 86_400).unwrap();
            let mut value = 0.0;
            for day in 0..500 {
                value = persistence * value + rng.random::<f64>() - 0.5;
                history.push(day * 86_400, value).unwrap();
            }
            let mut model = Smoothing::default();
            assert_eq!(model.point(&history), None);
            model.fit(&history, 0, horizon).unwrap();
            model.decay().unwrap()
        };
        assert_eq!(fitted(1.0), 0.3);
        assert!(fitted(0.0) >= 0.94);
    }
}
