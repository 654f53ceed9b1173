//! The quadratic part of a portfolio problem in units of risk: each column times its asset's deviation.

use nalgebra::{DMatrix, SymmetricEigen};

use super::model::{LinearModel, UNLIMITED};
use crate::optimise::Covariance;
use crate::optimise::quadratic::Quadratic;

/// Columns x = weight · deviation / unit, so that the covariance becomes the correlation matrix and an asset that hardly
/// moves counts for as much as one that moves a million times as far.
pub struct Scaled {
    /// The least deviation that is not zero.
    pub unit: f64,
    /// x over weight, one a column of the model.
    pub scale: Vec<f64>,
    /// The correlation matrix, positive semi-definite to the last digit; zero for what has no variance.
    pub curvature: DMatrix<f64>,
}

impl Scaled {
    /// For the columns of `model`: weights, then increases and decreases.
    pub fn new(model: &LinearModel, covariance: &Covariance) -> Self {
        let deviations = covariance.deviations();
        let unit = deviations.iter().copied().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
        let unit = if unit.is_finite() { unit } else { 1.0 };
        let sizes: Vec<f64> =
            deviations.iter().map(|value| if *value > 0.0 { *value } else { unit }).collect();
        let scale = (0..model.columns)
            .map(|column| sizes.get(column % model.assets.max(1)).map_or(1.0, |size| size / unit))
            .collect();
        let size = |asset: usize| sizes.get(asset).copied().unwrap_or(1.0);
        let correlation = DMatrix::from_fn(model.assets, model.assets, |row, column| {
            covariance.at(row, column) / size(row) / size(column)
        });
        let correlation = semi_definite(correlation);
        let curvature = correlation.resize(model.columns, model.columns, 0.0);
        Self { unit, scale, curvature }
    }

    /// Minimise 1/2 weight' C weight + linear · columns, over the square of the unit.
    pub fn quadratic(&self, model: &LinearModel, linear: &[f64]) -> Quadratic {
        let square = self.unit * self.unit;
        let open = |value: f64| if value.abs() < UNLIMITED { value } else { value.signum() * f64::INFINITY };
        let bounds = |values: &[f64]| values.iter().zip(&self.scale).map(|(v, s)| open(*v) * s).collect();
        let linear = (0..model.columns).map(|column| linear.get(column).copied().unwrap_or(0.0) / square);
        Quadratic {
            curvature: self.curvature.clone(),
            linear: linear.zip(&self.scale).map(|(value, scale)| value / scale).collect(),
            lower: bounds(&model.lower),
            upper: bounds(&model.upper),
            rows: model
                .rows()
                .map(|row| (self.coefficients(&row.coefficients), row.lower, row.upper))
                .collect(),
        }
    }

    /// A row over weights as one over x.
    pub fn coefficients(&self, row: &[f64]) -> Vec<f64> {
        row.iter().zip(&self.scale).map(|(value, scale)| value / scale).collect()
    }

    /// The model's columns of x.
    pub fn columns(&self, x: &[f64]) -> Vec<f64> {
        x.iter().zip(&self.scale).map(|(value, scale)| value / scale).collect()
    }

    /// Covariance times weights, over the square of the unit, one a column.
    pub fn slope(&self, columns: &[f64]) -> Vec<f64> {
        let x = nalgebra::DVector::from_iterator(
            self.scale.len(),
            columns.iter().zip(&self.scale).map(|(value, scale)| value * scale),
        );
        (&self.curvature * x).iter().zip(&self.scale).map(|(value, scale)| value * scale).collect()
    }

    /// The sum of the assets' own variances, over the square of the unit: what rounding of a variance is measured against.
    pub fn own_variances(&self, weights: &[f64]) -> f64 {
        weights.iter().zip(&self.scale).map(|(value, scale)| (value * scale).powi(2)).sum()
    }
}

/// The nearest matrix without the negative eigenvalues that rounding leaves.
fn semi_definite(matrix: DMatrix<f64>) -> DMatrix<f64> {
    let mut eigen = SymmetricEigen::new(matrix.clone());
    if eigen.eigenvalues.iter().all(|value| *value >= 0.0) {
        return matrix;
    }
    eigen.eigenvalues.iter_mut().for_each(|value| *value = value.max(0.0));
    eigen.recompose()
}
