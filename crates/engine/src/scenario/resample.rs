//! Paths of row numbers through a history.

use rand::Rng;

use super::ScenarioError;
use super::markov::MarkovParams;
use crate::bootstrap::StationaryBootstrap;
use crate::generate::stream;

/// Rows of a history in a new order; path `number` is always the same.
pub trait RowPaths: Sync {
    /// Fills `rows` with row numbers.
    fn fill(&self, number: u64, rows: &mut [u32]);
}

impl RowPaths for StationaryBootstrap {
    fn fill(&self, number: u64, rows: &mut [u32]) {
        Self::fill(self, number, rows);
    }
}

/// Rows drawn from the regime that a Markov chain is in: calm rows in calm spells, turbulent ones in turbulent spells.
#[derive(Clone, Debug)]
pub struct RegimeRows {
    params: MarkovParams,
    start: [f64; 2],
    pools: [Vec<u32>; 2],
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
        for (row, probability) in (0..).zip(smoothed) {
            pools[usize::from(probability[1] > 0.5)].push(row);
        }
        if pools.iter().any(Vec::is_empty) {
            return Err(ScenarioError::History(
                "no row belongs to one of the regimes: use the bootstrap".into(),
            ));
        }
        Ok(Self { params, start, pools, seed })
    }
}

impl RowPaths for RegimeRows {
    fn fill(&self, number: u64, rows: &mut [u32]) {
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
    fn the_bootstrap_is_the_engines_own() {
        let bootstrap = StationaryBootstrap::new(50, 8.0, 3).unwrap();
        let paths: &dyn RowPaths = &bootstrap;
        let (mut rows, mut expected) = (vec![0; 200], vec![0; 200]);
        paths.fill(2, &mut rows);
        bootstrap.fill(2, &mut expected);
        assert_eq!(rows, expected);
        assert!(rows.iter().any(|row| *row != 0));
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
