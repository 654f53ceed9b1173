//! Shares against assets, always rounded for the vault.
//!
//! Virtual shares and assets (the ERC-4626 "decimals offset" defence) make the first-depositor inflation
//! attack unprofitable: an attacker would have to give away `VIRTUAL_SHARES` times what a victim loses.

use crate::mul_div::{mul_div_ceil, mul_div_floor};

/// Shares that exist in the ratio but belong to nobody; also the number of shares one atom buys at the start.
pub const VIRTUAL_SHARES: u64 = 1_000;
/// Assets that exist in the ratio but belong to nobody, atoms.
pub const VIRTUAL_ASSETS: u64 = 1;
/// Denominator of [`share_price_e15`].
pub const SHARE_PRICE_SCALE: u128 = 1_000_000_000_000_000;

/// Shares for `assets` atoms on the way in: `floor(assets * (S + VS) / (A + VA))`.
pub fn to_shares_down(assets: u64, total_assets: u64, total_shares: u64) -> Option<u64> {
    mul_div_floor(
        assets,
        total_shares.checked_add(VIRTUAL_SHARES)?,
        total_assets.checked_add(VIRTUAL_ASSETS)?,
    )
}

/// Shares that `assets` atoms on the way out cost: the same ratio, rounded up.
pub fn to_shares_up(assets: u64, total_assets: u64, total_shares: u64) -> Option<u64> {
    mul_div_ceil(assets, total_shares.checked_add(VIRTUAL_SHARES)?, total_assets.checked_add(VIRTUAL_ASSETS)?)
}

/// Atoms that `shares` redeem for: `floor(shares * (A + VA) / (S + VS))`.
pub fn to_assets_down(shares: u64, total_assets: u64, total_shares: u64) -> Option<u64> {
    mul_div_floor(
        shares,
        total_assets.checked_add(VIRTUAL_ASSETS)?,
        total_shares.checked_add(VIRTUAL_SHARES)?,
    )
}

/// Atoms per share times 1e15, rounded down; one before anything was earned is 1e12.
pub fn share_price_e15(total_assets: u64, total_shares: u64) -> Option<u64> {
    let assets = u128::from(total_assets.checked_add(VIRTUAL_ASSETS)?);
    let shares = u128::from(total_shares.checked_add(VIRTUAL_SHARES)?);
    u64::try_from(assets.checked_mul(SHARE_PRICE_SCALE)?.checked_div(shares)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_round_trip_never_gains(assets in 0u64..1 << 50, total in 0u64..1 << 50, shares in 0u64..1 << 60) {
            let Some(minted) = to_shares_down(assets, total, shares) else { return Ok(()) };
            let Some(new_shares) = shares.checked_add(minted) else { return Ok(()) };
            let back = to_assets_down(minted, total + assets, new_shares).unwrap();
            prop_assert!(back <= assets);
        }

        #[test]
        fn everyone_can_be_paid(total in 0u64..1 << 50, shares in 0u64..1 << 60) {
            prop_assert!(to_assets_down(shares, total, shares).unwrap() <= total);
        }

        #[test]
        fn rounding_up_costs_at_most_one_share_more(assets in 0u64..1 << 40, total in 0u64..1 << 40, shares in 0u64..1 << 50) {
            let (down, up) = (to_shares_down(assets, total, shares), to_shares_up(assets, total, shares));
            prop_assert!(up.unwrap() - down.unwrap() <= 1);
        }
    }

    /// The attack: mint the smallest position, donate, let a victim deposit. Donations never reach
    /// `total_assets` in Ballast; this bounds the loss even where a venue lets value be pushed in.
    #[test]
    fn inflation_costs_the_attacker_more_than_the_victim_loses() {
        let (mut assets, mut shares) = (0u64, 0u64);
        let attacker = to_shares_down(1, assets, shares).unwrap();
        assets += 1;
        shares += attacker;
        let donated = 1_000_000_000;
        assets += donated;
        let victim_paid = 1_000_000_000;
        let victim = to_shares_down(victim_paid, assets, shares).unwrap();
        assets += victim_paid;
        shares += victim;
        let victim_lost = victim_paid - to_assets_down(victim, assets, shares).unwrap();
        let attacker_lost = donated + 1 - to_assets_down(attacker, assets, shares).unwrap();
        assert!(victim_lost * 100 < attacker_lost, "victim {victim_lost}, attacker {attacker_lost}");
    }

    #[test]
    fn price_starts_at_one_in_a_thousand() {
        assert_eq!(share_price_e15(0, 0), Some(1_000_000_000_000));
        // 2,000,001 assets over 1,000,001,000 shares, rounded down.
        assert_eq!(share_price_e15(2_000_000, 1_000_000_000), Some(1_999_999_000_000));
    }
}
