use nalgebra::{DMatrix, DVector};

use super::ForecastError;

/// A diagonal entry of R this far below its column's length means collinear regressors.
const COLLINEAR: f64 = 1e-10;

/// Ordinary least squares.
#[derive(Clone, Debug, PartialEq)]
pub struct LeastSquares {
    /// In the order of the regressors.
    pub coefficients: Vec<f64>,
    /// Homoskedastic standard errors, in the same order.
    pub standard_errors: Vec<f64>,
    /// Sum of squared residuals.
    pub squares: f64,
    /// Rows.
    pub observations: usize,
}

/// Regresses `outcomes` (n) on `regressors` (n rows of k, row-major, intercept included if wanted) by QR.
///
/// # Errors
/// [`ForecastError::TooShort`] with no more rows than regressors, [`ForecastError::Collinear`] where the regressors do
/// not determine the coefficients. `what` names the regression in both.
pub fn least_squares(
    what: &'static str,
    regressors: &[f64],
    outcomes: &[f64],
) -> Result<LeastSquares, ForecastError> {
    let rows = outcomes.len();
    let columns = regressors.len().checked_div(rows).unwrap_or(0);
    if columns == 0 || rows <= columns {
        return Err(ForecastError::TooShort { what, least: columns + 1, found: rows });
    }
    let matrix = DMatrix::from_row_slice(rows, columns, regressors.get(..rows * columns).unwrap_or(&[]));
    let lengths: Vec<f64> = matrix.column_iter().map(|column| column.norm()).collect();
    let factors = matrix.qr();
    let upper = factors.r();
    for (column, length) in lengths.iter().enumerate() {
        let diagonal = upper[(column, column)].abs();
        if diagonal.is_nan() || diagonal <= COLLINEAR * length {
            return Err(ForecastError::Collinear(what));
        }
    }
    let mut rotated = DVector::from_column_slice(outcomes);
    factors.q_tr_mul(&mut rotated);
    let solved = upper.solve_upper_triangular(&rotated.rows(0, columns).into_owned());
    let inverse = upper.clone().try_inverse();
    let (Some(solved), Some(inverse)) = (solved, inverse) else {
        return Err(ForecastError::Collinear(what));
    };
    // What the rotation leaves below the first k rows is exactly the residual.
    let squares = rotated.rows(columns, rows - columns).norm_squared();
    let variance = squares / (rows - columns) as f64;
    let standard_errors = inverse.row_iter().map(|row| (variance * row.norm_squared()).sqrt()).collect();
    Ok(LeastSquares {
        coefficients: solved.iter().copied().collect(),
        standard_errors,
        squares,
        observations: rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longley-like by hand: y = 1 + 2x with residuals (+1, -1, -1, +1), orthogonal to both regressors.
    #[test]
    fn fits_by_hand() {
        let regressors = [1.0, 0.0, 1.0, 1.0, 1.0, 2.0, 1.0, 3.0];
        let found = least_squares("test", &regressors, &[2.0, 2.0, 4.0, 8.0]).unwrap();
        assert!((found.coefficients[0] - 1.0).abs() < 1e-12 && (found.coefficients[1] - 2.0).abs() < 1e-12);
        assert!((found.squares - 4.0).abs() < 1e-12);
        // s^2 = 4/2; the slope's standard error is sqrt(2 / sum (x - mean)^2) = sqrt(2/5).
        assert!((found.standard_errors[1] - 0.4f64.sqrt()).abs() < 1e-12);
        assert!((found.standard_errors[0] - (2.0f64 * 14.0 / 20.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn says_what_it_cannot_determine() {
        let twice = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
        assert_eq!(least_squares("x", &twice, &[1.0, 2.0, 3.0]), Err(ForecastError::Collinear("x")));
        assert!(matches!(least_squares("x", &twice, &[1.0, 2.0]), Err(ForecastError::TooShort { .. })));
        assert!(matches!(least_squares("x", &[], &[]), Err(ForecastError::TooShort { .. })));
    }
}
