use super::RateForecast;
use crate::curve::{Inverse, RateCurve, ReserveState};
use crate::forecast::{Forecast, ForecastError, Scale, Tracker, TrackerConfig};

/// A lending reserve's rate from a forecast of its utilisation, if our deposit went from `ours_atoms` to `after_atoms`.
///
/// Utilisation is forecast at the supply that `reserve` shows; the loans that this means are then spread over
/// the supply with our deposit changed, and read off the reserve's own curve. All of that is increasing, so that
/// quantiles of utilisation become quantiles of the rate.
pub fn lending(
    utilisation: &Forecast,
    reserve: &ReserveState,
    ours_atoms: u64,
    after_atoms: f64,
) -> RateForecast {
    let rate = |utilisation: f64| {
        let borrowed = (reserve.supplied_atoms as f64 * utilisation.clamp(0.0, 1.0)).round() as u64;
        let borrowed_atoms = borrowed.min(reserve.supplied_atoms);
        ReserveState { borrowed_atoms, ..reserve.clone() }.supply_apr_with(ours_atoms, after_atoms)
    };
    RateForecast {
        point_apr: rate(utilisation.point),
        quantiles: utilisation.quantiles.map(|quantiles| quantiles.map(rate)),
        horizon_secs: utilisation.horizon_secs,
        model: utilisation.model.name().into(),
        coverage: utilisation.coverage,
    }
}

/// Follows one reserve's utilisation.
#[derive(Clone)]
pub struct LendingTracker {
    tracker: Tracker,
}

impl LendingTracker {
    /// For observations every `step_secs`, forecast `horizon_secs` ahead, without trees.
    pub fn new(step_secs: i64, horizon_secs: i64) -> Result<Self, ForecastError> {
        Self::with(TrackerConfig::new(Scale::Logit, step_secs, horizon_secs).light())
    }

    /// With other settings; the scale is the logit whatever they say.
    pub fn with(config: TrackerConfig) -> Result<Self, ForecastError> {
        Ok(Self { tracker: Tracker::new(TrackerConfig { scale: Scale::Logit, ..config })? })
    }

    /// Takes the reserve's utilisation, a fraction.
    pub fn observe(&mut self, ts: i64, utilisation: f64) -> Result<(), ForecastError> {
        self.tracker.observe(ts, utilisation)
    }

    /// Takes what suppliers earn where utilisation is not known: the curve is inverted. The answer says where the rate
    /// lies on the curve, and whether off it, so that only the nearest end was observed.
    pub fn observe_supply_apr(
        &mut self,
        ts: i64,
        apr: f64,
        curve: &RateCurve,
    ) -> Result<Inverse, ForecastError> {
        if !apr.is_finite() {
            return Err(ForecastError::NotFinite { ts, value: apr });
        }
        let inverse = curve.utilisation_for_supply_apr(apr);
        self.tracker.observe(ts, inverse.utilisation)?;
        Ok(inverse)
    }

    /// The rate ahead; see [`lending`]. None before the first observation.
    pub fn forecast(
        &self,
        reserve: &ReserveState,
        ours_atoms: u64,
        after_atoms: f64,
    ) -> Option<RateForecast> {
        Some(lending(&self.tracker.forecast()?, reserve, ours_atoms, after_atoms))
    }

    /// The utilisation underneath.
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::{Model, Quantiles};

    fn curve() -> RateCurve {
        RateCurve::new(&[(0, 0), (7_000, 350), (9_000, 700), (10_000, 8_000)], 1_000).unwrap()
    }

    #[test]
    fn quantiles_go_through_the_curve_and_our_own_deposit() {
        let forecast = Forecast {
            made_ts: 0,
            horizon_secs: 604_800,
            point: 0.9,
            quantiles: Some(Quantiles::new([0.5, 0.7, 0.9, 0.95, 1.0])),
            model: Model::Har,
            coverage: Some(0.9),
        };
        let reserve = ReserveState { curve: curve(), supplied_atoms: 1_000_000, borrowed_atoms: 1 };
        let alone = lending(&forecast, &reserve, 0, 0.0);
        assert!((alone.point_apr - 0.07 * 0.9 * 0.9).abs() < 1e-9);
        let quantiles = alone.quantiles.unwrap();
        assert!((quantiles.q95 - 0.8 * 0.9).abs() < 1e-9 && (quantiles.q05 - 0.025 * 0.5 * 0.9).abs() < 1e-9);
        // As much again of ours halves utilisation: 0.45 on the curve.
        let diluted = lending(&forecast, &reserve, 0, 1_000_000.0);
        assert!((diluted.point_apr - curve().supply_apr(0.45)).abs() < 1e-9);
    }

    #[test]
    fn rates_alone_will_do() {
        let mut by_rate = LendingTracker::new(86_400, 86_400).unwrap();
        let mut by_utilisation = LendingTracker::new(86_400, 86_400).unwrap();
        for day in 0..120 {
            let utilisation = 0.8 + 0.1 * (f64::from(day as i32) * 0.7).sin();
            by_utilisation.observe(day * 86_400, utilisation).unwrap();
            let inverse =
                by_rate.observe_supply_apr(day * 86_400, curve().supply_apr(utilisation), &curve()).unwrap();
            assert!(!inverse.saturated);
        }
        let reserve = ReserveState { curve: curve(), supplied_atoms: 1 << 40, borrowed_atoms: 1 << 39 };
        let (a, b) =
            (by_rate.forecast(&reserve, 0, 0.0).unwrap(), by_utilisation.forecast(&reserve, 0, 0.0).unwrap());
        assert!((a.point_apr - b.point_apr).abs() < 1e-6 && a.model == b.model);
        assert!(by_rate.observe_supply_apr(200 * 86_400, 5.0, &curve()).unwrap().saturated);
        assert!(by_rate.observe_supply_apr(201 * 86_400, f64::NAN, &curve()).is_err());
    }
}
