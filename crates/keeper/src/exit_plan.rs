//! How to pay a leaver: from idle while that covers it, else by unwinding one venue after the other. Pure
//! arithmetic on a fresh vault; one step at a time, because each changes the vault. The command line and the replay
//! leave by it.

use ballast::adapters::kind;
use ballast_client::state::{Allocation, Nav, Vault};
use ballast_math::mul_div::{mul_div_ceil, mul_div_floor};
use ballast_math::shares::{to_assets_down, to_shares_up};

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
        /// Most shares to give up: those that are paid for.
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

/// Liquidity below this is not worth a transaction while another slot has more, atoms.
const DUST_ATOMS: u64 = 16;

/// How dear it is to get out of a venue: a reserve charges nothing, a stake pool its fee, a liquidity pool a swap.
fn dearness(slot: &Allocation) -> u8 {
    match slot.adapter {
        kind::KAMINO_LEND => 0,
        kind::SPL_STAKE_POOL => 1,
        _ => 2,
    }
}

/// The next step for a leaver with `shares` left to give up, of a vault priced at `nav`. `most` says how many atoms
/// a slot may pay at once, beside what its venue has: zero where it could not be refreshed.
pub fn next_step(
    vault: &Vault,
    nav: &Nav,
    shares: u64,
    most: impl Fn(u8, &Allocation) -> u64,
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
    let slots = (0u8..).zip(vault.active()).filter(|(_, slot)| slot.receipts > 0);
    let liquid = slots
        .map(|(index, slot)| (slot.withdrawable.min(slot.value_low).min(most(index, slot)), index, slot))
        .filter(|(atoms, _, _)| *atoms > 0);
    // The cheapest kind, and of one kind the most liquid slot: fewest transactions. Of equals the first, so that a
    // plan can be repeated.
    let best = liquid.min_by_key(|(atoms, index, slot)| {
        (*atoms <= DUST_ATOMS, dearness(slot), core::cmp::Reverse(*atoms), *index)
    });
    let Some((most, index, slot)) = best else { return Err(ExitError::Illiquid) };
    // Between what idle does not cover and what is owed: of the price, either may have moved until it lands. What
    // it does not reach stays with the leaver, for the next step.
    let wanted = owed.saturating_sub(idle.checked_div(2).unwrap_or(0)).min(most);
    let rounded = if wanted < most { mul_div_ceil } else { mul_div_floor };
    let receipts = rounded(slot.receipts, wanted, slot.value_low).ok_or(overflow)?.clamp(1, slot.receipts);
    Ok(ExitStep::Unwind { index, receipts, shares })
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
        (vault, Nav { low: total, high: total, gross_low: total, gross_high: total })
    }

    #[test]
    fn idle_pays_first() {
        let (vault, nav) = vault(1_000, &[(9_000, 9_000)]);
        let step = next_step(&vault, &nav, 1_000_000, |_, _| u64::MAX);
        assert_eq!(step, Ok(ExitStep::Idle { shares: 1_000_000 }));
        assert_eq!(next_step(&vault, &nav, 1, |_, _| u64::MAX), Err(ExitError::Dust(1)));
    }

    #[test]
    fn the_most_liquid_venue_pays_next() {
        let (vault, nav) = vault(1_000, &[(4_000, 100), (3_000, 3_000), (3_000, 3_000)]);
        let step = next_step(&vault, &nav, 2_000_000, |_, _| u64::MAX);
        assert_eq!(step, Ok(ExitStep::Unwind { index: 1, receipts: 1_500, shares: 2_000_000 }));
        let step = next_step(&vault, &nav, 2_000_000, |index, _| if index == 1 { 0 } else { u64::MAX });
        assert_eq!(step, Ok(ExitStep::Unwind { index: 2, receipts: 1_500, shares: 2_000_000 }));
        assert_eq!(next_step(&vault, &nav, 2_000_000, |_, _| 0), Err(ExitError::Illiquid));
    }

    #[test]
    fn a_reserve_pays_before_a_pool_and_dust_last() {
        let (mut vault, nav) = vault(1_000, &[(4_000, 4_000), (3_000, 3_000), (2_000, 10)]);
        vault.allocations[0].adapter = kind::RAYDIUM_CPMM;
        let step = next_step(&vault, &nav, 2_000_000, |_, _| u64::MAX);
        assert_eq!(step, Ok(ExitStep::Unwind { index: 1, receipts: 1_500, shares: 2_000_000 }));
        let step = next_step(&vault, &nav, 2_000_000, |index, _| if index == 1 { 0 } else { 700 });
        assert_eq!(step, Ok(ExitStep::Unwind { index: 0, receipts: 700, shares: 2_000_000 }));
    }

    #[test]
    fn without_idle_the_last_receipt_is_rounded_up() {
        let (mut vault, nav) = vault(0, &[(9_000, 9_000)]);
        // A receipt is worth three atoms: 1,000 atoms are owed, 334 receipts give 1,002.
        vault.allocations[0].receipts = 3_000;
        let step = next_step(&vault, &nav, 1_000_000, |_, _| u64::MAX);
        assert_eq!(step, Ok(ExitStep::Unwind { index: 0, receipts: 334, shares: 1_000_000 }));
    }

    #[test]
    fn an_exit_larger_than_a_venue_goes_in_parts() {
        let (vault, nav) = vault(1_000, &[(4_000, 2_000), (3_000, 1_000)]);
        let step = next_step(&vault, &nav, 6_000_000, |_, _| u64::MAX).unwrap();
        assert_eq!(step, ExitStep::Unwind { index: 0, receipts: 2_000, shares: 6_000_000 });
    }

    #[test]
    fn tolerances_round_toward_asking_less() {
        assert_eq!(at_least(10_000, 10), 9_990);
        assert_eq!(at_least(999, 10), 998);
        assert_eq!(at_least(5, 10_000), 0);
        assert_eq!(at_least(5, 0), 5);
    }

    proptest! {
        /// Every step is one that the program accepts: what is unwound is at most a receipt above what is owed; and
        /// repeating steps, each paid as the program pays, empties the position or finds everything illiquid.
        #[test]
        fn steps_lead_to_the_end(
            idle in 0u64..1 << 30,
            slots in prop::collection::vec((1u64..1 << 30, 0u64..1 << 30), 0..8),
            share in 1u64..=1_000,
        ) {
            let (mut vault, mut nav) = vault(idle, &slots);
            let mut left = vault.total_shares / 1_001 * share;
            for _ in 0..64 {
                if left == 0 || to_assets_down(left, nav.low, vault.total_shares).unwrap() == 0 {
                    return Ok(());
                }
                let step = match next_step(&vault, &nav, left, |_, _| u64::MAX) {
                    Ok(step) => step,
                    Err(ExitError::Illiquid) => return Ok(()),
                    Err(error) => return Err(TestCaseError::fail(error.to_string())),
                };
                let owed = to_assets_down(step.shares(), nav.low, vault.total_shares).unwrap();
                let (mut met, mut burned) = (owed, step.shares());
                if let ExitStep::Unwind { index, receipts, .. } = step {
                    let slot = &mut vault.allocations[usize::from(index)];
                    // One receipt is one atom here.
                    prop_assert!(receipts <= slot.withdrawable && receipts <= slot.receipts);
                    prop_assert!(receipts <= owed + 1, "unwound {} owed {}", receipts, owed);
                    slot.receipts -= receipts;
                    slot.value_low -= receipts;
                    slot.withdrawable -= receipts;
                    vault.idle_atoms += receipts;
                    met = owed.min(vault.idle_atoms);
                    if met < owed {
                        burned = mul_div_ceil(burned, met, owed).unwrap();
                    }
                }
                vault.idle_atoms -= met;
                vault.total_shares -= burned;
                nav.low -= met;
                left -= burned;
            }
            prop_assert!(false, "did not end");
        }
    }
}
