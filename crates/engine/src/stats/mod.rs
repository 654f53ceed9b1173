//! What a series of returns says: growth, risk, drawdown.
//!
//! Conventions (those of the empyrical library, whose published figures the tests reproduce): a NaN return is
//! time that passed without an observation: it counts as time but not as a return; deviations use n - 1;
//! the risk-free rate is zero; figures are annualised by the number of periods a year.

use serde::Serialize;

use crate::YEAR_SECS;

/// Summary of a series. A figure that needs more data than there is is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReturnStats {
    /// Growth over the whole time, fraction.
    pub total_return: f64,
    /// Growth a year, compounded, fraction.
    pub annual_return: Option<f64>,
    /// Standard deviation of returns, annualised by the square root of time.
    pub volatility: Option<f64>,
    /// Mean over standard deviation, annualised.
    pub sharpe: Option<f64>,
    /// Mean over downside deviation from zero, annualised.
    pub sortino: Option<f64>,
    /// The deepest fall.
    pub drawdown: Drawdown,
}

/// The deepest fall from a peak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Drawdown {
    /// Its size, a fraction at most zero: -0.1 is a tenth lost.
    pub depth: f64,
    /// Time of the peak before it, unix seconds; none without a fall.
    pub peak_ts: Option<i64>,
    /// Time of the lowest point, unix seconds.
    pub trough_ts: Option<i64>,
    /// First time back at the peak, unix seconds; none if that did not happen.
    pub recovered_ts: Option<i64>,
}

/// Steps of `step_secs` in a year.
pub fn periods_per_year(step_secs: i64) -> f64 {
    YEAR_SECS / step_secs as f64
}

/// Statistics of an equity curve sampled every `step_secs`; none with fewer than two points or a point that is
/// not positive.
pub fn of_equity(equity: &[(i64, f64)], step_secs: i64) -> Option<ReturnStats> {
    let first = equity.first()?.1;
    let last = equity.last()?.1;
    let sound =
        equity.len() >= 2 && step_secs > 0 && equity.iter().all(|point| point.1.is_finite() && point.1 > 0.0);
    if !sound {
        return None;
    }
    let returns: Vec<f64> = equity.iter().zip(equity.iter().skip(1)).map(|(a, b)| b.1 / a.1 - 1.0).collect();
    let per_year = periods_per_year(step_secs);
    Some(ReturnStats {
        total_return: last / first - 1.0,
        annual_return: annual_return(&returns, per_year),
        volatility: volatility(&returns, per_year),
        sharpe: sharpe(&returns, per_year),
        sortino: sortino(&returns, per_year),
        drawdown: max_drawdown(equity),
    })
}

/// Compounded growth a year; none without returns.
pub fn annual_return(returns: &[f64], per_year: f64) -> Option<f64> {
    if returns.is_empty() {
        return None;
    }
    let growth: f64 = observed(returns).map(|r| 1.0 + r).product();
    Some(growth.powf(per_year / returns.len() as f64) - 1.0)
}

/// Annualised standard deviation; none with fewer than two returns.
pub fn volatility(returns: &[f64], per_year: f64) -> Option<f64> {
    Some(mean_and_deviation(returns)?.1 * per_year.sqrt())
}

/// Annualised mean over standard deviation; none with fewer than two returns or no variation.
pub fn sharpe(returns: &[f64], per_year: f64) -> Option<f64> {
    let (mean, deviation) = mean_and_deviation(returns)?;
    (deviation > 0.0).then(|| mean / deviation * per_year.sqrt())
}

/// Annualised mean over downside deviation; none without a loss.
pub fn sortino(returns: &[f64], per_year: f64) -> Option<f64> {
    let (mean, _) = mean_and_deviation(returns)?;
    let count = observed(returns).count() as f64;
    let downside = (observed(returns).map(|r| r.min(0.0).powi(2)).sum::<f64>() / count).sqrt();
    (downside > 0.0).then(|| mean / downside * per_year.sqrt())
}

/// The deepest fall of an equity curve.
pub fn max_drawdown(equity: &[(i64, f64)]) -> Drawdown {
    let mut worst = Drawdown::default();
    let Some(mut peak) = equity.first().copied() else {
        return worst;
    };
    let mut worst_peak = peak.1;
    for &(ts, value) in equity {
        if value >= peak.1 {
            peak = (ts, value);
        }
        let depth = value / peak.1 - 1.0;
        if depth < worst.depth {
            worst = Drawdown { depth, peak_ts: Some(peak.0), trough_ts: Some(ts), recovered_ts: None };
            worst_peak = peak.1;
        }
    }
    if let Some(trough_ts) = worst.trough_ts {
        let back = equity.iter().find(|(ts, value)| *ts > trough_ts && *value >= worst_peak);
        worst.recovered_ts = back.map(|point| point.0);
    }
    worst
}

