//! Intervals from past errors, with levels that adapt to how often they missed.

use super::quantiles::{Quantiles, SortedWindow};

/// Fewest past errors that make an interval.
pub const LEAST_ERRORS: usize = 20;

/// Adaptive conformal inference (Gibbs & Candès 2021, equation 2): `alpha_{t+1} = alpha_t + gamma (alpha - miss_t)`.
///
/// Published, the level may leave 0 to 1, and an interval below 0 covers everything: then the long-run share of
/// misses tends to `alpha` whatever the data do. Here it is held between 0 and 1. Outcomes come a whole horizon late,
/// and a free level would wind up through all of it; the price is that after a change of regime coverage returns
/// as fast as new errors come in, not at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaptiveLevel {
    target: f64,
    gamma: f64,
    current: f64,
}

impl AdaptiveLevel {
    /// Aims at missing a share `target` of the time; `gamma` is how fast the level moves (0 never).
    pub fn new(target: f64, gamma: f64) -> Self {
        Self { target, gamma, current: target }
    }

    /// `alpha_t`, 0 to 1.
    pub fn current(&self) -> f64 {
        self.current
    }

    /// Takes note of one outcome.
    pub fn update(&mut self, missed: bool) {
        let miss = if missed { 1.0 } else { 0.0 };
        self.current = (self.current + self.gamma * (self.target - miss)).clamp(0.0, 1.0);
    }
}

/// One model's past errors and the levels of its two intervals, 90% and 50%.
#[derive(Clone, Debug)]
pub struct Calibrator {
    errors: SortedWindow,
    wide: AdaptiveLevel,
    half: AdaptiveLevel,
}

impl Calibrator {
    /// Keeps the newest `rows` errors; `gamma` as in [`AdaptiveLevel`].
    pub fn new(rows: usize, gamma: f64) -> Self {
        Self {
            errors: SortedWindow::new(rows),
            wide: AdaptiveLevel::new(0.1, gamma),
            half: AdaptiveLevel::new(0.5, gamma),
        }
    }

    /// Quantiles around `point`; none with fewer than [`LEAST_ERRORS`] errors. At a level of zero the interval is the
    /// range of the errors kept.
    pub fn around(&self, point: f64) -> Option<Quantiles> {
        if self.errors.len() < LEAST_ERRORS {
            return None;
        }
        let (q05, q95) = self.interval(self.wide.current())?;
        let (q25, q75) = self.interval(self.half.current())?;
        let q50 = self.errors.quantile(0.5)?;
        Some(Quantiles::new([q05.min(q25), q25, q50.clamp(q25, q75), q75, q95.max(q75)].map(|e| point + e)))
    }

    fn interval(&self, alpha: f64) -> Option<(f64, f64)> {
        Some((self.errors.quantile(0.5 * alpha)?, self.errors.quantile(1.0 - 0.5 * alpha)?))
    }

    /// Takes note of an outcome: `error` is what came less the point forecast, `made` the quantiles it was made
    /// with, if any.
    pub fn observe(&mut self, error: f64, made: Option<&Quantiles>, actual: f64) {
        if let Some(made) = made {
            self.wide.update(!made.covers(actual));
            self.half.update(!made.half_covers(actual));
        }
        self.errors.push(error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    #[test]
    fn the_level_moves_as_published() {
        let mut level = AdaptiveLevel::new(0.1, 0.005);
        level.update(true);
        assert!((level.current() - 0.0955).abs() < 1e-12);
        level.update(false);
        assert!((level.current() - 0.096).abs() < 1e-12);
    }

    /// Spread grows tenfold half-way: fixed levels would miss for as long as old errors are in the pool.
    #[test]
    fn coverage_survives_a_change_of_regime() {
        let cover = |gamma: f64| {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
            let mut calibrator = Calibrator::new(100_000, gamma);
            let (mut covered, mut counted) = (0.0f64, 0.0f64);
            for t in 0..4_000 {
                let spread = if t < 2_000 { 1.0 } else { 10.0 };
                let actual = spread * (rng.random::<f64>() - 0.5);
                let made = calibrator.around(0.0);
                if let Some(made) = made.filter(|_| t >= 2_000) {
                    counted += 1.0;
                    covered += if made.covers(actual) { 1.0 } else { 0.0 };
                }
                calibrator.observe(actual, made.as_ref(), actual);
            }
            covered / counted
        };
        assert!((cover(0.02) - 0.9).abs() < 0.02, "{}", cover(0.02));
        assert!(cover(0.0) < 0.85, "{}", cover(0.0));
    }

    #[test]
    fn intervals_are_nested_and_need_errors() {
        let mut calibrator = Calibrator::new(50, 0.5);
        for i in 0..19 {
            calibrator.observe(f64::from(i), None, 0.0);
        }
        assert_eq!(calibrator.around(0.0), None);
        for i in 0..40 {
            calibrator.observe(f64::from(i % 7), None, 0.0);
            let made = calibrator.around(3.0).unwrap();
            assert!(made.values().is_sorted(), "{made:?}");
            let actual = if i % 2 == 0 { 100.0 } else { 3.0 };
            calibrator.observe(0.0, Some(&made), actual);
        }
    }
}
