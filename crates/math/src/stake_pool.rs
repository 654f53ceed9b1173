//! Value of an SPL stake pool's token.

use crate::mul_div::{mul_div_ceil, mul_div_floor};

/// A fee as the stake pool stores it; zero when the denominator is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fee {
    /// Numerator.
    pub num: u64,
    /// Denominator.
    pub den: u64,
}

impl Fee {
    /// The fee on `amount`, rounded up as the pool does.
    pub fn on_ceil(&self, amount: u64) -> Option<u64> {
        if self.den == 0 { Some(0) } else { mul_div_ceil(amount, self.num, self.den) }
    }
}

/// Lamports that `tokens` are worth in the pool, before fees: `floor(tokens * lamports / supply)`.
pub fn value_floor(tokens: u64, total_lamports: u64, supply: u64) -> Option<u64> {
    if supply == 0 {
        return Some(0);
    }
    mul_div_floor(tokens, total_lamports, supply)
}

/// Lamports that withdrawing `tokens` pays: the fee is taken in tokens first.
pub fn payout_floor(tokens: u64, total_lamports: u64, supply: u64, withdrawal_fee: Fee) -> Option<u64> {
    value_floor(tokens.checked_sub(withdrawal_fee.on_ceil(tokens)?)?, total_lamports, supply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fee_comes_off_in_tokens() {
        let fee = Fee { num: 1, den: 1_000 };
        assert_eq!(value_floor(1_000, 1_100, 1_000), Some(1_100));
        assert_eq!(payout_floor(1_000, 1_100, 1_000, fee), Some(1_098));
        assert_eq!(payout_floor(1_000, 1_100, 1_000, Fee::default()), Some(1_100));
    }
}
