//! Raydium CPMM pools: making them, and what outside trading does to them.

use ballast_client::address;
pub use raydium_cpmm::fixture::ConfigBuilder;
use raydium_cpmm::fixture::market::{vaults_at_price, vaults_with_lp_fees};
use raydium_cpmm::fixture::{self, PoolBuilder, config_address, observation_bytes};
use solana_pubkey::Pubkey;

use crate::chain::{Chain, ChainError};
use crate::token;

/// A pool and its accounts; index 0 and 1 are the pool's own order of tokens.
#[derive(Clone, Copy, Debug)]
pub struct Pool {
    /// The pool.
    pub key: Pubkey,
    /// Its fee configuration.
    pub config: Pubkey,
    /// Its token accounts.
    pub vaults: [Pubkey; 2],
    /// Its mints.
    pub mints: [Pubkey; 2],
    /// Mint of its shares.
    pub lp_mint: Pubkey,
}

fn fail(why: fixture::FixtureError) -> ChainError {
    ChainError::data("Raydium pool", why)
}

/// Writes the pool of two mints (in any order) holding `atoms` of each, with its fee configuration.
pub fn create(
    chain: &mut impl Chain,
    config: &ConfigBuilder,
    mut tokens: [(Pubkey, u8, u64); 2],
) -> Result<Pool, ChainError> {
    tokens.sort_by_key(|(mint, _, _)| *mint);
    let [zero, one] = tokens;
    let config_key = config_address(config.index).0;
    chain.set_data(&config_key, &address::RAYDIUM_CPMM, config.to_bytes().map_err(fail)?)?;
    let lp_supply =
        u64::try_from(u128::from(zero.2).saturating_mul(u128::from(one.2)).isqrt()).unwrap_or(u64::MAX);
    let builder = PoolBuilder::new(config_key, [zero.0, one.0], [zero.1, one.1], lp_supply).map_err(fail)?;
    let at = builder.addresses;
    chain.set_data(&at.pool, &address::RAYDIUM_CPMM, builder.to_bytes().map_err(fail)?)?;
    chain.set_data(&at.observation, &address::RAYDIUM_CPMM, observation_bytes(&at.pool).map_err(fail)?)?;
    token::set_mint(chain, &at.lp_mint, Some(&raydium_cpmm::AUTHORITY), lp_supply, 9)?;
    for (vault, (mint, _, atoms)) in at.vaults.iter().zip(tokens) {
        token::set_token_account(chain, vault, &mint, &raydium_cpmm::AUTHORITY, atoms)?;
    }
    Ok(Pool {
        key: at.pool,
        config: config_key,
        vaults: at.vaults,
        mints: [zero.0, one.0],
        lp_mint: at.lp_mint,
    })
}

impl Pool {
    fn balances(&self, chain: &impl Chain) -> Result<[u64; 2], ChainError> {
        let [zero, one] = &self.vaults;
        Ok([token::balance(chain, zero)?, token::balance(chain, one)?])
    }

    fn set_balances(&self, chain: &mut impl Chain, atoms: [u64; 2]) -> Result<(), ChainError> {
        for (vault, atoms) in self.vaults.iter().zip(atoms) {
            token::set_balance(chain, vault, atoms)?;
        }
        Ok(())
    }

    /// Arbitrage brings the pool to `asset_atoms` for `leg_atoms`, where the leg is `leg_mint`.
    pub fn set_price(
        &self,
        chain: &mut impl Chain,
        leg_mint: &Pubkey,
        asset_atoms: u64,
        leg_atoms: u64,
    ) -> Result<(), ChainError> {
        let data = chain.expect_account(&self.key, "Raydium pool")?.data;
        let [zero, _] = &self.mints;
        // The fixture wants token 1 for token 0.
        let (numerator, denominator) =
            if zero == leg_mint { (asset_atoms, leg_atoms) } else { (leg_atoms, asset_atoms) };
        let moved = vaults_at_price(&data, self.balances(chain)?, numerator, denominator).map_err(fail)?;
        self.set_balances(chain, moved)
    }

    /// Liquidity providers earn `millionths` of both sides in fees.
    pub fn earn_fees(&self, chain: &mut impl Chain, millionths: u64) -> Result<(), ChainError> {
        let data = chain.expect_account(&self.key, "Raydium pool")?.data;
        let grown = vaults_with_lp_fees(&data, self.balances(chain)?, millionths).map_err(fail)?;
        self.set_balances(chain, grown)
    }

    /// Switches operations off: bit 0 deposits, bit 1 withdrawals, bit 2 swaps.
    pub fn set_status(&self, chain: &mut impl Chain, status: u8) -> Result<(), ChainError> {
        chain.edit(&self.key, "Raydium pool", |data| fixture::set_status(data, status).map_err(fail))
    }
}
