//! cTokens to liquidity and back.

use crate::error::LendingError;
use crate::fraction::{Fraction, ONE_SF};
use crate::wide::U256;

/// `collateral_supply` cToken atoms stand for `liquidity` atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeRate {
    collateral_supply: u64,
    liquidity: Fraction,
}

impl ExchangeRate {
    /// The rate of a reserve; one to one while either side is empty.
    pub fn new(collateral_supply: u64, liquidity: Fraction) -> Self {
        if collateral_supply == 0 || liquidity == Fraction::ZERO {
            return Self { collateral_supply: 1, liquidity: Fraction::ONE };
        }
        Self { collateral_supply, liquidity }
    }

    /// cTokens for a deposit, rounded down (for the reserve).
    pub fn to_collateral_floor(&self, liquidity_atoms: u64) -> Result<u64, LendingError> {
        let atoms = u128::from(liquidity_atoms) * u128::from(self.collateral_supply);
        let quotient = U256::product(atoms, ONE_SF).checked_div(self.liquidity.0);
        quotient.and_then(|value| u64::try_from(value).ok()).ok_or(LendingError::MathOverflow)
    }

    /// Liquidity paid for cTokens, rounded down (for the reserve).
    pub fn to_liquidity_floor(&self, collateral_atoms: u64) -> Result<u64, LendingError> {
        self.scaled_quotient(collateral_atoms, 0).and_then(Fraction::floor).ok_or(LendingError::MathOverflow)
    }

    /// Liquidity charged for cTokens, rounded up (for the reserve).
    pub fn to_liquidity_ceil(&self, collateral_atoms: u64) -> Result<u64, LendingError> {
        self.scaled_quotient(collateral_atoms, self.collateral_supply - 1)
            .and_then(|value| value.checked_add(Fraction(ONE_SF - 1)))
            .and_then(Fraction::floor)
            .ok_or(LendingError::MathOverflow)
    }

    /// `(collateral * liquidity + addend) / supply`, still scaled.
    fn scaled_quotient(&self, collateral_atoms: u64, addend: u64) -> Option<Fraction> {
        U256::product(u128::from(collateral_atoms), self.liquidity.0)
            .checked_add(U256::from_u128(u128::from(addend)))?
            .checked_div(u128::from(self.collateral_supply))
            .map(Fraction)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_empty_reserve_is_one_to_one() {
        for rate in [ExchangeRate::new(0, Fraction::from_int(9)), ExchangeRate::new(9, Fraction::ZERO)] {
            assert_eq!(rate.to_collateral_floor(7), Ok(7));
            assert_eq!(rate.to_liquidity_floor(7), Ok(7));
            assert_eq!(rate.to_liquidity_ceil(7), Ok(7));
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let dear = ExchangeRate::new(u64::MAX, Fraction(1));
        assert_eq!(dear.to_collateral_floor(u64::MAX), Err(LendingError::MathOverflow));
        let cheap = ExchangeRate::new(1, Fraction(u128::MAX));
        assert_eq!(cheap.to_liquidity_floor(u64::MAX), Err(LendingError::MathOverflow));
    }

    proptest! {
        #[test]
        fn a_round_trip_never_gains(
            supply in 1..=u64::MAX >> 8,
            liquidity_sf in 1u128..1 << 116,
            deposit_atoms in 0..=u64::MAX >> 8,
        ) {
            let rate = ExchangeRate::new(supply, Fraction(liquidity_sf));
            let Ok(minted) = rate.to_collateral_floor(deposit_atoms) else { return Ok(()) };
            let paid = rate.to_liquidity_ceil(minted).unwrap();
            let back = rate.to_liquidity_floor(minted).unwrap();
            prop_assert!(paid <= deposit_atoms);
            prop_assert!(back <= paid && paid - back <= 1);
        }
    }
}
