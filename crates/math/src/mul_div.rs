//! Multiply-then-divide without losing the wide product.

/// `floor(a * b / d)`; `None` when `d` is zero or the result does not fit.
pub fn mul_div_floor(a: u64, b: u64, d: u64) -> Option<u64> {
    let product = u128::from(a).checked_mul(u128::from(b))?;
    u64::try_from(product.checked_div(u128::from(d))?).ok()
}

/// `ceil(a * b / d)`; `None` when `d` is zero or the result does not fit.
pub fn mul_div_ceil(a: u64, b: u64, d: u64) -> Option<u64> {
    if d == 0 {
        return None;
    }
    let product = u128::from(a).checked_mul(u128::from(b))?;
    u64::try_from(product.div_ceil(u128::from(d))).ok()
}

/// `floor(atoms * bps / 10_000)`.
pub fn bps_floor(atoms: u64, bps: u64) -> Option<u64> {
    mul_div_floor(atoms, bps, crate::BPS)
}

/// `ceil(atoms * bps / 10_000)`.
pub fn bps_ceil(atoms: u64, bps: u64) -> Option<u64> {
    mul_div_ceil(atoms, bps, crate::BPS)
}

/// `floor(a * b / d / 2^shift)` for a 128-bit `a`, through a 192-bit product; `shift < 128`.
///
/// Schoolbook long division by one 64-bit limb, so that it costs three 128-by-64 divisions on chain.
pub fn mul_div_shift_floor(a: u128, b: u64, d: u64, shift: u32) -> Option<u64> {
    let d = u128::from(d);
    let b = u128::from(b);
    let low_product = (a & u128::from(u64::MAX)).checked_mul(b)?;
    let high_product = (a >> 64).checked_mul(b)?.checked_add(low_product >> 64)?;
    let limbs = [high_product >> 64, high_product & u128::from(u64::MAX), low_product & u128::from(u64::MAX)];
    let mut remainder: u128 = 0;
    let mut quotient = [0u128; 3];
    for (digit, limb) in quotient.iter_mut().zip(limbs) {
        let current = (remainder << 64) | limb;
        *digit = current.checked_div(d)?;
        remainder = current.checked_rem(d)?;
    }
    let [top, middle, low] = quotient;
    // The result must fit 64 bits after the shift: bits above 128 cannot survive a shift below 128.
    let rest = (middle << 64) | low;
    let spill = if shift == 0 { 0 } else { top.checked_shl(128u32.checked_sub(shift)?)? };
    if top != 0 && (shift == 0 || top.checked_shr(shift)? != 0) {
        return None;
    }
    u64::try_from(spill | rest.checked_shr(shift)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn floor_and_ceil_bracket_the_quotient(a: u64, b: u64, d in 1u64..) {
            let exact = u128::from(a) * u128::from(b);
            match (mul_div_floor(a, b, d), mul_div_ceil(a, b, d)) {
                (Some(low), Some(high)) => {
                    prop_assert!(u128::from(low) * u128::from(d) <= exact);
                    prop_assert!(u128::from(high) * u128::from(d) >= exact);
                    prop_assert!(high - low <= 1);
                }
                (floor, _) => prop_assert!(floor.is_none() || exact.div_ceil(u128::from(d)) > u128::from(u64::MAX)),
            }
        }

        #[test]
        fn wide_division_agrees_with_the_narrow_one(a: u64, b: u64, d in 1u64.., shift in 0u32..64) {
            let exact = (u128::from(a) * u128::from(b) / u128::from(d)) >> shift;
            prop_assert_eq!(mul_div_shift_floor(u128::from(a), b, d, shift), u64::try_from(exact).ok());
        }

        #[test]
        fn wide_division_undoes_a_shift(a: u64, b: u64, d in 1u64.., shift in 0u32..=60) {
            let narrow = mul_div_floor(a, b, d);
            prop_assert_eq!(mul_div_shift_floor(u128::from(a) << shift, b, d, shift), narrow);
        }
    }

    #[test]
    fn zero_divisor_is_none() {
        assert_eq!(mul_div_floor(1, 1, 0), None);
        assert_eq!(mul_div_ceil(1, 1, 0), None);
        assert_eq!(mul_div_shift_floor(1, 1, 0, 60), None);
    }
}
