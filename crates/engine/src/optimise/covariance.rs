//! The covariance matrix: checked on the way in, sample or probability-weighted.

use nalgebra::{DMatrix, SymmetricEigen};

use super::OptimiseError;
use super::simplex::dot;

/// Largest difference between mirrored entries, relative to their size, that passes for symmetric.
const SYMMETRY: f64 = 1e-8;
/// The same relative to the two deviations: a covariance near zero is made of rounding alone.
const ROUNDING: f64 = 1e-12;
/// Most negative eigenvalue, relative to the largest, that passes for rounding.
const DEFINITE: f64 = 1e-8;

/// A covariance matrix: symmetric, positive semi-definite, finite, square.
#[derive(Clone, Debug, PartialEq)]
pub struct Covariance {
    size: usize,
    /// Row by row.
    values: Vec<f64>,
}

impl Covariance {
    /// From all rows (each `n` long), the upper triangle (rows `n`, `n - 1`, .. 1 long) or the lower one (1, 2, .. `n`),
    /// units return squared. Refuses anything that no returns could have; the message names the entry, counted from one.
    pub fn from_rows(rows: &[Vec<f64>]) -> Result<Self, OptimiseError> {
        let size = rows.len();
        let wrong = |problem: String| Err(OptimiseError::Input(format!("covariance: {problem}")));
        if size == 0 {
            return wrong("it is empty".into());
        }
        let full = rows.iter().all(|row| row.len() == size);
        let upper = rows.iter().enumerate().all(|(row, values)| values.len() == size - row);
        let lower = rows.iter().enumerate().all(|(row, values)| values.len() == row + 1);
        if !(full || upper || lower) {
            let lengths: Vec<String> = rows.iter().map(|row| row.len().to_string()).collect();
            return wrong(format!(
                "{size} rows of lengths {}: neither a full matrix nor the rows of its upper or lower triangle",
                lengths.join(", ")
            ));
        }
        let mut values = vec![0.0; size * size];
        for (row, entries) in rows.iter().enumerate() {
            let first = if upper && !full { row } else { 0 };
            for (column, value) in (first..).zip(entries) {
                if !value.is_finite() {
                    return wrong(format!("row {}, column {} is {value}", row + 1, column + 1));
                }
                for place in
                    if full { [row * size + column; 2] } else { [row * size + column, column * size + row] }
                {
                    if let Some(slot) = values.get_mut(place) {
                        *slot = *value;
                    }
                }
            }
        }
        Self::checked(Self { size, values })
    }

    /// Sample covariance (divisor n - 1) of columns of one length of at least two; weighted by probabilities
    /// (divisor one) when there are any.
    pub fn of_columns(columns: &[&[f64]], probabilities: Option<&[f64]>) -> Self {
        let size = columns.len();
        let mut centred: Vec<Vec<f64>> = Vec::with_capacity(size);
        for column in columns {
            let mean = weighted_mean(column, probabilities);
            centred.push(column.iter().map(|value| value - mean).collect());
        }
        let divisor = columns.first().map_or(1.0, |column| (column.len().max(2) - 1) as f64);
        let mut values = vec![0.0; size * size];
        for (row, left) in centred.iter().enumerate() {
            let weighted: Option<Vec<f64>> =
                probabilities.map(|p| left.iter().zip(p).map(|(value, p)| value * p).collect());
            for (column, right) in centred.iter().enumerate().skip(row) {
                let value = match &weighted {
                    Some(weighted) => dot(weighted, right),
                    None => fast_dot(left, right) / divisor,
                };
                for place in [row * size + column, column * size + row] {
                    if let Some(slot) = values.get_mut(place) {
                        *slot = value;
                    }
                }
            }
        }
        Self { size, values }
    }

    /// For sums of covariances, which need no check.
    pub(crate) fn from_trusted(size: usize, values: Vec<f64>) -> Self {
        Self { size, values }
    }

    fn checked(mut self) -> Result<Self, OptimiseError> {
        let wrong = |problem: String| Err(OptimiseError::Input(format!("covariance: {problem}")));
        for row in 0..self.size {
            if self.at(row, row) < 0.0 {
                return wrong(format!(
                    "row {}, column {}: the variance {} is negative",
                    row + 1,
                    row + 1,
                    self.at(row, row)
                ));
            }
            for column in 0..row {
                let (a, b) = (self.at(row, column), self.at(column, row));
                let scale = self.at(row, row).max(0.0).sqrt() * self.at(column, column).max(0.0).sqrt();
                if (a - b).abs() > (SYMMETRY * a.abs().max(b.abs())).max(ROUNDING * scale) {
                    return wrong(format!(
                        "not symmetric: row {}, column {} is {a} but row {}, column {} is {b}",
                        row + 1,
                        column + 1,
                        column + 1,
                        row + 1
                    ));
                }
                if let Some(slot) = self.values.get_mut(row * self.size + column) {
                    *slot = b;
                }
            }
        }
        let eigenvalues = self.eigen().eigenvalues;
        let largest = eigenvalues.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let least = eigenvalues.iter().copied().fold(f64::INFINITY, f64::min);
        if least < -DEFINITE * largest {
            return wrong(format!("not positive semi-definite: its least eigenvalue is {least:.6e}"));
        }
        Ok(self)
    }

