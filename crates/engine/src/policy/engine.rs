use ballast_math::MAX_ALLOCATIONS;
use ballast_math::scenario::{factor_mask, strategy_loss_bps};
use serde::{Deserialize, Serialize};

use super::room::{Room, Weights};
use super::{Action, HoldReason, Income, Policy, PortfolioView, SlotOutlook, Targets};
use crate::YEAR_SECS;
use crate::optimise::OptimiseError;
use crate::optimise::allocation::{
    self, Allocation, AllocationProblem, IncomeCurve, ScenarioLosses, SlotProblem,
};
use crate::scenario::ScenarioSet;

/// How the engine decides. Integers, so that a model file has one encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineConfig {
    /// Time over which the cost of a move must earn itself back, seconds.
    pub horizon_secs: u32,
    /// Time between looks, seconds. A vault outside its limits is looked at whenever it is.
    pub every_secs: u32,
    /// Least gain of a decision, bps of the vault a year.
    pub min_gain_bps: u16,
    /// Least change of a slot worth ordering, bps of the vault.
    pub min_move_bps: u16,
    /// Highest scenario CVaR of the vault, bps, over the scenario set's horizon and at its confidence.
    pub cvar_cap_bps: u16,
    /// Least part of the vault that can be had back at once: idle, and what venues could pay, bps.
    pub liquidity_min_bps: u16,
    /// Spacing of the weights at which incomes are sampled, bps of the vault.
    pub grid_bps: u16,
}

/// The engine's policy: the most lower-quantile income inside the limits, tail risk and liquidity included.
///
/// Per slot it takes the lower forecast where there is one and what is earned now where there is not, lets our own size
/// dilute it, charges the cost of moving over the horizon, and maximises the sum under the program's limits, a cap on
/// the CVaR over the scenario set, and a floor on liquidity ([`crate::optimise::allocation`]).
#[derive(Clone, Debug)]
pub struct Engine {
    config: EngineConfig,
    scenarios: ScenarioSet,
    /// When it last looked. Not part of a decision: a fresh engine decides the same on the same view.
    looked_ts: Option<i64>,
}

impl Engine {
    /// With the given parameters and tail.
    pub fn new(config: EngineConfig, scenarios: ScenarioSet) -> Self {
        Self { config, scenarios, looked_ts: None }
    }

    fn is_due(&self, now_ts: i64) -> bool {
        self.looked_ts.is_none_or(|looked| now_ts.saturating_sub(looked) >= i64::from(self.config.every_secs))
    }

    /// The vault's problem, with the slots of `frozen` left as they are.
    fn problem(
        &self,
        view: &PortfolioView,
        room: &Room,
        frozen: &[bool],
    ) -> Result<AllocationProblem, OptimiseError> {
        let total = view.limits.total_atoms as f64;
        let mut slots = Vec::with_capacity(view.slots.len());
        for (index, slot) in view.slots.iter().enumerate() {
            let at = |weights: &Weights| weights.get(index).copied().unwrap_or(0);
            let (current_bps, cap_bps) = (at(&room.current), at(&room.ceiling));
            let ours = view.limits.slots.get(index).map_or(0, |slot| slot.value_atoms);
            let income = slot.forecast.as_ref().map_or(&slot.income, |forecast| &forecast.lower);
            let earned =
                |weight: u16| f64::from(weight) * income.apr_with(ours, total * f64::from(weight) / 10_000.0);
            slots.push(SlotProblem {
                name: format!("slot {index}"),
                income: IncomeCurve::sample(current_bps.max(cap_bps), self.config.grid_bps, earned)?,
                current_bps,
                cap_bps: if self.loss_mask(slot).is_some() { cap_bps } else { cap_bps.min(current_bps) },
                move_cost: slot.move_cost_bps / 10_000.0,
                withdrawable_fraction: withdrawable(slot, ours),
                frozen: frozen.get(index).copied().unwrap_or(false),
            });
        }
        let left = u64::from(view.limits.turnover_cap_bps).saturating_sub(view.limits.turnover_used_bps);
        Ok(AllocationProblem {
            slots,
            factors: Vec::new(),
            idle_min_bps: view.limits.idle_buffer_bps,
            turnover_bps: Some(u16::try_from(left).unwrap_or(u16::MAX)),
            liquidity_min_bps: self.config.liquidity_min_bps,
            scenarios: Some(self.losses(view)?),
            horizon_years: f64::from(self.config.horizon_secs) / YEAR_SECS,
            min_move_bps: self.config.min_move_bps,
        })
    }

