//! Moves oracles and venues as the market did. Interest, fees owed and exchange rates are the venues' own
//! doing; this file plays the outside world: prices, other people's borrowing and trading, staking rewards.

use ballast_client::address;
use ballast_engine::YEAR_SECS;
use ballast_engine::curve::{RateCurve, ReserveState};
use ballast_engine::market::{MarketStep, Quote, ReserveTarget};
use ballast_sandbox::{Chain, ChainError, DeploymentError, kamino, token};
use kamino_lend::error::LendingError;
use kamino_lend::fixture::edit;
use kamino_lend::fraction::Fraction;
use kamino_lend::reserve::Reserve;

use crate::settings::Asset;
use crate::setup::{ReplaySetup, SLOT_MILLIS, Venue};

/// The outside world between steps.
pub struct Outside {
    step_secs: i64,
    curve: RateCurve,
    /// Fractions of a millionth of fees, and of a lamport of rewards, not paid yet.
    fee_carry: f64,
    reward_carry: f64,
    /// The reserves as they stand, by slot; none where a slot is no reserve.
    reserves: Vec<Option<ReserveState>>,
}

impl Outside {
    /// Nothing happened yet. `curve` is that of every reserve.
    pub fn new(step_secs: i64, curve: RateCurve, slots: usize) -> Self {
        Self { step_secs, curve, fee_carry: 0.0, reward_carry: 0.0, reserves: vec![None; slots] }
    }

    /// The reserve behind slot `index`, if it is one.
    pub fn reserve(&self, index: usize) -> Option<&ReserveState> {
        self.reserves.get(index)?.as_ref()
    }

