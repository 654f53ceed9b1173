//! From everything drawn to the few that a set can hold, without losing any tail.

use ballast_math::MAX_ALLOCATIONS;
use ballast_math::scenario::{
    MAX_SCENARIOS, Shocks, cvar_bps_up, portfolio_losses_e8, strategy_loss_bps, var_bps_up,
};

use super::check::{Checked, Mix};
use super::draw::Losses;
use super::{ScenarioError, ScenarioSet};

/// Most that are drawn for one that is kept.
const MOST_DRAWN_PER_KEPT: usize = 64;

/// A portfolio as the chain sees it: masks and weights of up to eight strategies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Factors of each slot.
    pub masks: [u16; MAX_ALLOCATIONS],
    /// Weight of each slot, bps.
    pub weights_bps: [u16; MAX_ALLOCATIONS],
}

impl Holding {
    /// All in one strategy.
    pub fn single(mask: u16) -> Self {
        let mut holding = Self::default();
        (holding.masks[0], holding.weights_bps[0]) = (mask, 10_000);
        holding
    }

    /// A mix of strategies.
    pub fn of_mix(mix: &Mix, strategies: &[(String, u16)]) -> Self {
        let mut holding = Self::default();
        for (slot, (strategy, weight)) in mix.weights_bps.iter().enumerate().take(MAX_ALLOCATIONS) {
            holding.masks[slot] = strategies.get(*strategy).map_or(0, |strategy| strategy.1);
            holding.weights_bps[slot] = *weight;
        }
        holding
    }

    /// Loss in one scenario given as shocks, hundred-millionths.
    pub fn loss_e8(&self, shocks: &[u16]) -> u32 {
        let parts = self.masks.iter().zip(&self.weights_bps);
        parts.map(|(mask, weight)| u32::from(strategy_loss_bps(shocks, *mask)) * u32::from(*weight)).sum()
    }

    /// Loss in one scenario before any rounding, a fraction.
    pub fn loss(&self, losses: &Losses, scenario: usize) -> f64 {
        let parts = self.masks.iter().zip(&self.weights_bps).filter(|(_, weight)| **weight > 0);
        parts
            .map(|(mask, weight)| {
                let hit = losses.0.iter().enumerate().filter(|(column, _)| mask >> column & 1 == 1);
                let sum: f64 = hit.map(|(_, factor)| factor.get(scenario).copied().unwrap_or(1.0)).sum();
                sum.min(1.0) * f64::from(*weight) / 10_000.0
            })
            .sum()
    }

    /// (VaR, CVaR) over a set, bps, rounded up: what the chain computes.
    pub fn tail_bps(&self, set: &ScenarioSet) -> Result<(u16, u16), ScenarioError> {
        let shocks: Shocks<'_> = set.view()?;
        let mut losses = vec![0; shocks.count()];
        let worst_k = usize::from(set.worst_k);
        let tail = portfolio_losses_e8(&shocks, &self.masks, &self.weights_bps, &mut losses)
            .and_then(|()| Some((var_bps_up(&mut losses, worst_k)?, cvar_bps_up(&mut losses, worst_k)?)));
        tail.ok_or_else(|| ScenarioError::Decode("a portfolio larger than the whole, or no tail".into()))
    }

    /// (VaR, CVaR) over everything drawn, fractions: the mean of the worst `worst_k`, in floating point.
    pub fn tail(&self, losses: &Losses, drawn: usize, worst_k: usize) -> (f64, f64) {
        let mut all: Vec<f64> = (0..drawn).map(|scenario| self.loss(losses, scenario)).collect();
        all.sort_by(|a, b| b.total_cmp(a));
        all.truncate(worst_k.max(1));
        let var = all.last().copied().unwrap_or(0.0);
        (var, all.iter().sum::<f64>() / all.len().max(1) as f64)
    }
}

