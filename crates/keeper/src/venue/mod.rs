//! What venues earn and what moving in and out of them costs, read from their accounts.

mod kamino_lend;
mod raydium_cpmm;
mod spl_stake_pool;

pub use raydium_cpmm::PoolSample;

use ballast::adapters::kind;
use ballast_client::state::Strategy;
use ballast_client::{ChainAccount, ChainClock};
use ballast_engine::policy::Income;
use solana_pubkey::Pubkey;

use crate::pool_history::PoolHistory;

/// What a slot earns and what moving in or out of it costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// What it earns.
    pub income: Income,
    /// Cost of moving in or out, bps of the amount moved.
    pub move_cost_bps: f64,
    /// Most to move at once, atoms of the vault's asset, where moving more would cost more than it should.
    pub at_once_atoms: Option<u64>,
}

/// Where outlooks come from: the venues themselves, or a replay that knows better.
pub trait OutlookSource {
    /// The accounts it wants to see of `strategy`'s venue.
    fn wanted(&self, strategy: &Strategy) -> Vec<Pubkey>;

    /// The outlook of the strategy at `key`, given the accounts it wanted.
    fn outlook(
        &mut self,
        key: &Pubkey,
        strategy: &Strategy,
        accounts: &[Option<ChainAccount>],
        clock: &ChainClock,
    ) -> Outlook;
}

/// Reads outlooks from the venues' accounts; a pool's fees from watching it over time.
#[derive(Clone, Debug)]
pub struct VenueOutlook {
    /// What was seen of pools before.
    pub history: PoolHistory,
}

impl Outlook {
    /// Nothing is known: the slot may shrink but never grow.
    pub const UNKNOWN: Self = Self { income: Income::Unknown, move_cost_bps: 0.0, at_once_atoms: None };
}

impl OutlookSource for VenueOutlook {
    fn wanted(&self, strategy: &Strategy) -> Vec<Pubkey> {
        match strategy.adapter {
            kind::RAYDIUM_CPMM => {
                let [pool, asset_vault, leg_vault, _, _, config, ..] = strategy.pinned;
                vec![pool, asset_vault, leg_vault, config]
            }
            _ => strategy.pinned.iter().take(1).copied().collect(),
        }
    }

    fn outlook(
        &mut self,
        key: &Pubkey,
        strategy: &Strategy,
        accounts: &[Option<ChainAccount>],
        clock: &ChainClock,
    ) -> Outlook {
        let data: Vec<&[u8]> = accounts.iter().flatten().map(|account| account.data.as_slice()).collect();
        let outlook = match (strategy.adapter, data.as_slice()) {
            (kind::KAMINO_LEND, [reserve]) => kamino_lend::outlook(reserve),
            (kind::SPL_STAKE_POOL, [pool]) => spl_stake_pool::outlook(pool),
            (kind::RAYDIUM_CPMM, [pool, asset_vault, leg_vault, config]) => {
                raydium_cpmm::Pool::read(&strategy.asset_mint, pool, asset_vault, leg_vault, config).map(
                    |pool| {
                        self.history.add(key, pool.sample(clock.unix_ts));
                        pool.outlook(self.history.yields(key))
                    },
                )
            }
            _ => None,
        };
        outlook.unwrap_or(Outlook::UNKNOWN)
    }
}

/// Reads a little-endian integer's bytes.
fn bytes<const N: usize>(data: &[u8], offset: usize) -> Option<[u8; N]> {
    data.get(offset..)?.first_chunk().copied()
}

fn read_u32(data: &[u8], offset: usize) -> Option<u32> {
    bytes(data, offset).map(u32::from_le_bytes)
}

fn read_u64(data: &[u8], offset: usize) -> Option<u64> {
    bytes(data, offset).map(u64::from_le_bytes)
}

fn read_u128(data: &[u8], offset: usize) -> Option<u128> {
    bytes(data, offset).map(u128::from_le_bytes)
}
