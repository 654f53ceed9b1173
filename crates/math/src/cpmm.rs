//! Constant-product pools: the fair value of a share, and how to enter with one asset.

use crate::mul_div::{mul_div_floor, mul_div_shift_floor};
use crate::price::Ratio;

/// Denominator of a pool's trade fee.
pub const FEE_SCALE: u64 = 1_000_000;

/// What the pool holds for its liquidity providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Atoms of the vault's asset, fees excluded.
    pub asset_atoms: u64,
    /// Atoms of the other leg, fees excluded.
    pub leg_atoms: u64,
    /// LP tokens outstanding.
    pub lp_supply: u64,
}

/// Value of `lp` tokens in asset atoms at an outside price of the leg: `2 * sqrt(x * p * y) * lp / supply`.
///
/// At the price of an arbitrage-free pool this is what the two legs are worth; it cannot be moved by
/// trading against the pool (the "fair LP price" argument for constant-product reserves). Rounded down.
pub fn lp_value_floor(pool: &Pool, lp: u64, leg_in_asset: Ratio) -> Option<u64> {
    if pool.lp_supply == 0 {
        return Some(0);
    }
    let product =
        u128::from(leg_in_asset.apply_floor(pool.leg_atoms)?).checked_mul(u128::from(pool.asset_atoms))?;
    if product == 0 {
        return Some(0);
    }
    root_share_floor(product, 2, lp, pool.lp_supply)
}

/// The venue's own rate of a share, whatever prices are: `1e9 * sqrt(x * y) / supply`. Trading and fees only
/// raise it, so a fall is a loss inside the pool. Rounded down, saturated at `u64::MAX`; 0 without shares.
pub fn invariant_rate_e9(pool: &Pool) -> u64 {
    const E9: u64 = 1_000_000_000;
    let product = u128::from(pool.asset_atoms).saturating_mul(u128::from(pool.leg_atoms));
    if pool.lp_supply == 0 || product == 0 {
        return 0;
    }
    root_share_floor(product, 1, E9, pool.lp_supply).unwrap_or(u64::MAX)
}

/// `floor(times * sqrt(product) * lp / supply)` for a product above zero.
fn root_share_floor(product: u128, times: u128, lp: u64, supply: u64) -> Option<u64> {
    // Use all 128 bits so that the root keeps the precision that the multiplication by `lp` needs.
    let shift = product.leading_zeros() & !1;
    let root = product.checked_shl(shift)?.isqrt();
    mul_div_shift_floor(root.checked_mul(times)?, lp, supply, shift.checked_shr(1)?)
}

/// Asset atoms to swap into the leg so that both legs of `asset_in` enter the pool with nearly nothing left.
///
/// Solves `(asset_in - s) / (y + s) = out(s) / (x - out(s))` for a fee on the input; the closed form
/// `s = (sqrt(y^2 (F+g)^2 + 4 g F y a) - y (F+g)) / 2g` with `g = F - fee`. Inputs are scaled to 42 bits,
/// so the result is good to a few parts in 2^42: what is left over is measured, not assumed.
pub fn swap_in_for_both_legs(asset_in: u64, asset_reserve: u64, trade_fee: u64) -> Option<u64> {
    let g = u128::from(FEE_SCALE.checked_sub(trade_fee)?);
    let f = u128::from(FEE_SCALE);
    let bits = 64u32.checked_sub((asset_in | asset_reserve).leading_zeros())?;
    let shift = bits.saturating_sub(42);
    let (y, a) = (u128::from(asset_reserve >> shift), u128::from(asset_in >> shift));
    let b = y.checked_mul(f.checked_add(g)?)?;
    let c = g.checked_mul(f)?.checked_mul(y)?.checked_mul(a)?.checked_mul(4)?;
    let root = b.checked_mul(b)?.checked_add(c)?.isqrt();
    let scaled = root.checked_sub(b)?.checked_div(g.checked_mul(2)?)?;
    u64::try_from(scaled.checked_shl(shift)?).ok().map(|swap| swap.min(asset_in))
}

