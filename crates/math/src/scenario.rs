//! Losses of a portfolio over a set of scenarios, and their tail.
//!
//! A set holds equally likely scenarios; each gives every risk factor a shock: the share of value lost through it, in
//! bps. A strategy loses the sum of its factors' shocks, at most everything; a portfolio loses the weighted sum of
//! its strategies. CVaR (expected shortfall) is the mean of the worst k scenarios; VaR is the least bad of those.
//! Everything rounds up: against the vault.

use crate::{BPS, MAX_ALLOCATIONS};

/// Risk factors in a set.
pub const MAX_SET_FACTORS: usize = 16;

/// Scenarios in a set.
pub const MAX_SCENARIOS: usize = 1_024;

/// All that can be lost, bps.
pub const FULL_LOSS_BPS: u16 = 10_000;

/// The shocks of a set: a row a scenario, a column a factor, bps of value lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shocks<'a> {
    rows: &'a [u16],
    factors: usize,
}

impl<'a> Shocks<'a> {
    /// Takes whole rows of `factors` shocks each, 1 to [`MAX_SCENARIOS`] of them, no shock above [`FULL_LOSS_BPS`].
    pub fn new(rows: &'a [u16], factors: usize) -> Option<Self> {
        let count = rows.len().checked_div(factors)?;
        let sound = factors <= MAX_SET_FACTORS
            && (1..=MAX_SCENARIOS).contains(&count)
            && count.checked_mul(factors)? == rows.len()
            && rows.iter().all(|shock| *shock <= FULL_LOSS_BPS);
        sound.then_some(Self { rows, factors })
    }

    /// Number of scenarios.
    pub fn count(&self) -> usize {
        self.rows.len().checked_div(self.factors).unwrap_or(0)
    }

    /// The scenarios.
    pub fn rows(&self) -> impl Iterator<Item = &'a [u16]> + use<'a> {
        self.rows.chunks_exact(self.factors.max(1))
    }
}

/// Which columns of a set a strategy depends on, a bit a column. `None` when one of its tags is not in the set: what
/// the set does not know must not count as safe. Tags of zero are empty.
pub fn factor_mask(set_factors: &[u32], tags: &[u32]) -> Option<u16> {
    let mut mask: u16 = 0;
    for tag in tags.iter().filter(|tag| **tag != 0) {
        let column = set_factors.iter().position(|factor| factor == tag)?;
        mask |= 1u16.checked_shl(u32::try_from(column).ok()?)?;
    }
    Some(mask)
}

/// What a strategy loses in one scenario: the sum of its factors' shocks, at most [`FULL_LOSS_BPS`].
pub fn strategy_loss_bps(row: &[u16], mask: u16) -> u16 {
    let hit = row.iter().enumerate().filter(|(column, _)| {
        u32::try_from(*column)
            .ok()
            .and_then(|column| mask.checked_shr(column))
            .is_some_and(|bits| bits & 1 == 1)
    });
    hit.fold(0u16, |sum, (_, shock)| sum.saturating_add(*shock)).min(FULL_LOSS_BPS)
}

/// Loss of a portfolio in every scenario, in hundred-millionths of its value (bps of weight times bps of loss, exact).
/// `None` when weights exceed the whole, or `losses` is not one place a scenario. What is not in a slot is idle.
pub fn portfolio_losses_e8(
    shocks: &Shocks<'_>,
    masks: &[u16; MAX_ALLOCATIONS],
    weights_bps: &[u16; MAX_ALLOCATIONS],
    losses: &mut [u32],
) -> Option<()> {
    let invested: u64 = weights_bps.iter().fold(0, |sum, weight| sum.saturating_add(u64::from(*weight)));
    if invested > BPS || losses.len() != shocks.count() {
        return None;
    }
    for (loss, row) in losses.iter_mut().zip(shocks.rows()) {
        *loss = 0;
        for (mask, weight) in masks.iter().zip(weights_bps).filter(|(_, weight)| **weight > 0) {
            let part = u32::from(strategy_loss_bps(row, *mask)).checked_mul(u32::from(*weight))?;
            *loss = loss.checked_add(part)?;
        }
    }
    Some(())
}

/// CVaR in bps, rounded up, of losses in hundred-millionths: the mean of the worst `worst_k`. Reorders `losses`.
/// `None` when `worst_k` is zero or more than there are.
pub fn cvar_bps_up(losses: &mut [u32], worst_k: usize) -> Option<u16> {
    let tail = worst(losses, worst_k)?;
    let sum = tail.iter().try_fold(0u64, |sum, loss| sum.checked_add(u64::from(*loss)))?;
    let unit = u64::try_from(worst_k).ok()?.checked_mul(BPS)?;
    u16::try_from(sum.checked_next_multiple_of(unit)?.checked_div(unit)?).ok()
}

/// VaR in bps, rounded up: the least of the worst `worst_k` losses. Reorders `losses`; `None` as [`cvar_bps_up`].
pub fn var_bps_up(losses: &mut [u32], worst_k: usize) -> Option<u16> {
    let least = u64::from(*worst(losses, worst_k)?.iter().min()?);
    u16::try_from(least.checked_next_multiple_of(BPS)?.checked_div(BPS)?).ok()
}