    /// Number of assets.
    pub fn size(&self) -> usize {
        self.size
    }

    /// One entry; zero outside.
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.values.get(row * self.size + column).copied().unwrap_or(0.0)
    }

    /// One row.
    pub fn row(&self, row: usize) -> &[f64] {
        self.values.get(row * self.size..(row + 1) * self.size).unwrap_or(&[])
    }

    /// All rows, for output.
    pub fn rows(&self) -> Vec<Vec<f64>> {
        self.values.chunks(self.size.max(1)).map(<[f64]>::to_vec).collect()
    }

    /// Covariance times weights.
    pub fn times(&self, weights: &[f64]) -> Vec<f64> {
        self.values.chunks(self.size.max(1)).map(|row| dot(row, weights)).collect()
    }

    /// Variance of a portfolio.
    pub fn variance(&self, weights: &[f64]) -> f64 {
        dot(weights, &self.times(weights)).max(0.0)
    }

    /// Standard deviations.
    pub fn deviations(&self) -> Vec<f64> {
        (0..self.size).map(|asset| self.at(asset, asset).max(0.0).sqrt()).collect()
    }

    /// Rows of a matrix F with F'F equal to the covariance: sqrt(eigenvalue) times eigenvector. Rows of zero are
    /// left out, so that a singular matrix has fewer rows than assets.
    pub fn root(&self) -> Vec<Vec<f64>> {
        let eigen = self.eigen();
        let largest = eigen.eigenvalues.iter().fold(0.0_f64, |most, value| most.max(*value));
        let pairs = eigen.eigenvalues.iter().zip(eigen.eigenvectors.column_iter());
        pairs
            .filter(|(value, _)| **value > 1e-15 * largest)
            .map(|(value, vector)| vector.iter().map(|entry| entry * value.sqrt()).collect())
            .collect()
    }

    fn eigen(&self) -> SymmetricEigen<f64, nalgebra::Dyn> {
        SymmetricEigen::new(DMatrix::from_row_slice(self.size, self.size, &self.values))
    }
}

/// Mean of a column, by probabilities when there are any.
pub(crate) fn weighted_mean(column: &[f64], probabilities: Option<&[f64]>) -> f64 {
    match probabilities {
        Some(probabilities) => dot(column, probabilities),
        None => column.iter().sum::<f64>() / column.len().max(1) as f64,
    }
}

/// Eight partial sums, so that the processor adds in parallel. The order is fixed: the result is the same everywhere.
pub(crate) fn fast_dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a_blocks, b_blocks) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest = dot(a_blocks.remainder(), b_blocks.remainder());
    for (a, b) in a_blocks.zip(b_blocks) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_triangle_is_the_full_matrix() {
        let full = Covariance::from_rows(&[vec![2.0, 1.0], vec![1.0, 3.0]]).unwrap();
        let triangle = Covariance::from_rows(&[vec![2.0, 1.0], vec![3.0]]).unwrap();
        assert_eq!(full, triangle);
        assert!((full.variance(&[1.0, -1.0]) - 3.0).abs() < 1e-15);
        let root = full.root();
        let back: f64 = root.iter().map(|row| row[0] * row[1]).sum();
        assert!((back - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_no_returns_could_have_is_named() {
        for (rows, expected) in [
            (vec![], "empty"),
            (vec![vec![1.0, 2.0], vec![2.0, 1.0, 0.0]], "2 rows of lengths 2, 3"),
            (vec![vec![1.0, 0.5], vec![0.4, 1.0]], "row 2, column 1 is 0.4 but row 1, column 2 is 0.5"),
            (vec![vec![1.0, 2.0], vec![2.0, 1.0]], "least eigenvalue is -1.0"),
            (vec![vec![1.0, f64::NAN], vec![1.0]], "row 1, column 2 is NaN"),
            (vec![vec![-1.0]], "negative"),
        ] {
            let found = Covariance::from_rows(&rows).unwrap_err().to_string();
            assert!(found.contains(expected), "{found:?} lacks {expected:?}");
        }
    }

    #[test]
    fn a_singular_matrix_passes() {
        let found = Covariance::from_rows(&[vec![1.0, 1.0], vec![1.0, 1.0]]).unwrap();
        assert_eq!(found.root().len(), 1);
    }

    #[test]
    fn of_columns_matches_the_definition() {
        let (a, b) = ([1.0, 2.0, 4.0], [3.0, 1.0, 2.0]);
        let found = Covariance::of_columns(&[&a, &b], None);
        assert!((found.at(0, 0) - 7.0 / 3.0).abs() < 1e-12 && (found.at(0, 1) + 0.5).abs() < 1e-12);
        let weighted = Covariance::of_columns(&[&a, &b], Some(&[0.5, 0.25, 0.25]));
        assert!((weighted.at(0, 0) - 1.5).abs() < 1e-12, "{weighted:?}");
    }
}
