//! Management and performance fees, paid in newly minted shares.

use crate::mul_div::mul_div_floor;
use crate::shares::{SHARE_PRICE_SCALE, VIRTUAL_ASSETS, VIRTUAL_SHARES, share_price_e15};
use crate::{BPS, YEAR_SECS};

/// Highest management fee the program accepts, bps a year.
pub const MAX_MANAGEMENT_FEE_BPS: u16 = 200;
/// Highest performance fee the program accepts, bps of gains above the high-water mark.
pub const MAX_PERFORMANCE_FEE_BPS: u16 = 2_000;

/// Fee rates, both in basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeRates {
    /// Of assets, a year.
    pub management_bps: u16,
    /// Of the gain per share above the high-water mark.
    pub performance_bps: u16,
}

/// What an accrual mints and where the high-water mark stands after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeAccrual {
    /// Shares to mint to the fee recipient.
    pub shares: u64,
    /// New high-water mark, atoms per share times 1e15; never lower than before.
    pub high_water_mark_e15: u64,
}

/// Accrues both fees over `elapsed_secs` on `total_assets` atoms and `total_shares`.
///
/// Fee assets are rounded down (for the holders); the shares that pay them are
/// `fee * (S + VS) / (A + VA - fee)`, which leaves the recipient with exactly the fee's worth.
pub fn accrue(
    rates: FeeRates,
    total_assets: u64,
    total_shares: u64,
    high_water_mark_e15: u64,
    elapsed_secs: u64,
) -> Option<FeeAccrual> {
    let price = share_price_e15(total_assets, total_shares)?;
    let management = u128::from(total_assets)
        .checked_mul(u128::from(rates.management_bps))?
        .checked_mul(u128::from(elapsed_secs))?
        .checked_div(u128::from(BPS.checked_mul(YEAR_SECS)?))?;
    let gain_per_share = price.saturating_sub(high_water_mark_e15);
    let gain =
        u128::from(gain_per_share).checked_mul(u128::from(total_shares))?.checked_div(SHARE_PRICE_SCALE)?;
    let performance = gain.checked_mul(u128::from(rates.performance_bps))?.checked_div(u128::from(BPS))?;
    let fee = u64::try_from(management.checked_add(performance)?).ok()?.min(total_assets);
    let rest = total_assets.checked_sub(fee)?.checked_add(VIRTUAL_ASSETS)?;
    let shares = mul_div_floor(fee, total_shares.checked_add(VIRTUAL_SHARES)?, rest)?;
    let after = share_price_e15(total_assets, total_shares.checked_add(shares)?)?;
    Some(FeeAccrual { shares, high_water_mark_e15: high_water_mark_e15.max(after) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shares::to_assets_down;
    use proptest::prelude::*;

    const RATES: FeeRates = FeeRates { management_bps: 100, performance_bps: 1_000 };

    #[test]
    fn one_percent_a_year_takes_one_percent() {
        let assets = 1_000_000_000_000;
        let shares = assets * 1_000;
        let price = share_price_e15(assets, shares).unwrap();
        let accrual = accrue(RATES, assets, shares, price, YEAR_SECS).unwrap();
        let worth = to_assets_down(accrual.shares, assets, shares + accrual.shares).unwrap();
        assert!(worth.abs_diff(assets / 100) <= 1, "{worth}");
    }

    #[test]
    fn performance_is_charged_once_per_new_high() {
        let shares = 1_000_000_000_000_000u64;
        let base = share_price_e15(1_000_000_000_000, shares).unwrap();
        let first = accrue(RATES, 1_100_000_000_000, shares, base, 0).unwrap();
        let worth = to_assets_down(first.shares, 1_100_000_000_000, shares + first.shares).unwrap();
        assert!(worth.abs_diff(10_000_000_000) < 100, "{worth}");
        let again =
            accrue(RATES, 1_100_000_000_000, shares + first.shares, first.high_water_mark_e15, 0).unwrap();
        assert_eq!(again.shares, 0);
    }

    proptest! {
        #[test]
        fn below_the_mark_costs_nothing_and_the_mark_never_falls(assets in 0u64..1 << 50, shares in 0u64..1 << 60, mark in 0u64..1 << 50) {
            let accrual = accrue(FeeRates { management_bps: 0, performance_bps: 2_000 }, assets, shares, mark, 0).unwrap();
            prop_assert!(accrual.high_water_mark_e15 >= mark);
            if share_price_e15(assets, shares).unwrap() <= mark { prop_assert_eq!(accrual.shares, 0); }
        }
    }
}
