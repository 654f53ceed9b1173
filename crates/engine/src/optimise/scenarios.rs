//! Scenarios by column, and the tail of a portfolio over them.

mod tail;

use super::OptimiseError;
use super::covariance::{Covariance, weighted_mean};

pub use tail::{Border, Split, Tail, TailFinder};

/// Rows worked on at a time: their losses stay in the nearest cache.
const BLOCK: usize = 1_024;

/// Returns of `n` assets in `S` scenarios, fractions a period, stored column by column.
#[derive(Clone, Debug)]
pub struct Scenarios {
    count: usize,
    columns: Vec<Vec<f64>>,
    probabilities: Option<Vec<f64>>,
    means: Vec<f64>,
    largest: f64,
}

impl Scenarios {
    /// From rows = scenarios, columns = assets. Probabilities must be non-negative and sum to one within 1e-6.
    pub fn from_rows(rows: &[Vec<f64>], probabilities: Option<&[f64]>) -> Result<Self, OptimiseError> {
        let wrong = |problem: String| Err(OptimiseError::Input(problem));
        let width = rows.first().map_or(0, Vec::len);
        if rows.len() < 2 || width == 0 {
            return wrong(format!(
                "scenarios: {} rows of {width} columns; two rows and one column are the least",
                rows.len()
            ));
        }
        let mut columns = vec![Vec::new(); width];
        for (index, row) in rows.iter().enumerate() {
            if row.len() != width {
                return wrong(format!(
                    "scenarios: row {} has {} columns, row 1 has {width}",
                    index + 1,
                    row.len()
                ));
            }
            for (asset, (column, value)) in columns.iter_mut().zip(row).enumerate() {
                if !value.is_finite() {
                    return wrong(format!("scenarios: row {}, column {} is {value}", index + 1, asset + 1));
                }
                if *value < -1.0 {
                    return wrong(format!(
                        "scenarios: row {}, column {}: a return of {value} loses more than everything; returns are fractions, 0.01 is 1%",
                        index + 1,
                        asset + 1
                    ));
                }
                column.push(*value);
            }
        }
        let (values, large) = columns
            .iter()
            .flatten()
            .fold((0, 0), |(values, large), value| (values + 1, large + usize::from(value.abs() > 1.0)));
        if 2 * large > values {
            return wrong(format!(
                "scenarios: {large} of {values} returns are beyond 1 (100%): these read like percent; returns are fractions, 0.01 is 1%"
            ));
        }
        let probabilities = probabilities.map(|given| normalised(given, rows.len())).transpose()?;
        Ok(Self::with_means(columns, probabilities))
    }

    /// From columns of one length, equally likely; for callers that made them. The same checks as [`Self::from_rows`]
    /// but for size.
    pub fn from_columns(columns: Vec<Vec<f64>>) -> Result<Self, OptimiseError> {
        let count = columns.first().map_or(0, Vec::len);
        if count < 2 {
            return Err(OptimiseError::input("scenarios: two rows and one column are the least"));
        }
        for (asset, column) in columns.iter().enumerate() {
            if column.len() != count || !column.iter().all(|value| value.is_finite()) {
                return Err(OptimiseError::Input(format!(
                    "scenarios: column {} is short or not finite",
                    asset + 1
                )));
            }
        }
        Ok(Self::with_means(columns, None))
    }

    fn with_means(columns: Vec<Vec<f64>>, probabilities: Option<Vec<f64>>) -> Self {
        let count = columns.first().map_or(0, Vec::len);
        let means = columns.iter().map(|column| weighted_mean(column, probabilities.as_deref())).collect();
        let largest = columns.iter().flatten().fold(0.0_f64, |most, value| most.max(value.abs()));
        Self { count, columns, probabilities, means, largest }
    }

    /// Number of scenarios.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Number of assets.
    pub fn assets(&self) -> usize {
        self.columns.len()
    }

    /// One asset's returns.
    pub fn column(&self, asset: usize) -> &[f64] {
        self.columns.get(asset).map_or(&[], Vec::as_slice)
    }

