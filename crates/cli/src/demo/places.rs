//! Who and what is on the demo's chain, and where. `migrations/localnet.toml` names the same addresses.

use solana_pubkey::{Pubkey, pubkey};

use crate::migrate::local_address;

/// Mint of the dollar: mainnet's address, on a chain of our own.
pub const USDC: Pubkey = pubkey!("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
/// Decimals of the dollar.
pub const USDC_DECIMALS: u8 = 6;
/// Decimals of SOL.
pub const SOL_DECIMALS: u8 = 9;

/// A price account and the feed it carries.
pub struct Feed {
    /// What the plan calls the account that publishers write.
    local_name: &'static str,
    /// Pyth's id of the feed.
    pub id: [u8; 32],
}

impl Feed {
    /// The account that publishers write.
    pub fn account(&self) -> Pubkey {
        local_address(self.local_name)
    }
}

/// SOL in US dollars.
pub const SOL_FEED: Feed = Feed {
    local_name: "price-sol",
    id: feed_id(0xef0d_8b6f_da2c_eba4_1da1_5d40_95d1_da39, 0x2a0d_2f8e_d0c6_c7bc_0f4c_fac8_c280_b56d),
};

/// USDC in US dollars.
pub const USDC_FEED: Feed = Feed {
    local_name: "price-usdc",
    id: feed_id(0xeaa0_20c6_1cc4_7971_2813_461c_e153_894a, 0x96a6_c00b_21ed_0cfc_2798_d1f9_a9e9_c94a),
};

/// A Kamino reserve of USDC and the terms it opens on.
pub struct ReserveSpec {
    /// What the demo calls it.
    pub name: &'static str,
    /// What the plan calls it.
    local_name: &'static str,
    /// Corners of its borrow curve: utilisation and yearly rate, bps.
    pub curve: &'static [(u32, u32)],
    /// Percent of the interest that the protocol keeps.
    pub take_pct: u8,
    /// What others supplied at the start, atoms.
    pub supplied_atoms: u64,
}

impl ReserveSpec {
    /// Where it is.
    pub fn key(&self) -> Pubkey {
        local_address(self.local_name)
    }

    /// Its market: one of its own.
    pub fn market(&self) -> Pubkey {
        local_address(&format!("{}-market", self.local_name))
    }
}

const MILLION_USDC: u64 = 1_000_000_000_000;

/// The reserves: a large calm one, a middling one, and a small one that pays more when it is busy.
pub const RESERVES: [ReserveSpec; 3] = [
    ReserveSpec {
        name: "main",
        local_name: "kamino-usdc-main",
        curve: &[(0, 0), (7_000, 450), (9_000, 750), (10_000, 4_000)],
        take_pct: 10,
        supplied_atoms: 40 * MILLION_USDC,
    },
    ReserveSpec {
        name: "prime",
        local_name: "kamino-usdc-prime",
        curve: &[(0, 0), (8_000, 500), (9_200, 800), (10_000, 3_500)],
        take_pct: 10,
        supplied_atoms: 15 * MILLION_USDC,
    },
    ReserveSpec {
        name: "altcoins",
        local_name: "kamino-usdc-altcoins",
        curve: &[(0, 0), (6_500, 450), (8_500, 900), (10_000, 6_000)],
        take_pct: 15,
        supplied_atoms: 6 * MILLION_USDC,
    },
];

/// The SOL/USDC pool at Raydium, where its fee configuration and its mints derive it to be.
pub const POOL: Pubkey = pubkey!("7JuwJuNU88gurFnyWeiyGKbFmExMWcmRZntn9imEzdny");
/// What the pool holds of SOL at the start, lamports. Its dollars follow from the price.
pub const POOL_LAMPORTS: u64 = 100_000_000_000_000;

/// The stake pool.
pub fn stake_pool() -> Pubkey {
    local_address("stake-pool")
}

/// What it holds at the start, lamports.
pub const STAKE_POOL_LAMPORTS: u64 = 1_100_000_000_000_000;
/// Its tokens at the start.
pub const STAKE_POOL_SUPPLY: u64 = 1_000_000_000_000_000;

/// A feed id from its two halves as they are written in hex.
const fn feed_id(high: u128, low: u128) -> [u8; 32] {
    let (high, low) = (high.to_be_bytes(), low.to_be_bytes());
    let mut id = [0; 32];
    let mut index = 0;
    while index < 16 {
        id[index] = high[index];
        id[index + 16] = low[index];
        index += 1;
    }
    id
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ballast_client::address;

    use super::*;

    #[test]
    fn the_pool_is_where_its_mints_put_it() {
        let config = Pubkey::find_program_address(&[b"amm_config", &[0, 0]], &address::RAYDIUM_CPMM).0;
        let mut mints = [USDC, address::WRAPPED_SOL];
        mints.sort();
        let seeds = [b"pool", config.as_ref(), mints[0].as_ref(), mints[1].as_ref()];
        assert_eq!(Pubkey::find_program_address(&seeds, &address::RAYDIUM_CPMM).0, POOL);
    }

    #[test]
    fn feeds_are_those_of_pyth() {
        assert!(hex::encode(SOL_FEED.id).starts_with("ef0d8b6fda2ceba41da15d4095d1da39"));
        assert!(hex::encode(USDC_FEED.id).ends_with("96a6c00b21ed0cfc2798d1f9a9e9c94a"));
    }

    #[test]
    fn the_curves_make_sense_to_the_forecaster() {
        for reserve in &RESERVES {
            assert!(super::super::seed::rate_curve(reserve).is_ok(), "{}", reserve.name);
        }
    }
}
