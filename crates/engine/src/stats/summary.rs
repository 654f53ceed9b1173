//! Every statistic of one series of returns at once.

use serde::Serialize;

use super::deflated::SharpeEvidence;
use super::drawdown::{equity_by_row, max_drawdown, ulcer_index};
use super::error::{StatsError, check};
use super::moments::{self, observed};
use super::{ratios, tail};

/// A return of a period above this is an error of the data.
const LARGEST_RETURN: f64 = 1e6;

/// How to read a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings<'a> {
    /// Periods in a year.
    pub per_year: f64,
    /// Risk-free rate: one a period, or one for all. It comes off before Sharpe, Sortino, downside risk and Omega.
    pub risk_free: RiskFree<'a>,
    /// Confidence of VaR, CVaR and the minimum track record length.
    pub alpha: f64,
    /// Sharpe ratio per period that the true one is held against.
    pub reference_sharpe: f64,
}

/// The risk-free rate per period, fractions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RiskFree<'a> {
    /// The same in every period.
    Constant(f64),
    /// One a period; NaN is not observed.
    Series(&'a [f64]),
}

/// All figures. One that needs more data than there is, or divides by nothing, is none. Returns are fractions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeriesStats {
    /// Periods, observed or not.
    pub rows: usize,
    /// Periods with a return.
    pub observations: usize,
    /// Growth over the whole time.
    pub total_return: f64,
    /// Compounded growth a year; a period that was not observed is time that passed.
    pub annual_return: Option<f64>,
    /// Mean return per period.
    pub mean_return: f64,
    /// Standard deviation (n - 1), annualised.
    pub volatility: Option<f64>,
    /// Mean excess return over its standard deviation, annualised.
    pub sharpe: Option<f64>,
    /// The same per period.
    pub sharpe_per_period: Option<f64>,
    /// Mean excess return over downside risk, annualised.
    pub sortino: Option<f64>,
    /// Annual return over the deepest fall.
    pub calmar: Option<f64>,
    /// Gains over losses.
    pub omega: Option<f64>,
    /// Root mean square shortfall, annualised.
    pub downside_risk: Option<f64>,
    /// The deepest fall, at most zero.
    pub max_drawdown: f64,
    /// Where it was.
    pub drawdown: DrawdownRows,
    /// Root mean square fall.
    pub ulcer_index: Option<f64>,
    /// Confidence of the next two.
    pub alpha: f64,
    /// Loss not exceeded with probability alpha, per period; losses are positive.
    pub var: f64,
    /// Mean loss of the worst 1 - alpha, per period.
    pub cvar: f64,
    /// Third standardised moment, divisor n.
    pub skewness: Option<f64>,
    /// Fourth standardised moment, divisor n, not excess: a normal has 3.
    pub kurtosis: Option<f64>,
    /// 95th percentile over 5th, sizes.
    pub tail_ratio: Option<f64>,
    /// Share of observed returns above zero.
    pub hit_rate: Option<f64>,
    /// Largest return.
    pub best: f64,
    /// Smallest return.
    pub worst: f64,
    /// Probability that the true Sharpe ratio is above the reference.
    pub probabilistic_sharpe: Option<f64>,
    /// Observations needed for that at confidence alpha.
    pub minimum_track_record_length: Option<f64>,
}

/// The deepest fall by rows: 0 is the start, before the first return.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DrawdownRows {
    /// Row of the peak.
    pub peak_row: Option<usize>,
    /// Row of the lowest point.
    pub trough_row: Option<usize>,
    /// First row back at the peak; none if that did not happen.
    pub recovered_row: Option<usize>,
    /// Periods from peak to recovery, or to the end of the series.
    pub duration: Option<usize>,
}

/// Checks that a series can be a series of returns: at least two rows with a return, finite, no loss above 100%, not in
/// percent (most of them beyond 1 in size).
///
/// # Errors
/// What is wrong, and in which row.
pub fn check_returns(returns: &[f64]) -> Result<(), StatsError> {
    let count = observed(returns).count();
    if count < 2 {
        return Err(StatsError::TooShort { found: count, rows: returns.len(), needed: 2 });
    }
    if let Some((value, row)) = returns.iter().zip(1..).find(|(value, _)| value.is_infinite()) {
        return Err(StatsError::NotFinite { row, value: *value });
    }
    let large = observed(returns).filter(|r| r.abs() > 1.0).count();
    if 2 * large > count {
        // Returns of some length fall at times, and do not all stay near one level.
        if count > 2 && observed(returns).all(|r| r > 0.0) && !wanders(returns) {
            return Err(StatsError::Prices { observed: count });
        }
        return Err(StatsError::Percent { large, observed: count });
    }
    if let Some((value, row)) = returns.iter().zip(1..).find(|(value, _)| **value > LARGEST_RETURN) {
        return Err(StatsError::Implausible { row, value: *value, limit: LARGEST_RETURN });
    }
    match returns.iter().zip(1..).find(|(value, _)| **value < -1.0) {
        Some((value, row)) => Err(StatsError::BelowTotalLoss { row, value: *value }),
        None => Ok(()),
    }
}