    /// Lets time pass up to `step`, publishes its prices, and moves the pool and staking.
    pub fn open(&mut self, setup: &mut ReplaySetup, step: &MarketStep) -> Result<(), DeploymentError> {
        if step.index > 0 {
            let clock = setup.deployment.world.clock();
            let millis = u64::try_from(self.step_secs).unwrap_or(0).saturating_mul(1_000);
            let slots = millis.checked_div(SLOT_MILLIS).unwrap_or(0).max(1);
            setup.deployment.world.set_clock(clock.slot.saturating_add(slots), step.ts);
        }
        for (mint, quote) in [(address::WRAPPED_SOL, step.sol_usd), (setup.stable_mint, step.stable_usd)] {
            if let Some(quote) = quote {
                setup.publish(&mint, &quote)?;
            }
        }
        for number in 0..setup.slots.len() {
            match setup.slots.get(number).map(|slot| slot.venue) {
                Some(Venue::Pool(pool)) => {
                    self.trade(setup, &pool, step)?;
                }
                Some(Venue::Stake(pool)) if step.index > 0 => {
                    let staked = pool.total_lamports(&setup.deployment.world)? as f64;
                    self.reward_carry += staked * step.stake.apr * self.step_secs as f64 / YEAR_SECS;
                    let paid = self.reward_carry.floor();
                    self.reward_carry -= paid;
                    pool.earn(&mut setup.deployment.world, paid as u64)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Fees of the step that is over, then arbitrage to the new price.
    fn trade(
        &mut self,
        setup: &mut ReplaySetup,
        pool: &ballast_sandbox::raydium::Pool,
        step: &MarketStep,
    ) -> Result<(), DeploymentError> {
        if let Some(lp) = step.lp.filter(|_| step.index > 0) {
            // Volume is observed for a pool of everybody else's size: our own part earns out of the same.
            let others = 1.0 - setup.pool_share()?;
            self.fee_carry += lp.fee_apr * others * self.step_secs as f64 / YEAR_SECS * 1e6;
            let paid = self.fee_carry.floor();
            self.fee_carry -= paid;
            pool.earn_fees(&mut setup.deployment.world, paid as u64)?;
        }
        arbitrage(setup, step)
    }

    /// Lets everybody else borrow what they borrow in `step`. Call it once interest up to now is in.
    pub fn borrow(
        &mut self,
        setup: &mut ReplaySetup,
        step: &MarketStep,
        values_atoms: &[u64],
    ) -> Result<(), DeploymentError> {
        for (number, slot) in setup.slots.iter().enumerate() {
            let Venue::Lending(reserve, market) = slot.venue else { continue };
            let ours = values_atoms.get(number).copied().unwrap_or(0);
            let target = step.reserves.get(market).copied().flatten();
            let state = set_borrowed(&mut setup.deployment.world, &reserve, target, ours)?;
            if let Some(place) = self.reserves.get_mut(number) {
                *place = Some(ReserveState {
                    curve: self.curve.clone(),
                    supplied_atoms: state.0,
                    borrowed_atoms: state.1,
                });
            }
        }
        Ok(())
    }
}

/// Brings borrowing to `target`, where there is one. Returns what is supplied and what is lent out, atoms.
fn set_borrowed(
    chain: &mut impl Chain,
    reserve: &kamino::Reserve,
    target: Option<ReserveTarget>,
    ours_atoms: u64,
) -> Result<(u64, u64), ChainError> {
    let (supplied, borrowed, left) = reserve.edit(chain, |data| {
        let state = Reserve::load(data)?;
        let atoms = |amount: Fraction| amount.floor().ok_or(LendingError::MathOverflow);
        let supplied = atoms(state.total_supply()?)?;
        let Some(target) = target else {
            return Ok((supplied, atoms(state.borrowed)?, None));
        };
        let borrowed = target.borrowed_atoms(supplied.saturating_sub(ours_atoms));
        Ok((supplied, borrowed, Some(edit::set_borrowed(data, borrowed)?)))
    })?;
    if let Some(left) = left {
        token::set_balance(chain, &reserve.liquidity_vault, left)?;
    }
    Ok((supplied, borrowed))
}

/// Brings the pool, where there is one, to the price of `step`, where it has one.
pub(crate) fn arbitrage(setup: &mut ReplaySetup, step: &MarketStep) -> Result<(), DeploymentError> {
    let Some((sol, stable)) = step.sol_usd.zip(step.stable_usd) else { return Ok(()) };
    let (stable_atoms, sol_atoms) = pool_price(&sol, &stable)?;
    for slot in &setup.slots {
        if let Venue::Pool(pool) = slot.venue {
            pool.set_price(&mut setup.deployment.world, &address::WRAPPED_SOL, stable_atoms, sol_atoms)?;
        }
    }
    Ok(())
}

/// The pool's price as (stable atoms, SOL atoms).
fn pool_price(sol: &Quote, stable: &Quote) -> Result<(u64, u64), ChainError> {
    let positive = |price: i64| {
        u64::try_from(price)
            .ok()
            .filter(|price| *price > 0)
            .ok_or_else(|| ChainError::data("quote", "price is not positive"))
    };
    // A SOL has a thousand times the atoms of a stable coin.
    let atoms = Asset::Sol.unit() / Asset::Usdc.unit();
    let sol_atoms = positive(stable.price_e8)?
        .checked_mul(atoms)
        .ok_or_else(|| ChainError::data("quote", "price does not fit"))?;
    Ok((positive(sol.price_e8)?, sol_atoms))
}

impl ReplaySetup {
    /// Our share of the pool, 0 to 1; zero without a pool.
    pub fn pool_share(&self) -> Result<f64, DeploymentError> {
        for slot in &self.slots {
            if let Venue::Pool(pool) = slot.venue {
                let ours = self.deployment.allocation(&self.vault, slot.index)?.receipts;
                let supply = self.lp_supply(&pool)?;
                return Ok(if supply == 0 { 0.0 } else { ours as f64 / supply as f64 });
            }
        }
        Ok(0.0)
    }

    /// What the pool holds of the vault's asset, atoms.
    pub fn pool_side(&self, pool: &ballast_sandbox::raydium::Pool) -> Result<u64, DeploymentError> {
        let [zero, _] = pool.mints;
        let [zero_vault, one_vault] = &pool.vaults;
        let vault = if zero == self.asset_mint { zero_vault } else { one_vault };
        Ok(token::balance(&self.deployment.world, vault)?)
    }

    /// LP tokens of the pool in existence, as the pool counts them.
    pub fn lp_supply(&self, pool: &ballast_sandbox::raydium::Pool) -> Result<u64, DeploymentError> {
        let data = self.deployment.world.expect_account(&pool.key, "Raydium pool")?.data;
        let state =
            raydium_cpmm::state::Pool::load(&data).map_err(|why| ChainError::data("Raydium pool", why))?;
        Ok(state.lp_supply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_atoms_for_atoms() {
        let quote = |price_e8| Quote { price_e8, conf_e8: 0, ema_e8: price_e8, ema_conf_e8: 0 };
        let (stable, sol) = pool_price(&quote(1_500_000_000), &quote(90_000_000)).unwrap();
        // 15 dollars a SOL at 0.90 dollars a coin: 16.67 coins, 16,666,666 atoms for 1,000,000,000.
        assert_eq!(u128::from(stable) * 1_000_000_000 / u128::from(sol), 16_666_666);
        assert!(
            pool_price(&quote(0), &quote(1)).is_err() && pool_price(&quote(1), &quote(i64::MAX)).is_err()
        );
    }
}
