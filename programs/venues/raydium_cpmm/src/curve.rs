//! The pure maths of a constant-product pool: shares, swaps, fees.
//!
//! Amounts are token atoms, rates are millionths. Swaps round against the trader, shares against
//! whoever deposits or withdraws. `None` means that a number left its range.

/// What a rate of 100% is written as.
pub const RATE_DENOMINATOR: u64 = 1_000_000;

/// Rates of a pool's fee configuration, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeeRates {
    /// Of the amount swapped in.
    pub trade: u64,
    /// Of the trade fee; the rest of it, less the fund's part, stays with the LPs.
    pub protocol: u64,
    /// Of the trade fee.
    pub fund: u64,
    /// Of the amount swapped, on top of the trade fee; 0 where the pool has no creator fee.
    pub creator: u64,
}

/// Which side of a swap pays the creator's fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreatorFeeSide {
    /// The token that comes in.
    Input,
    /// The token that goes out.
    Output,
}

/// Everything a swap moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swap {
    /// What the trader pays, fees included.
    pub input_atoms: u64,
    /// What the trader gets.
    pub output_atoms: u64,
    /// Fee on the input; part of it is the protocol's and the fund's.
    pub trade_fee_atoms: u64,
    /// The protocol's part of the trade fee, input token.
    pub protocol_fee_atoms: u64,
    /// The fund's part of the trade fee, input token.
    pub fund_fee_atoms: u64,
    /// The creator's fee, on the side the pool says.
    pub creator_fee_atoms: u64,
    /// Input side of the curve after the swap, without any fee.
    pub input_after: u128,
    /// Output side of the curve after the swap.
    pub output_after: u128,
}

/// Tokens that `lp_atoms` of `lp_supply` stand for, rounded down: what a withdrawal pays.
pub fn tokens_for_lp_floor(lp_atoms: u64, lp_supply: u64, reserve_atoms: u64) -> Option<u64> {
    let product = u128::from(lp_atoms) * u128::from(reserve_atoms);
    u64::try_from(product.checked_div(u128::from(lp_supply))?).ok()
}

/// Tokens that `lp_atoms` of `lp_supply` stand for, rounded up: what a deposit costs. Less than one
/// atom stays zero (and is refused later) instead of being charged as one.
pub fn tokens_for_lp_ceil(lp_atoms: u64, lp_supply: u64, reserve_atoms: u64) -> Option<u64> {
    let floor = tokens_for_lp_floor(lp_atoms, lp_supply, reserve_atoms)?;
    let product = u128::from(lp_atoms) * u128::from(reserve_atoms);
    let inexact = product.checked_rem(u128::from(lp_supply))? > 0;
    if inexact && floor > 0 { floor.checked_add(1) } else { Some(floor) }
}

/// Swaps exactly `input_atoms` in. Reserves are the vaults without the fees owed from them.
pub fn swap_base_input(
    input_atoms: u64,
    input_reserve: u64,
    output_reserve: u64,
    rates: FeeRates,
    side: CreatorFeeSide,
) -> Option<Swap> {
    let input = u128::from(input_atoms);
    let (trade_fee, creator_fee_in) = match side {
        CreatorFeeSide::Input => {
            let total = fee_ceil(input, rates.trade.checked_add(rates.creator)?)?;
            split_total(total, rates)?
        }
        CreatorFeeSide::Output => (fee_ceil(input, rates.trade)?, 0),
    };
    let priced_input = input.checked_sub(trade_fee)?.checked_sub(creator_fee_in)?;
    let input_after = u128::from(input_reserve).checked_add(priced_input)?;
    let swapped = priced_input.checked_mul(u128::from(output_reserve))?.checked_div(input_after)?;
    let creator_fee = match side {
        CreatorFeeSide::Input => creator_fee_in,
        CreatorFeeSide::Output => fee_ceil(swapped, rates.creator)?,
    };
    let output = match side {
        CreatorFeeSide::Input => swapped,
        CreatorFeeSide::Output => swapped.checked_sub(creator_fee)?,
    };
    let output_after = u128::from(output_reserve).checked_sub(swapped)?;
    result(input, output, trade_fee, creator_fee, rates, (input_after, output_after))
}

/// Swaps exactly `output_atoms` out. Reserves are the vaults without the fees owed from them.
pub fn swap_base_output(
    output_atoms: u64,
    input_reserve: u64,
    output_reserve: u64,
    rates: FeeRates,
    side: CreatorFeeSide,
) -> Option<Swap> {
    let output = u128::from(output_atoms);
    let swapped = match side {
        CreatorFeeSide::Input => output,
        CreatorFeeSide::Output => before_fee(output, rates.creator)?,
    };
    let output_after = u128::from(output_reserve).checked_sub(swapped).filter(|rest| *rest > 0)?;
    let priced_input = u128::from(input_reserve).checked_mul(swapped)?.div_ceil(output_after);
    let (input, trade_fee, creator_fee) = match side {
        CreatorFeeSide::Input => {
            let input = before_fee(priced_input, rates.trade.checked_add(rates.creator)?)?;
            let (trade_fee, creator_fee) = split_total(input.checked_sub(priced_input)?, rates)?;
            (input, trade_fee, creator_fee)
        }
        CreatorFeeSide::Output => {
            let input = before_fee(priced_input, rates.trade)?;
            (input, input.checked_sub(priced_input)?, swapped.checked_sub(output)?)
        }
    };
    let input_after = u128::from(input_reserve).checked_add(priced_input)?;
    result(input, output, trade_fee, creator_fee, rates, (input_after, output_after))
}

