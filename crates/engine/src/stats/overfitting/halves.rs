//! Which blocks are in sample: a bit a block.

/// One of each pair of complementary halves of `splits` blocks: those that hold block 0, in ascending order.
pub fn pairs(splits: usize) -> Vec<u32> {
    let half = splits as u32 / 2;
    (0u32..1 << splits).filter(|mask| mask & 1 == 1 && mask.count_ones() == half).collect()
}

/// The blocks that `mask` leaves out.
pub fn complement(mask: u32, splits: usize) -> u32 {
    !mask & ((1 << splits) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_appears_once() {
        for (splits, count) in [(2, 1), (4, 3), (8, 35), (16, 6_435)] {
            let pairs = pairs(splits);
            assert_eq!(pairs.len(), count);
            let mut all: Vec<u32> = pairs.iter().flat_map(|&mask| [mask, complement(mask, splits)]).collect();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), 2 * count);
            assert!(all.iter().all(|mask| mask.count_ones() as usize == splits / 2));
        }
    }
}
