//! The venues' own error codes in words, as far as people meet them: venues say only a number.

use solana_pubkey::Pubkey;

use crate::address;

/// What `code` means where `program` is a venue's; `None` where it is not known.
pub fn venue_error(program: &Pubkey, code: u32) -> Option<&'static str> {
    const KAMINO_LEND: [(u32, &str); 9] = [
        (6_003, "the amount is zero"),
        (6_007, "a calculation left its range (a slot in the past, for one)"),
        (6_008, "the reserve has less free liquidity than asked for"),
        (6_009, "the reserve was not refreshed in this slot"),
        (6_042, "the market is in emergency mode"),
        (6_064, "the reserve's withdrawal cap is used up for now"),
        (6_082, "the reserve takes no deposits any more"),
        (6_090, "the deposit would lift the reserve above its limit"),
        (6_132, "the reserve takes no direct use of its cTokens"),
    ];
    const RAYDIUM_CPMM: [(u32, &str); 3] = [
        (6_000, "the pool's status forbids this"),
        (6_005, "the swap would pay less than the oracle's price less the slippage"),
        (6_006, "the amount is too small for the pool"),
    ];
    const SPL_STAKE_POOL: [(u32, &str); 2] = [
        (16, "the pool's validators are not in this epoch yet: its crank has to run first"),
        (17, "the pool is not in this epoch yet: its crank has to run first"),
    ];
    const STAKE: [(u32, &str); 1] =
        [(16, "the cluster is paying the last epoch's staking rewards: stake moves again in a few minutes")];
    let known: &[(u32, &'static str)] = match *program {
        address::KAMINO_LEND => &KAMINO_LEND,
        address::RAYDIUM_CPMM => &RAYDIUM_CPMM,
        address::SPL_STAKE_POOL => &SPL_STAKE_POOL,
        address::STAKE => &STAKE,
        _ => return None,
    };
    known.iter().find(|(number, _)| *number == code).map(|(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_means_different_things_at_different_venues() {
        assert_ne!(venue_error(&address::KAMINO_LEND, 6_006), venue_error(&address::RAYDIUM_CPMM, 6_006));
        assert!(venue_error(&address::RAYDIUM_CPMM, 6_005).is_some_and(|words| words.contains("slippage")));
        assert_ne!(venue_error(&address::STAKE, 16), venue_error(&address::SPL_STAKE_POOL, 16));
        assert!(venue_error(&address::STAKE, 16).is_some_and(|words| words.contains("staking rewards")));
        assert_eq!(venue_error(&address::TOKEN, 6_005), None);
        assert_eq!(venue_error(&address::KAMINO_LEND, 1), None);
    }
}
