//! Moments and quantiles of what was observed: NaN is a period without an observation and is left out.

/// What was observed, in order.
pub fn observed(values: &[f64]) -> impl Iterator<Item = f64> + '_ {
    values.iter().copied().filter(|value| !value.is_nan())
}

/// Mean; none without an observation. A second pass takes back what the first sum lost to rounding.
pub fn mean(values: &[f64]) -> Option<f64> {
    let count = observed(values).count() as f64;
    let first = (count > 0.0).then(|| observed(values).sum::<f64>() / count)?;
    let left = observed(values).map(|value| value - first).sum::<f64>() / count;
    Some(if left.is_finite() { first + left } else { first })
}

/// Mean and standard deviation (n - 1); none with fewer than two observations. Equal observations deviate by
/// exactly zero, whatever rounding does to their mean.
pub fn mean_and_deviation(values: &[f64]) -> Option<(f64, f64)> {
    let count = observed(values).count();
    if count < 2 {
        return None;
    }
    if let Some(constant) = constant(values) {
        return Some((constant, 0.0));
    }
    let mean = mean(values)?;
    let squares: f64 = observed(values).map(|value| (value - mean).powi(2)).sum();
    Some((mean, (squares / (count - 1) as f64).sqrt()))
}

/// Mean and the population's standard deviation (divisor n); none without an observation.
pub fn population_mean_and_deviation(values: &[f64]) -> Option<(f64, f64)> {
    let mean = mean(values)?;
    let count = observed(values).count();
    let squares: f64 = observed(values).map(|value| (value - mean).powi(2)).sum();
    Some((mean, (squares / count as f64).sqrt()))
}

/// How far apart returns may lie for no other reason than rounding, relative to 1 + r: a return is a ratio of two rounded
/// prices less one, and so carries the rounding of one, not of itself.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// The one value that every observation has, if so, up to the rounding of a return's own computation.
pub fn constant(values: &[f64]) -> Option<f64> {
    let first = observed(values).next()?;
    let ends = (first, first);
    let (least, most) =
        observed(values).fold(ends, |(least, most), value| (least.min(value), most.max(value)));
    let size = 1.0 + least.abs().max(most.abs());
    (most - least <= ROUNDING * size).then_some(first)
}

/// Skewness and kurtosis: third and fourth standardised moments with the population's divisor n, as scipy's
/// defaults and Bailey and Lopez de Prado use them. Kurtosis is not excess: a normal has 3. None without variation.
pub fn skewness_and_kurtosis(values: &[f64]) -> Option<(f64, f64)> {
    if constant(values).is_some() {
        return None;
    }
    let mean = mean(values)?;
    let count = observed(values).count() as f64;
    let (mut second, mut third, mut fourth) = (0.0, 0.0, 0.0);
    for value in observed(values) {
        let from_mean = value - mean;
        let square = from_mean * from_mean;
        second += square;
        third += square * from_mean;
        fourth += square * square;
    }
    let variance = second / count;
    let skewness = third / count / variance.powf(1.5);
    let kurtosis = fourth / count / (variance * variance);
    (skewness.is_finite() && kurtosis.is_finite()).then_some((skewness, kurtosis))
}

/// Observations in ascending order.
pub fn sorted(values: &[f64]) -> Vec<f64> {
    let mut ascending: Vec<f64> = observed(values).collect();
    ascending.sort_by(f64::total_cmp);
    ascending
}

/// Quantile of ascending values by linear interpolation between closest ranks (Hyndman and Fan's type 7, numpy's
/// default); none for no values or a level outside 0..=1.
pub fn quantile_of_sorted(ascending: &[f64], level: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&level) {
        return None;
    }
    let last = ascending.len().checked_sub(1)?;
    let position = level * last as f64;
    let below = (position.floor() as usize).min(last);
    let (low, high) = (*ascending.get(below)?, *ascending.get((below + 1).min(last))?);
    Some(low + (position - below as f64) * (high - low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_values_do_not_deviate() {
        assert_eq!(mean_and_deviation(&[0.1; 3]), Some((0.1, 0.0)));
        assert_eq!(mean_and_deviation(&[0.1, f64::NAN]), None);
        assert_eq!(skewness_and_kurtosis(&[0.1; 5]), None);
        assert_eq!(population_mean_and_deviation(&[1.0, f64::NAN, 3.0]), Some((2.0, 1.0)));
        assert_eq!(population_mean_and_deviation(&[f64::NAN]), None);
    }

    // Returns p[t] / p[t-1] - 1 of a price that grows by the same rate differ in the last bits of 1 + r.
    #[test]
    fn growth_at_one_rate_is_constant() {
        for rate in [0.001_f64, 1e-6, 0.3, -0.02, 1e-9] {
            for start in [100.0, 0.003, 7.1e6] {
                let powers: Vec<f64> = (0..250).map(|t| start * (1.0 + rate).powi(t)).collect();
                let mut steps = vec![start];
                for t in 0..250 {
                    steps.push(steps[t] * (1.0 + rate));
                }
                for prices in [powers, steps] {
                    let returns: Vec<f64> = prices.windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect();
                    assert!(constant(&returns).is_some(), "{rate} {start}");
                    assert_eq!(skewness_and_kurtosis(&returns), None);
                    assert_eq!(mean_and_deviation(&returns).unwrap().1, 0.0);
                }
            }
        }
        assert_eq!(constant(&[1e-12, 2e-12]), None);
    }

    #[test]
    fn moments_are_scipys() {
        // scipy.stats.skew and kurtosis(fisher=False) of the same numbers.
        let (skewness, kurtosis) = skewness_and_kurtosis(&[1.0, 2.0, 3.0, 4.0, 10.0]).unwrap();
        assert!((skewness - 1.138_419_957_660_617_6).abs() < 1e-12, "{skewness}");
        assert!((kurtosis - 2.788_000_000_000_000_5).abs() < 1e-12, "{kurtosis}");
    }

    #[test]
    fn quantiles_are_numpys() {
        let ascending = [1.0, 2.0, 4.0, 8.0];
        for (level, expected) in [(0.0, 1.0), (0.05, 1.15), (0.5, 3.0), (0.95, 7.4), (1.0, 8.0)] {
            assert!((quantile_of_sorted(&ascending, level).unwrap() - expected).abs() < 1e-12);
        }
        assert_eq!(quantile_of_sorted(&[], 0.5), None);
        assert_eq!(quantile_of_sorted(&ascending, 1.1), None);
    }

    proptest! {
        #[test]
        fn kurtosis_is_at_least_one_plus_skewness_squared(values in prop::collection::vec(-1.0f64..1.0, 3..40)) {
            if let Some((skewness, kurtosis)) = skewness_and_kurtosis(&values) {
                prop_assert!(kurtosis >= 1.0 + skewness * skewness - 1e-6);
            }
        }
    }
}
