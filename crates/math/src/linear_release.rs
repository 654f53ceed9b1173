//! An amount that is released linearly over time: profit on its way into the share price.
//!
//! Releasing gains over time removes the reward for depositing just before a gain is recognised and
//! leaving just after (the "profit unlocking" of Yearn V3 vaults; mechanism, not code).

use bytemuck::{Pod, Zeroable};

use crate::mul_div::{mul_div_ceil, mul_div_floor};

/// Profit earned and not yet released.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct LockedProfit {
    /// Atoms locked at `since_ts`.
    pub atoms: u64,
    /// Unix time from which `atoms` unlock linearly.
    pub since_ts: i64,
    /// Unix time at which nothing is locked any more.
    pub until_ts: i64,
}

impl LockedProfit {
    /// Atoms still locked at `now_ts`, rounded up (for the vault); all of them for a clock before `since_ts`.
    pub fn at(&self, now_ts: i64) -> Option<u64> {
        self.left_at(now_ts, mul_div_ceil)
    }

    fn left_at(&self, now_ts: i64, scale: fn(u64, u64, u64) -> Option<u64>) -> Option<u64> {
        if self.atoms == 0 || now_ts >= self.until_ts {
            return Some(0);
        }
        if now_ts <= self.since_ts {
            return Some(self.atoms);
        }
        let total = u64::try_from(self.until_ts.checked_sub(self.since_ts)?).ok()?;
        let left = u64::try_from(self.until_ts.checked_sub(now_ts)?).ok()?;
        scale(self.atoms, left, total)
    }

    /// What is locked at `now_ts`, to go on from there. Rounded down: a change starts a new line from here, and
    /// rounding up at every change would give back what the time since the last one released. Whoever changes
    /// it often releases at most an atom early each time.
    fn carried(&self, now_ts: i64) -> Option<u64> {
        self.left_at(now_ts, mul_div_floor)
    }

    /// Locks a new `gain`. The new end is the average of the old remainder and a full `unlock_secs`,
    /// weighted by amounts and rounded down, so that a stream of small gains neither freezes nor shortens it.
    pub fn lock(&mut self, gain: u64, now_ts: i64, unlock_secs: u32) -> Option<()> {
        if gain == 0 {
            return Some(());
        }
        let old = self.carried(now_ts)?;
        let old_left = if old == 0 { 0 } else { u64::try_from(self.until_ts.checked_sub(now_ts)?).ok()? };
        let total = old.checked_add(gain)?;
        let weighted = u128::from(old)
            .checked_mul(u128::from(old_left))?
            .checked_add(u128::from(gain).checked_mul(u128::from(unlock_secs))?)?
            .checked_div(u128::from(total))?;
        let left = i64::try_from(weighted).ok()?;
        *self = Self { atoms: total, since_ts: now_ts, until_ts: now_ts.checked_add(left)? };
        Some(())
    }

    /// Takes `loss` out of what is locked; returns the part that locked profit could not cover.
    pub fn absorb(&mut self, loss: u64, now_ts: i64) -> Option<u64> {
        let locked = self.carried(now_ts)?;
        let covered = locked.min(loss);
        let left = locked.checked_sub(covered)?;
        *self =
            Self { atoms: left, since_ts: now_ts, until_ts: if left == 0 { now_ts } else { self.until_ts } };
        loss.checked_sub(covered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unlocks_linearly_and_rounds_for_the_vault() {
        let mut profit = LockedProfit::default();
        profit.lock(100, 1_000, 10).unwrap();
        assert_eq!(profit.at(1_000), Some(100));
        assert_eq!(profit.at(1_003), Some(70));
        assert_eq!(profit.at(1_010), Some(0));
        profit.lock(1, 2_000, 3).unwrap();
        assert_eq!(profit.at(2_001), Some(1));
    }

    #[test]
    fn losses_eat_locked_profit_first() {
        let mut profit = LockedProfit::default();
        profit.lock(100, 0, 100).unwrap();
        assert_eq!(profit.absorb(30, 50), Some(0));
        assert_eq!(profit.at(50), Some(20));
        assert_eq!(profit.absorb(30, 50), Some(10));
        assert_eq!(profit.at(50), Some(0));
    }

    /// Gains of an atom a second for the whole unlocking time leave of the first gain what a line leaves.
    #[test]
    fn dust_gains_do_not_freeze_what_is_locked() {
        for (first, unlock) in [(100u64, 1_000u32), (1_000_000, 86_400), (7, 50_000)] {
            let mut profit = LockedProfit::default();
            profit.lock(first, 0, unlock).unwrap();
            for now in 1..=i64::from(unlock) {
                profit.lock(1, now, unlock).unwrap();
            }
            // Half of a steady stream of atoms is locked in the long run; of the first gain nothing much is.
            let stream = u64::from(unlock) / 2;
            let left = profit.at(i64::from(unlock)).unwrap();
            assert!(left <= stream + first / 3 + 1, "{first} over {unlock}: {left}");
            let mut quiet = profit;
            assert_eq!(quiet.absorb(0, profit.until_ts).unwrap(), 0);
            assert_eq!(quiet.at(profit.until_ts), Some(0));
        }
    }

    proptest! {
        #[test]
        fn locked_never_exceeds_what_was_gained(gains in prop::collection::vec((0u64..1 << 40, 0i64..100_000), 1..20), unlock in 0u32..1_000_000) {
            let mut profit = LockedProfit::default();
            let (mut now, mut gained) = (0i64, 0u64);
            for (gain, dt) in gains {
                now += dt;
                let before = profit.at(now).unwrap();
                profit.lock(gain, now, unlock).unwrap();
                gained += gain;
                let after = profit.at(now).unwrap();
                prop_assert!(after <= gained);
                if unlock > 0 { prop_assert!(after <= before + gain && after + 1 >= before + gain); }
                prop_assert!(profit.until_ts <= now + i64::from(unlock) || gain == 0);
            }
            prop_assert_eq!(profit.at(now + i64::from(unlock)).unwrap(), 0);
        }
    }
}
