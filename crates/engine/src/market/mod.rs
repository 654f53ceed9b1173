//! What the world does in each step of a replay, wherever it comes from.
//!
//! A source yields one [`MarketStep`] per step of time. Where nothing was observed the step says `None`: an
//! oracle that publishes nothing goes stale, as it would on chain; nothing is made up.

mod error;
mod history;
mod oracle;
mod provenance;
mod reserve;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use error::MarketError;
pub use history::{HistoryConfig, HistoryMarket, ReserveHistory, StableSource, StakeSource};
pub use oracle::{OracleModel, Quote, QuoteMaker};
pub use provenance::{Provenance, SeriesUse, SourceKind};
pub use reserve::{RateTarget, ReserveTarget};

use crate::YEAR_SECS;

/// One step: what holds from `ts` until the next step.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketStep {
    /// Number of the step, from 0.
    pub index: usize,
    /// Start of the step, unix seconds.
    pub ts: i64,
    /// SOL in US dollars; none when nobody published.
    pub sol_usd: Option<Quote>,
    /// The vault's stable asset in US dollars; none when nobody published.
    pub stable_usd: Option<Quote>,
    /// Lending reserves, in the order of [`MarketSource::reserve_names`]; none: leave the reserve as it is.
    pub reserves: Vec<Option<ReserveTarget>>,
    /// The SOL/stable pool; none: no trading observed.
    pub lp: Option<LpTarget>,
    /// The stake pool.
    pub stake: StakeTarget,
}

/// Trading in the pool during a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LpTarget {
    /// Volume over funds in the pool, per day.
    pub turnover_per_day: f64,
    /// What liquidity providers earn at that volume: a simple annual fraction of the pool.
    pub fee_apr: f64,
    /// The same for the last full day that was over when the step began: what a policy may know.
    pub known_fee_apr: Option<f64>,
}

impl LpTarget {
    /// Volume of a step for a pool that holds `tvl`, in the unit of `tvl`.
    pub fn volume(&self, tvl: f64, step_secs: i64) -> f64 {
        tvl * self.turnover_per_day * step_secs as f64 / 86_400.0
    }

    /// Fees to liquidity providers in a step for a pool that holds `tvl`, in the unit of `tvl`.
    pub fn fees(&self, tvl: f64, step_secs: i64) -> f64 {
        tvl * self.fee_apr * step_secs as f64 / YEAR_SECS
    }
}

/// The pool that observed trading is scaled to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PoolTerms {
    /// Trade fee, bps of volume.
    pub fee_bps: u16,
    /// Liquidity providers' share of the fee, bps; the rest goes to protocol and fund.
    pub lp_share_bps: u16,
}

impl Default for PoolTerms {
    /// Raydium CPMM's 25 bps tier: 84% to liquidity providers, 12% to the protocol, 4% to the fund.
    fn default() -> Self {
        Self { fee_bps: 25, lp_share_bps: 8_400 }
    }
}

impl PoolTerms {
    /// What liquidity providers earn a year when the pool turns over `turnover_per_day` times a day.
    pub fn fee_apr(&self, turnover_per_day: f64) -> f64 {
        turnover_per_day * 365.0 * f64::from(self.fee_bps) * f64::from(self.lp_share_bps) / 1e8
    }
}

/// Staking rewards during a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StakeTarget {
    /// Growth of the pool's lamports per token: a simple annual fraction.
    pub apr: f64,
}

impl StakeTarget {
    /// What an epoch of `epoch_secs` adds, as a fraction.
    pub fn per_epoch(&self, epoch_secs: f64) -> f64 {
        self.apr * epoch_secs / YEAR_SECS
    }
}

/// A stream of steps of equal length.
pub trait MarketSource: Iterator<Item = Result<MarketStep, MarketError>> {
    /// How many steps there are from start to end.
    fn total_steps(&self) -> usize;
    /// Length of a step, seconds.
    fn step_secs(&self) -> i64;
    /// Names of the lending reserves, in the order of [`MarketStep::reserves`].
    fn reserve_names(&self) -> &[Arc<str>];
    /// Where the steps come from, for the report.
    fn provenance(&self) -> &Provenance;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_pays_its_terms() {
        let terms = PoolTerms::default();
        // One turnover a day at 25 bps, 84% to providers: 0.21% a day.
        assert!((terms.fee_apr(1.0) - 0.0021 * 365.0).abs() < 1e-12);
        let lp = LpTarget { turnover_per_day: 2.0, fee_apr: terms.fee_apr(2.0), known_fee_apr: None };
        assert!((lp.volume(1_000.0, 43_200) - 1_000.0).abs() < 1e-9);
        assert!((lp.fees(1_000.0, 43_200) - 2.1).abs() < 1e-9);
        assert!((StakeTarget { apr: 0.073 }.per_epoch(2.0 * 86_400.0) - 0.0004).abs() < 1e-12);
    }
}
