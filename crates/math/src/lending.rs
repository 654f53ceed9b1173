//! Value of a lending receipt (cToken) at its reserve's exchange rate.

use crate::mul_div::mul_div_shift_floor;

/// Fraction bits of the scaled amounts in a Kamino reserve.
pub const SCALED_BITS: u32 = 60;

/// Liquidity of a reserve, atoms times 2^60: `(available << 60) + borrowed - fees`.
///
/// `None` when fees exceed what is there, which a sound reserve never shows.
pub fn total_liquidity_sf(available_atoms: u64, borrowed_sf: u128, fees_sf: u128) -> Option<u128> {
    (u128::from(available_atoms) << SCALED_BITS).checked_add(borrowed_sf)?.checked_sub(fees_sf)
}

/// Atoms that `ctokens` redeem for: `floor(ctokens * T / supply / 2^60)`; one for one while nothing is lent.
pub fn ctoken_value_floor(ctokens: u64, total_liquidity_sf: u128, ctoken_supply: u64) -> Option<u64> {
    if ctoken_supply == 0 || total_liquidity_sf == 0 {
        return Some(ctokens);
    }
    mul_div_shift_floor(total_liquidity_sf, ctokens, ctoken_supply, SCALED_BITS)
}

/// Borrowed over supplied, bps rounded up; above 10,000 where fees and bad debt leave more lent than owned,
/// and saturated at `u16::MAX`. Nothing supplied is 0, unless something is lent.
pub fn utilisation_bps_ceil(borrowed_sf: u128, total_liquidity_sf: u128) -> u16 {
    // Twenty of the fraction's bits are given up, against the ratio's direction, so that the product fits.
    const DROPPED: u32 = 20;
    let borrowed = borrowed_sf.div_ceil(1 << DROPPED);
    let total = total_liquidity_sf >> DROPPED;
    if borrowed == 0 {
        return 0;
    }
    let scaled = borrowed.saturating_mul(u128::from(crate::BPS));
    if total == 0 { u16::MAX } else { u16::try_from(scaled.div_ceil(total)).unwrap_or(u16::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utilisation_rounds_up_and_saturates() {
        let sf = |atoms: u128| atoms << SCALED_BITS;
        assert_eq!(utilisation_bps_ceil(sf(80), sf(100)), 8_000);
        assert_eq!(utilisation_bps_ceil(sf(1), sf(30_000)), 1);
        assert_eq!(utilisation_bps_ceil(sf(101), sf(100)), 10_100);
        assert_eq!(utilisation_bps_ceil(sf(100), sf(1)), u16::MAX);
        assert_eq!(utilisation_bps_ceil(0, 0), 0);
        assert_eq!(utilisation_bps_ceil(1, 0), u16::MAX);
        // More atoms than 64 bits hold on either side do not overflow.
        assert_eq!(utilisation_bps_ceil(u128::MAX, u128::MAX), 10_001);
    }

    #[test]
    fn value_follows_the_exchange_rate() {
        let total = total_liquidity_sf(500_000_000, 505_000_000u128 << 60, 0).unwrap();
        assert_eq!(ctoken_value_floor(1_000_000, total, 1_000_000_000), Some(1_005_000));
        assert_eq!(ctoken_value_floor(7, 0, 0), Some(7));
    }

    #[test]
    fn fees_are_not_ours() {
        let total = total_liquidity_sf(100, 100u128 << 60, 1 << 60).unwrap();
        assert_eq!(ctoken_value_floor(100, total, 100), Some(199));
        assert_eq!(total_liquidity_sf(0, 0, 1), None);
    }
}
