//! Falls from a peak.

use serde::Serialize;

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

/// Value of one unit after each return, the unit itself first; a NaN return changes nothing. Times are row numbers:
/// the start is row 0, the first return row 1.
pub fn equity_by_row(returns: &[f64]) -> Vec<(i64, f64)> {
    let mut value = 1.0;
    let grown = returns.iter().zip(1i64..).map(|(change, row)| {
        if !change.is_nan() {
            value *= 1.0 + change;
        }
        (row, value)
    });
    std::iter::once((0, 1.0)).chain(grown).collect()
}

/// Root mean square of the running fall, a fraction (Martin 1987, who writes it in percent); the start counts as a point
/// without a fall. None for an empty curve.
pub fn ulcer_index(equity: &[(i64, f64)]) -> Option<f64> {
    if equity.is_empty() {
        return None;
    }
    let squares: f64 = drawdowns(equity).iter().map(|point| point.1 * point.1).sum();
    Some((squares / equity.len() as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    fn ulcer_is_the_root_mean_square_fall() {
        let equity = equity_by_row(&[0.0, -0.2, f64::NAN]);
        assert!((ulcer_index(&equity).unwrap() - (0.08f64 / 4.0).sqrt()).abs() < 1e-12);
        assert_eq!(ulcer_index(&[]), None);
    }

    #[test]
    fn after_a_total_loss_nothing_grows() {
        assert_eq!(max_drawdown(&equity_by_row(&[0.5, -1.0, 3.0])).depth, -1.0);
        assert_eq!(max_drawdown(&equity_by_row(&[0.5, -1.0, 3.0])).recovered_ts, None);
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