fn result(
    input: u128,
    output: u128,
    trade_fee: u128,
    creator_fee: u128,
    rates: FeeRates,
    (input_after, output_after): (u128, u128),
) -> Option<Swap> {
    Some(Swap {
        input_atoms: u64::try_from(input).ok()?,
        output_atoms: u64::try_from(output).ok()?,
        trade_fee_atoms: u64::try_from(trade_fee).ok()?,
        protocol_fee_atoms: u64::try_from(fee_floor(trade_fee, rates.protocol)?).ok()?,
        fund_fee_atoms: u64::try_from(fee_floor(trade_fee, rates.fund)?).ok()?,
        creator_fee_atoms: u64::try_from(creator_fee).ok()?,
        input_after,
        output_after,
    })
}

fn fee_ceil(amount: u128, rate: u64) -> Option<u128> {
    Some(amount.checked_mul(u128::from(rate))?.div_ceil(u128::from(RATE_DENOMINATOR)))
}

fn fee_floor(amount: u128, rate: u64) -> Option<u128> {
    amount.checked_mul(u128::from(rate))?.checked_div(u128::from(RATE_DENOMINATOR))
}

/// Trade fee and creator fee out of both together; the creator's part rounds down.
fn split_total(total: u128, rates: FeeRates) -> Option<(u128, u128)> {
    let both = u128::from(rates.trade.checked_add(rates.creator)?);
    // cp-swap divides here even when both rates are zero and answers ZeroTradingTokens.
    let creator = total.checked_mul(u128::from(rates.creator))?.checked_div(both)?;
    Some((total.checked_sub(creator)?, creator))
}

/// The amount that leaves `after` once the fee is taken, rounded up.
fn before_fee(after: u128, rate: u64) -> Option<u128> {
    if rate == 0 {
        return Some(after);
    }
    let rest = RATE_DENOMINATOR.checked_sub(rate).filter(|rest| *rest > 0)?;
    Some(after.checked_mul(u128::from(RATE_DENOMINATOR))?.div_ceil(u128::from(rest)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const RATES: FeeRates = FeeRates { trade: 2_500, protocol: 120_000, fund: 40_000, creator: 0 };

    #[test]
    fn a_swap_by_hand() {
        let swap = swap_base_input(1_000_000, 100_000_000, 50_000_000, RATES, CreatorFeeSide::Input).unwrap();
        // 2,500 of fee; 997,500 priced: 997,500 * 50m / 100,997,500 = 493,824.1...
        assert_eq!((swap.trade_fee_atoms, swap.output_atoms), (2_500, 493_824));
        assert_eq!((swap.protocol_fee_atoms, swap.fund_fee_atoms), (300, 100));
    }

    #[test]
    fn creator_fees_fall_on_the_side_named() {
        let rates = FeeRates { creator: 1_000, ..RATES };
        let on_input = swap_base_input(1_000_000, 1 << 40, 1 << 40, rates, CreatorFeeSide::Input).unwrap();
        assert_eq!((on_input.trade_fee_atoms, on_input.creator_fee_atoms), (2_500, 1_000));
        let on_output = swap_base_input(1_000_000, 1 << 40, 1 << 40, rates, CreatorFeeSide::Output).unwrap();
        assert_eq!((on_output.trade_fee_atoms, on_output.creator_fee_atoms), (2_500, 998));
    }

    #[test]
    fn dust_is_zero_and_rounding_is_against_the_caller() {
        assert_eq!(tokens_for_lp_ceil(1, 1_000, 999), Some(0));
        assert_eq!(tokens_for_lp_ceil(2, 1_000, 999), Some(2));
        assert_eq!(tokens_for_lp_floor(2, 1_000, 999), Some(1));
        assert_eq!(tokens_for_lp_floor(1, 0, 999), None);
        assert_eq!(swap_base_output(50, 100, 50, RATES, CreatorFeeSide::Input), None);
    }

    proptest! {
        #[test]
        fn swaps_never_shrink_the_product(
            amount in 1u64..1 << 50, x in 1u64..1 << 60, y in 1u64..1 << 60,
            trade in 1u64..100_000, creator in 0u64..100_000, on_input: bool,
        ) {
            let side = if on_input { CreatorFeeSide::Input } else { CreatorFeeSide::Output };
            let rates = FeeRates { trade, creator, ..RATES };
            let before = u128::from(x) * u128::from(y);
            if let Some(swap) = swap_base_input(amount, x, y, rates, side) {
                prop_assert!(swap.input_after * swap.output_after >= before);
                prop_assert!(swap.protocol_fee_atoms + swap.fund_fee_atoms <= swap.trade_fee_atoms);
                // The way back never gains either.
                let back = swap_base_input(swap.output_atoms, y - swap.output_atoms, x + amount, rates, side);
                prop_assert!(back.is_none_or(|back| back.output_atoms <= amount));
            }
            if let Some(swap) = swap_base_output(amount, x, y, rates, side) {
                prop_assert!(swap.input_after * swap.output_after >= before);
                prop_assert_eq!(swap.output_atoms, amount);
                // Paying that input buys at least that output.
                let forward = swap_base_input(swap.input_atoms, x, y, rates, side).unwrap();
                prop_assert!(forward.output_atoms + 1 >= amount);
            }
        }

        #[test]
        fn a_deposit_and_withdrawal_never_gain(lp in 1u64..1 << 50, supply in 1u64..1 << 60, reserve in 1u64..1 << 60) {
            let (Some(paid), Some(after)) = (tokens_for_lp_ceil(lp, supply, reserve), supply.checked_add(lp)) else { return Ok(()) };
            if paid > 0 {
                let back = tokens_for_lp_floor(lp, after, reserve + paid).unwrap();
                prop_assert!(back <= paid);
            }
        }
    }
}