/// LP tokens that `asset_in` and `leg_in` can pay for; the venue rounds what it takes up, so this rounds down.
pub fn lp_for_both_legs_floor(pool: &Pool, asset_in: u64, leg_in: u64) -> Option<u64> {
    let by_asset = mul_div_floor(asset_in, pool.lp_supply, pool.asset_atoms)?;
    let by_leg = mul_div_floor(leg_in, pool.lp_supply, pool.leg_atoms)?;
    Some(by_asset.min(by_leg))
}

/// Spot price of the leg in the asset.
pub fn spot(pool: &Pool) -> Ratio {
    Ratio { num: pool.asset_atoms, den: pool.leg_atoms }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POOL: Pool = Pool {
        asset_atoms: 15_000_000_000_000,
        leg_atoms: 100_000_000_000_000,
        lp_supply: 38_729_833_462_074,
    };

    #[test]
    fn value_at_spot_is_twice_a_leg() {
        let lp = POOL.lp_supply / 1_000;
        let value = lp_value_floor(&POOL, lp, spot(&POOL)).unwrap();
        let leg = mul_div_floor(POOL.asset_atoms, lp, POOL.lp_supply).unwrap();
        assert!((2 * leg).abs_diff(value) <= 2, "{value} {leg}");
    }

    #[test]
    fn the_rate_of_a_share_is_its_part_of_the_invariant() {
        assert_eq!(invariant_rate_e9(&POOL), 1_000_000_000, "the first share is the root itself");
        let grown =
            Pool { asset_atoms: POOL.asset_atoms / 100 * 101, leg_atoms: POOL.leg_atoms / 100 * 101, ..POOL };
        assert_eq!(invariant_rate_e9(&grown), 1_010_000_000);
        assert_eq!(invariant_rate_e9(&Pool { lp_supply: 0, ..POOL }), 0);
        assert_eq!(invariant_rate_e9(&Pool { leg_atoms: 0, ..POOL }), 0);
        let tiny = Pool { asset_atoms: u64::MAX, leg_atoms: u64::MAX, lp_supply: 1 };
        assert_eq!(invariant_rate_e9(&tiny), u64::MAX);
    }

    proptest! {
        #[test]
        fn trading_against_the_pool_moves_the_value_only_by_rounding(factor in 500u64..2_000) {
            // Same product, another spot price: the fair value at the same outside price stays.
            let moved = Pool { asset_atoms: POOL.asset_atoms / 1_000 * factor, leg_atoms: POOL.leg_atoms / factor * 1_000, ..POOL };
            let lp = POOL.lp_supply / 1_000;
            let (before, after) = (lp_value_floor(&POOL, lp, spot(&POOL)).unwrap(), lp_value_floor(&moved, lp, spot(&POOL)).unwrap());
            prop_assert!(before.abs_diff(after) < before / 1_000_000, "{} {}", before, after);
        }

        #[test]
        fn entering_with_one_asset_leaves_little(asset_in in 1_000_000u64..1_000_000_000_000, fee in 0u64..10_000) {
            let swap = swap_in_for_both_legs(asset_in, POOL.asset_atoms, fee).unwrap();
            let after_fee = u128::from(swap) * u128::from(FEE_SCALE - fee) / u128::from(FEE_SCALE);
            let out = u128::from(POOL.leg_atoms) * after_fee / (u128::from(POOL.asset_atoms) + after_fee);
            let pool = Pool { asset_atoms: POOL.asset_atoms + swap, leg_atoms: POOL.leg_atoms - out as u64, ..POOL };
            let lp = lp_for_both_legs_floor(&pool, asset_in - swap, out as u64).unwrap();
            let used = mul_div_floor(lp, pool.asset_atoms, pool.lp_supply).unwrap();
            let left = (asset_in - swap).saturating_sub(used);
            prop_assert!(left <= 10 + asset_in / 1_000_000, "left {left} of {asset_in}");
        }
    }
}
