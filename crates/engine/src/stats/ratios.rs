//! Growth, spread and the ratios between them. A figure that needs more data than there is is none.

use super::drawdown::{equity_by_row, max_drawdown};
use super::moments::{self, mean_and_deviation, observed};

/// Growth over the whole time, fraction.
pub fn total_return(returns: &[f64]) -> f64 {
    observed(returns).map(|r| 1.0 + r).product::<f64>() - 1.0
}

/// Compounded growth a year; none without returns.
pub fn annual_return(returns: &[f64], per_year: f64) -> Option<f64> {
    if returns.is_empty() {
        return None;
    }
    let growth: f64 = observed(returns).map(|r| 1.0 + r).product();
    finite(growth.powf(per_year / returns.len() as f64) - 1.0)
}

/// Annualised standard deviation; none with fewer than two returns.
pub fn volatility(returns: &[f64], per_year: f64) -> Option<f64> {
    Some(mean_and_deviation(returns)?.1 * per_year.sqrt())
}

/// Annualised mean over standard deviation; none with fewer than two returns or no variation.
pub fn sharpe(returns: &[f64], per_year: f64) -> Option<f64> {
    let (mean, deviation) = mean_and_deviation(returns)?;
    if deviation > 0.0 { finite(mean / deviation * per_year.sqrt()) } else { None }
}

/// Annualised root mean square of what fell short of zero, over all observed returns; none with fewer than two.
pub fn downside_risk(returns: &[f64], per_year: f64) -> Option<f64> {
    let count = observed(returns).count();
    if count < 2 {
        return None;
    }
    let squares: f64 = observed(returns).map(|r| r.min(0.0).powi(2)).sum();
    Some((squares / count as f64).sqrt() * per_year.sqrt())
}

/// Annualised mean over downside risk; none without a loss.
pub fn sortino(returns: &[f64], per_year: f64) -> Option<f64> {
    let risk = downside_risk(returns, per_year)?;
    let mean = moments::mean(returns)?;
    if risk > 0.0 { finite(mean * per_year / risk) } else { None }
}

/// Annual return over the size of the deepest fall (Young 1991, over the whole series); none without a fall.
pub fn calmar(returns: &[f64], per_year: f64) -> Option<f64> {
    let depth = max_drawdown(&equity_by_row(returns)).depth;
    if depth < 0.0 { finite(annual_return(returns, per_year)? / -depth) } else { None }
}

/// Gains over losses, both summed from zero (Keating and Shadwick 2002); none without a loss.
pub fn omega(returns: &[f64]) -> Option<f64> {
    let gains: f64 = observed(returns).map(|r| r.max(0.0)).sum();
    let losses: f64 = observed(returns).map(|r| -r.min(0.0)).sum();
    if losses > 0.0 { finite(gains / losses) } else { None }
}

/// Size of the 95th percentile over the size of the 5th; none where that is zero.
pub fn tail_ratio(returns: &[f64]) -> Option<f64> {
    let ascending = moments::sorted(returns);
    let high = moments::quantile_of_sorted(&ascending, 0.95)?.abs();
    let low = moments::quantile_of_sorted(&ascending, 0.05)?.abs();
    if low > 0.0 { finite(high / low) } else { None }
}

/// Share of observed returns above zero.
pub fn hit_rate(returns: &[f64]) -> Option<f64> {
    let count = observed(returns).count();
    (count > 0).then(|| observed(returns).filter(|r| *r > 0.0).count() as f64 / count as f64)
}

/// Nothing where a number overflowed.
pub(crate) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The series of empyrical's published tests, in percent.
    const MIXED: [f64; 9] = [f64::NAN, 1.0, 10.0, -4.0, 2.0, 3.0, 2.0, 1.0, -10.0];
    const NEGATIVE: [f64; 9] = [0.0, -6.0, -7.0, -1.0, -9.0, -2.0, -6.0, -8.0, -5.0];
    const POSITIVE: [f64; 9] = [1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];

    fn of(percent: &[f64]) -> Vec<f64> {
        percent.iter().map(|r| r / 100.0).collect()
    }

    fn close(found: Option<f64>, expected: f64) {
        assert!((found.unwrap() - expected).abs() < 1e-8, "{found:?} is not {expected}");
    }

    #[test]
    fn reproduces_the_published_figures() {
        let mixed = of(&MIXED);
        close(sharpe(&mixed, 252.0), 1.723_861_40);
        close(sortino(&mixed, 252.0), 2.605_531_25);
        close(annual_return(&mixed, 252.0), 1.913_592_54);
        close(calmar(&mixed, 252.0), 19.135_925_373_194_59);
        close(volatility(&mixed, 252.0), 0.913_646_539_970_463_7);
        close(downside_risk(&mixed, 252.0), 0.604_483_250_388_296_5);
        close(omega(&mixed), 1.357_142_857_142_857);
        close(tail_ratio(&mixed), 0.955_696_202_531_645_2);
        assert!((max_drawdown(&equity_by_row(&mixed)).depth + 0.1).abs() < 1e-12);

        let negative = of(&NEGATIVE);
        close(annual_return(&negative, 252.0), -0.999_997_114_128_242_7);
        assert!((max_drawdown(&equity_by_row(&negative)).depth + 0.365_907_303_498_736).abs() < 1e-8);
        close(annual_return(&of(&POSITIVE), 252.0), 15.173_072_621_219_674);
        assert_eq!((sortino(&of(&POSITIVE), 252.0), omega(&of(&POSITIVE))), (None, None));
    }

    #[test]
    fn omega_weighs_gains_against_losses() {
        close(omega(&[0.03, f64::NAN, -0.01, -0.01]), 1.5);
        assert_eq!(hit_rate(&[0.1, 0.0, f64::NAN, -0.1, 0.2]), Some(0.5));
        assert_eq!(hit_rate(&[f64::NAN]), None);
    }

    #[test]
    fn a_constant_series_has_no_sharpe_and_a_lost_one_ends_at_minus_one() {
        assert_eq!((sharpe(&[0.1; 7], 252.0), volatility(&[0.1; 7], 252.0)), (None, Some(0.0)));
        let lost = [0.1, -1.0, 0.2];
        assert_eq!((total_return(&lost), annual_return(&lost, 252.0)), (-1.0, Some(-1.0)));
        assert_eq!(calmar(&lost, 252.0), Some(-1.0));
        assert_eq!(annual_return(&[1e10; 3], 252.0), None);
    }
}
