//! Gauss-Legendre quadrature.

use std::f64::consts::PI;

/// Nodes and weights on [from, to], ascending: the roots of the Legendre polynomial by Newton's method.
pub fn gauss_legendre(count: usize, from: f64, to: f64) -> (Vec<f64>, Vec<f64>) {
    let (half, middle) = ((to - from) / 2.0, (to + from) / 2.0);
    (0..count)
        .map(|index| {
            // Descending roots of the polynomial are ascending nodes once the sign is turned.
            let mut x = (PI * (index as f64 + 0.75) / (count as f64 + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (value, derivative) = legendre(count, x);
                slope = derivative;
                let step = value / derivative;
                x -= step;
                if step.abs() < 1e-15 {
                    break;
                }
            }
            (middle - half * x, 2.0 * half / ((1.0 - x * x) * slope * slope))
        })
        .unzip()
}

/// The polynomial of degree `count` and its derivative.
fn legendre(count: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (0.0, 1.0);
    for degree in 0..count {
        let n = degree as f64;
        let next = ((2.0 * n + 1.0) * x * value - n * before) / (n + 1.0);
        (before, value) = (value, next);
    }
    (value, count as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrates_polynomials_exactly() {
        let (nodes, weights) = gauss_legendre(5, 0.0, 2.0);
        assert!(nodes.windows(2).all(|pair| pair[0] < pair[1]));
        for power in 0..10 {
            let found: f64 = nodes.iter().zip(&weights).map(|(x, w)| w * x.powi(power)).sum();
            let expected = 2f64.powi(power + 1) / f64::from(power + 1);
            assert!((found / expected - 1.0).abs() < 1e-12, "{power}");
        }
    }
}