/// The running fall from the highest point so far, fractions at most zero, one a point.
pub fn drawdowns(equity: &[(i64, f64)]) -> Vec<(i64, f64)> {
    let mut peak = f64::NEG_INFINITY;
    equity
        .iter()
        .map(|&(ts, value)| {
            peak = peak.max(value);
            (ts, value / peak - 1.0)
        })
        .collect()
}

/// Turnover a year from the bps turned over in `elapsed_secs`, as a fraction of the vault; zero for no time.
pub fn annual_turnover(turnover_bps: u64, elapsed_secs: i64) -> f64 {
    if elapsed_secs <= 0 {
        return 0.0;
    }
    turnover_bps as f64 / 10_000.0 * YEAR_SECS / elapsed_secs as f64
}

fn observed(returns: &[f64]) -> impl Iterator<Item = f64> + '_ {
    returns.iter().copied().filter(|r| !r.is_nan())
}

fn mean_and_deviation(returns: &[f64]) -> Option<(f64, f64)> {
    let count = observed(returns).count();
    if count < 2 {
        return None;
    }
    let mean = observed(returns).sum::<f64>() / count as f64;
    let squares: f64 = observed(returns).map(|r| (r - mean).powi(2)).sum();
    Some((mean, (squares / (count - 1) as f64).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MIXED: [f64; 9] = [f64::NAN, 0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1];

    fn equity_of(returns: &[f64]) -> Vec<(i64, f64)> {
        let mut value = 100.0;
        let growth = returns.iter().zip(1i64..).map(|(r, day)| {
            value *= 1.0 + if r.is_nan() { 0.0 } else { *r };
            (day * 86_400, value)
        });
        std::iter::once((0, 100.0)).chain(growth).collect()
    }

    #[test]
    fn reproduces_the_published_figures() {
        assert!((sharpe(&MIXED, 252.0).unwrap() - 1.723_861_40).abs() < 1e-8);
        assert!((sortino(&MIXED, 252.0).unwrap() - 2.605_531_25).abs() < 1e-8);
        assert!((annual_return(&MIXED, 252.0).unwrap() - 1.913_592_54).abs() < 1e-8);
        assert!((max_drawdown(&equity_of(&MIXED)).depth + 0.1).abs() < 1e-12);
    }

    #[test]
    fn a_drawdown_knows_its_dates() {
        let equity = [(1, 10.0), (2, 12.0), (3, 12.0), (4, 9.0), (5, 11.0), (6, 12.0), (7, 11.5)];
        let expected = Drawdown { depth: -0.25, peak_ts: Some(3), trough_ts: Some(4), recovered_ts: Some(6) };
        assert_eq!(max_drawdown(&equity), expected);
        assert_eq!(max_drawdown(&equity[..5]).recovered_ts, None);
        assert_eq!(max_drawdown(&[(1, 1.0), (2, 2.0)]), Drawdown::default());
        assert_eq!(max_drawdown(&[]), Drawdown::default());
    }

    #[test]
    fn too_little_data_gives_no_figure() {
        assert_eq!(of_equity(&[(0, 1.0)], 3_600), None);
        assert_eq!(of_equity(&[(0, 1.0), (1, 0.0)], 3_600), None);
        let flat = of_equity(&[(0, 1.0), (3_600, 1.0), (7_200, 1.0)], 3_600).unwrap();
        assert_eq!(
            (flat.total_return, flat.volatility, flat.sharpe, flat.sortino),
            (0.0, Some(0.0), None, None)
        );
        assert_eq!(annual_return(&[], 252.0), None);
    }

    #[test]
    fn an_hourly_year_compounds_to_itself() {
        let equity: Vec<(i64, f64)> =
            (0..=8_760i64).map(|hour| (hour * 3_600, 1.05f64.powf(hour as f64 / 8_760.0))).collect();
        let stats = of_equity(&equity, 3_600).unwrap();
        assert!((stats.annual_return.unwrap() - 0.05).abs() < 1e-9);
        assert!((annual_turnover(5_000, 31_536_000 / 4) - 2.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn the_worst_running_fall_is_the_drawdown(values in prop::collection::vec(0.1f64..100.0, 1..60)) {
            let equity: Vec<(i64, f64)> = values.into_iter().zip(0..).map(|(v, ts)| (ts, v)).collect();
            let worst = drawdowns(&equity).iter().map(|point| point.1).fold(0.0, f64::min);
            prop_assert_eq!(worst, max_drawdown(&equity).depth);
        }
    }
}
