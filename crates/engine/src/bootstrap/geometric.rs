//! Block lengths: geometric draws by table.

/// Entries of the guide, a power of two.
const GUIDE_BITS: u32 = 10;
/// Longest block that one draw can give; longer ones are drawn in pieces, which a geometric law does not notice.
const MAX_TABLE: usize = 1 << 14;

/// P(length = k) = (1 - p)^(k - 1) p for k = 1, 2, ..., p = 1 / mean.
///
/// One table look-up a draw instead of a logarithm: `thresholds[k - 1]` is P(length <= k) in units of 2^-32, and the guide
/// says where to begin for each of 1,024 stretches of the draw (Chen and Asau 1974).
#[derive(Clone, Debug)]
pub struct Geometric {
    thresholds: Vec<u32>,
    guide: Vec<u16>,
}

impl Geometric {
    /// Takes a mean of at least one.
    pub fn new(mean: f64) -> Self {
        let survive = 1.0 - 1.0 / mean;
        let mut thresholds = Vec::new();
        let mut alive = 1.0f64;
        // Until less than one draw in 2^32 is longer.
        while thresholds.len() < MAX_TABLE {
            alive *= survive;
            let threshold = ((1.0 - alive) * 4_294_967_296.0).round().min(f64::from(u32::MAX)) as u32;
            thresholds.push(threshold);
            if threshold == u32::MAX {
                break;
            }
        }
        let guide = (0..1u32 << GUIDE_BITS)
            .map(|stretch| {
                let least = stretch << (32 - GUIDE_BITS);
                thresholds.partition_point(|threshold| *threshold <= least) as u16
            })
            .collect();
        Self { thresholds, guide }
    }

    /// The length that the uniform `draw` stands for; none when it is longer than the table, which then stands for
    /// [`Self::table_len`] rows and another draw.
    #[inline]
    pub fn length(&self, draw: u32) -> Option<u32> {
        let mut index = usize::from(*self.guide.get((draw >> (32 - GUIDE_BITS)) as usize)?);
        while let Some(threshold) = self.thresholds.get(index) {
            if draw < *threshold {
                return Some(index as u32 + 1);
            }
            index += 1;
        }
        None
    }

    /// Rows that a draw beyond the table stands for.
    pub fn table_len(&self) -> u32 {
        self.thresholds.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mean_of_one_is_always_one() {
        let geometric = Geometric::new(1.0);
        for draw in [0, 1, u32::MAX / 2, u32::MAX - 1] {
            assert_eq!(geometric.length(draw), Some(1));
        }
    }

    #[test]
    fn lengths_follow_the_law() {
        for mean in [1.5, 10.0, 400.0] {
            let geometric = Geometric::new(mean);
            let draws = 1u32 << 20;
            let (mut sum, mut ones) = (0.0, 0u32);
            for index in 0..draws {
                let length = geometric.length(index << 12 | 2_048).unwrap_or(geometric.table_len());
                sum += f64::from(length);
                ones += u32::from(length == 1);
            }
            let found = sum / f64::from(draws);
            assert!((found / mean - 1.0).abs() < 1e-3, "{mean}: {found}");
            assert!((f64::from(ones) / f64::from(draws) * mean - 1.0).abs() < 2e-3, "{mean}");
        }
    }

    proptest! {
        #[test]
        fn the_guide_finds_what_a_search_finds(mean in 1.0f64..50_000.0, draw in any::<u32>()) {
            let geometric = Geometric::new(mean);
            let index = geometric.thresholds.partition_point(|threshold| *threshold <= draw);
            let expected = (index < geometric.thresholds.len()).then_some(index as u32 + 1);
            prop_assert_eq!(geometric.length(draw), expected);
        }
    }
}
