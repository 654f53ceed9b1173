//! A covariance in the shapes in which people write them down.

use ballast_engine::optimise::Covariance;
use serde_json::Value;

use super::fields::numbers;

/// From rows (all, or of one triangle; the other triangle of a full matrix may be null) or one flat list of all entries or
/// of the upper triangle, row by row. A flat list whose length fits both is read by `assets`, the number of expected
/// returns, and refused without it. Messages name row and column from one.
pub fn covariance(value: Value, assets: Option<usize>) -> Result<Covariance, String> {
    let Value::Array(mut rows) = value else {
        return Err("covariance: a list of rows is expected".into());
    };
    if !rows.is_empty() && rows.iter().all(|entry| !entry.is_array()) {
        let entries = numbers("covariance", Value::Array(rows))?;
        return from_rows(&unfolded(&entries, assets)?);
    }
    mirror(&mut rows);
    let rows = rows.into_iter().enumerate();
    let rows: Vec<Vec<f64>> = rows
        .map(|(row, value)| numbers(&format!("covariance: row {}", row + 1), value))
        .collect::<Result<_, _>>()?;
    from_rows(&rows)
}

fn from_rows(rows: &[Vec<f64>]) -> Result<Covariance, String> {
    Covariance::from_rows(rows).map_err(|error| error.to_string())
}

/// A null takes the number that stands across the diagonal, if one does.
fn mirror(rows: &mut [Value]) {
    let at = |rows: &[Value], row: usize, column: usize| rows.get(row)?.as_array()?.get(column).cloned();
    for row in 0..rows.len() {
        for column in 0..rows.len() {
            let Some(across) = at(rows, column, row).filter(Value::is_number) else { continue };
            let slot = rows.get_mut(row).and_then(Value::as_array_mut).and_then(|row| row.get_mut(column));
            if let Some(slot) = slot.filter(|slot| slot.is_null()) {
                *slot = across;
            }
        }
    }
}

/// Rows of the full matrix or of the upper triangle, whichever the list's length is.
fn unfolded(entries: &[f64], assets: Option<usize>) -> Result<Vec<Vec<f64>>, String> {
    let length = entries.len();
    let size = |of: &dyn Fn(usize) -> usize| (1..=length).find(|size| of(*size) >= length);
    let square = size(&|n| n * n).filter(|n| n * n == length);
    let triangle = size(&|n| n * (n + 1) / 2).filter(|n| n * (n + 1) / 2 == length);
    let lengths: Vec<usize> = match (square, triangle, assets) {
        (Some(n), _, Some(assets)) if n == assets => vec![n; n],
        (_, Some(n), Some(assets)) if n == assets => (1..=n).rev().collect(),
        (Some(n), Some(_), None) if n > 1 => {
            return Err(format!(
                "covariance: a flat list of {length} numbers is a full matrix or a triangle: give rows"
            ));
        }
        (Some(n), _, _) => vec![n; n],
        (_, Some(n), _) => (1..=n).rev().collect(),
        _ => {
            return Err(format!(
                "covariance: a list of {length} numbers is neither a full matrix nor an upper triangle; give rows"
            ));
        }
    };
    let mut left = entries.iter();
    Ok(lengths.into_iter().map(|length| left.by_ref().take(length).copied().collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_shape_is_the_same_matrix() {
        let full = json!([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]);
        let expected = covariance(full, None).unwrap();
        for shape in [
            json!([[4.0, 1.0, 0.5], [3.0, 0.2], [2.0]]),
            json!([[4.0], [1.0, 3.0], [0.5, 0.2, 2.0]]),
            json!([[4.0, 1.0, 0.5], [null, 3.0, 0.2], [null, null, 2.0]]),
            json!([[4.0, null, null], [1.0, 3.0, null], [0.5, 0.2, 2.0]]),
            json!([4.0, 1.0, 0.5, 3.0, 0.2, 2.0]),
            json!([4.0, 1.0, 0.5, 1.0, 3.0, 0.2, 0.5, 0.2, 2.0]),
        ] {
            assert_eq!(covariance(shape, Some(3)).unwrap(), expected);
        }
        // Rounding in a product of matrices is no asymmetry.
        assert_eq!(
            covariance(json!([[4.0, 1e-17], [-1e-17, 3.0]]), None).unwrap().rows(),
            [[4.0, 1e-17], [1e-17, 3.0]]
        );
    }

    #[test]
    fn what_is_no_matrix_is_named() {
        let flat = |count: usize| Value::from(vec![0.0; count]);
        for (shape, expected) in [
            (json!({}), "a list of rows is expected"),
            (json!([[1.0, null], [null, 1.0]]), "covariance: row 1, column 2: null is not a number"),
            (
                json!([[1.0, 0.5], [0.0, 1.0]]),
                "not symmetric: row 2, column 1 is 0 but row 1, column 2 is 0.5",
            ),
            (json!([[1.0, 0.5], 3.0]), "covariance: row 2: a list of numbers is expected"),
            (json!([[1.0, "x"], [0.0, 1.0]]), "covariance: row 1, column 2: \"x\" is not a number"),
            (json!([[1.0, 2.0], [2.0, 1.0]]), "not positive semi-definite: its least eigenvalue is -1.0"),
            (json!([[1.0, 2.0], [1.0, 2.0], [1.0]]), "3 rows of lengths 2, 2, 1"),
            (flat(5), "a list of 5 numbers is neither"),
            (flat(36), "a flat list of 36 numbers is a full matrix or a triangle"),
        ] {
            let problem = covariance(shape, None).unwrap_err();
            assert!(problem.contains(expected), "{problem:?} lacks {expected:?}");
        }
    }
}
