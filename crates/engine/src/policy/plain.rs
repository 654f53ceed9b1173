use ballast_math::MAX_ALLOCATIONS;
use serde::{Deserialize, Serialize};

use super::room::{Room, Weights, toward};
use super::waterfill::{GainCurve, fill};
use super::{Action, HoldReason, Income, Policy, PortfolioView, Targets};
use crate::YEAR_SECS;

/// First size of shift that polishing tries, bps of the vault; halved whenever no shift gains.
const COARSEST_SHIFT_BPS: u16 = 640;
/// Last size of shift, bps of the vault.
const FINEST_SHIFT_BPS: u16 = 20;
/// Least gain of a shift, bps of the vault a year. Each shift gains at least this, so polishing ends.
const LEAST_SHIFT_GAIN_BPS: f64 = 0.03;

/// How eager the plain policy is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlainConfig {
    /// Time over which the cost of a move must earn itself back, seconds.
    pub horizon_secs: f64,
    /// Least gain of a decision, bps of the vault a year: keeps it from chasing noise.
    pub min_gain_bps: f64,
    /// Least change of a slot worth ordering, bps of the vault.
    pub min_move_bps: u16,
    /// Spacing of the weights that are compared first, bps of the vault; the best are then refined.
    pub grid_bps: u16,
}

impl Default for PlainConfig {
    /// A week to earn a move back (utilisation forgets half of what it was in two to five days), 10 bps a year of gain, moves from half a percent, a one-percent grid to start from.
    fn default() -> Self {
        Self { horizon_secs: 7.0 * 86_400.0, min_gain_bps: 10.0, min_move_bps: 50, grid_bps: 100 }
    }
}

/// The highest net rate inside the limits, our own effect on the rates included.
///
/// Maximises the vault's yearly income less the cost of moving spread over the horizon. The cost makes
/// staying put worth something, so that small differences move nothing. Where the turnover budget binds, a
/// price is put on increases and raised until the moves fit: the best moves are made, not all of them a little.
#[derive(Clone, Debug, Default)]
pub struct Plain {
    config: PlainConfig,
}

impl Plain {
    /// With the given eagerness.
    pub fn new(config: PlainConfig) -> Self {
        Self { config }
    }

    /// Income of slot `index` at `weight` less the cost of getting there, bps of the vault a year.
    fn gain(&self, view: &PortfolioView, room: &Room, index: usize, weight: u16) -> f64 {
        let (Some(slot), Some(now)) = (view.slots.get(index), room.current.get(index)) else {
            return 0.0;
        };
        let ours = view.limits.slots.get(index).map_or(0, |slot| slot.value_atoms);
        let after = view.limits.total_atoms as f64 * f64::from(weight) / 10_000.0;
        let moved = f64::from(weight.abs_diff(*now));
        let years = self.config.horizon_secs / YEAR_SECS;
        f64::from(weight) * slot.income.apr_with(ours, after) - moved * slot.move_cost_bps / 10_000.0 / years
    }

    fn total_gain(&self, view: &PortfolioView, room: &Room, weights: &Weights) -> f64 {
        weights.iter().enumerate().map(|(index, weight)| self.gain(view, room, index, *weight)).sum()
    }

    fn gain_curves(&self, view: &PortfolioView, room: &Room, start: &Weights) -> Vec<GainCurve> {
        let grid = usize::from(self.config.grid_bps.max(1));
        let bounds = room.floor.iter().zip(start).zip(room.ceiling.iter().zip(room.current));
        bounds
            .enumerate()
            .take(view.slots.len())
            .map(|(index, ((floor, start), (ceiling, current)))| {
                let least = *floor.min(start);
                let mut weights: Vec<u16> = (least..=*ceiling).step_by(grid).collect();
                weights.extend([*ceiling, *start, current.clamp(least, *ceiling)]);
                weights.sort_unstable();
                weights.dedup();
                weights.into_iter().map(|weight| (weight, self.gain(view, room, index, weight))).collect()
            })
            .collect()
    }

    /// The best weights within the turnover that is left.
    fn best(&self, view: &PortfolioView, room: &Room, start: &Weights) -> Weights {
        let curves = self.gain_curves(view, room, start);
        let left = u64::from(view.limits.turnover_cap_bps).saturating_sub(view.limits.turnover_used_bps);
        let at_price = |price: f64| best_at(&curves, room, price);
        let free = at_price(0.0);
        if u64::from(room.turnover(&free)) <= left {
            return free;
        }
        // At a price above every slope nothing grows, so the budget is met there.
        let (mut cheap, mut dear) = (0.0, 1.0 + steepest(&curves));
        for _ in 0..20 {
            let middle = 0.5 * (cheap + dear);
            if u64::from(room.turnover(&at_price(middle))) <= left {
                dear = middle;
            } else {
                cheap = middle;
            }
        }
        toward(view, &at_price(dear), &at_price(cheap))
    }

