//! How to pay a leaver: from idle while that covers it, else by unwinding one venue after the other. Pure
//! arithmetic on a fresh vault; one step at a time, because each changes the vault.

use ballast_client::state::{Nav, Vault};
use ballast_math::mul_div::{mul_div_ceil, mul_div_floor};
use ballast_math::shares::{VIRTUAL_SHARES, to_assets_down, to_shares_up};

/// One transaction of an exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStep {
    /// Paid out of idle.
    Idle {
        /// Shares to give up.
        shares: u64,
    },
    /// Paid by unwinding a slot, and out of idle for the rest.
    Unwind {
        /// Slot.
        index: u8,
        /// Receipts to unwind.
        receipts: u64,
        /// Shares to give up.
        shares: u64,
    },
}

/// Why no step can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExitError {
    /// Too little to be worth an atom.
    #[error("{0} shares are worth less than an atom")]
    Dust(u64),
    /// Nothing is liquid.
    #[error(
        "idle assets do not cover the withdrawal, and no venue can pay out at the moment: try again later, or a smaller amount"
    )]
    Illiquid,
    /// An amount does not fit its integer.
    #[error("the vault's amounts do not fit together")]
    Overflow,
}

impl ExitStep {
    /// Shares given up.
    pub fn shares(&self) -> u64 {
        match self {
            Self::Idle { shares } | Self::Unwind { shares, .. } => *shares,
        }
    }
}

/// The next step for a leaver with `shares` left to give up, of a vault priced at `nav`. `is_usable` tells
/// which slots could be refreshed.
pub fn next_step(
    vault: &Vault,
    nav: &Nav,
    shares: u64,
    is_usable: impl Fn(u8) -> bool,
) -> Result<ExitStep, ExitError> {
    let overflow = ExitError::Overflow;
    let owed = to_assets_down(shares, nav.low, vault.total_shares).ok_or(overflow)?;
    if owed == 0 {
        return Err(ExitError::Dust(shares));
    }
    let idle = vault.idle_atoms;
    if owed <= idle {
        return Ok(ExitStep::Idle { shares });
    }
    let slots = (0u8..).zip(vault.active()).filter(|(index, slot)| slot.receipts > 0 && is_usable(*index));
    let liquid = slots.map(|(index, slot)| (slot.withdrawable.min(slot.value_low), index, slot));
    // The most liquid slot: fewest transactions. Of equals the first, so that a plan can be repeated.
    let best = liquid.max_by_key(|(atoms, index, _)| (*atoms, u8::MAX.saturating_sub(*index)));
    let Some((most, index, slot)) = best.filter(|(atoms, _, _)| *atoms > 0) else {
        return Err(ExitError::Illiquid);
    };
    // What is unwound must be at most what is owed, and with idle must cover it: aim between the two.
    let wanted = owed.saturating_sub(idle.checked_div(2).unwrap_or(0)).min(most);
    let receipts =
        mul_div_floor(slot.receipts, wanted, slot.value_low).ok_or(overflow)?.clamp(1, slot.receipts);
    let kept = slot.receipts.saturating_sub(receipts);
    let stays = mul_div_floor(slot.value_low, kept, slot.receipts).ok_or(overflow)?;
    let unwound = slot.value_low.saturating_sub(stays);
    let covered = unwound.saturating_add(idle) >= owed && unwound <= owed;
    if covered {
        return Ok(ExitStep::Unwind { index, receipts, shares });
    }
    // Only a part can be paid by this slot: as many shares as what it gives and half of idle are worth.
    let part = unwound.saturating_add(idle.checked_div(2).unwrap_or(0)).min(owed);
    let part_shares = to_shares_up(part, nav.low, vault.total_shares).ok_or(overflow)?.min(shares);
    Ok(ExitStep::Unwind { index, receipts, shares: part_shares })
}

/// The same unwinding for a few atoms' worth of shares less or more: without idle assets, what is unwound must
/// meet what is owed to the atom, which rounding at the venue may miss.
pub fn nearby(step: ExitStep) -> Vec<ExitStep> {
    let ExitStep::Unwind { index, receipts, shares } = step else { return Vec::new() };
    let atom = VIRTUAL_SHARES;
    let by = |atoms: u64| atoms.saturating_mul(atom);
    [
        shares.saturating_sub(by(1)),
        shares.saturating_add(by(1)),
        shares.saturating_sub(by(2)),
        shares.saturating_add(by(2)),
    ]
    .into_iter()
    .filter(|shares| *shares > 0)
    .map(|shares| ExitStep::Unwind { index, receipts, shares })
    .collect()
}

/// Shares to give up for about `atoms`: as many as pay that much now, at most `held`.
pub fn shares_for(atoms: u64, nav: &Nav, total_shares: u64, held: u64) -> Option<u64> {
    Some(to_shares_up(atoms, nav.low, total_shares)?.min(held))
}

