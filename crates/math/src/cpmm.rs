//! Constant-product pools: the fair value of a share, and how to enter with one asset.

use crate::mul_div::{mul_div_ceil, mul_div_floor, mul_div_shift_floor};
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

/// What a pool charges for a swap, millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SwapFees {
    /// Of what comes in.
    pub trade: u64,
    /// The creator's, here of what goes out: charged on what comes in it costs no more.
    pub creator: u64,
}

/// What swapping `amount_in` pays, rounded down.
pub fn swap_out_floor(in_reserve: u64, out_reserve: u64, amount_in: u64, fees: SwapFees) -> Option<u64> {
    let after_fee = amount_in.checked_sub(mul_div_ceil(amount_in, fees.trade, FEE_SCALE)?)?;
    let out = mul_div_floor(after_fee, out_reserve, in_reserve.checked_add(after_fee)?)?;
    out.checked_sub(mul_div_ceil(out, fees.creator, FEE_SCALE)?)
}

/// How many of `lp` tokens can be left with, and their leg together with `residual` atoms of it sold on what
/// remains of the pool, so that the sale pays at least `floor` of what is sold. Rounded down: by a hundredth
/// where a pool is so small that single atoms decide.
///
/// Leaving with the part `f` and selling on a pool of `(x(1-f), y(1-f))` pays enough while
/// `f <= (P - 1 - g r/y) / (P - 1 + g)`, with `g` what the trade fee leaves and `P` the spot price after all fees
/// over the floor.
pub fn lp_within_floor(
    pool: &Pool,
    lp: u64,
    residual: u64,
    fees: SwapFees,
    floor: impl Fn(u64) -> Option<u64>,
) -> Option<u64> {
    const E9: u64 = 1_000_000_000;
    let pays = |lp: u64| -> Option<bool> {
        let share = |reserve| mul_div_floor(lp, reserve, pool.lp_supply);
        let (asset, leg) = (share(pool.asset_atoms)?, share(pool.leg_atoms)?);
        let sell = leg.checked_add(residual)?;
        let reserves = (pool.leg_atoms.checked_sub(leg)?, pool.asset_atoms.checked_sub(asset)?);
        let least = floor(sell)?;
        Some(least == 0 || swap_out_floor(reserves.0, reserves.1, sell, fees)? >= least)
    };
    if pool.lp_supply == 0 {
        return Some(0);
    }
    if lp == 0 || pays(lp)? {
        return Some(lp);
    }
    let after_trade_e9 = mul_div_ceil(FEE_SCALE.checked_sub(fees.trade)?, E9, FEE_SCALE)?;
    let kept_e9 = mul_div_floor(after_trade_e9, FEE_SCALE.checked_sub(fees.creator)?, FEE_SCALE)?;
    let least = floor(pool.leg_atoms)?.checked_add(1)?;
    // A ratio out of range is as large as any.
    let above_e9 =
        mul_div_floor(pool.asset_atoms, kept_e9, least).unwrap_or(u64::MAX >> 1).saturating_sub(E9);
    let room_e9 =
        above_e9.saturating_sub(mul_div_ceil(residual, after_trade_e9, pool.leg_atoms).unwrap_or(u64::MAX));
    let part_e9 = mul_div_floor(room_e9, E9, above_e9.checked_add(after_trade_e9)?)?.saturating_sub(1);
    let bound = mul_div_floor(pool.lp_supply, part_e9, E9)?.min(lp);
    for lp in [bound, mul_div_floor(bound, 99, 100)?] {
        if pays(lp)? {
            return Some(lp);
        }
    }
    Some(0)
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

    /// 99% of the price at which [`POOL`] stands.
    fn floor(leg: u64) -> Option<u64> {
        mul_div_floor(spot(&POOL).apply_floor(leg)?, 99, 100)
    }

    #[test]
    fn a_small_holding_can_be_left_with_whole() {
        let fees = SwapFees { trade: 2_500, creator: 0 };
        let lp = POOL.lp_supply / 1_000;
        assert_eq!(lp_within_floor(&POOL, lp, 0, fees, floor), Some(lp));
        // A floor that the fee alone breaks leaves nothing.
        let dear = SwapFees { trade: 11_000, creator: 0 };
        assert_eq!(lp_within_floor(&POOL, lp, 0, dear, floor), Some(0));
    }

    proptest! {
        #[test]
        fn what_can_be_left_with_sells_at_the_floor_and_hardly_more_does(
            share in 1u64..1_000,
            residual in 0u64..100_000_000_000,
            trade in 0u64..9_000,
            creator in 0u64..500,
        ) {
            let fees = SwapFees { trade, creator };
            let lp = mul_div_floor(POOL.lp_supply, share, 1_000).unwrap();
            let most = lp_within_floor(&POOL, lp, residual, fees, floor).unwrap();
            prop_assert!(most <= lp);
            let pays = |lp: u64| {
                let leg = mul_div_floor(lp, POOL.leg_atoms, POOL.lp_supply).unwrap();
                let asset = mul_div_floor(lp, POOL.asset_atoms, POOL.lp_supply).unwrap();
                let sell = leg + residual;
                let out = swap_out_floor(POOL.leg_atoms - leg, POOL.asset_atoms - asset, sell, fees).unwrap();
                out >= floor(sell).unwrap()
            };
            prop_assert!(most == 0 || pays(most));
            // Within a fifty-thousandth of the pool of the most there is.
            let more = most + POOL.lp_supply / 50_000;
            prop_assert!(most == lp || more > POOL.lp_supply || !pays(more), "{} of {}", most, lp);
        }

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