    /// Shifts weight between pairs of slots (and idle) while that gains: the fill is exact along envelopes,
    /// but its last stretch may end where the true yield lies below.
    fn polished(&self, view: &PortfolioView, room: &Room, start: &Weights, mut weights: Weights) -> Weights {
        let least = |index: usize| room.floor.get(index).min(start.get(index)).copied().unwrap_or(0);
        let most = |index: usize| room.ceiling.get(index).copied().unwrap_or(0);
        let slots = || (0..view.slots.len()).map(Some).chain([None]);
        let mut step = COARSEST_SHIFT_BPS;
        while step >= FINEST_SHIFT_BPS {
            let mut best: Option<(f64, Weights)> = None;
            for (from, to) in
                slots().flat_map(|from| slots().map(move |to| (from, to))).filter(|(a, b)| a != b)
            {
                let mut shifted = weights;
                let mut gained = 0.0;
                if let Some(weight) = from.and_then(|from| shifted.get_mut(from)) {
                    let index = from.unwrap_or_default();
                    gained -= self.gain(view, room, index, *weight);
                    *weight = weight.saturating_sub(step).max(least(index).min(*weight));
                    gained += self.gain(view, room, index, *weight);
                }
                if let Some(weight) = to.and_then(|to| shifted.get_mut(to)) {
                    let index = to.unwrap_or_default();
                    gained -= self.gain(view, room, index, *weight);
                    *weight = weight.saturating_add(step).min(most(index).max(*weight));
                    gained += self.gain(view, room, index, *weight);
                }
                let better = gained > best.map_or(LEAST_SHIFT_GAIN_BPS, |(most, _)| most);
                if better && view.accepts(&shifted) {
                    best = Some((gained, shifted));
                }
            }
            match best {
                Some((_, shifted)) => weights = shifted,
                None => step /= 2,
            }
        }
        weights
    }

    /// Puts changes too small to bother back to the present weight, where the limits let them be.
    fn without_small_moves(&self, view: &PortfolioView, room: &Room, weights: Weights) -> Weights {
        let mut kept = weights;
        for index in 0..MAX_ALLOCATIONS {
            let mut candidate = kept;
            if let (Some(weight), Some(now)) = (candidate.get_mut(index), room.current.get(index)) {
                if weight.abs_diff(*now) >= self.config.min_move_bps {
                    continue;
                }
                *weight = *now;
            }
            if view.accepts(&candidate) {
                kept = candidate;
            }
        }
        kept
    }
}

fn best_at(curves: &[GainCurve], room: &Room, price: f64) -> Weights {
    let priced: Vec<GainCurve> = curves
        .iter()
        .zip(room.current)
        .map(|(curve, now)| {
            let charge = |weight: u16| price * f64::from(weight.saturating_sub(now));
            curve.iter().map(|(weight, gain)| (*weight, gain - charge(*weight))).collect()
        })
        .collect();
    let mut weights = [0; MAX_ALLOCATIONS];
    for (weight, found) in weights.iter_mut().zip(fill(&priced, room.budget)) {
        *weight = found;
    }
    weights
}

fn steepest(curves: &[GainCurve]) -> f64 {
    let slopes = curves.iter().flat_map(|curve| curve.iter().zip(curve.iter().skip(1)));
    slopes.map(|(from, to)| ((to.1 - from.1) / f64::from(to.0 - from.0)).abs()).fold(0.0, f64::max)
}

impl Policy for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn decide(&mut self, view: &PortfolioView) -> Targets {
        let known = |index: usize| view.slots.get(index).is_some_and(|slot| slot.income != Income::Unknown);
        let Some(room) = Room::new(view, self.config.min_move_bps, known) else {
            return view.hold(HoldReason::EmptyVault);
        };
        let mut worst_first: Vec<usize> = (0..view.slots.len()).collect();
        let rate = |index: &usize| {
            let ours = view.limits.slots.get(*index).map_or(0, |slot| slot.value_atoms);
            view.slots.get(*index).map_or(0.0, |slot| slot.income.apr(ours))
        };
        worst_first.sort_by(|a, b| rate(a).total_cmp(&rate(b)));
        let start = room.repaired(&worst_first);
        let filled = self.best(view, &room, &start);
        let polished = self.polished(view, &room, &start, filled);
        let weights = self.without_small_moves(view, &room, polished);
        if weights == room.current {
            return view.hold(HoldReason::NothingToMove);
        }
        let gain_bps = self.total_gain(view, &room, &weights) - self.total_gain(view, &room, &room.current);
        if !room.forced && gain_bps < self.config.min_gain_bps {
            return view.hold(HoldReason::GainTooSmall);
        }
        if !view.accepts(&weights) {
            return view.hold(HoldReason::Blocked);
        }
        Targets { weights_bps: weights, action: Action::Move { gain_bps, forced: room.forced } }
    }
}

#[cfg(test)]
#[path = "plain_tests.rs"]
mod tests;
