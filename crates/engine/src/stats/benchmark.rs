//! A series against a benchmark. Only periods in which both were observed count.

use serde::Serialize;

use super::error::StatsError;
use super::moments;
use super::ratios::{annual_return, finite, sharpe};

/// How a series moved with its benchmark. A figure that cannot be formed is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BenchmarkStats {
    /// Periods in which both were observed.
    pub observations: usize,
    /// Slope of the regression on the benchmark.
    pub beta: Option<f64>,
    /// What beta does not explain, compounded to a year, fraction.
    pub alpha: Option<f64>,
    /// Correlation.
    pub correlation: Option<f64>,
    /// Mean of the difference over its standard deviation, annualised.
    pub information_ratio: Option<f64>,
    /// Standard deviation of the difference, annualised.
    pub tracking_error: Option<f64>,
    /// Annual return over the benchmark's, in periods when the benchmark rose.
    pub up_capture: Option<f64>,
    /// Annual return over the benchmark's, in periods when the benchmark fell.
    pub down_capture: Option<f64>,
}

/// Statistics of `returns` against `benchmark`, both per period and aligned by row; NaN is not observed. `risk_free` is per
/// period, taken off both for alpha and beta (Jensen 1968; empyrical's convention: alpha compounds).
///
/// # Errors
/// Lengths differ; fewer than two periods with both.
pub fn against(
    returns: &[f64],
    benchmark: &[f64],
    risk_free: f64,
    per_year: f64,
) -> Result<BenchmarkStats, StatsError> {
    if returns.len() != benchmark.len() {
        let (found, rows) = (benchmark.len(), returns.len());
        return Err(StatsError::LengthMismatch { what: "the benchmark", found, rows });
    }
    let both: Vec<(f64, f64)> =
        returns.iter().copied().zip(benchmark.iter().copied()).filter(|(r, b)| !(r + b).is_nan()).collect();
    if both.len() < 2 {
        return Err(StatsError::TooShort { found: both.len(), rows: returns.len(), needed: 2 });
    }
    let ours: Vec<f64> = both.iter().map(|pair| pair.0).collect();
    let theirs: Vec<f64> = both.iter().map(|pair| pair.1).collect();
    let slope = regression(&ours, &theirs);
    let alpha = slope.and_then(|(beta, _)| {
        let unexplained: Vec<f64> =
            both.iter().map(|(r, b)| r - risk_free - beta * (b - risk_free)).collect();
        finite((1.0 + moments::mean(&unexplained)?).powf(per_year) - 1.0)
    });
    let active: Vec<f64> = both.iter().map(|(r, b)| r - b).collect();
    let tracking_error = moments::mean_and_deviation(&active).map(|(_, d)| d * per_year.sqrt());
    Ok(BenchmarkStats {
        observations: both.len(),
        beta: slope.map(|s| s.0),
        alpha,
        correlation: slope.and_then(|s| s.1),
        information_ratio: sharpe(&active, per_year),
        tracking_error,
        up_capture: capture(&both, per_year, |b| b > 0.0),
        down_capture: capture(&both, per_year, |b| b < 0.0),
    })
}

/// Slope and correlation; none when the benchmark does not move.
fn regression(ours: &[f64], theirs: &[f64]) -> Option<(f64, Option<f64>)> {
    if moments::constant(theirs).is_some() {
        return None;
    }
    let (mean_ours, mean_theirs) = (moments::mean(ours)?, moments::mean(theirs)?);
    let (mut product, mut square, mut own) = (0.0, 0.0, 0.0);
    for (r, b) in ours.iter().zip(theirs) {
        product += (r - mean_ours) * (b - mean_theirs);
        square += (b - mean_theirs).powi(2);
        own += (r - mean_ours).powi(2);
    }
    let moves = moments::constant(ours).is_none();
    let correlation = if moves { finite(product / (square * own).sqrt()) } else { None };
    Some((finite(product / square)?, correlation))
}

fn capture(both: &[(f64, f64)], per_year: f64, chosen: impl Fn(f64) -> bool) -> Option<f64> {
    let some: Vec<&(f64, f64)> = both.iter().filter(|pair| chosen(pair.1)).collect();
    let ours: Vec<f64> = some.iter().map(|pair| pair.0).collect();
    let theirs: Vec<f64> = some.iter().map(|pair| pair.1).collect();
    finite(annual_return(&ours, per_year)? / annual_return(&theirs, per_year)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIXED: [f64; 9] = [f64::NAN, 0.01, 0.10, -0.04, 0.02, 0.03, 0.02, 0.01, -0.10];
    const SIMPLE: [f64; 9] = [0.0, 0.01, 0.0, 0.01, 0.0, 0.01, 0.0, 0.01, 0.0];

    fn close(found: Option<f64>, expected: f64) {
        assert!((found.unwrap() - expected).abs() < 1e-8, "{found:?} is not {expected}");
    }

    #[test]
    fn reproduces_the_published_figures() {
        // empyrical's tests: alpha and beta of (returns, benchmark); excess Sharpe is not annualised there.
        let same = against(&MIXED, &MIXED, 0.0, 252.0).unwrap();
        close(same.alpha, 0.0);
        close(same.beta, 1.0);
        close(same.up_capture, 1.0);
        close(same.down_capture, 1.0);
        let opposite: Vec<f64> = MIXED.iter().map(|r| -r).collect();
        let opposite = against(&MIXED, &opposite, 0.0, 252.0).unwrap();
        close(opposite.alpha, 0.0);
        close(opposite.beta, -1.0);
        close(opposite.correlation, -1.0);
        let simple = against(&MIXED, &SIMPLE, 0.0, 252.0).unwrap();
        close(simple.information_ratio.map(|ratio| ratio / 252f64.sqrt()), 0.021_488_169_414_868_974);
        close(simple.alpha, 11.274_002_099_240_2);
        close(simple.beta, -0.75);
        close(simple.up_capture, 0.064_144_152_381_087_48);
    }

    #[test]
    fn what_cannot_be_formed_is_none() {
        let flat = against(&MIXED, &[0.01; 9], 0.0, 252.0).unwrap();
        assert_eq!((flat.beta, flat.alpha, flat.correlation, flat.down_capture), (None, None, None, None));
        assert!(against(&MIXED, &SIMPLE[1..], 0.0, 252.0).is_err());
        assert!(against(&[f64::NAN, 0.1], &[0.1, 0.2], 0.0, 252.0).is_err());
    }
}
