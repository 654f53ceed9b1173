//! The estimators behind the generator's defaults.

use super::params::{OuParams, PriceParams};
use crate::YEAR_SECS;
use crate::stats::moments::population_mean_and_deviation;

/// Moves beyond this many standard deviations of the calm ones are jumps.
const JUMP_SIGMAS: f64 = 4.0;
const FILTER_ROUNDS: usize = 20;

/// Fits a jump-diffusion to prices sampled every `step_secs`; pairs further apart are left out.
///
/// Moves beyond four standard deviations are set aside, again and again, until what is left has none: that
/// is the diffusion, the rest are the jumps. The drift is left at zero. None with fewer than 100 returns.
pub fn jump_diffusion(prices: &[(i64, f64)], step_secs: i64) -> Option<PriceParams> {
    let returns: Vec<f64> = pairs(prices, step_secs..=step_secs).map(|(_, a, b)| (b / a).ln()).collect();
    if returns.len() < 100 {
        return None;
    }
    let mut calm = returns.clone();
    let (mut mean, mut sd) = population_mean_and_deviation(&calm).unwrap_or_default();
    for _ in 0..FILTER_ROUNDS {
        calm.retain(|r| (r - mean).abs() <= JUMP_SIGMAS * sd);
        (mean, sd) = population_mean_and_deviation(&calm).unwrap_or_default();
    }
    let jumps: Vec<f64> = returns.iter().copied().filter(|r| (r - mean).abs() > JUMP_SIGMAS * sd).collect();
    let (jump_mean, jump_sd) = population_mean_and_deviation(&jumps).unwrap_or_default();
    let per_year = YEAR_SECS / step_secs as f64;
    Some(PriceParams {
        initial: prices.last()?.1,
        drift: 0.0,
        volatility: sd * per_year.sqrt(),
        jumps_per_year: jumps.len() as f64 / returns.len() as f64 * per_year,
        jump_mean,
        jump_sd,
    })
}

/// Fits a mean-reverting process to values observed about every `step_secs` (half to one and a half of it).
/// None with fewer than 30 pairs or where nothing pulls back to the mean.
pub fn ornstein_uhlenbeck(values: &[(i64, f64)], step_secs: i64) -> Option<OuParams> {
    let levels: Vec<f64> = values.iter().map(|point| point.1).collect();
    let (mean, sd) = population_mean_and_deviation(&levels).unwrap_or_default();
    let (mut cross, mut square, mut years, mut count) = (0.0, 0.0, 0.0, 0usize);
    for (secs, before, after) in pairs(values, step_secs / 2..=step_secs * 3 / 2) {
        cross += (before - mean) * (after - mean);
        square += (before - mean).powi(2);
        years += secs as f64 / YEAR_SECS;
        count += 1;
    }
    let kept = cross / square;
    let pulled = count >= 30 && kept > 0.0 && kept < 1.0;
    pulled.then(|| OuParams { mean, reversion: -kept.ln() * count as f64 / years, sd })
}

/// Log odds of a fraction; none at 0 and 1.
pub fn logit(fraction: f64) -> Option<f64> {
    (fraction > 0.0 && fraction < 1.0).then(|| (fraction / (1.0 - fraction)).ln())
}

fn pairs(
    points: &[(i64, f64)],
    secs: std::ops::RangeInclusive<i64>,
) -> impl Iterator<Item = (i64, f64, f64)> {
    points
        .iter()
        .zip(points.iter().skip(1))
        .map(|(a, b)| (b.0 - a.0, a.1, b.1))
        .filter(move |(apart, ..)| secs.contains(apart))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::process::{JumpDiffusion, Ou, stream};

    fn sampled(steps: i64, secs: i64, mut next: impl FnMut() -> f64) -> Vec<(i64, f64)> {
        (0..steps).map(|index| (index * secs, next())).collect()
    }

    #[test]
    fn the_estimators_find_what_the_processes_were_given() {
        let given = OuParams { mean: 1.4, reversion: 60.0, sd: 0.5 };
        let mut ou = Ou::new(given, stream(11, 1));
        let values = sampled(20_000, 86_400, || {
            ou.advance(86_400.0);
            ou.value()
        });
        let found = ornstein_uhlenbeck(&values, 86_400).unwrap();
        assert!(
            (found.mean - 1.4).abs() < 0.05
                && (found.sd - 0.5).abs() < 0.02
                && (found.reversion / 60.0 - 1.0).abs() < 0.1,
            "{found:?}"
        );

        let given = PriceParams { jump_mean: -0.02, jump_sd: 0.06, ..PriceParams::default() };
        let mut price = JumpDiffusion::new(given, stream(12, 1));
        let values = sampled(60_000, 3_600, || {
            price.advance(3_600.0);
            price.price()
        });
        let found = jump_diffusion(&values, 3_600).unwrap();
        assert!((found.volatility / given.volatility - 1.0).abs() < 0.02, "{found:?}");
        // Small jumps hide in the diffusion, so that fewer and larger ones are found.
        assert!(
            found.jumps_per_year < given.jumps_per_year && found.jumps_per_year > 0.3 * given.jumps_per_year,
            "{found:?}"
        );
        assert!(found.jump_sd > given.jump_sd, "{found:?}");
    }

    #[test]
    fn too_little_data_is_no_fit() {
        assert_eq!(jump_diffusion(&[(0, 1.0), (3_600, 1.1)], 3_600), None);
        assert_eq!(ornstein_uhlenbeck(&[(0, 1.0), (3_600, 1.1)], 3_600), None);
        assert_eq!((logit(0.0), logit(1.0), logit(0.5)), (None, None, Some(0.0)));
    }
}