/// Whether neighbours differ by more than prices of one asset do, at the median: by a fifth of their size.
fn wanders(values: &[f64]) -> bool {
    let steps: Vec<f64> = observed(values)
        .zip(observed(values).skip(1))
        .map(|(before, after)| (after / before).ln().abs())
        .collect();
    let median = moments::quantile_of_sorted(&moments::sorted(&steps), 0.5);
    median.is_none_or(|median| median > 0.2)
}

/// All statistics of `returns` per period; NaN is a period that was not observed.
///
/// # Errors
/// See [`check_returns`]; a setting out of range; a risk-free series of another length.
pub fn of_returns(returns: &[f64], settings: &Settings<'_>) -> Result<SeriesStats, StatsError> {
    check_returns(returns)?;
    let per_year = settings.per_year;
    check("the reference Sharpe ratio", settings.reference_sharpe, "a finite number", |_| true)?;
    check("periods per year", per_year, "above 0", |periods| periods > 0.0)?;
    let excess = excess(returns, settings.risk_free)?;
    let tail = tail::historical(returns, settings.alpha)?;
    let moments = moments::skewness_and_kurtosis(returns);
    let observations = observed(&excess).count();
    let sharpe_per_period = ratios::sharpe(&excess, 1.0);
    let evidence = evidence(&excess)?;
    let equity = equity_by_row(returns);
    Ok(SeriesStats {
        rows: returns.len(),
        observations,
        total_return: ratios::total_return(returns),
        annual_return: ratios::annual_return(returns, per_year),
        mean_return: moments::mean(returns).unwrap_or_default(),
        volatility: ratios::volatility(returns, per_year),
        sharpe: ratios::sharpe(&excess, per_year),
        sharpe_per_period,
        sortino: ratios::sortino(&excess, per_year),
        calmar: ratios::calmar(returns, per_year),
        omega: ratios::omega(&excess),
        downside_risk: ratios::downside_risk(&excess, per_year),
        max_drawdown: max_drawdown(&equity).depth,
        drawdown: drawdown_rows(&equity),
        ulcer_index: ulcer_index(&equity),
        alpha: settings.alpha,
        var: tail.var,
        cvar: tail.cvar,
        skewness: moments.map(|m| m.0),
        kurtosis: moments.map(|m| m.1),
        tail_ratio: ratios::tail_ratio(returns),
        hit_rate: ratios::hit_rate(returns),
        best: observed(returns).fold(f64::NEG_INFINITY, f64::max),
        worst: observed(returns).fold(f64::INFINITY, f64::min),
        probabilistic_sharpe: evidence
            .map(|evidence| evidence.probabilistic_sharpe(settings.reference_sharpe)),
        minimum_track_record_length: match evidence {
            Some(evidence) => evidence.minimum_track_record(settings.reference_sharpe, settings.alpha)?,
            None => None,
        },
    })
}

/// What a series of (excess) returns proves about its Sharpe ratio; none without variation.
///
/// # Errors
/// Fewer than two observed.
pub fn evidence(excess: &[f64]) -> Result<Option<SharpeEvidence>, StatsError> {
    let figures = ratios::sharpe(excess, 1.0).zip(moments::skewness_and_kurtosis(excess));
    let Some((sharpe, (skewness, kurtosis))) = figures else {
        return Ok(None);
    };
    SharpeEvidence::new(sharpe, observed(excess).count() as f64, skewness, kurtosis).map(Some)
}

/// Returns less the risk-free rate.
///
/// # Errors
/// Lengths differ; a rate that is not finite or above 100% a period.
pub fn excess(returns: &[f64], risk_free: RiskFree<'_>) -> Result<Vec<f64>, StatsError> {
    let sound =
        |rate: f64| check("the risk-free rate", rate, "a fraction within -1 and 1", |r| r.abs() <= 1.0);
    match risk_free {
        RiskFree::Constant(rate) => {
            sound(rate)?;
            Ok(returns.iter().map(|r| r - rate).collect())
        }
        RiskFree::Series(rates) if rates.len() != returns.len() => Err(StatsError::LengthMismatch {
            what: "the risk-free series",
            found: rates.len(),
            rows: returns.len(),
        }),
        RiskFree::Series(rates) => {
            observed(rates).try_for_each(sound)?;
            let excess: Vec<f64> = returns.iter().zip(rates).map(|(r, rate)| r - rate).collect();
            match observed(&excess).count() {
                found @ (0 | 1) => Err(StatsError::TooShort { found, rows: returns.len(), needed: 2 }),
                _ => Ok(excess),
            }
        }
    }
}

