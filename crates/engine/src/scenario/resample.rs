//! Paths of row numbers through a history.

use rand::Rng;
use rand_distr::{Distribution, Geometric};

use super::ScenarioError;
use super::markov::MarkovParams;
use crate::generate::stream;

/// Rows of a history in a new order; path `number` is always the same.
pub trait IndexPaths: Sync {
    /// Fills `rows` with row numbers.
    fn fill(&self, number: u64, rows: &mut [usize]);
}

/// Stationary block bootstrap (Politis and Romano 1994): blocks of geometric length from anywhere, around the end.
#[derive(Clone, Copy, Debug)]
pub struct StationaryBlocks {
    observations: usize,
    lengths: Geometric,
    seed: u64,
}

impl StationaryBlocks {
    /// `mean_block` rows a block on average, at least one.
    pub fn new(observations: usize, mean_block: f64, seed: u64) -> Result<Self, ScenarioError> {
        let sound = observations > 0 && mean_block >= 1.0 && mean_block <= observations as f64;
        let lengths = Geometric::new(1.0 / mean_block).ok().filter(|_| sound).ok_or_else(|| {
            ScenarioError::field("history.block", format!("{mean_block} is not in 1 to {observations} rows"))
        })?;
        Ok(Self { observations, lengths, seed })
    }
}

impl IndexPaths for StationaryBlocks {
    fn fill(&self, number: u64, rows: &mut [usize]) {
        let mut rng = stream(self.seed, number);
        let (mut at, mut left) = (0, 0u64);
        for row in rows {
            if left == 0 {
                at = rng.random_range(0..self.observations);
                left = self.lengths.sample(&mut rng).saturating_add(1);
            }
            *row = at;
            at = (at + 1) % self.observations;
            left -= 1;
        }
    }
}

/// Rows drawn from the regime that a Markov chain is in: calm rows in calm spells, turbulent ones in turbulent spells.
#[derive(Clone, Debug)]
pub struct RegimeRows {
    params: MarkovParams,
    start: [f64; 2],
    pools: [Vec<usize>; 2],
    seed: u64,
}

impl RegimeRows {
    /// `smoothed` says which regime each row belongs to (the likelier one), `start` where paths begin.
    pub fn new(
        params: MarkovParams,
        start: [f64; 2],
        smoothed: &[[f64; 2]],
        seed: u64,
    ) -> Result<Self, ScenarioError> {
        let mut pools = [Vec::new(), Vec::new()];
        for (row, probability) in smoothed.iter().enumerate() {
            pools[usize::from(probability[1] > 0.5)].push(row);
        }
        if pools.iter().any(Vec::is_empty) {
            return Err(ScenarioError::Rows(
                "no row belongs to one of the regimes: use the bootstrap".into(),
            ));
        }
        Ok(Self { params, start, pools, seed })
    }
}

impl IndexPaths for RegimeRows {
    fn fill(&self, number: u64, rows: &mut [usize]) {
        let mut rng = stream(self.seed, number);
        let mut regime = usize::from(rng.random::<f64>() < self.start[1]);
        for row in rows {
            let pool = &self.pools[regime];
            *row = pool.get(rng.random_range(0..pool.len())).copied().unwrap_or(0);
            regime = usize::from(rng.random::<f64>() < self.params.transition[regime][1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_their_mean_length_and_wrap() {
        let blocks = StationaryBlocks::new(50, 8.0, 3).unwrap();
        let mut rows = vec![0; 40_000];
        blocks.fill(1, &mut rows);
        let breaks = rows.windows(2).filter(|w| w[1] != (w[0] + 1) % 50).count();
        // A new block continues the old one by chance once in fifty.
        assert!((40_000.0 / breaks as f64 * 0.98 - 8.0).abs() < 0.5, "{breaks}");
        let mut again = vec![0; 40_000];
        blocks.fill(1, &mut again);
        assert_eq!(rows, again);
        blocks.fill(2, &mut again);
        assert_ne!(rows, again);
        for bad in [0.5, 51.0, f64::NAN] {
            assert!(StationaryBlocks::new(50, bad, 3).is_err());
        }
    }

    #[test]
    fn regimes_keep_their_share_and_their_rows() {
        let params =
            MarkovParams { means: [0.0; 2], deviations: [1.0, 2.0], transition: [[0.95, 0.05], [0.2, 0.8]] };
        let smoothed: Vec<[f64; 2]> =
            (0..30).map(|row| if row < 20 { [1.0, 0.0] } else { [0.0, 1.0] }).collect();
        let regimes = RegimeRows::new(params, [1.0, 0.0], &smoothed, 5).unwrap();
        let mut rows = vec![0; 50_000];
        regimes.fill(1, &mut rows);
        let wild = rows.iter().filter(|row| **row >= 20).count() as f64 / 50_000.0;
        assert!((wild - 0.2).abs() < 0.02, "{wild}");
        assert!(rows[0] < 20);
        assert!(RegimeRows::new(params, [1.0, 0.0], &smoothed[..20], 5).is_err());
    }
}
