//! U68F60: a u128 with 60 fractional bits, the number klend keeps its books in.
//!
//! Every operation rounds down and answers `None` where the result does not fit.

use crate::wide::U256;

/// Fractional bits.
pub const FRACTION_BITS: u32 = 60;
/// The scaled one.
pub const ONE_SF: u128 = 1 << FRACTION_BITS;

/// A non-negative fraction, scaled by 2^60.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fraction(pub u128);

impl Fraction {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(ONE_SF);

    /// A whole number.
    pub const fn from_int(value: u64) -> Self {
        Self((value as u128) << FRACTION_BITS)
    }

    /// `bps` / 10,000, rounded down.
    pub const fn from_bps(bps: u32) -> Self {
        Self(((bps as u128) << FRACTION_BITS) / 10_000)
    }

    /// `percent` / 100, rounded down.
    pub const fn from_percent(percent: u8) -> Self {
        Self(((percent as u128) << FRACTION_BITS) / 100)
    }

    /// Whole part.
    pub fn floor(self) -> Option<u64> {
        u64::try_from(self.0 >> FRACTION_BITS).ok()
    }

    /// Sum.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Difference.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// Product, rounded down.
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        U256::product(self.0, other.0).shifted_right(FRACTION_BITS).to_u128().map(Self)
    }

    /// Quotient, rounded down.
    pub fn checked_div(self, other: Self) -> Option<Self> {
        U256::product(self.0, ONE_SF).checked_div(other.0).map(Self)
    }

    /// Product with an integer, exact.
    pub fn checked_mul_int(self, factor: u128) -> Option<Self> {
        self.0.checked_mul(factor).map(Self)
    }

    /// Quotient by an integer, rounded down.
    pub fn checked_div_int(self, divisor: u128) -> Option<Self> {
        self.0.checked_div(divisor).map(Self)
    }

    /// The value in basis points, rounded to the nearest, halves up.
    pub fn to_bps_rounded(self) -> Option<u32> {
        let scaled = self.checked_mul_int(10_000)?.checked_add(Self(ONE_SF / 2))?;
        u32::try_from(scaled.0 >> FRACTION_BITS).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_down_except_to_bps() {
        let third = Fraction::ONE.checked_div_int(3);
        assert_eq!(third.and_then(|x| x.checked_mul_int(3)), Some(Fraction(ONE_SF - 1)));
        assert_eq!(third.and_then(Fraction::to_bps_rounded), Some(3_333));
        assert_eq!(Fraction(ONE_SF * 2 / 3).to_bps_rounded(), Some(6_667));
        assert_eq!(Fraction::from_int(7).checked_div(Fraction::from_int(2)), Some(Fraction(ONE_SF * 7 / 2)));
        assert_eq!(Fraction::from_int(7).floor(), Some(7));
    }

    #[test]
    fn answers_none_where_it_does_not_fit() {
        assert_eq!(Fraction(u128::MAX).checked_mul(Fraction::from_int(2)), None);
        assert_eq!(Fraction(u128::MAX).checked_div(Fraction(1)), None);
        assert_eq!(Fraction::ONE.checked_div(Fraction::ZERO), None);
        assert_eq!(Fraction::ZERO.checked_sub(Fraction(1)), None);
    }
}
