//! The stationary bootstrap of Politis and Romano (1994): blocks that begin anywhere with equal chance, last a geometric
//! number of rows, and wrap around the end of the data, so that every path is as stationary as its source.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

use super::BootstrapError;
use super::geometric::Geometric;

/// Makes paths of row numbers `0..observations`.
#[derive(Clone, Debug)]
pub struct StationaryBootstrap {
    observations: u32,
    lengths: Geometric,
    /// At the start of stream 0; path i is stream i.
    source: ChaCha8Rng,
}

/// Row numbers, path after path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexPaths {
    length: usize,
    indices: Vec<u32>,
}

impl StationaryBootstrap {
    /// Resamples `observations` rows in blocks of `mean_block` rows on average. A block of 1 is the independent bootstrap.
    ///
    /// # Errors
    /// No rows, more than 2^32 - 1; a mean block below 1 or not finite.
    pub fn new(observations: usize, mean_block: f64, seed: u64) -> Result<Self, BootstrapError> {
        if observations == 0 {
            return Err(BootstrapError::TooShort { found: 0, needed: 1, purpose: "resampling" });
        }
        let rows = u32::try_from(observations).map_err(|_| BootstrapError::TooLong(observations))?;
        if !(mean_block.is_finite() && mean_block >= 1.0) {
            return Err(BootstrapError::BlockLength(mean_block));
        }
        let source = ChaCha8Rng::seed_from_u64(seed);
        Ok(Self { observations: rows, lengths: Geometric::new(mean_block), source })
    }

    /// Rows that are resampled.
    pub fn observations(&self) -> usize {
        self.observations as usize
    }

    /// Writes the row numbers of path number `path`. A longer buffer only continues the same path.
    ///
    /// One 64-bit draw a block: the high half is its first row (by multiplication; no row is favoured by more than
    /// observations / 2^32), the low half its length.
    pub fn fill(&self, path: u64, indices: &mut [u32]) {
        let mut source = self.source.clone();
        source.set_stream(path);
        let rows = self.observations;
        let mut rest = indices;
        while !rest.is_empty() {
            let draw = source.next_u64();
            let first = (((draw >> 32) * u64::from(rows)) >> 32) as u32;
            let mut length = 0u64;
            let mut piece = self.lengths.length(draw as u32);
            while piece.is_none() && length < rest.len() as u64 {
                length += u64::from(self.lengths.table_len());
                piece = self.lengths.length(source.next_u32());
            }
            length += u64::from(piece.unwrap_or(0));
            let taken = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
            let (block, after) = rest.split_at_mut(taken);
            run_from(first, rows, block);
            rest = after;
        }
    }

    /// `count` paths of `length` rows each, on all threads.
    ///
    /// # Errors
    /// No paths or no length.
    pub fn paths(&self, count: usize, length: usize) -> Result<IndexPaths, BootstrapError> {
        if count == 0 {
            return Err(BootstrapError::Zero("the number of paths"));
        }
        if length == 0 {
            return Err(BootstrapError::Zero("the length of a path"));
        }
        let mut indices = vec![0; count.saturating_mul(length)];
        indices.par_chunks_mut(length).enumerate().for_each(|(path, chunk)| self.fill(path as u64, chunk));
        Ok(IndexPaths { length, indices })
    }
}

impl IndexPaths {
    /// The paths, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        self.indices.chunks(self.length)
    }

    /// Rows in a path.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Number of paths.
    pub fn count(&self) -> usize {
        self.indices.len() / self.length
    }

    /// One path.
    pub fn path(&self, index: usize) -> Option<&[u32]> {
        let start = index.checked_mul(self.length)?;
        self.indices.get(start..start.checked_add(self.length)?)
    }
}

/// `values` at the rows of `indices`; a row that is not there is left out.
pub fn gather(values: &[f64], indices: &[u32], into: &mut Vec<f64>) {
    into.clear();
    into.extend(indices.iter().filter_map(|index| values.get(*index as usize)));
}

