use std::collections::VecDeque;

use serde::Serialize;

use super::RateForecast;
use crate::YEAR_SECS;
use crate::forecast::garch::{self, GarchFit, GarchSpec, Mean};
use crate::forecast::{
    Calibrator, Forecast, ForecastError, Quantiles, RISKMETRICS_DAILY, Scale, Target, Tracker, TrackerConfig,
    ewma_variance,
};
use crate::policy::lvr_apr;

/// Fewest returns that a GARCH model is fitted to; before that, an exponentially weighted variance serves.
const GARCH_RETURNS: usize = 100;
/// Returns that it is fitted to, the newest.
const GARCH_WINDOW: usize = 1_000;
/// Rows between fits; in between, the variance forecast is updated with each return.
const REFIT_ROWS: usize = 30;

/// A pool's state at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoolDay {
    /// Price of one token in the other, above zero.
    pub price: f64,
    /// Fees since the last observation over funds in the pool, as a simple annual fraction.
    pub fee_apr: f64,
}

/// A pool's rate and what it is made of. Simple annual fractions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PoolForecast {
    /// Fees less what arbitrage takes.
    pub rate: RateForecast,
    /// Expected fees.
    pub fee_apr: f64,
    /// Expected loss-versus-rebalancing of a full-range position, `volatility^2 / 8`.
    pub lvr_apr: f64,
    /// Expected volatility of the price over the horizon, a year.
    pub volatility: f64,
}

/// A net rate that was forecast, and the fees it counted on.
#[derive(Clone, Copy)]
struct Made {
    point: f64,
    quantiles: Option<Quantiles>,
}

/// Follows one constant-product pool: fees by the ladder, volatility by GARCH, and the net rate's own errors for the
/// interval, so that it carries the uncertainty of both.
///
/// Full range is assumed: a concentrated position multiplies fees and losses alike while in range. Loss-versus-
/// rebalancing (Milionis et al. 2022) is the part of impermanent loss that does not come back.
#[derive(Clone)]
pub struct PoolTracker {
    fees: Tracker,
    step_secs: i64,
    last_price: Option<f64>,
    returns: Vec<f64>,
    /// Returns' squares and fees summed so far, so that outcomes over a horizon are differences.
    sums: Vec<(i64, f64, f64)>,
    model: Option<GarchFit>,
    fitted_at: usize,
    waiting: VecDeque<Option<Made>>,
    calibrator: Calibrator,
    covered: usize,
    scored: usize,
}

impl PoolTracker {
    /// For observations every `step_secs`, mean rate over `horizon_secs`, without trees.
    pub fn new(step_secs: i64, horizon_secs: i64) -> Result<Self, ForecastError> {
        Self::with(TrackerConfig::new(Scale::Log, step_secs, horizon_secs).light())
    }

    /// With other settings for the fees; they are always the logarithm's mean over the horizon.
    pub fn with(config: TrackerConfig) -> Result<Self, ForecastError> {
        let config = TrackerConfig { scale: Scale::Log, target: Target::Mean, ..config };
        Ok(Self {
            calibrator: Calibrator::new(config.calibration_rows, config.gamma),
            step_secs: config.step_secs,
            fees: Tracker::new(config)?,
            last_price: None,
            returns: Vec::new(),
            sums: Vec::new(),
            model: None,
            fitted_at: 0,
            waiting: VecDeque::new(),
            covered: 0,
            scored: 0,
        })
    }

    /// Takes the pool's state.
    ///
    /// # Errors
    /// A price that is not above zero, a fee below zero, time that does not advance; nothing changes then.
    pub fn observe(&mut self, ts: i64, day: PoolDay) -> Result<(), ForecastError> {
        if !day.price.is_finite() {
            return Err(ForecastError::NotFinite { ts, value: day.price });
        }
        if day.price <= 0.0 {
            let problem = "a price above zero is expected";
            return Err(ForecastError::Domain { ts, value: day.price, problem });
        }
        self.fees.observe(ts, day.fee_apr)?;
        let change = self.last_price.map_or(0.0, |last| (day.price / last).ln());
        if self.last_price.is_some() {
            self.returns.push(change);
            if let Some(model) = &mut self.model {
                model.update(change);
            }
        }
        self.last_price = Some(day.price);
        let (_, squares, fees) = self.sums.last().copied().unwrap_or((ts, 0.0, 0.0));
        self.sums.push((ts, squares + change * change, fees + day.fee_apr));
        self.settle();
        if self.returns.len() >= GARCH_RETURNS && self.returns.len() - self.fitted_at >= REFIT_ROWS {
            self.refit();
        }
        let made =
            self.expected().map(|(point, ..)| Made { point, quantiles: self.calibrator.around(point) });
        self.waiting.push_back(made);
        Ok(())
    }

    fn refit(&mut self) {
        self.fitted_at = self.returns.len();
        let newest = self.returns.len().saturating_sub(GARCH_WINDOW);
        let spec = GarchSpec { mean: Mean::Zero, ..GarchSpec::default() };
        // A price that did not move cannot be fitted; the model from before, or none, goes on.
        if let Ok(model) = garch::fit(self.returns.get(newest..).unwrap_or(&[]), spec) {
            self.model = Some(model);
        }
    }

