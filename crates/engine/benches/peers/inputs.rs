//! Seeded inputs. Each stream has its own seed, so that leaving a case out changes no other.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal, StudentT};

/// Returns, rows by columns, row-major.
#[derive(Clone, Debug)]
pub struct Table {
    pub values: Vec<f64>,
    pub columns: usize,
}

impl Table {
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.columns)
    }

    pub fn row_count(&self) -> usize {
        self.values.len() / self.columns
    }
}

/// Daily returns of `columns` strategies: four factors and a part of their own, all with fat tails (Student's t with
/// 4 degrees of freedom), volatilities from 0.2 % to 3 % a day, better paid where riskier.
pub fn strategy_returns(rows: usize, columns: usize, seed: u64) -> Table {
    const FACTORS: usize = 4;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let loadings: Vec<[f64; FACTORS]> =
        (0..columns).map(|_| std::array::from_fn(|_| random.random_range(-0.3..1.0))).collect();
    let scales: Vec<f64> =
        (0..columns).map(|column| 0.002 * 15.0_f64.powf(column as f64 / columns.max(2) as f64)).collect();
    let Ok(tails) = StudentT::new(4.0) else { unreachable!("4 degrees of freedom are allowed") };
    let mut values = Vec::with_capacity(rows * columns);
    for _ in 0..rows {
        let factors: [f64; FACTORS] = std::array::from_fn(|_| tails.sample(&mut random));
        for (loading, scale) in loadings.iter().zip(&scales) {
            let shared: f64 = loading.iter().zip(&factors).map(|(a, b)| a * b).sum();
            let own: f64 = tails.sample(&mut random);
            values.push(scale * (0.05 + 0.4 * shared + 0.6 * own));
        }
    }
    Table { values, columns }
}

/// A GARCH(1,1) path in percent: mu 0.05, omega 0.05, alpha 0.1, beta 0.85, normal errors.
pub fn garch_path(length: usize, seed: u64) -> Vec<f64> {
    let (mu, omega, alpha, beta) = (0.05, 0.05, 0.1, 0.85);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut variance = omega / (1.0 - alpha - beta);
    let mut path = Vec::with_capacity(length);
    for _ in 0..length {
        let normal: f64 = StandardNormal.sample(&mut random);
        let error = normal * f64::sqrt(variance);
        path.push(mu + error);
        variance = omega + alpha * error * error + beta * variance;
    }
    path
}