/// What is left of `quote` after a tolerance of `slippage_bps`, rounded down.
pub fn at_least(quote: u64, slippage_bps: u16) -> u64 {
    let given_up = mul_div_ceil(quote, u64::from(slippage_bps), ballast_math::BPS);
    quote.saturating_sub(given_up.unwrap_or(quote))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ballast_client::state::Allocation;
    use bytemuck::Zeroable;
    use proptest::prelude::*;

    use super::*;

    /// A vault with `idle` and slots of (value, withdrawable), a share worth a thousandth of an atom.
    fn vault(idle: u64, slots: &[(u64, u64)]) -> (Vault, Nav) {
        let mut vault = Vault::zeroed();
        vault.idle_atoms = idle;
        vault.allocation_count = u8::try_from(slots.len()).unwrap();
        for (slot, (value, withdrawable)) in vault.allocations.iter_mut().zip(slots) {
            *slot = Allocation {
                receipts: *value,
                value_low: *value,
                withdrawable: *withdrawable,
                ..Allocation::default()
            };
        }
        let total = idle + slots.iter().map(|(value, _)| value).sum::<u64>();
        vault.total_shares = total * 1_000;
        (vault, Nav { low: total, high: total, gross_low: total })
    }

    #[test]
    fn idle_pays_first() {
        let (vault, nav) = vault(1_000, &[(9_000, 9_000)]);
        let step = next_step(&vault, &nav, 1_000_000, |_| true);
        assert_eq!(step, Ok(ExitStep::Idle { shares: 1_000_000 }));
        assert_eq!(next_step(&vault, &nav, 1, |_| true), Err(ExitError::Dust(1)));
    }

    #[test]
    fn the_most_liquid_venue_pays_next() {
        let (vault, nav) = vault(1_000, &[(4_000, 100), (3_000, 3_000), (3_000, 3_000)]);
        let step = next_step(&vault, &nav, 2_000_000, |_| true);
        assert_eq!(step, Ok(ExitStep::Unwind { index: 1, receipts: 1_500, shares: 2_000_000 }));
        let step = next_step(&vault, &nav, 2_000_000, |index| index != 1);
        assert_eq!(step, Ok(ExitStep::Unwind { index: 2, receipts: 1_500, shares: 2_000_000 }));
        assert_eq!(next_step(&vault, &nav, 2_000_000, |_| false), Err(ExitError::Illiquid));
    }

    #[test]
    fn an_exit_larger_than_a_venue_goes_in_parts() {
        let (vault, nav) = vault(1_000, &[(4_000, 2_000), (3_000, 1_000)]);
        let step = next_step(&vault, &nav, 6_000_000, |_| true).unwrap();
        assert_eq!(step, ExitStep::Unwind { index: 0, receipts: 2_000, shares: 2_500_000 });
    }

    #[test]
    fn tolerances_round_toward_asking_less() {
        assert_eq!(at_least(10_000, 10), 9_990);
        assert_eq!(at_least(999, 10), 998);
        assert_eq!(at_least(5, 10_000), 0);
        assert_eq!(at_least(5, 0), 5);
    }

    proptest! {
        /// Every step is one that the program accepts: what is unwound is at most what is owed, and with
        /// idle covers it; and repeating steps empties the position or finds everything illiquid.
        #[test]
        fn steps_lead_to_the_end(
            idle in 2u64..1 << 30,
            slots in prop::collection::vec((1u64..1 << 30, 0u64..1 << 30), 0..8),
            share in 1u64..=1_000,
        ) {
            let (mut vault, mut nav) = vault(idle, &slots);
            let mut left = vault.total_shares / 1_001 * share;
            for _ in 0..64 {
                if left == 0 || to_assets_down(left, nav.low, vault.total_shares).unwrap() == 0 {
                    return Ok(());
                }
                let step = match next_step(&vault, &nav, left, |_| true) {
                    Ok(step) => step,
                    Err(ExitError::Illiquid) => return Ok(()),
                    Err(error) => return Err(TestCaseError::fail(error.to_string())),
                };
                let owed = to_assets_down(step.shares(), nav.low, vault.total_shares).unwrap();
                if let ExitStep::Unwind { index, receipts, .. } = step {
                    let slot = &mut vault.allocations[usize::from(index)];
                    // One receipt is one atom here.
                    prop_assert!(receipts <= slot.withdrawable && receipts <= slot.receipts);
                    prop_assert!(receipts <= owed, "unwound {} owed {}", receipts, owed);
                    slot.receipts -= receipts;
                    slot.value_low -= receipts;
                    slot.withdrawable -= receipts;
                    vault.idle_atoms += receipts;
                }
                prop_assert!(vault.idle_atoms >= owed, "idle {} owed {}", vault.idle_atoms, owed);
                vault.idle_atoms -= owed;
                vault.total_shares -= step.shares();
                nav.low -= owed;
                left -= step.shares();
            }
            prop_assert!(false, "did not end");
        }
    }
}
