//! What a series of returns says: growth, risk, drawdown, and how much of it to believe.
//!
//! | Module | Job |
//! |---|---|
//! | [`moments`] | mean, deviation, skewness, kurtosis, quantiles |
//! | [`ratios`] | return, volatility, Sharpe, Sortino, Calmar, Omega and the like |
//! | [`drawdown`] | the deepest fall and its dates, the running fall, ulcer index |
//! | [`tail`] | historical VaR and CVaR |
//! | [`benchmark`] | alpha, beta, information ratio, capture |
//! | [`summary`] | all of these for one series |
//! | [`deflated`] | probabilistic and deflated Sharpe ratio, minimum track record length |
//! | [`overfitting`] | probability of back-test overfitting by CSCV |
//! | [`normal`] | the standard normal distribution |
//! | [`long_run`] | autocovariances and the long-run variance |
//!
//! Conventions (those of the empyrical library, whose published figures the tests reproduce): a NaN return is
//! time that passed without an observation: it counts as time but not as a return; deviations use n - 1;
//! the risk-free rate is zero unless given; figures are annualised by the number of periods a year.

pub mod benchmark;
pub mod deflated;
pub mod drawdown;
mod error;
pub mod long_run;
pub mod moments;
pub mod normal;
pub mod overfitting;
pub mod ratios;
pub mod summary;
pub mod tail;

use serde::Serialize;

pub use drawdown::{Drawdown, drawdowns, max_drawdown};
pub use error::StatsError;
pub use ratios::{annual_return, sharpe, sortino, volatility};

use crate::YEAR_SECS;

/// Summary of a replay's equity curve. A figure that needs more data than there is is none.
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

/// Turnover a year from the bps turned over in `elapsed_secs`, as a fraction of the vault; zero for no time.
pub fn annual_turnover(turnover_bps: u64, elapsed_secs: i64) -> f64 {
    if elapsed_secs <= 0 {
        return 0.0;
    }
    turnover_bps as f64 / 10_000.0 * YEAR_SECS / elapsed_secs as f64
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
