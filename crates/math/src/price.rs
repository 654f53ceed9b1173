//! Prices with an uncertainty, and amounts converted through them.

use crate::BPS;
use crate::mul_div::{mul_div_ceil, mul_div_floor};

/// A positive price with its confidence: `price * 10^expo`, plus or minus `conf * 10^expo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Mantissa, above zero.
    pub price: u64,
    /// Half-width of the confidence interval, same exponent, below `price`.
    pub conf: u64,
    /// Decimal exponent.
    pub expo: i32,
}

impl Price {
    /// `price - conf`.
    pub fn low(&self) -> Option<u64> {
        self.price.checked_sub(self.conf)
    }

    /// `price + conf`.
    pub fn high(&self) -> Option<u64> {
        self.price.checked_add(self.conf)
    }
}

/// Atoms of one token per atom of another, as a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// Numerator, above zero.
    pub num: u64,
    /// Denominator, above zero.
    pub den: u64,
}

impl Ratio {
    /// Converts `atoms`, rounding down.
    pub fn apply_floor(&self, atoms: u64) -> Option<u64> {
        mul_div_floor(atoms, self.num, self.den)
    }

    /// Converts `atoms`, rounding up.
    pub fn apply_ceil(&self, atoms: u64) -> Option<u64> {
        mul_div_ceil(atoms, self.num, self.den)
    }

    /// Converts back, rounding down.
    pub fn invert_floor(&self, atoms: u64) -> Option<u64> {
        mul_div_floor(atoms, self.den, self.num)
    }
}

/// Both sides of a token's price in the vault's asset, per atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TwoSided {
    /// `(token - conf) / (asset + conf)`.
    pub low: Ratio,
    /// `token / asset`, without the confidence intervals.
    pub mid: Ratio,
    /// `(token + conf) / (asset - conf)`.
    pub high: Ratio,
}

/// Prices `token` (with `token_decimals`) in atoms of `asset` (with `asset_decimals`).
///
/// `None` when a side is zero or the fraction does not fit two 64-bit integers.
pub fn in_asset(token: Price, token_decimals: u8, asset: Price, asset_decimals: u8) -> Option<TwoSided> {
    let scale = token
        .expo
        .checked_sub(asset.expo)?
        .checked_add(i32::from(asset_decimals))?
        .checked_sub(i32::from(token_decimals))?;
    let side = |num: u64, den: u64| {
        let power = 10u64.checked_pow(scale.unsigned_abs())?;
        let (num, den) =
            if scale >= 0 { (num.checked_mul(power)?, den) } else { (num, den.checked_mul(power)?) };
        (num > 0 && den > 0).then_some(Ratio { num, den })
    };
    Some(TwoSided {
        low: side(token.low()?, asset.high()?)?,
        mid: side(token.price, asset.price)?,
        high: side(token.high()?, asset.low()?)?,
    })
}

/// `|a - b|` in basis points of `b`, rounded up; `None` when `b` is zero.
pub fn divergence_bps(a: u64, b: u64) -> Option<u64> {
    mul_div_ceil(a.abs_diff(b), BPS, b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sol_in_usdc_atoms() {
        let sol = Price { price: 15_000_000_000, conf: 15_000_000, expo: -8 };
        let usdc = Price { price: 100_000_000, conf: 0, expo: -8 };
        let sides = in_asset(sol, 9, usdc, 6).unwrap();
        assert_eq!(sides.mid.apply_floor(1_000_000_000), Some(150_000_000));
        assert_eq!(sides.low.apply_floor(1_000_000_000), Some(149_850_000));
        assert_eq!(sides.high.apply_ceil(1_000_000_000), Some(150_150_000));
    }

    #[test]
    fn a_depeg_of_the_asset_is_seen() {
        let sol = Price { price: 15_000_000_000, conf: 0, expo: -8 };
        let usdc = Price { price: 91_280_000, conf: 0, expo: -8 };
        let sides = in_asset(sol, 9, usdc, 6).unwrap();
        assert_eq!(sides.mid.apply_floor(1_000_000_000), Some(164_329_535));
    }

    proptest! {
        #[test]
        fn low_is_at_most_mid_at_most_high(p in 1u64..1 << 40, c in 0u64..1 << 39, q in 1u64..1 << 40, d in 0u64..1 << 39, atoms in 0u64..1 << 40) {
            prop_assume!(c < p && d < q);
            let sides = in_asset(Price { price: p, conf: c, expo: -8 }, 9, Price { price: q, conf: d, expo: -8 }, 6).unwrap();
            let (low, mid, high) = (sides.low.apply_floor(atoms), sides.mid.apply_floor(atoms), sides.high.apply_floor(atoms));
            if let (Some(low), Some(mid), Some(high)) = (low, mid, high) {
                prop_assert!(low <= mid && mid <= high);
            }
        }
    }
}