fn drawdown_rows(equity: &[(i64, f64)]) -> DrawdownRows {
    let row = |at: Option<i64>| at.and_then(|at| usize::try_from(at).ok());
    let fall = max_drawdown(equity);
    let (peak_row, recovered_row) = (row(fall.peak_ts), row(fall.recovered_ts));
    let end = equity.len().saturating_sub(1);
    let duration = peak_row.map(|peak| recovered_row.unwrap_or(end).saturating_sub(peak));
    DrawdownRows { peak_row, trough_row: row(fall.trough_ts), recovered_row, duration }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAILY: Settings<'_> =
        Settings { per_year: 252.0, risk_free: RiskFree::Constant(0.0), alpha: 0.95, reference_sharpe: 0.0 };

    #[test]
    fn the_figures_agree_with_their_functions() {
        let returns = [f64::NAN, 0.01, 0.10, -0.04, 0.02, 0.03, 0.02, 0.01, -0.10];
        let stats = of_returns(&returns, &DAILY).unwrap();
        assert_eq!((stats.rows, stats.observations), (9, 8));
        assert!((stats.sharpe.unwrap() - 1.723_861_40).abs() < 1e-8);
        assert!((stats.sharpe_per_period.unwrap() * 252f64.sqrt() - 1.723_861_40).abs() < 1e-8);
        assert!((stats.max_drawdown + 0.1).abs() < 1e-12);
        let rows =
            DrawdownRows { peak_row: Some(8), trough_row: Some(9), recovered_row: None, duration: Some(1) };
        assert_eq!(stats.drawdown, rows);
        assert_eq!((stats.best, stats.worst, stats.var), (0.10, -0.10, 0.10));
        let risk_free = [0.01; 9];
        let series = Settings { risk_free: RiskFree::Series(&risk_free), ..DAILY };
        let constant = Settings { risk_free: RiskFree::Constant(0.01), ..DAILY };
        assert_eq!(
            of_returns(&returns, &series).unwrap().sharpe,
            of_returns(&returns, &constant).unwrap().sharpe
        );
    }

    #[test]
    fn a_constant_series_has_what_it_can_have() {
        let stats = of_returns(&[0.01; 12], &DAILY).unwrap();
        assert_eq!(
            (stats.volatility, stats.sharpe, stats.sortino, stats.calmar),
            (Some(0.0), None, None, None)
        );
        assert_eq!((stats.skewness, stats.probabilistic_sharpe, stats.max_drawdown), (None, None, 0.0));
        assert_eq!(stats.drawdown, DrawdownRows::default());
    }

    #[test]
    fn what_cannot_be_returns_is_refused() {
        let refused = |returns: &[f64]| of_returns(returns, &DAILY).unwrap_err().to_string();
        assert!(refused(&[]).contains("0 observed"));
        assert!(refused(&[0.1]).contains("at least 2"));
        assert!(refused(&[f64::NAN; 5]).contains("0 observed return(s) in 5 row(s)"));
        assert!(refused(&[0.1, f64::INFINITY]).contains("row 2"));
        assert!(refused(&[0.1, 0.2, -1.2]).contains("row 3"));
        assert!(refused(&[1.5, -2.5, 0.9]).contains("percent"));
        assert!(refused(&[1.5, 12.5, 4.0, 1.1]).contains("percent"));
        assert!(refused(&[101.5, 102.5, 99.0, 100.0]).contains("read like prices"));
        assert!(refused(&[1.01, 1.02, 1.015, 0.99, 1.03]).contains("read like prices"));
        let with = |settings: Settings<'_>| of_returns(&[0.1, 0.2], &settings).unwrap_err().to_string();
        assert!(with(Settings { per_year: 0.0, ..DAILY }).contains("periods per year"));
        assert!(with(Settings { alpha: 1.0, ..DAILY }).contains("alpha"));
        assert!(with(Settings { risk_free: RiskFree::Constant(4.0), ..DAILY }).contains("risk-free"));
        assert!(with(Settings { risk_free: RiskFree::Series(&[0.0]), ..DAILY }).contains("1 rows"));
    }
}
