//! A Raydium CPMM pool: what it holds, and a sample of it to measure its fees by.

use ballast_client::token::token_balance;
use ballast_engine::policy::{Income, lvr_apr};
use ballast_math::mul_div::bps_floor;
use serde::{Deserialize, Serialize};
use solana_pubkey::Pubkey;

use super::{Outlook, bytes, read_u64};
use crate::pool_history::PoolYield;

/// Byte offsets in a pool; each pair is for token 0 and token 1.
mod at {
    pub const MINTS: [usize; 2] = [168, 200];
    pub const LP_SUPPLY: usize = 333;
    pub const FEES: [[usize; 2]; 3] = [[341, 349], [357, 365], [397, 405]];
    /// In the AMM config: millionths of the amount swapped in.
    pub const TRADE_FEE_RATE: usize = 12;
}
const FEE_SCALE: f64 = 1e6;

/// Most to move at once, bps of the pool's side: what is swapped of it moves the price by as much. The rest
/// follows in later runs, when arbitrage has brought the price back.
const AT_ONCE_BPS: u64 = 50;

/// A pool as it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pool {
    asset_atoms: u64,
    leg_atoms: u64,
    lp_supply: u64,
    trade_fee: f64,
}

/// What was seen of a pool at one time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PoolSample {
    /// When, unix seconds.
    pub ts: i64,
    /// Square root of the product of the reserves per LP token: grows by fees alone.
    pub worth: f64,
    /// Logarithm of the spot price of the leg in the asset.
    pub log_price: f64,
}

impl Pool {
    /// Reads a pool; `None` when its accounts cannot be understood or it is empty.
    pub fn read(
        asset_mint: &Pubkey,
        pool: &[u8],
        asset_vault: &[u8],
        leg_vault: &[u8],
        config: &[u8],
    ) -> Option<Self> {
        let asset = at::MINTS
            .into_iter()
            .position(|offset| bytes::<32>(pool, offset) == Some(asset_mint.to_bytes()))?;
        let net = |vault: &[u8], side: usize| {
            at::FEES.into_iter().try_fold(token_balance(vault)?, |left, fees| {
                left.checked_sub(read_u64(pool, *fees.get(side)?)?)
            })
        };
        let pool = Self {
            asset_atoms: net(asset_vault, asset)?,
            leg_atoms: net(leg_vault, usize::from(asset == 0))?,
            lp_supply: read_u64(pool, at::LP_SUPPLY)?,
            trade_fee: read_u64(config, at::TRADE_FEE_RATE)? as f64 / FEE_SCALE,
        };
        (pool.asset_atoms > 0 && pool.leg_atoms > 0 && pool.lp_supply > 0).then_some(pool)
    }

    /// What to remember of it.
    pub fn sample(&self, ts: i64) -> PoolSample {
        let (asset, leg) = (self.asset_atoms as f64, self.leg_atoms as f64);
        PoolSample {
            ts,
            worth: asset.sqrt() * leg.sqrt() / self.lp_supply as f64,
            log_price: (asset / leg).ln(),
        }
    }

    /// Its outlook, where its yield is known.
    ///
    /// Half of what goes in or out is swapped on the way: it pays the trade fee, and on average half of the
    /// price move that it makes itself.
    pub fn outlook(&self, measured: Option<PoolYield>) -> Outlook {
        let income = measured.map_or(Income::Unknown, |measured| Income::Pool {
            fee_apr: measured.fee_apr,
            lvr_apr: lvr_apr(measured.volatility),
            // Both legs are worth the same at the pool's own price.
            tvl_atoms: self.asset_atoms.saturating_mul(2),
        });
        let price_move_bps = AT_ONCE_BPS as f64;
        Outlook {
            income,
            move_cost_bps: (self.trade_fee * 10_000.0 + price_move_bps / 2.0) / 2.0,
            at_once_atoms: bps_floor(self.asset_atoms, AT_ONCE_BPS),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn vault(atoms: u64) -> Vec<u8> {
        let mut data = vec![0; 165];
        data[108] = 1;
        data[64..72].copy_from_slice(&atoms.to_le_bytes());
        data
    }

    #[test]
    fn fees_kept_for_others_are_not_the_pools() {
        let mint = Pubkey::new_from_array([9; 32]);
        let mut pool = vec![0u8; 637];
        pool[200..232].copy_from_slice(mint.as_ref());
        pool[333..341].copy_from_slice(&1_000u64.to_le_bytes());
        pool[349..357].copy_from_slice(&50u64.to_le_bytes());
        let mut config = vec![0u8; 236];
        config[12..20].copy_from_slice(&2_500u64.to_le_bytes());
        let read = Pool::read(&mint, &pool, &vault(1_050), &vault(4_000), &config).unwrap();
        assert_eq!((read.asset_atoms, read.leg_atoms, read.lp_supply), (1_000, 4_000, 1_000));
        let sample = read.sample(7);
        assert!((sample.worth - 2.0).abs() < 1e-12 && (sample.log_price - 0.25f64.ln()).abs() < 1e-12);
        let unknown = read.outlook(None);
        assert_eq!(unknown.income, Income::Unknown);
        assert!((unknown.move_cost_bps - 25.0).abs() < 1e-9);
        assert_eq!(unknown.at_once_atoms, Some(5));
        let known = read.outlook(Some(PoolYield { fee_apr: 0.2, volatility: 0.8 }));
        assert_eq!(known.income, Income::Pool { fee_apr: 0.2, lvr_apr: lvr_apr(0.8), tvl_atoms: 2_000 });
        let other = Pubkey::new_from_array([8; 32]);
        assert_eq!(Pool::read(&other, &pool, &vault(1_050), &vault(4_000), &config), None);
        assert_eq!(Pool::read(&mint, &pool, &vault(49), &vault(4_000), &config), None);
    }
}
