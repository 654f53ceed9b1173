//! The world before Ballast: mints, prices and venues, as their own programs would have written them.

use ballast_client::address;
use ballast_engine::curve::{CurveError, RateCurve};
use ballast_engine::market::{MarketStep, Quote};
use ballast_sandbox::kamino::{self, CurvePoint, Reserve, ReserveBuilder};
use ballast_sandbox::raydium::{self, ConfigBuilder, Pool};
use ballast_sandbox::stake_pool::{self, StakePool};
use ballast_sandbox::{Chain, ChainError, oracle, token};

use super::places::{self, Feed, RESERVES, ReserveSpec};

/// The venues that the market moves.
pub struct Venues {
    /// In the order of [`RESERVES`].
    pub reserves: Vec<Reserve>,
    /// The SOL/USDC pool.
    pub pool: Pool,
    /// The stake pool.
    pub stake_pool: StakePool,
}

/// A moment on the chain.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Slot.
    pub slot: u64,
    /// Epoch.
    pub epoch: u64,
    /// Unix time, seconds.
    pub unix_ts: i64,
}

/// The stake pool charges 5% of rewards, and 0.1% to leave.
const STAKE_FEES: stake_pool::Fees =
    stake_pool::Fees { epoch: (5, 100), sol_deposit: (0, 1), sol_withdrawal: (1, 1_000) };

/// Writes everything at `now`, priced and used as `step` says.
pub fn seed(chain: &mut impl Chain, now: Moment, step: &MarketStep) -> Result<Venues, ChainError> {
    token::set_wrapped_sol(chain)?;
    token::set_mint(chain, &places::USDC, None, 0, places::USDC_DECIMALS)?;
    let reserves = RESERVES
        .iter()
        .zip(&step.reserves)
        .map(|(spec, target)| {
            let borrowed = target.map_or(0, |target| target.borrowed_atoms(spec.supplied_atoms));
            seed_reserve(chain, spec, borrowed, now.slot)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let dollars = dollars_for_a_sol(step).unwrap_or(150.0);
    let sol = places::POOL_LAMPORTS as f64 / 1e9;
    let tokens = [
        (places::USDC, places::USDC_DECIMALS, (sol * dollars * 1e6) as u64),
        (address::WRAPPED_SOL, places::SOL_DECIMALS, places::POOL_LAMPORTS),
    ];
    let pool = raydium::create(chain, &ConfigBuilder::new(), tokens)?;
    let stake_pool = stake_pool::create(
        chain,
        places::stake_pool(),
        places::STAKE_POOL_LAMPORTS,
        places::STAKE_POOL_SUPPLY,
        now.epoch,
        STAKE_FEES,
    )?;
    publish(chain, &places::SOL_FEED, step.sol_usd, now.unix_ts)?;
    publish(chain, &places::USDC_FEED, step.stable_usd, now.unix_ts)?;
    Ok(Venues { reserves, pool, stake_pool })
}

fn seed_reserve(
    chain: &mut impl Chain,
    spec: &ReserveSpec,
    borrowed_atoms: u64,
    slot: u64,
) -> Result<Reserve, ChainError> {
    let mut builder = ReserveBuilder::new(spec.key(), spec.market(), places::USDC, places::USDC_DECIMALS);
    builder.last_slot = slot;
    builder.borrowed_atoms = borrowed_atoms;
    builder.available_atoms = spec.supplied_atoms.saturating_sub(borrowed_atoms);
    // Interest of the past: a cToken is worth a little more than its atom.
    builder.collateral_supply = spec.supplied_atoms.saturating_sub(spec.supplied_atoms >> 5);
    builder.curve = spec
        .curve
        .iter()
        .map(|&(utilisation_bps, borrow_rate_bps)| CurvePoint { utilisation_bps, borrow_rate_bps })
        .collect();
    builder.protocol_take_pct = spec.take_pct;
    kamino::create(chain, spec.key(), &builder)
}

/// The reserve's rate model, as the generator needs it.
pub fn rate_curve(spec: &ReserveSpec) -> Result<RateCurve, CurveError> {
    RateCurve::new(spec.curve, u16::from(spec.take_pct).saturating_mul(100))
}

/// Publishes `quote` now; without one, nobody publishes and the last price ages.
pub fn publish(
    chain: &mut impl Chain,
    feed: &Feed,
    quote: Option<Quote>,
    now_ts: i64,
) -> Result<(), ChainError> {
    let Some(quote) = quote else { return Ok(()) };
    let quote =
        oracle::Quote { price: quote.price_e8, conf: quote.conf_e8, ema: quote.ema_e8, publish_ts: now_ts };
    oracle::publish(chain, &feed.account(), feed.id, quote)
}

/// USDC for a SOL, where both are known.
pub fn dollars_for_a_sol(step: &MarketStep) -> Option<f64> {
    Some(step.sol_usd?.price() / step.stable_usd?.price())
}
