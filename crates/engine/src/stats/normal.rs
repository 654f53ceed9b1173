//! The standard normal distribution.

use statrs::function::erf::{erfc, erfc_inv};
use std::f64::consts::{PI, SQRT_2};

/// P(Z <= z).
pub fn cdf(z: f64) -> f64 {
    0.5 * erfc(-z / SQRT_2)
}

/// The z with P(Z <= z) = `probability`; infinite at 0 and 1.
pub fn quantile(probability: f64) -> f64 {
    -SQRT_2 * erfc_inv(2.0 * probability)
}

/// Density at `z`.
pub fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_tables() {
        for (z, probability) in [(0.0, 0.5), (1.959_963_984_540_054, 0.975), (-2.326_347_874_040_841, 0.01)] {
            assert!((cdf(z) - probability).abs() < 1e-10, "{z}");
            assert!((quantile(probability) - z).abs() < 1e-10, "{z}");
        }
        assert!((density(0.0) - 0.398_942_280_401_432_7).abs() < 1e-15);
        assert_eq!((quantile(0.0), quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
    }
}
