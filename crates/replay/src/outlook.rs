//! What a policy sees of the vault: the chain's own view of the limits, and what each venue pays.

use ballast_client::state::{Nav, Vault};
use ballast_engine::YEAR_SECS;
use ballast_engine::market::MarketStep;
use ballast_engine::policy::{Income, IncomeWatch, PortfolioView, SlotOutlook, lvr_apr};
use ballast_sandbox::DeploymentError;

use crate::setup::{ReplaySetup, Venue};
use crate::venues::Outside;

/// Half-life of the volatility estimate.
const HALF_LIFE_SECS: f64 = 72.0 * 3_600.0;
/// Returns that must be seen before the estimate says anything.
const LEAST_RETURNS: usize = 24;
/// What enters or leaves the stake pool pays a tenth of a percent on the way out: half of it each way.
const STAKE_COST_BPS: f64 = 5.0;
/// Part of staking rewards that the pool's manager leaves to holders.
const STAKE_KEPT: f64 = 0.95;

/// Volatility of the pool's price, exponentially weighted.
#[derive(Clone, Debug, Default)]
pub struct Volatility {
    last: Option<(i64, f64)>,
    variance_per_sec: f64,
    returns: usize,
}

impl Volatility {
    /// Adds the price that `step` shows, if it shows one.
    pub fn see(&mut self, step: &MarketStep) {
        let Some((sol, stable)) = step.sol_usd.zip(step.stable_usd) else { return };
        let log_price = (sol.price() / stable.price()).ln();
        if let Some((ts, last)) = self.last {
            let secs = step.ts.saturating_sub(ts).max(1) as f64;
            let seen = (log_price - last).powi(2) / secs;
            // The first returns are averaged evenly, or the very first would count for days.
            let weight = (1.0 - 0.5f64.powf(secs / HALF_LIFE_SECS)).max(1.0 / (self.returns as f64 + 1.0));
            self.variance_per_sec += weight * (seen - self.variance_per_sec);
            self.returns = self.returns.saturating_add(1);
        }
        self.last = Some((step.ts, log_price));
    }

    /// A year's standard deviation; none before enough was seen.
    pub fn annual(&self) -> Option<f64> {
        (self.returns >= LEAST_RETURNS).then(|| (self.variance_per_sec * YEAR_SECS).sqrt())
    }
}

/// What slot `number` earns as things stand.
fn income(
    setup: &ReplaySetup,
    outside: &Outside,
    step: &MarketStep,
    volatility: &Volatility,
    number: usize,
) -> Result<Income, DeploymentError> {
    let Some(slot) = setup.slots.get(number) else { return Ok(Income::Unknown) };
    Ok(match slot.venue {
        Venue::Lending(..) => {
            outside.reserve(number).map_or(Income::Unknown, |state| Income::Lending(state.clone()))
        }
        Venue::Stake(_) => Income::Stake { apr: step.stake.apr * STAKE_KEPT },
        Venue::Pool(pool) => {
            let fee_apr = step.lp.and_then(|lp| lp.known_fee_apr);
            let Some((fee_apr, volatility)) = fee_apr.zip(volatility.annual()) else {
                return Ok(Income::Unknown);
            };
            Income::Pool {
                fee_apr: fee_apr * (1.0 - setup.pool_share()?),
                lvr_apr: lvr_apr(volatility),
                tvl_atoms: setup.pool_side(&pool)?.saturating_mul(2),
            }
        }
    })
}

/// What every slot earns, in the vault's order.
pub fn incomes(
    setup: &ReplaySetup,
    outside: &Outside,
    step: &MarketStep,
    volatility: &Volatility,
) -> Result<Vec<Income>, DeploymentError> {
    (0..setup.slots.len()).map(|number| income(setup, outside, step, volatility, number)).collect()
}

/// What a policy may look at. `None` where the vault's figures do not fit their integers.
pub fn view(
    setup: &ReplaySetup,
    vault: &Vault,
    nav: &Nav,
    now_ts: i64,
    incomes: &[Income],
    pool_fee_bps: u16,
    mut watch: Option<&mut IncomeWatch>,
) -> Option<PortfolioView> {
    let limits = vault.portfolio_view(nav, now_ts).ok()?;
    let slots = setup.slots.iter().zip(vault.active()).zip(incomes);
    let mut forecast = |name: &str, income: &Income, ours_atoms| {
        let watch = watch.as_mut()?;
        watch.see(name, now_ts, income, ours_atoms);
        watch.forecast(name, income, ours_atoms)
    };
    let outlook = |((slot, allocation), income): ((&crate::setup::Slot, _), &Income)| {
        let allocation: &ballast_client::state::Allocation = allocation;
        SlotOutlook {
            target_bps: allocation.target_bps,
            withdrawable_atoms: allocation.withdrawable,
            // Half of what goes into or out of a pool is swapped on the way.
            move_cost_bps: match slot.venue {
                Venue::Lending(..) => 0.0,
                Venue::Pool(_) => f64::from(pool_fee_bps) / 2.0,
                Venue::Stake(_) => STAKE_COST_BPS,
            },
            income: income.clone(),
            forecast: forecast(&slot.name, income, allocation.value_low),
            risk_factors: allocation.risk_factors.iter().copied().filter(|factor| *factor != 0).collect(),
        }
    };
    Some(PortfolioView { limits, slots: slots.map(outlook).collect(), now_ts })
}

#[cfg(test)]
mod tests {
    use ballast_engine::market::{Quote, StakeTarget};

    use super::*;

    fn step(ts: i64, sol: f64) -> MarketStep {
        let quote = |price: f64| {
            let price_e8 = (price * 1e8) as i64;
            Some(Quote { price_e8, conf_e8: 0, ema_e8: price_e8, ema_conf_e8: 0 })
        };
        MarketStep {
            index: 0,
            ts,
            sol_usd: quote(sol),
            stable_usd: quote(1.0),
            reserves: Vec::new(),
            lp: None,
            stake: StakeTarget { apr: 0.0 },
        }
    }

    #[test]
    fn volatility_is_that_of_the_path_and_unknown_at_first() {
        let mut volatility = Volatility::default();
        for hour in 0..2_000i64 {
            // One percent up, one percent down: a year of hours is sqrt(8,760) times as much.
            let price = if hour % 2 == 0 { 100.0 } else { 101.0 };
            volatility.see(&step(hour * 3_600, price));
            assert_eq!(volatility.annual().is_some(), hour >= 24);
        }
        let expected = 1.01f64.ln() * 8_760f64.sqrt();
        assert!((volatility.annual().unwrap() / expected - 1.0).abs() < 1e-3);
    }

    #[test]
    fn a_missing_price_is_no_return() {
        let mut volatility = Volatility::default();
        volatility.see(&step(0, 100.0));
        let silent = MarketStep { sol_usd: None, ..step(3_600, 100.0) };
        volatility.see(&silent);
        assert_eq!(volatility.returns, 0);
        volatility.see(&step(7_200, 110.0));
        assert_eq!(volatility.returns, 1);
    }
}
