//! A statistic over every path: its distribution, standard error and interval.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::stationary::gather;
use super::{BootstrapError, StationaryBootstrap};
use crate::stats::{moments, ratios};

/// What is computed of each path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// Arithmetic mean.
    Mean,
    /// Sum.
    Sum,
    /// Compounded growth of returns: the product of 1 + r, less 1.
    Growth,
    /// Deepest fall of compounded returns, at most zero.
    MaxDrawdown,
    /// Mean over standard deviation (n - 1), per period; undefined on a path without variation.
    Sharpe,
    /// Standard deviation (n - 1) per period.
    Volatility,
}

/// The distribution of a statistic over paths.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Distribution {
    /// The statistic of the data themselves; none where undefined.
    pub observed: Option<f64>,
    /// Paths on which it is defined.
    pub paths: usize,
    /// Paths on which it is not; they are in none of the figures.
    pub undefined: usize,
    /// Mean over paths.
    pub mean: Option<f64>,
    /// Standard deviation over paths (n - 1): the bootstrap standard error.
    pub standard_error: Option<f64>,
    /// Mean less observed; none when paths and data differ in length, as the figures then do not compare.
    pub bias: Option<f64>,
    /// Percentile interval at the confidence asked for.
    pub interval: Option<(f64, f64)>,
    /// (level, value), levels as asked for; linear interpolation.
    pub quantiles: Vec<(f64, Option<f64>)>,
}

impl Statistic {
    /// Whether it takes returns, which are fractions no lower than -1.
    pub fn of_returns(self) -> bool {
        matches!(self, Self::Growth | Self::MaxDrawdown | Self::Sharpe)
    }

    /// Its value; none where undefined.
    pub fn of(self, values: &[f64]) -> Option<f64> {
        match self {
            Self::Mean => moments::mean(values),
            Self::Sum => ratios::finite(values.iter().sum()),
            Self::Growth => ratios::finite(ratios::total_return(values)),
            Self::MaxDrawdown => Some(deepest_fall(values)),
            Self::Sharpe => ratios::sharpe(values, 1.0),
            Self::Volatility => ratios::volatility(values, 1.0),
        }
    }

    /// Checks that `values` are what it takes.
    ///
    /// # Errors
    /// A value that is not finite; for statistics of returns a loss above 100%, or percent.
    pub fn check(self, values: &[f64]) -> Result<(), BootstrapError> {
        if let Some((row, value)) = (1..).zip(values).find(|(_, value)| !value.is_finite()) {
            return Err(BootstrapError::NotFinite { row, value: *value });
        }
        if !self.of_returns() {
            return Ok(());
        }
        let large = values.iter().filter(|value| value.abs() > 1.0).count();
        if 2 * large > values.len() {
            return Err(BootstrapError::Percent { large, rows: values.len() });
        }
        match (1..).zip(values).find(|(_, value)| **value < -1.0) {
            Some((row, value)) => Err(BootstrapError::BelowTotalLoss { row, value: *value }),
            None => Ok(()),
        }
    }
}

/// What to compute over the paths.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The statistic.
    pub statistic: Statistic,
    /// Number of paths.
    pub paths: usize,
    /// Rows in a path.
    pub length: usize,
    /// Levels of the quantiles.
    pub quantiles: Vec<f64>,
    /// Confidence of the interval.
    pub confidence: f64,
}

/// Resamples the rows of a table jointly and computes the statistic of every column: one distribution a column, as the
/// columns stand. Path i of every column uses the same rows.
///
/// # Errors
/// A plan without paths, length, or with levels outside 0..=1; columns of another length than the bootstrap's; values that
/// the statistic does not take.
pub fn distribution(
    columns: &[Vec<f64>],
    bootstrap: &StationaryBootstrap,
    plan: &Plan,
) -> Result<Vec<Distribution>, BootstrapError> {
    for (size, name) in [(plan.paths, "the number of paths"), (plan.length, "the length of a path")] {
        if size == 0 {
            return Err(BootstrapError::Zero(name));
        }
    }
    if let Some(level) = plan.quantiles.iter().find(|level| !(0.0..=1.0).contains(*level)) {
        return Err(BootstrapError::Quantile(*level));
    }
    if !(plan.confidence > 0.0 && plan.confidence < 1.0) {
        return Err(BootstrapError::Confidence(plan.confidence));
    }
    for column in columns {
        if column.len() != bootstrap.observations() {
            let purpose = "the bootstrap, which was made for another number of rows,";
            let (found, needed) = (column.len(), bootstrap.observations());
            return Err(BootstrapError::TooShort { found, needed, purpose });
        }
        plan.statistic.check(column)?;
    }
    let by_path: Vec<Vec<Option<f64>>> = (0..plan.paths as u64)
        .into_par_iter()
        .map_init(
            || (vec![0u32; plan.length], Vec::with_capacity(plan.length)),
            |(indices, values), path| {
                bootstrap.fill(path, indices);
                let mut of = |column: &Vec<f64>| {
                    gather(column, indices, values);
                    plan.statistic.of(values)
                };
                columns.iter().map(&mut of).collect()
            },
        )
        .collect();
    Ok(columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let values: Vec<f64> =
                by_path.iter().filter_map(|path| path.get(index).copied().flatten()).collect();
            summarise(&values, plan.statistic.of(column), plan, column.len())
        })
        .collect())
}