    /// Which columns of the scenario set a slot's strategy is hit by; none where one of its tags is not in the set.
    fn loss_mask(&self, slot: &SlotOutlook) -> Option<u16> {
        factor_mask(&self.scenarios.factors, &slot.risk_factors)
    }

    /// Losses of every slot in every scenario. A strategy that the set does not know loses everything in all of them:
    /// what is unknown must not count as safe.
    fn losses(&self, view: &PortfolioView) -> Result<ScenarioLosses, OptimiseError> {
        let shocks = self.scenarios.view().map_err(|error| OptimiseError::Input(error.to_string()))?;
        let masks: Vec<Option<u16>> = view.slots.iter().map(|slot| self.loss_mask(slot)).collect();
        let loss = |row: &[u16], mask: &Option<u16>| {
            mask.map_or(10_000, |mask| i32::from(strategy_loss_bps(row, mask)))
        };
        Ok(ScenarioLosses {
            losses_bps: shocks.rows().map(|row| masks.iter().map(|mask| loss(row, mask)).collect()).collect(),
            worst_k: usize::from(self.scenarios.worst_k),
            cap_bps: self.config.cvar_cap_bps,
        })
    }

    /// The best weights. A slot that would be reduced below what its venue can pay out now is left as it is instead:
    /// money that cannot come out cannot go elsewhere.
    fn solve(&self, view: &PortfolioView, room: &Room) -> Result<Allocation, OptimiseError> {
        let mut frozen: Vec<bool> = view.slots.iter().map(|slot| !is_known(slot)).collect();
        loop {
            let found = allocation::solve(&self.problem(view, room, &frozen)?)?;
            let stuck = found.weights_bps.iter().zip(room.floor).position(|(weight, floor)| *weight < floor);
            match stuck.and_then(|slot| frozen.get_mut(slot)).filter(|frozen| !**frozen) {
                Some(slot) => *slot = true,
                None => return Ok(found),
            }
        }
    }
}

impl Policy for Engine {
    fn name(&self) -> &'static str {
        "engine"
    }

    fn decide(&mut self, view: &PortfolioView) -> Targets {
        let known = |index: usize| view.slots.get(index).is_some_and(is_known);
        let Some(room) = Room::new(view, self.config.min_move_bps, known) else {
            return view.hold(HoldReason::EmptyVault);
        };
        if !room.forced && !self.is_due(view.now_ts) {
            return view.hold(HoldReason::NotDue);
        }
        self.looked_ts = Some(view.now_ts);
        let Ok(found) = self.solve(view, &room) else { return view.hold(HoldReason::Blocked) };
        let mut weights_bps = [0; MAX_ALLOCATIONS];
        for (weight, found) in weights_bps.iter_mut().zip(&found.weights_bps) {
            *weight = *found;
        }
        if weights_bps == room.current {
            return view.hold(HoldReason::NothingToMove);
        }
        let gain_bps = found.net_gain(f64::from(self.config.horizon_secs) / YEAR_SECS);
        let forced = room.forced || found.forced;
        if !forced && gain_bps < f64::from(self.config.min_gain_bps) {
            return view.hold(HoldReason::GainTooSmall);
        }
        if !view.accepts(&weights_bps) {
            return view.hold(HoldReason::Blocked);
        }
        Targets { weights_bps, action: Action::Move { gain_bps, forced } }
    }
}

fn is_known(slot: &SlotOutlook) -> bool {
    slot.income != Income::Unknown
}

/// Share of a slot that its venue could pay out now. What is not in it yet is as liquid as the rest.
fn withdrawable(slot: &SlotOutlook, ours_atoms: u64) -> f64 {
    if ours_atoms == 0 { 1.0 } else { (slot.withdrawable_atoms as f64 / ours_atoms as f64).clamp(0.0, 1.0) }
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