/// first, first + 1, ..., around the end of the rows as often as needed.
#[inline]
fn run_from(first: u32, rows: u32, block: &mut [u32]) {
    let mut start = first;
    let mut rest = block;
    loop {
        let straight = ((rows - start) as usize).min(rest.len());
        let (run, after) = rest.split_at_mut(straight);
        for (slot, row) in run.iter_mut().zip(start..) {
            *slot = row;
        }
        if after.is_empty() {
            return;
        }
        (start, rest) = (0, after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn made(observations: usize, block: f64, seed: u64) -> StationaryBootstrap {
        StationaryBootstrap::new(observations, block, seed).unwrap()
    }

    #[test]
    fn rows_are_equally_likely_and_blocks_as_long_as_asked() {
        let (rows, block) = (97, 8.0);
        let paths = made(rows, block, 1).paths(4_000, 250).unwrap();
        let mut counts = vec![0f64; rows];
        let (mut breaks, mut steps) = (0f64, 0f64);
        for path in paths.iter() {
            for (here, next) in path.iter().zip(path.iter().skip(1)) {
                counts[*here as usize] += 1.0;
                steps += 1.0;
                breaks += f64::from((here + 1) % rows as u32 != *next);
            }
        }
        // A new block may happen to continue the old one.
        let expected = 1.0 / block * (1.0 - 1.0 / rows as f64);
        assert!((breaks / steps / expected - 1.0).abs() < 0.01, "{}", breaks / steps);
        let mean = steps / rows as f64;
        // Blocks make counts vary more than independent draws would: by about 2 * block times.
        let chi: f64 = counts.iter().map(|count| (count - mean).powi(2) / mean).sum::<f64>() / (2.0 * block);
        assert!(chi < rows as f64 * 1.6, "{chi}");
    }

    #[test]
    fn the_variance_of_the_mean_is_the_published_one() {
        // Politis and Romano (1994), lemma 1: n * variance of the resampled mean, given the data, is
        // sum over lags of the circular autocovariance times (1 - i/n)(1 - p)^i + (i/n)(1 - p)^(n - i).
        let values: Vec<f64> = (0..60).map(|t| (f64::from(t) * 0.7).sin() + f64::from(t % 7) * 0.2).collect();
        let (rows, p) = (values.len(), 0.125f64);
        let mean = values.iter().sum::<f64>() / rows as f64;
        let circular = |lag: usize| {
            (0..rows).map(|t| (values[t] - mean) * (values[(t + lag) % rows] - mean)).sum::<f64>()
                / rows as f64
        };
        let expected = circular(0)
            + 2.0
                * (1..rows)
                    .map(|lag| (1.0 - lag as f64 / rows as f64) * (1.0 - p).powi(lag as i32) * circular(lag))
                    .sum::<f64>();
        let paths = made(rows, 1.0 / p, 5).paths(60_000, rows).unwrap();
        let means: Vec<f64> = paths
            .iter()
            .map(|path| path.iter().map(|row| values[*row as usize]).sum::<f64>() / rows as f64)
            .collect();
        let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / means.len() as f64;
        assert!(
            (variance * rows as f64 / expected - 1.0).abs() < 0.02,
            "{} {expected}",
            variance * rows as f64
        );
    }

    #[test]
    fn a_path_depends_on_seed_and_number_alone() {
        let bootstrap = made(365, 9.5, 7);
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| bootstrap.paths(200, 365).unwrap())
        };
        let paths = on(1);
        assert_eq!(paths, on(3));
        let mut alone = vec![0; 365];
        bootstrap.fill(137, &mut alone);
        assert_eq!(paths.path(137), Some(alone.as_slice()));
        let mut longer = vec![0; 1_000];
        bootstrap.fill(137, &mut longer);
        assert_eq!(longer[..365], alone);
        assert_ne!(paths.path(0), paths.path(1));
        assert_ne!(made(365, 9.5, 8).paths(1, 365).unwrap().path(0), paths.path(0));
        assert_eq!((paths.count(), paths.length(), paths.path(200)), (200, 365, None));
    }

    #[test]
    fn nonsense_is_refused() {
        for block in [0.0, 0.99, f64::NAN, f64::INFINITY, -3.0] {
            assert!(matches!(StationaryBootstrap::new(5, block, 0), Err(BootstrapError::BlockLength(_))));
        }
        assert!(StationaryBootstrap::new(0, 1.0, 0).is_err());
        assert!(made(5, 1.0, 0).paths(0, 5).is_err() && made(5, 1.0, 0).paths(5, 0).is_err());
    }

    proptest! {
        #[test]
        fn indices_stay_inside(rows in 1usize..50, block in 1.0f64..1e6, seed: u64, path: u64, length in 1usize..400) {
            let mut indices = vec![u32::MAX; length];
            made(rows, block, seed).fill(path, &mut indices);
            prop_assert!(indices.iter().all(|index| (*index as usize) < rows));
        }
    }
}
