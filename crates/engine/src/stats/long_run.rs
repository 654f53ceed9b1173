//! Variance of sums of values that remember each other.

use super::moments::mean;

/// Autocovariance at `lag` of values that are already `from_mean`, with divisor n; zero for no values.
pub fn autocovariance(from_mean: &[f64], lag: usize) -> f64 {
    let products = from_mean.iter().zip(from_mean.iter().skip(lag)).map(|(early, late)| early * late);
    products.sum::<f64>() / from_mean.len().max(1) as f64
}

/// Variance and long-run variance by Newey and West (1987): autocovariances up to `bandwidth` with Bartlett's weights
/// 1 - lag / (bandwidth + 1). None without values. The values must be finite.
pub fn variances(values: &[f64], bandwidth: usize) -> Option<(f64, f64)> {
    let centre = mean(values)?;
    let from_mean: Vec<f64> = values.iter().map(|value| value - centre).collect();
    let variance = autocovariance(&from_mean, 0);
    let weight = |lag: usize| 2.0 * (1.0 - lag as f64 / (bandwidth as f64 + 1.0));
    let lagged = (1..=bandwidth).map(|lag| weight(lag) * autocovariance(&from_mean, lag));
    Some((variance, variance + lagged.sum::<f64>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_by_hand() {
        // From the mean: -1.5, -0.5, 0.5, 1.5; autocovariances 1.25, 0.3125, -0.375.
        let values = [1.0, 2.0, 3.0, 4.0];
        let (variance, long_run) = variances(&values, 2).unwrap();
        assert_eq!(variance, 1.25);
        let expected = 1.25 + 2.0 * (2.0 / 3.0 * 0.3125 - 1.0 / 3.0 * 0.375);
        assert!((long_run - expected).abs() < 1e-15);
        assert_eq!(variances(&values, 0), Some((1.25, 1.25)));
        assert_eq!(variances(&[], 3), None);
        assert_eq!(variances(&[7.0], 3), Some((0.0, 0.0)));
    }
}
