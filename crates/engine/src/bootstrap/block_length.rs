//! The block length that the data ask for: Politis and White (2004), with the correction of Patton, Politis and White (2009).

use serde::Serialize;

use super::BootstrapError;
use crate::stats::long_run::autocovariance;
use crate::stats::moments::mean;

/// Mean block lengths in rows, as estimated: they may be below one for data without memory.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BlockLength {
    /// For the stationary bootstrap.
    pub stationary: f64,
    /// For the circular block bootstrap, whose blocks are all equally long.
    pub circular: f64,
    /// Lags that the spectral estimate took in.
    pub bandwidth: usize,
}

impl BlockLength {
    /// The stationary length as a block can have it: at least one row.
    pub fn usable(&self) -> f64 {
        self.stationary.max(1.0)
    }
}

/// Fewest rows for which all lags that the rule may look at exist.
pub const MIN_ROWS: usize = 11;

/// Estimates the block length of one series.
///
/// The bandwidth is twice the first lag after which `max(5, log10 n)` autocorrelations in a row lie inside
/// 2 sqrt(log10(n) / n); lags are weighed by the flat-top window min(1, 2 (1 - |x|)). Autocovariances divide by n,
/// autocorrelations by the two overlapping stretches' own sums of squares. The result is at most ceil(min(3 sqrt n, n / 3)).
/// These choices are those of Patton's program and of the Python package arch, whose figures the tests reproduce.
///
/// # Errors
/// Fewer than 11 rows; a value that is not finite; values that do not vary.
pub fn optimal_block_length(values: &[f64]) -> Result<BlockLength, BootstrapError> {
    let rows = values.len();
    if rows < MIN_ROWS {
        let purpose = "an automatic block length";
        return Err(BootstrapError::TooShort { found: rows, needed: MIN_ROWS, purpose });
    }
    if let Some((row, value)) = (1..).zip(values).find(|(_, value)| !value.is_finite()) {
        return Err(BootstrapError::NotFinite { row, value: *value });
    }
    if values.iter().zip(values.iter().skip(1)).all(|(a, b)| a == b) {
        return Err(BootstrapError::Constant);
    }
    let count = rows as f64;
    let mean = mean(values).unwrap_or_default();
    let from_mean: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let run = 5.max(count.log10() as usize);
    let most = count.sqrt().ceil() as usize + run;
    let covariances: Vec<f64> = (0..=most).map(|lag| autocovariance(&from_mean, lag)).collect();
    let bandwidth = bandwidth(&from_mean, run, most);
    let (mut slope, mut spectrum) = (0.0, covariances.first().copied().unwrap_or_default());
    for (lag, covariance) in covariances.iter().enumerate().skip(1).take(bandwidth) {
        let weight = (2.0 * (1.0 - lag as f64 / bandwidth as f64)).min(1.0);
        slope += 2.0 * weight * lag as f64 * covariance;
        spectrum += 2.0 * weight * covariance;
    }
    let longest = (3.0 * count.sqrt()).min(count / 3.0).ceil();
    // With the constant of the variance: 2 for the stationary, 4/3 for the circular bootstrap.
    let length = |constant: f64| {
        let ratio = slope * slope * 2.0 / (constant * spectrum * spectrum);
        let length = (ratio * count).cbrt();
        if length.is_finite() { length.min(longest) } else { longest }
    };
    Ok(BlockLength { stationary: length(2.0), circular: length(4.0 / 3.0), bandwidth })
}

fn bandwidth(from_mean: &[f64], run: usize, most: usize) -> usize {
    let count = from_mean.len() as f64;
    let band = 2.0 * (count.log10() / count).sqrt();
    let mut inside = 0;
    for lag in 0..most {
        inside = if correlation(from_mean, lag) < band { inside + 1 } else { 0 };
        if inside == run {
            let first = lag + 1 - run;
            return (2 * first.max(1)).min(most);
        }
    }
    most
}

/// Size of the autocorrelation, each stretch leaving out one row more than the lag, as arch has it.
fn correlation(from_mean: &[f64], lag: usize) -> f64 {
    let square = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>();
    let late = square(from_mean.get(lag + 1..).unwrap_or(&[]));
    let early = square(from_mean.get(..from_mean.len().saturating_sub(lag + 1)).unwrap_or(&[]));
    let products = autocovariance(from_mean, lag) * from_mean.len() as f64;
    products.abs() / (late * early).sqrt()
}

#[cfg(test)]
mod tests;