    fn settle(&mut self) {
        let rows = self.fees.horizon_rows();
        if self.waiting.len() < rows {
            return;
        }
        let Some(made) = self.waiting.pop_front().flatten() else {
            return;
        };
        let newest = self.sums.len() - 1;
        let (Some(from), Some(to)) = (self.sums.get(newest.saturating_sub(rows)), self.sums.get(newest))
        else {
            return;
        };
        let elapsed = to.0 - from.0;
        let wanted = self.step_secs.saturating_mul(i64::try_from(rows).unwrap_or(i64::MAX));
        if (elapsed - wanted).abs() > (self.step_secs / 2).max(wanted / 50) {
            return;
        }
        let variance = (to.1 - from.1) * YEAR_SECS / elapsed as f64;
        let actual = (to.2 - from.2) / rows as f64 - lvr_apr(variance.max(0.0).sqrt());
        if let Some(quantiles) = made.quantiles {
            self.scored += 1;
            self.covered += usize::from(quantiles.covers(actual));
        }
        self.calibrator.observe(actual - made.point, made.quantiles.as_ref(), actual);
    }

    /// Net rate, its parts and the fee model: (net, fees, volatility a year, forecast of fees).
    fn expected(&self) -> Option<(f64, f64, f64, Forecast)> {
        let fees = self.fees.forecast()?;
        let variance = match &self.model {
            Some(model) => model.mean_variance(self.fees.horizon_rows()),
            None => {
                let newest = self.returns.len().saturating_sub(GARCH_WINDOW);
                ewma_variance(self.returns.get(newest..)?, RISKMETRICS_DAILY).ok()?
            }
        };
        let volatility = (variance * YEAR_SECS / self.step_secs as f64).sqrt();
        Some((fees.point - lvr_apr(volatility), fees.point, volatility, fees))
    }

    /// The mean net rate over the horizon; none before the second observation.
    pub fn forecast(&self) -> Option<PoolForecast> {
        let (point, fee_apr, volatility, fees) = self.expected()?;
        let variance_model = if self.model.is_some() { "garch" } else { "ewma variance" };
        Some(PoolForecast {
            rate: RateForecast {
                point_apr: point,
                quantiles: self.calibrator.around(point),
                horizon_secs: fees.horizon_secs,
                model: format!("{} + {variance_model}", fees.model.name()),
                coverage: (self.scored > 0).then(|| self.covered as f64 / self.scored as f64),
            },
            fee_apr,
            lvr_apr: lvr_apr(volatility),
            volatility,
        })
    }

    /// The fees underneath.
    pub fn fees(&self) -> &Tracker {
        &self.fees
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    const DAY: i64 = 86_400;

    fn tracked(days: i64, daily_volatility: f64) -> PoolTracker {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let mut tracker = PoolTracker::new(DAY, 7 * DAY).unwrap();
        let mut price = 100.0f64;
        for day in 0..days {
            // A uniform draw of unit variance.
            price *= (daily_volatility * (rng.random::<f64>() - 0.5) * 12f64.sqrt()).exp();
            let fee_apr = 0.2 + 0.1 * rng.random::<f64>();
            tracker.observe(day * DAY, PoolDay { price, fee_apr }).unwrap();
        }
        tracker
    }

    #[test]
    fn fees_less_an_eighth_of_the_variance() {
        let found = tracked(600, 0.04).forecast().unwrap();
        assert!((found.fee_apr - 0.25).abs() < 0.03, "{found:?}");
        let yearly = 0.04 * 365f64.sqrt();
        assert!((found.volatility / yearly - 1.0).abs() < 0.1, "{found:?}");
        assert!((found.rate.point_apr - (found.fee_apr - found.volatility.powi(2) / 8.0)).abs() < 1e-12);
        assert!((found.rate.coverage.unwrap() - 0.9).abs() < 0.06, "{found:?}");
        let quantiles = found.rate.quantiles.unwrap();
        assert!(quantiles.q05 < found.rate.point_apr && found.rate.point_apr < quantiles.q95);
        assert!(found.rate.model.ends_with("garch"));
    }

    #[test]
    fn little_history_gives_a_plain_forecast() {
        assert!(tracked(1, 0.04).forecast().is_none());
        let early = tracked(20, 0.04).forecast().unwrap();
        assert_eq!((early.rate.model.as_str(), early.rate.quantiles), ("last + ewma variance", None));
        let pegged = tracked(300, 0.0).forecast().unwrap();
        assert_eq!((pegged.lvr_apr, pegged.volatility), (0.0, 0.0));
    }

    #[test]
    fn bad_states_are_refused_without_a_trace() {
        let mut tracker = tracked(20, 0.04);
        let before = tracker.forecast();
        let day = |price, fee_apr| PoolDay { price, fee_apr };
        assert!(tracker.observe(20 * DAY, day(0.0, 0.1)).is_err());
        assert!(tracker.observe(20 * DAY, day(f64::NAN, 0.1)).is_err());
        assert!(tracker.observe(20 * DAY, day(100.0, -0.1)).is_err());
        assert!(tracker.observe(19 * DAY, day(100.0, 0.1)).is_err());
        assert_eq!(tracker.forecast(), before);
    }
}