fn summarise(values: &[f64], observed: Option<f64>, plan: &Plan, rows: usize) -> Distribution {
    let ascending = moments::sorted(values);
    let at = |level: f64| moments::quantile_of_sorted(&ascending, level);
    let mean = moments::mean(values);
    let tail = (1.0 - plan.confidence) / 2.0;
    Distribution {
        observed,
        paths: values.len(),
        undefined: plan.paths - values.len(),
        mean,
        standard_error: moments::mean_and_deviation(values).map(|pair| pair.1),
        bias: mean.zip(observed).filter(|_| plan.length == rows).map(|(mean, observed)| mean - observed),
        interval: at(tail).zip(at(1.0 - tail)),
        quantiles: plan.quantiles.iter().map(|level| (*level, at(*level))).collect(),
    }
}

fn deepest_fall(returns: &[f64]) -> f64 {
    let (mut value, mut peak, mut deepest) = (1.0f64, 1.0f64, 0.0f64);
    for change in returns {
        value *= 1.0 + change;
        peak = peak.max(value);
        deepest = deepest.min(value / peak - 1.0);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::drawdown::{equity_by_row, max_drawdown};
    use proptest::prelude::*;

    fn plan(statistic: Statistic) -> Plan {
        Plan { statistic, paths: 4_000, length: 200, quantiles: vec![0.05, 0.5], confidence: 0.95 }
    }

    fn series() -> Vec<f64> {
        (0..200u32).map(|t| f64::from(t * 7_919 % 1_000) / 50_000.0 - 0.009).collect()
    }

    #[test]
    fn the_standard_error_of_a_mean_is_the_textbooks_for_independent_draws() {
        let values = series();
        let bootstrap = StationaryBootstrap::new(200, 1.0, 3).unwrap();
        let found = distribution(std::slice::from_ref(&values), &bootstrap, &plan(Statistic::Mean))
            .unwrap()
            .remove(0);
        let deviation = moments::mean_and_deviation(&values).unwrap().1;
        let expected = deviation * (199.0f64 / 200.0).sqrt() / 200f64.sqrt();
        assert!((found.standard_error.unwrap() / expected - 1.0).abs() < 0.04, "{found:?}");
        assert!(found.bias.unwrap().abs() < 4.0 * expected / 4_000f64.sqrt());
        let (low, high) = found.interval.unwrap();
        assert!((low - (found.observed.unwrap() - 1.96 * expected)).abs() < 0.15 * expected);
        assert!((high - (found.observed.unwrap() + 1.96 * expected)).abs() < 0.15 * expected);
    }

    #[test]
    fn columns_are_resampled_together() {
        let values = series();
        let opposite: Vec<f64> = values.iter().map(|value| -value).collect();
        let bootstrap = StationaryBootstrap::new(200, 5.0, 3).unwrap();
        let found = distribution(&[values, opposite], &bootstrap, &plan(Statistic::Sum)).unwrap();
        assert!((found[0].mean.unwrap() + found[1].mean.unwrap()).abs() < 1e-9);
        assert_eq!(found[0].standard_error, found[1].standard_error);
    }

    #[test]
    fn threads_change_nothing() {
        let bootstrap = StationaryBootstrap::new(200, 5.0, 3).unwrap();
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| distribution(&[series()], &bootstrap, &plan(Statistic::MaxDrawdown)).unwrap())
        };
        assert_eq!(on(1), on(4));
    }

    #[test]
    fn paths_without_variation_have_no_sharpe() {
        let bootstrap = StationaryBootstrap::new(3, 1.0, 3).unwrap();
        let plan = Plan { length: 2, ..plan(Statistic::Sharpe) };
        let found = distribution(&[vec![0.1, 0.1, 0.2]], &bootstrap, &plan).unwrap().remove(0);
        assert!(found.undefined > 1_500 && found.paths + found.undefined == 4_000, "{found:?}");
        assert_eq!(found.bias, None);
    }

    #[test]
    fn nonsense_is_refused() {
        let bootstrap = StationaryBootstrap::new(3, 1.0, 3).unwrap();
        let run =
            |values: &[f64], plan: &Plan| distribution(&[values.to_vec()], &bootstrap, plan).unwrap_err();
        let growth = plan(Statistic::Growth);
        assert!(matches!(run(&[0.1, -1.1, 0.2], &growth), BootstrapError::BelowTotalLoss { row: 2, .. }));
        assert!(matches!(run(&[5.0, 3.0, 0.2], &growth), BootstrapError::Percent { large: 2, rows: 3 }));
        assert!(matches!(run(&[0.1, f64::NAN, 0.2], &growth), BootstrapError::NotFinite { row: 2, .. }));
        assert!(matches!(run(&[0.1, 0.2], &growth), BootstrapError::TooShort { .. }));
        let values = [0.1, 0.2, 0.3];
        assert_eq!(
            run(&values, &Plan { quantiles: vec![1.5], ..growth.clone() }),
            BootstrapError::Quantile(1.5)
        );
        assert_eq!(
            run(&values, &Plan { confidence: 1.0, ..growth.clone() }),
            BootstrapError::Confidence(1.0)
        );
        assert!(matches!(run(&values, &Plan { paths: 0, ..growth }), BootstrapError::Zero(_)));
    }

    proptest! {
        #[test]
        fn the_fall_is_the_drawdown(returns in prop::collection::vec(-1.0f64..1.0, 0..50)) {
            let expected = max_drawdown(&equity_by_row(&returns)).depth;
            prop_assert_eq!(deepest_fall(&returns), expected);
        }
    }
}
