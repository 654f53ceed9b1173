//! A Kamino reserve's rate model and how much of it is lent out.

use ballast_engine::curve::{RateCurve, ReserveState};
use ballast_engine::policy::Income;
use ballast_math::lending::{SCALED_BITS, total_liquidity_sf};

use super::{Outlook, read_u32, read_u64, read_u128};

/// Byte offsets in a reserve.
mod at {
    pub const AVAILABLE: usize = 224;
    pub const BORROWED_SF: usize = 232;
    pub const FEES_SF: [usize; 3] = [344, 360, 376];
    pub const PROTOCOL_TAKE_PCT: usize = 4_870;
    pub const BORROW_CURVE: usize = 4_920;
}
const CURVE_POINTS: usize = 11;

/// Entering and leaving cost nothing but an atom of rounding.
const MOVE_COST_BPS: f64 = 0.0;

/// The outlook of a reserve; `None` when the account is not one that can be understood.
pub fn outlook(reserve: &[u8]) -> Option<Outlook> {
    let borrowed_sf = read_u128(reserve, at::BORROWED_SF)?;
    let fees_sf = at::FEES_SF
        .into_iter()
        .try_fold(0u128, |sum, offset| sum.checked_add(read_u128(reserve, offset)?))?;
    let supplied_sf = total_liquidity_sf(read_u64(reserve, at::AVAILABLE)?, borrowed_sf, fees_sf)?;
    let corners = (0..CURVE_POINTS)
        .map(|index| {
            let offset = at::BORROW_CURVE.checked_add(index.checked_mul(8)?)?;
            Some((read_u32(reserve, offset)?, read_u32(reserve, offset.checked_add(4)?)?))
        })
        .collect::<Option<Vec<_>>>()?;
    let take_bps = u16::from(*reserve.get(at::PROTOCOL_TAKE_PCT)?).checked_mul(100)?;
    let state = ReserveState {
        curve: RateCurve::new(&corners, take_bps).ok()?,
        supplied_atoms: u64::try_from(supplied_sf >> SCALED_BITS).ok()?,
        borrowed_atoms: u64::try_from(borrowed_sf >> SCALED_BITS).ok()?,
    };
    Some(Outlook { income: Income::Lending(state), move_cost_bps: MOVE_COST_BPS, at_once_atoms: None })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_reserve_is_read_at_its_real_offsets() {
        let mut reserve = vec![0u8; 8_624];
        reserve[224..232].copy_from_slice(&400u64.to_le_bytes());
        reserve[232..248].copy_from_slice(&(600u128 << 60).to_le_bytes());
        reserve[344..360].copy_from_slice(&(10u128 << 60).to_le_bytes());
        reserve[4_870] = 10;
        for point in 0..11 {
            let (utilisation, rate): (u32, u32) = if point == 0 { (0, 0) } else { (10_000, 1_000) };
            let offset = 4_920 + 8 * point;
            reserve[offset..offset + 4].copy_from_slice(&utilisation.to_le_bytes());
            reserve[offset + 4..offset + 8].copy_from_slice(&rate.to_le_bytes());
        }
        let Income::Lending(state) = outlook(&reserve).unwrap().income else { panic!("not lending") };
        assert_eq!((state.supplied_atoms, state.borrowed_atoms), (990, 600));
        assert_eq!(state.curve.take_bps(), 1_000);
        assert_eq!(state.curve.points().len(), 2);
        assert_eq!(outlook(&reserve[..5_000]), None);
        assert_eq!(outlook(&vec![0; 8_624]), None);
    }
}
