//! A 256-bit unsigned integer with the few operations that klend's fractions need.

/// Unsigned 256-bit integer: four 64-bit limbs, least significant first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct U256(pub [u64; 4]);

const LIMB: u32 = 64;

impl U256 {
    /// `value` widened.
    pub const fn from_u128(value: u128) -> Self {
        Self([value as u64, (value >> LIMB) as u64, 0, 0])
    }

    /// The value, if it fits 128 bits.
    pub fn to_u128(self) -> Option<u128> {
        let [low, high, 0, 0] = self.0 else {
            return None;
        };
        Some(u128::from(low) | (u128::from(high) << LIMB))
    }

    /// The full product of two 128-bit numbers; it always fits.
    pub fn product(a: u128, b: u128) -> Self {
        let [a0, a1, ..] = Self::from_u128(a).0.map(u128::from);
        let [b0, b1, ..] = Self::from_u128(b).0.map(u128::from);
        let (low, high) = (a0 * b0, a1 * b1);
        let cross = (a0 * b1, a1 * b0);
        let middle = (low >> LIMB) + u128::from(cross.0 as u64) + u128::from(cross.1 as u64);
        let top = high + (cross.0 >> LIMB) + (cross.1 >> LIMB) + (middle >> LIMB);
        Self([low as u64, middle as u64, top as u64, (top >> LIMB) as u64])
    }

    /// `self * factor`, or `None` above 256 bits.
    pub fn checked_mul(self, factor: u128) -> Option<Self> {
        let [low0, low1, high0, high1] = self.0;
        let low = Self::product(u128::from(low0) | (u128::from(low1) << LIMB), factor);
        let high = Self::product(u128::from(high0) | (u128::from(high1) << LIMB), factor).to_u128()?;
        low.checked_add(Self([0, 0, high as u64, (high >> LIMB) as u64]))
    }

    /// `self + other`, or `None` above 256 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let mut sum = [0u64; 4];
        let mut carry = false;
        for (limb, (a, b)) in sum.iter_mut().zip(self.0.into_iter().zip(other.0)) {
            let (partial, first) = a.overflowing_add(b);
            let (total, second) = partial.overflowing_add(u64::from(carry));
            *limb = total;
            carry = first || second;
        }
        (!carry).then_some(Self(sum))
    }

    /// `self >> bits`, for fewer than 64 bits.
    pub fn shifted_right(self, bits: u32) -> Self {
        let [a, b, c, d] = self.0;
        let joined = |low: u64, high: u64| ((u128::from(low) | (u128::from(high) << LIMB)) >> bits) as u64;
        Self([joined(a, b), joined(b, c), joined(c, d), d >> bits])
    }

    /// `floor(self / divisor)`; `None` for a zero divisor or a quotient above 128 bits.
    ///
    /// Schoolbook division in base 2^64 with a divisor of at most two limbs.
    pub fn checked_div(self, divisor: u128) -> Option<u128> {
        if divisor == 0 {
            return None;
        }
        if let Ok(small) = u64::try_from(divisor) {
            return self.div_by_limb(small).to_u128();
        }
        let [low0, low1, high0, high1] = self.0;
        let high = u128::from(high0) | (u128::from(high1) << LIMB);
        if high >= divisor {
            return None;
        }
        // Normalise: the divisor's top bit set, so that each estimate of a quotient limb is off by
        // two at most. `high < divisor`, so the shifted remainder keeps to 128 bits.
        let shift = divisor.leading_zeros();
        let divisor = divisor << shift;
        let [_, high_bits] = split(u128::from(low1) << shift);
        let remainder = (high << shift) | u128::from(high_bits);
        let low = (u128::from(low0) | (u128::from(low1) << LIMB)) << shift;
        let [second, first] = split(low);
        let (quotient_high, remainder) = div_three_limbs(remainder, first, divisor);
        let (quotient_low, _) = div_three_limbs(remainder, second, divisor);
        Some((u128::from(quotient_high) << LIMB) | u128::from(quotient_low))
    }

    fn div_by_limb(self, divisor: u64) -> Self {
        let divisor = u128::from(divisor);
        let mut quotient = [0u64; 4];
        let mut remainder = 0u128;
        for (limb, out) in self.0.into_iter().zip(quotient.iter_mut()).rev() {
            let partial = (remainder << LIMB) | u128::from(limb);
            *out = (partial / divisor) as u64;
            remainder = partial % divisor;
        }
        Self(quotient)
    }
}