/// The `worst_k` greatest, in no order. Selection, not sorting: linear time on chain too.
fn worst(losses: &mut [u32], worst_k: usize) -> Option<&[u32]> {
    let start = losses.len().checked_sub(worst_k)?;
    if worst_k == 0 {
        return None;
    }
    losses.select_nth_unstable(start);
    losses.get(start..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    extern crate std;
    use std::vec::Vec;

    #[test]
    fn a_set_is_whole_rows_of_possible_shocks() {
        assert_eq!(Shocks::new(&[1, 2, 3, 4], 2).unwrap().count(), 2);
        for (rows, factors) in [(&[1u16, 2, 3][..], 2), (&[1], 0), (&[], 1), (&[10_001], 1), (&[0; 17], 17)] {
            assert_eq!(Shocks::new(rows, factors), None);
        }
        assert_eq!(Shocks::new(&[0; MAX_SCENARIOS + 1], 1), None);
    }

    #[test]
    fn an_unknown_factor_is_not_safe() {
        let set = [7, 9, 11];
        assert_eq!(factor_mask(&set, &[11, 0, 7, 0]), Some(0b101));
        assert_eq!(factor_mask(&set, &[0, 0]), Some(0));
        assert_eq!(factor_mask(&set, &[7, 8]), None);
    }

    #[test]
    fn a_strategy_cannot_lose_more_than_everything() {
        let row = [6_000, 7_000, 10];
        assert_eq!(strategy_loss_bps(&row, 0b001), 6_000);
        assert_eq!(strategy_loss_bps(&row, 0b101), 6_010);
        assert_eq!(strategy_loss_bps(&row, 0b011), FULL_LOSS_BPS);
        assert_eq!(strategy_loss_bps(&row, 0), 0);
        assert_eq!(strategy_loss_bps(&[FULL_LOSS_BPS; 16], u16::MAX), FULL_LOSS_BPS);
    }

    #[test]
    fn the_tail_is_worked_by_hand() {
        // Weights 50% and 30% in strategies that depend on columns 0 and 1.
        let rows = [100, 0, 0, 200, 2_000, 1, 0, 0];
        let shocks = Shocks::new(&rows, 2).unwrap();
        let (mut masks, mut weights) = ([0; MAX_ALLOCATIONS], [0; MAX_ALLOCATIONS]);
        (masks[0], masks[1], weights[0], weights[1]) = (0b01, 0b10, 5_000, 3_000);
        let mut losses = [0; 4];
        portfolio_losses_e8(&shocks, &masks, &weights, &mut losses).unwrap();
        assert_eq!(losses, [500_000, 600_000, 10_003_000, 0]);
        // (10,003,000 + 600,000) / 2 = 530.15 bps, and VaR 60 bps.
        assert_eq!(cvar_bps_up(&mut losses, 2), Some(531));
        assert_eq!(var_bps_up(&mut losses, 2), Some(60));
        assert_eq!((cvar_bps_up(&mut losses, 0), cvar_bps_up(&mut losses, 5)), (None, None));
        weights[2] = 2_001;
        assert_eq!(portfolio_losses_e8(&shocks, &masks, &weights, &mut losses), None);
        weights[2] = 0;
        assert_eq!(portfolio_losses_e8(&shocks, &masks, &weights, &mut losses[..3]), None);
    }

    proptest! {
        #[test]
        fn cvar_is_the_mean_of_the_sorted_tail(mut losses in prop::collection::vec(0u32..=100_000_000, 1..200), k in 1usize..200) {
            prop_assume!(k <= losses.len());
            let mut sorted = losses.clone();
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            let sum: u64 = sorted[..k].iter().map(|loss| u64::from(*loss)).sum();
            let cvar = u64::from(cvar_bps_up(&mut losses, k).unwrap());
            prop_assert_eq!(cvar, sum.div_ceil(k as u64 * 10_000));
            let var = u64::from(var_bps_up(&mut losses, k).unwrap());
            prop_assert_eq!(var, u64::from(sorted[k - 1]).div_ceil(10_000));
            prop_assert!(var <= cvar && cvar <= 10_000);
        }

        #[test]
        fn a_worse_shock_never_lowers_cvar(rows in prop::collection::vec(0u16..=10_000, 12..=120), at in any::<prop::sample::Index>(), by in 0u16..5_000, weights in prop::array::uniform8(0u16..1_250), masks in prop::array::uniform8(0u16..16), k in 1usize..4) {
            let rows: Vec<u16> = rows[..rows.len() / 4 * 4].to_vec();
            let mut worse = rows.clone();
            let at = at.index(worse.len());
            worse[at] = worse[at].saturating_add(by).min(10_000);
            let cvar = |rows: &[u16]| {
                let shocks = Shocks::new(rows, 4).unwrap();
                let mut losses = std::vec![0; shocks.count()];
                portfolio_losses_e8(&shocks, &masks, &weights, &mut losses).unwrap();
                cvar_bps_up(&mut losses, k).unwrap()
            };
            prop_assert!(cvar(&worse) >= cvar(&rows));
        }
    }
}
