//! What the outside world does to the chain, one step of the market at a time.

use std::path::Path;

use anyhow::{Context, Result};
use ballast_engine::YEAR_SECS;
use ballast_engine::data::DataDir;
use ballast_engine::generate::{GeneratedMarket, GeneratorConfig, OuParams};
use ballast_engine::market::{
    HistoryConfig, HistoryMarket, LpTarget, MarketSource, MarketStep, RateTarget, ReserveHistory,
    ReserveTarget,
};
use ballast_engine::time::parse_utc;
use ballast_sandbox::{Chain, ChainError};

use super::places::{RESERVES, SOL_FEED, USDC_FEED};
use super::seed::{Moment, Venues, dollars_for_a_sol, publish, rate_curve};

/// Market time between two steps, seconds.
pub const STEP_SECS: i64 = 3_600;

/// 432,000 slots of 400 ms.
const EPOCH_SECS: f64 = 172_800.0;

/// More steps than anybody watches: eleven centuries.
const GENERATED_STEPS: usize = 10_000_000;

/// ln(volume / TVL per day) of the demo's pool: a third a day in the middle. The calibrated 5.5% does not pay
/// for what arbitrage takes from a SOL pool, so that no vault would ever enter one.
const BUSY_POOL: OuParams = OuParams { mean: -1.1, reversion: 145.0, sd: 0.4 };

/// Where real history starts and ends: all series but the lending rates have these dates.
const HISTORY: (&str, &str) = ("2023-10-01", "2024-01-01");
/// Where the lending rates start in their own time.
const HISTORY_RATES_FROM: &str = "2025-08-01";
/// The markets that drive the reserves.
const HISTORY_MARKETS: [&str; 3] = [
    "base:USDC",
    "arbitrum:0xaf88d065e77c8cc2239327c5edb3a432268e5831",
    "polygon:0x3c499c542cef5e3811e1192ce70d8cc03d5c3359",
];

/// What is going on outside, in numbers people know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weather {
    /// SOL in US dollars.
    pub sol_usd: Option<f64>,
    /// USDC in US dollars.
    pub usdc_usd: Option<f64>,
    /// For each reserve: what suppliers earn a year, and utilisation.
    pub reserves: Vec<(f64, f64)>,
    /// What the pool's fees come to a year.
    pub pool_fee_apr: Option<f64>,
    /// What staking earns a year.
    pub stake_apr: f64,
}

/// A source of steps, and what is owed from one to the next.
pub struct Market {
    source: Box<dyn MarketSource>,
    /// Fees and rewards too small to be paid yet.
    pool_fees_due: f64,
    stake_rewards_due: f64,
}

impl Market {
    /// Paths made from `seed`, beginning at `from_ts`.
    pub fn generated(seed: u64, from_ts: i64) -> Result<Self> {
        let mut config = GeneratorConfig::new(seed, from_ts, STEP_SECS, GENERATED_STEPS);
        config.pool_turnover = BUSY_POOL;
        let habits = [OuParams::UTILISATION, OuParams::UTILISATION, OuParams::UTILISATION_RESTLESS];
        for (spec, habit) in RESERVES.iter().zip(habits) {
            let curve = rate_curve(spec)?;
            config = config.with_reserve(spec.name, curve, habit);
        }
        Ok(Self::new(Box::new(GeneratedMarket::new(config)?)))
    }

    /// The history in the folder `dir`.
    pub fn history(dir: &Path) -> Result<Self> {
        let mut config = HistoryConfig::new(parse_utc(HISTORY.0)?, parse_utc(HISTORY.1)?, STEP_SECS);
        config.rates_from_ts = Some(parse_utc(HISTORY_RATES_FROM)?);
        for (spec, market) in RESERVES.iter().zip(HISTORY_MARKETS) {
            config.reserves.push(ReserveHistory {
                name: spec.name.to_owned(),
                key: market.parse().map_err(anyhow::Error::msg)?,
                curve: rate_curve(spec)?,
                target: RateTarget::SupplyApr,
            });
        }
        let data = DataDir::open(dir)?;
        let market = HistoryMarket::open(&data, &config).context("reading the history")?;
        Ok(Self::new(Box::new(market)))
    }

