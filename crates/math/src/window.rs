//! A budget over a sliding window that is never exceeded.
//!
//! Eight buckets of a seventh of the window each: the full buckets plus the running one always cover at
//! least the window, so the sum can only overstate what was used, never understate it. (A fixed window
//! allows twice the budget around its edge; a leaky bucket does too.)

use bytemuck::{Pod, Zeroable};

/// Buckets in the ring.
pub const BUCKETS: usize = 8;
const FULL_BUCKETS: u64 = 7;

/// Amounts used lately, by bucket of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct RollingWindow {
    buckets: [u64; BUCKETS],
    /// Number of the newest bucket: `unix time / bucket length`.
    head: u64,
}

fn bucket_secs(window_secs: u32) -> u64 {
    u64::from(window_secs).div_ceil(FULL_BUCKETS).max(1)
}

fn bucket_number(now_ts: i64, window_secs: u32) -> Option<u64> {
    u64::try_from(now_ts).ok()?.checked_div(bucket_secs(window_secs))
}

impl RollingWindow {
    fn age(&self, slot: usize) -> Option<u64> {
        let head_slot = self.head.checked_rem(BUCKETS as u64)?;
        let slot = u64::try_from(slot).ok()?;
        head_slot.checked_add(BUCKETS as u64)?.checked_sub(slot)?.checked_rem(BUCKETS as u64)
    }

    /// Used within the window that ends at `now_ts`, overstated by at most one bucket.
    pub fn used(&self, now_ts: i64, window_secs: u32) -> Option<u64> {
        // A clock that runs backwards must not free budget: treat it as no time passed.
        let elapsed = bucket_number(now_ts, window_secs)?.saturating_sub(self.head);
        let mut sum: u64 = 0;
        for (slot, amount) in self.buckets.iter().enumerate() {
            if self.age(slot)?.saturating_add(elapsed) <= FULL_BUCKETS {
                sum = sum.checked_add(*amount)?;
            }
        }
        Some(sum)
    }

    /// Adds `amount` at `now_ts`.
    pub fn add(&mut self, amount: u64, now_ts: i64, window_secs: u32) -> Option<()> {
        let number = bucket_number(now_ts, window_secs)?.max(self.head);
        let elapsed = number.saturating_sub(self.head);
        let mut kept = [0u64; BUCKETS];
        for (slot, bucket) in self.buckets.iter().enumerate() {
            if self.age(slot)?.saturating_add(elapsed) <= FULL_BUCKETS {
                *kept.get_mut(slot)? = *bucket;
            }
        }
        let slot = usize::try_from(number.checked_rem(BUCKETS as u64)?).ok()?;
        let bucket = kept.get_mut(slot)?;
        *bucket = bucket.checked_add(amount)?;
        *self = Self { buckets: kept, head: number };
        Some(())
    }

    /// Takes up to `amount` back, from the newest bucket on.
    pub fn release(&mut self, amount: u64, now_ts: i64, window_secs: u32) -> Option<()> {
        self.add(0, now_ts, window_secs)?;
        let mut left = amount;
        for age in 0..=FULL_BUCKETS {
            let number =
                self.head.checked_rem(BUCKETS as u64)?.checked_add(BUCKETS as u64)?.checked_sub(age)?;
            let slot = usize::try_from(number.checked_rem(BUCKETS as u64)?).ok()?;
            let bucket = self.buckets.get_mut(slot)?;
            let taken = left.min(*bucket);
            *bucket = bucket.checked_sub(taken)?;
            left = left.checked_sub(taken)?;
        }
        Some(())
    }

    /// Carries what was used over to another window length: all of it counts as used now.
    pub fn rescale(&mut self, now_ts: i64, old_secs: u32, new_secs: u32) -> Option<()> {
        let used = self.used(now_ts, old_secs)?;
        *self = Self::default();
        self.add(used, now_ts, new_secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn never_understates_the_window(steps in prop::collection::vec((0i64..5_000, 0u64..1_000), 1..60), window in 1u32..20_000) {
            let mut ring = RollingWindow::default();
            let (mut now, mut log) = (1_600_000_000i64, Vec::new());
            for (dt, amount) in steps {
                now += dt;
                ring.add(amount, now, window).unwrap();
                log.push((now, amount));
                let exact: u64 = log.iter().filter(|(ts, _)| *ts > now - i64::from(window)).map(|(_, a)| a).sum();
                let all: u64 = log.iter().map(|(_, a)| a).sum();
                let used = ring.used(now, window).unwrap();
                prop_assert!(used >= exact && used <= all);
                prop_assert_eq!(ring.used(now + 2 * i64::from(window) + 16, window).unwrap(), 0);
            }
        }

        #[test]
        fn rescaling_keeps_what_was_used(amount in 0u64..1 << 40, old in 1u32..1 << 20, new in 1u32..1 << 20) {
            let mut ring = RollingWindow::default();
            ring.add(amount, 1_700_000_000, old).unwrap();
            ring.rescale(1_700_000_000, old, new).unwrap();
            prop_assert_eq!(ring.used(1_700_000_000, new).unwrap(), amount);
        }
    }

    extern crate std;
    use std::vec::Vec;

    #[test]
    fn what_is_given_back_is_the_newest() {
        let mut ring = RollingWindow::default();
        ring.add(5, 7_000, 700).unwrap();
        ring.add(7, 7_350, 700).unwrap();
        ring.release(9, 7_360, 700).unwrap();
        assert_eq!(ring.used(7_360, 700), Some(3));
        assert_eq!(ring.used(7_900, 700), Some(0), "what is left is the oldest");
        ring.release(9, 7_360, 700).unwrap();
        assert_eq!(ring.used(7_360, 700), Some(0));
    }

    #[test]
    fn a_clock_that_steps_back_frees_nothing() {
        let mut ring = RollingWindow::default();
        ring.add(5, 2_000, 700).unwrap();
        ring.add(5, 1_000, 700).unwrap();
        assert_eq!(ring.used(1_500, 700), Some(10));
    }
}