/// Low and high limb.
const fn split(value: u128) -> [u64; 2] {
    [value as u64, (value >> LIMB) as u64]
}

/// Divides `remainder * 2^64 + next` by a normalised two-limb divisor above `remainder`.
fn div_three_limbs(remainder: u128, next: u64, divisor: u128) -> (u64, u128) {
    let [divisor_low, divisor_high] = split(divisor).map(u128::from);
    let [_, remainder_high] = split(remainder).map(u128::from);
    // The estimate from the leading limbs is never too small.
    let mut digit =
        if remainder_high >= divisor_high { u128::from(u64::MAX) } else { remainder / divisor_high };
    loop {
        let rest = remainder.wrapping_sub(digit * divisor_high);
        // Too large while digit * divisor_low > rest * 2^64 + next.
        if rest >> LIMB != 0 || digit * divisor_low <= (rest << LIMB) | u128::from(next) {
            break;
        }
        digit -= 1;
    }
    let product = U256::product(divisor, digit);
    let dividend = U256([next, remainder as u64, (remainder >> LIMB) as u64, 0]);
    let rest = low_difference(dividend, product);
    (digit as u64, rest)
}

/// `a - b` modulo 2^128, for differences known to fit.
fn low_difference(a: U256, b: U256) -> u128 {
    let low = |value: U256| u128::from(value.0[0]) | (u128::from(value.0[1]) << LIMB);
    low(a).wrapping_sub(low(b))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// Bit by bit, the slow and obvious way.
    fn long_division(value: U256, divisor: u128) -> Option<u128> {
        let mut remainder = 0u128;
        let mut quotient = [0u64; 4];
        for bit in (0..256).rev() {
            let top = remainder >> 127;
            remainder = (remainder << 1) | u128::from((value.0[bit / 64] >> (bit % 64)) & 1);
            if top == 1 || remainder >= divisor {
                remainder = remainder.wrapping_sub(divisor);
                quotient[bit / 64] |= 1 << (bit % 64);
            }
        }
        U256(quotient).to_u128()
    }

    #[test]
    fn corners() {
        let max = U256::product(u128::MAX, u128::MAX);
        assert_eq!(max.0, [1, 0, u64::MAX - 1, u64::MAX]);
        assert_eq!(max.checked_div(u128::MAX), Some(u128::MAX));
        assert_eq!(max.checked_div(0), None);
        assert_eq!(max.checked_mul(2), None);
        assert_eq!(U256::from_u128(7).checked_div(u128::MAX), Some(0));
    }

    proptest! {
        #[test]
        fn a_product_divides_back(a: u128, b in 1u128.., extra: u128) {
            let product = U256::product(a, b);
            prop_assert_eq!(product.checked_div(b), Some(a));
            if let Some(sum) = product.checked_add(U256::from_u128(extra % b)) {
                prop_assert_eq!(sum.checked_div(b), Some(a));
            }
        }

        #[test]
        fn division_matches_long_division(limbs: [u64; 4], divisor in 1u128.., narrow in 0u32..128) {
            let divisor = (divisor >> narrow).max(1);
            prop_assert_eq!(U256(limbs).checked_div(divisor), long_division(U256(limbs), divisor));
            let small = U256([limbs[0], limbs[1], limbs[2] >> (narrow % 64), 0]);
            prop_assert_eq!(small.checked_div(divisor), long_division(small, divisor));
        }

        #[test]
        fn shifts_and_products_agree(a: u128, b: u64, bits in 0u32..60) {
            let product = U256::from_u128(a).checked_mul(u128::from(b)).unwrap();
            prop_assert_eq!(product, U256::product(a, u128::from(b)));
            let by_division = product.checked_div(1u128 << bits);
            prop_assert_eq!(product.shifted_right(bits).to_u128(), by_division);
        }
    }
}