    fn new(source: Box<dyn MarketSource>) -> Self {
        Self { source, pool_fees_due: 0.0, stake_rewards_due: 0.0 }
    }

    /// What it runs on, for people.
    pub fn describe(&self) -> Vec<String> {
        let provenance = self.source.provenance();
        let series =
            provenance.series.iter().map(|used| format!("{}: {} ({})", used.drives, used.series, used.file));
        series.chain(provenance.assumptions.iter().cloned()).collect()
    }

    /// The next step; `None` when history is over.
    pub fn next_step(&mut self) -> Result<Option<MarketStep>> {
        Ok(self.source.next().transpose()?)
    }

    /// Pays the stake pool an epoch's rewards at once.
    pub fn earn_an_epoch(
        &self,
        chain: &mut impl Chain,
        venues: &Venues,
        step: &MarketStep,
    ) -> Result<(), ChainError> {
        let lamports = venues.stake_pool.total_lamports(chain)? as f64;
        venues.stake_pool.earn(chain, (lamports * step.stake.per_epoch(EPOCH_SECS)) as u64)
    }

    /// Does to the chain what happens in `step`. Of each reserve's supply, `ours_atoms` are the vaults'.
    pub fn apply(
        &mut self,
        chain: &mut impl Chain,
        venues: &Venues,
        step: &MarketStep,
        ours_atoms: &[u64],
        now: Moment,
    ) -> Result<Weather, ChainError> {
        publish(chain, &SOL_FEED, step.sol_usd, now.unix_ts)?;
        publish(chain, &USDC_FEED, step.stable_usd, now.unix_ts)?;
        let mut reserves = Vec::with_capacity(venues.reserves.len());
        for (index, reserve) in venues.reserves.iter().enumerate() {
            reserve.accrue(chain, now.slot, now.unix_ts)?;
            if let Some(target) = step.reserves.get(index).copied().flatten() {
                let ours = ours_atoms.get(index).copied().unwrap_or(0);
                let share = borrowed_share(&target, reserve.supplied_atoms(chain)?, ours);
                reserve.set_utilisation(chain, share)?;
            }
            reserves.push((reserve.supply_rate(chain)?, reserve.utilisation(chain)?));
        }
        if let Some(dollars) = dollars_for_a_sol(step) {
            let usdc_atoms = (dollars * 1e6).round() as u64;
            let (lamports, leg) = (1_000_000_000, ballast_client::address::WRAPPED_SOL);
            venues.pool.set_price(chain, &leg, usdc_atoms, lamports)?;
        }
        if let Some(trading) = step.lp {
            self.pay_fees(chain, venues, trading)?;
        }
        let rewards = venues.stake_pool.total_lamports(chain)? as f64 * step.stake.apr;
        self.stake_rewards_due += rewards * STEP_SECS as f64 / YEAR_SECS;
        let whole = self.stake_rewards_due.floor();
        venues.stake_pool.earn(chain, whole as u64)?;
        self.stake_rewards_due -= whole;
        Ok(Weather {
            sol_usd: step.sol_usd.map(|quote| quote.price()),
            usdc_usd: step.stable_usd.map(|quote| quote.price()),
            reserves,
            pool_fee_apr: step.lp.map(|trading| trading.fee_apr),
            stake_apr: step.stake.apr,
        })
    }

    fn pay_fees(
        &mut self,
        chain: &mut impl Chain,
        venues: &Venues,
        trading: LpTarget,
    ) -> Result<(), ChainError> {
        self.pool_fees_due += trading.fee_apr * STEP_SECS as f64 / YEAR_SECS * 1e6;
        let millionths = self.pool_fees_due.floor();
        venues.pool.earn_fees(chain, millionths as u64)?;
        self.pool_fees_due -= millionths;
        Ok(())
    }
}

/// The share of all supply that is borrowed, when others borrow what `target` says of their own supply: what
/// the vaults add dilutes the rate.
fn borrowed_share(target: &ReserveTarget, supplied_atoms: u64, ours_atoms: u64) -> f64 {
    let borrowed = target.borrowed_atoms(supplied_atoms.saturating_sub(ours_atoms));
    if supplied_atoms == 0 { 0.0 } else { (borrowed as f64 / supplied_atoms as f64).clamp(0.0, 1.0) }
}