/// How many are drawn, and how many of those are a tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Scenarios drawn.
    pub drawn: usize,
    /// Scenarios in the tail, of the drawn and of the set.
    pub worst_k: usize,
}

/// The portfolios whose tails the set keeps whole: every strategy alone, every mix, and all strategies equally.
pub fn references(checked: &Checked) -> Vec<Holding> {
    let mut references: Vec<Holding> = Vec::new();
    let singles = checked.strategies.iter().map(|(_, mask)| Holding::single(*mask));
    let mixes = checked.mixes.iter().map(|mix| Holding::of_mix(mix, &checked.strategies));
    for holding in singles.chain(mixes).chain([equal(&checked.strategies)]) {
        if !references.contains(&holding) {
            references.push(holding);
        }
    }
    references
}

/// The first eight strategies equally.
fn equal(strategies: &[(String, u16)]) -> Holding {
    let mut holding = Holding::default();
    let count = strategies.len().clamp(1, MAX_ALLOCATIONS);
    for (slot, (_, mask)) in strategies.iter().enumerate().take(MAX_ALLOCATIONS) {
        holding.masks[slot] = *mask;
        holding.weights_bps[slot] = (10_000 / count) as u16;
    }
    holding
}

/// As many draws as leave room for every reference's whole tail: `references * worst_k <= count`.
pub fn size(count: usize, alpha_bps: u16, references: usize) -> Result<Size, ScenarioError> {
    let tail_bps = usize::from(10_000u16.saturating_sub(alpha_bps));
    let room =
        10_000usize.checked_div(tail_bps * references.max(1)).unwrap_or(1).clamp(1, MOST_DRAWN_PER_KEPT);
    let drawn = count * room;
    let worst_k = drawn * tail_bps / 10_000;
    if worst_k == 0 {
        // The least count at this confidence; more than a set holds is no advice.
        let least = 10_000usize.checked_div(tail_bps * room).map_or(usize::MAX, |least| least.max(1));
        let least =
            if least.saturating_mul(room * tail_bps) < 10_000 { least.saturating_add(1) } else { least };
        if least > MAX_SCENARIOS {
            let problem = format!(
                "{} leaves no tail in the {MAX_SCENARIOS} scenarios that a set may have; take a lower confidence, or fewer \
                 mixes and strategies",
                f64::from(alpha_bps) / 10_000.0
            );
            return Err(ScenarioError::field("alpha", problem));
        }
        return Err(ScenarioError::field(
            "count",
            format!("{count} scenarios have no tail at this confidence: at least {least} are needed"),
        ));
    }
    Ok(Size { drawn, worst_k })
}

/// Keeps the `count` drawn scenarios that stand highest in the losses of some reference, in the order drawn.
///
/// As long as `references * worst_k <= count` every reference's worst `worst_k` are all kept, so that its CVaR over the
/// set is its CVaR over everything drawn. For any other portfolio it can only be lower, by what the missing scenarios
/// between the references' tails would have added.
pub fn keep(losses: &Losses, references: &[Holding], drawn: usize, count: usize) -> Vec<usize> {
    let rows: Vec<Vec<u16>> = (0..drawn).map(|scenario| losses.shocks_bps(scenario).collect()).collect();
    let mut best_rank = vec![usize::MAX; drawn];
    for reference in references {
        let mut order: Vec<(u32, usize)> =
            rows.iter().enumerate().map(|(scenario, row)| (reference.loss_e8(row), scenario)).collect();
        order.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        for (rank, (_, scenario)) in order.into_iter().enumerate() {
            if let Some(best) = best_rank.get_mut(scenario) {
                *best = (*best).min(rank);
            }
        }
    }
    let mut order: Vec<usize> = (0..drawn).collect();
    order.sort_by_key(|scenario| (best_rank.get(*scenario).copied().unwrap_or(usize::MAX), *scenario));
    order.truncate(count);
    order.sort_unstable();
    order
}
