//! Interest: what a reserve's debt grows by from slot to slot, and who gets it.

use super::Reserve;
use crate::error::LendingError;
use crate::fraction::{FRACTION_BITS, Fraction};

/// Slots that klend counts to a year: two a second, whatever the chain does.
pub const SLOTS_PER_YEAR: u64 = 63_072_000;

impl Reserve {
    /// Brings interest up to `slot`.
    ///
    /// Suppliers get the curve's interest less the protocol's take; referrers get a part of the take;
    /// the fixed rate goes to the protocol alone.
    ///
    /// Errors: `MathOverflow` for a slot in the past or numbers out of range.
    pub fn accrue(&mut self, slot: u64, referral_fee_bps: u16) -> Result<(), LendingError> {
        let elapsed = slot.checked_sub(self.last_slot).ok_or(LendingError::MathOverflow)?;
        if elapsed == 0 {
            return Ok(());
        }
        let borrow_rate = self.borrow_rate()?;
        self.compound(borrow_rate, elapsed, referral_fee_bps).ok_or(LendingError::MathOverflow)
    }

    fn compound(&mut self, borrow_rate: Fraction, elapsed: u64, referral_fee_bps: u16) -> Option<()> {
        let fixed_rate = Fraction::from_bps(u32::from(self.host_fixed_rate_bps));
        let take = Fraction::from_percent(self.protocol_take_pct);
        let referral = Fraction::from_bps(u32::from(referral_fee_bps));

        let growth = compounded(borrow_rate.checked_add(fixed_rate)?, elapsed)?;
        let fixed_growth = compounded(fixed_rate, elapsed)?;
        let debt = self.borrowed.checked_mul(growth)?;
        let fixed_fee = self.borrowed.checked_mul(fixed_growth)?.checked_sub(self.borrowed)?;
        let variable_interest = debt.checked_sub(self.borrowed)?.checked_sub(fixed_fee)?;

        let take_fee = variable_interest.checked_mul(take)?;
        let absolute_referral_rate = take.checked_mul(referral)?;
        let referrer_fee = variable_interest.checked_mul(absolute_referral_rate)?;

        self.cumulative_borrow_rate =
            self.cumulative_borrow_rate.checked_mul(growth.0)?.shifted_right(FRACTION_BITS);
        self.protocol_fees =
            self.protocol_fees.checked_add(fixed_fee)?.checked_add(take_fee)?.checked_sub(referrer_fee)?;
        self.pending_referrer_fees = self.pending_referrer_fees.checked_add(referrer_fee)?;
        self.absolute_referral_rate = absolute_referral_rate;
        self.borrowed = debt;
        Some(())
    }
}

/// Growth of one unit of debt over `slots` at `rate` a year, compounded each slot.
///
/// Exact products for up to four slots, then the first four terms of the binomial series of
/// (1 + rate/slots_per_year)^slots. It falls short of the true growth twice: by the terms left out,
/// and because the square of a rate per slot is only a few units of 2^-60 (2.9 at 10% a year, below
/// one under 5.9%) and is rounded down, its cube below 2^-60 at any usual rate. Between two refreshes, interest at usual rates is simple.
pub fn compounded(rate: Fraction, slots: u64) -> Option<Fraction> {
    let base = rate.checked_div_int(u128::from(SLOTS_PER_YEAR))?;
    let one_slot = Fraction::ONE.checked_add(base)?;
    match slots {
        0 => return Some(Fraction::ONE),
        1 => return Some(one_slot),
        2 => return one_slot.checked_mul(one_slot),
        3 => return one_slot.checked_mul(one_slot)?.checked_mul(one_slot),
        4 => {
            let squared = one_slot.checked_mul(one_slot)?;
            return squared.checked_mul(squared);
        }
        _ => {}
    }
    let n = u128::from(slots);
    let squared = base.checked_mul(base)?;
    let cubed = squared.checked_mul(base)?;
    let first = base.checked_mul_int(n)?;
    let second = squared.checked_mul_int(n)?.checked_mul_int(n - 1)?.checked_div_int(2)?;
    let third =
        cubed.checked_mul_int(n)?.checked_mul_int(n - 1)?.checked_mul_int(n - 2)?.checked_div_int(6)?;
    Fraction::ONE.checked_add(first)?.checked_add(second)?.checked_add(third)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fraction::ONE_SF;
    use proptest::prelude::*;

    fn as_f64(value: Fraction) -> f64 {
        value.0 as f64 / ONE_SF as f64
    }

    #[test]
    fn one_gap_of_a_year() {
        let growth = |bps| as_f64(compounded(Fraction::from_bps(bps), SLOTS_PER_YEAR).unwrap());
        // Simple interest while the square of the rate per slot rounds to nothing.
        assert!((growth(500) - 1.05).abs() < 1e-9, "{}", growth(500));
        // Two units of 2^-60 stand for 2.9: 1 + 0.1 + 2/2.9 of 0.005.
        assert!((growth(1_000) - 1.103_450).abs() < 1e-6, "{}", growth(1_000));
        // Even at 100% the cube of the rate per slot rounds to nothing.
        assert!((growth(10_000) - 2.498_587).abs() < 1e-6, "{}", growth(10_000));
    }

    #[test]
    fn few_slots_are_exact_powers() {
        let rate = Fraction::from_bps(5_000);
        let one = compounded(rate, 1).unwrap();
        assert_eq!(compounded(rate, 0), Some(Fraction::ONE));
        assert_eq!(compounded(rate, 2), one.checked_mul(one));
        assert_eq!(compounded(rate, 4), one.checked_mul(one).and_then(|square| square.checked_mul(square)));
    }

    proptest! {
        #[test]
        fn growth_rises_with_time_and_rate(rate_bps in 0u32..50_000, slots in 0..SLOTS_PER_YEAR, more in 0..SLOTS_PER_YEAR) {
            let rate = Fraction::from_bps(rate_bps);
            let growth = compounded(rate, slots).unwrap();
            prop_assert!(growth >= Fraction::ONE);
            // The switch from products to the series at five slots may lose the last bits.
            prop_assert!(compounded(rate, slots + more).unwrap().0 + 64 >= growth.0);
            prop_assert!(compounded(Fraction::from_bps(rate_bps + 1), slots).unwrap() >= growth);
        }
    }
}