    /// Probability of each scenario; none when all are alike.
    pub fn probabilities(&self) -> Option<&[f64]> {
        self.probabilities.as_deref()
    }

    /// Probability of one scenario.
    pub fn probability(&self, row: usize) -> f64 {
        match &self.probabilities {
            None => 1.0 / self.count as f64,
            Some(probabilities) => probabilities.get(row).copied().unwrap_or(0.0),
        }
    }

    /// Largest return of any asset in any scenario, without its sign.
    pub fn largest(&self) -> f64 {
        self.largest
    }

    /// Mean return of each asset.
    pub fn means(&self) -> Vec<f64> {
        self.means.clone()
    }

    /// Covariance of the assets: divisor n - 1 when all scenarios are alike, probability-weighted otherwise.
    pub fn covariance(&self) -> Covariance {
        let columns: Vec<&[f64]> = self.columns.iter().map(Vec::as_slice).collect();
        Covariance::of_columns(&columns, self.probabilities())
    }

    /// Variance of a portfolio, as [`Self::covariance`] has it but in one pass.
    pub fn variance(&self, weights: &[f64]) -> f64 {
        let losses = self.losses(weights);
        Covariance::of_columns(&[&losses], self.probabilities()).at(0, 0)
    }

    /// Loss of `weights` in every scenario.
    pub fn losses(&self, weights: &[f64]) -> Vec<f64> {
        let mut losses = vec![0.0; self.count];
        self.losses_into(weights, &mut losses);
        losses
    }

    fn losses_into(&self, weights: &[f64], losses: &mut [f64]) {
        let held: Vec<(&[f64], f64)> = self
            .columns
            .iter()
            .map(Vec::as_slice)
            .zip(weights.iter().copied())
            .filter(|(_, w)| *w != 0.0)
            .collect();
        for (block, losses) in losses.chunks_mut(BLOCK).enumerate() {
            losses.fill(0.0);
            let first = block * BLOCK;
            for (column, weight) in &held {
                let column = column.get(first..first + losses.len()).unwrap_or(&[]);
                for (loss, value) in losses.iter_mut().zip(column) {
                    *loss -= weight * value;
                }
            }
        }
    }
}

fn normalised(given: &[f64], count: usize) -> Result<Vec<f64>, OptimiseError> {
    if given.len() != count {
        return Err(OptimiseError::Input(format!("probabilities: {} for {count} scenarios", given.len())));
    }
    if let Some((row, value)) =
        given.iter().enumerate().find(|(_, value)| !(value.is_finite() && **value >= 0.0))
    {
        return Err(OptimiseError::Input(format!("probabilities: entry {} is {value}", row + 1)));
    }
    let sum: f64 = given.iter().sum();
    if (sum - 1.0).abs() > 1e-6 {
        return Err(OptimiseError::Input(format!("probabilities: they sum to {sum}, not to one")));
    }
    Ok(given.iter().map(|value| value / sum).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_scenarios_are_named() {
        let good = vec![vec![0.1, 0.2], vec![0.0, 0.1]];
        for (rows, probabilities, expected) in [
            (vec![], None, "0 rows"),
            (vec![vec![0.1]], None, "1 rows"),
            (vec![vec![0.1, 0.2], vec![0.1]], None, "row 2 has 1 columns, row 1 has 2"),
            (vec![vec![0.1], vec![f64::INFINITY]], None, "row 2, column 1 is inf"),
            (vec![vec![0.1], vec![-3.0]], None, "row 2, column 1: a return of -3"),
            (good.clone(), Some(vec![0.5, 0.4]), "sum to 0.9"),
            (good.clone(), Some(vec![1.5, -0.5]), "entry 2 is -0.5"),
            (good.clone(), Some(vec![1.0]), "1 for 2 scenarios"),
        ] {
            let found = Scenarios::from_rows(&rows, probabilities.as_deref()).unwrap_err().to_string();
            assert!(found.contains(expected), "{found:?} lacks {expected:?}");
        }
    }
}
