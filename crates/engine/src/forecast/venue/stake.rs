use statrs::distribution::{ContinuousCDF, StudentsT};

use super::RateForecast;
use crate::YEAR_SECS;
use crate::forecast::{ForecastError, LEVELS, Quantiles};

/// Follows a stake pool's exchange rate (tokens staked per receipt).
///
/// The logarithm of the rate is taken to grow by a constant drift with independent noise in proportion to time, so
/// that epochs of any length and missed ones count for what they are. The forecast compounds per epoch: it is the
/// growth over the horizon as a simple annual rate. The interval is Student's, for the drift's own error and the noise
/// to come.
#[derive(Clone, Debug)]
pub struct StakeTracker {
    horizon_secs: i64,
    first: Option<(i64, f64)>,
    last: Option<(i64, f64)>,
    steps: usize,
    /// Sum of squared log growth over time, per second.
    squares: f64,
}

impl StakeTracker {
    /// Growth over `horizon_secs`.
    pub fn new(horizon_secs: i64) -> Result<Self, ForecastError> {
        if horizon_secs <= 0 {
            return Err(ForecastError::NotPositive { what: "a horizon", secs: horizon_secs });
        }
        Ok(Self { horizon_secs, first: None, last: None, steps: 0, squares: 0.0 })
    }

    /// Takes the exchange rate at `ts`, once an epoch or at any other times.
    ///
    /// # Errors
    /// A rate that is not above zero or time that does not advance; nothing changes then.
    pub fn observe(&mut self, ts: i64, exchange_rate: f64) -> Result<(), ForecastError> {
        if !exchange_rate.is_finite() {
            return Err(ForecastError::NotFinite { ts, value: exchange_rate });
        }
        if exchange_rate <= 0.0 {
            let problem = "an exchange rate above zero is expected";
            return Err(ForecastError::Domain { ts, value: exchange_rate, problem });
        }
        let log_rate = exchange_rate.ln();
        match self.last {
            Some((previous, _)) if previous >= ts => return Err(ForecastError::Order { ts, previous }),
            Some((previous, log_before)) => {
                let growth = log_rate - log_before;
                self.squares += growth * growth / (ts - previous) as f64;
                self.steps += 1;
            }
            None => self.first = Some((ts, log_rate)),
        }
        self.last = Some((ts, log_rate));
        Ok(())
    }

    /// The rate ahead; none before the second observation, no quantiles before the third.
    pub fn forecast(&self) -> Option<RateForecast> {
        let ((from, log_from), (to, log_to)) = (self.first?, self.last?);
        let elapsed = (to - from) as f64;
        if self.steps == 0 || elapsed <= 0.0 {
            return None;
        }
        let horizon = self.horizon_secs as f64;
        let drift = (log_to - log_from) / elapsed;
        let apr = |log_growth: f64| log_growth.exp_m1() * YEAR_SECS / horizon;
        let quantiles = (self.steps >= 2).then(|| {
            let freedom = (self.steps - 1) as f64;
            let noise = ((self.squares - drift * drift * elapsed) / freedom).max(0.0);
            let deviation = (noise * (horizon + horizon * horizon / elapsed)).sqrt();
            let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
            let at = |level: f64| apr(drift * horizon + deviation * student.inverse_cdf(level));
            Some(Quantiles::new(LEVELS.map(at)))
        });
        Some(RateForecast {
            point_apr: apr(drift * horizon),
            quantiles: quantiles.flatten(),
            horizon_secs: self.horizon_secs,
            model: "epoch mean".into(),
            coverage: None,
        })
    }
}

/// [`StakeTracker`] over a whole series of exchange rates.
///
/// # Errors
/// Fewer than two observations, or one that is refused.
pub fn staking(exchange_rates: &[(i64, f64)], horizon_secs: i64) -> Result<RateForecast, ForecastError> {
    let mut tracker = StakeTracker::new(horizon_secs)?;
    for (ts, rate) in exchange_rates {
        tracker.observe(*ts, *rate)?;
    }
    let found = exchange_rates.len();
    tracker.forecast().ok_or(ForecastError::TooShort { what: "a staking rate", least: 2, found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    const EPOCH: i64 = 172_800;

    #[test]
    fn a_steady_pool_compounds_per_epoch() {
        let rates: Vec<(i64, f64)> =
            (0..50).map(|epoch| (epoch * EPOCH, 1.1 * 1.0004f64.powi(epoch as i32))).collect();
        let found = staking(&rates, 31_536_000).unwrap();
        // 182.5 epochs of 0.04%.
        assert!((found.point_apr - (1.0004f64.powf(182.5) - 1.0)).abs() < 1e-9, "{found:?}");
        let short = staking(&rates, EPOCH).unwrap();
        assert!((short.point_apr - 0.0004 * 182.5).abs() < 1e-9, "{short:?}");
        // A missed epoch changes nothing.
        let holed: Vec<(i64, f64)> = rates.iter().copied().filter(|(ts, _)| *ts != 10 * EPOCH).collect();
        assert!((staking(&holed, EPOCH).unwrap().point_apr - short.point_apr).abs() < 1e-12);
    }

    #[test]
    fn the_interval_covers() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(2);
        let mut inside = 0;
        for _ in 0..2_000 {
            let (mut rate, mut rates) = (1.0, Vec::new());
            for epoch in 0..12 {
                rates.push((epoch * EPOCH, rate));
                // Twelve uniforms less six: near normal.
                let shock = (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
                rate *= 1.0 + 0.0004 * (1.0 + 0.3 * shock);
            }
            let before = rates[10].1;
            let found = staking(&rates[..11], EPOCH).unwrap();
            let actual = (rates[11].1 / before - 1.0) * YEAR_SECS / EPOCH as f64;
            inside += i32::from(found.quantiles.unwrap().covers(actual));
        }
        assert!((f64::from(inside) / 2_000.0 - 0.9).abs() < 0.03, "{inside}");
    }

    #[test]
    fn refusals() {
        assert!(matches!(staking(&[(0, 1.0)], EPOCH), Err(ForecastError::TooShort { least: 2, .. })));
        assert!(staking(&[(0, 1.0), (0, 1.1)], EPOCH).is_err());
        assert!(staking(&[(0, 1.0), (1, 0.0)], EPOCH).is_err());
        assert!(staking(&[(0, 1.0), (1, f64::INFINITY)], EPOCH).is_err());
        assert!(staking(&[(0, 1.0), (1, 1.1)], 0).is_err());
        assert_eq!(staking(&[(0, 1.0), (EPOCH, 1.1)], EPOCH).unwrap().quantiles, None);
    }
}
