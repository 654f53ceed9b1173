use super::problem::{AllocationProblem, ScenarioLosses, WHOLE};

/// The first limit that weights break, in integers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AllocationBreach {
    /// Weights and the idle buffer sum to more than the whole.
    #[error("idle buffer")]
    IdleBuffer,
    /// A slot is above its cap.
    #[error("cap of {0}")]
    Cap(String),
    /// A group is above its cap.
    #[error("cap of factor {0}")]
    Factor(String),
    /// Increases exceed the budget.
    #[error("turnover")]
    Turnover,
    /// Too little could be had at once.
    #[error("liquidity")]
    Liquidity,
    /// The scenario tail is too heavy.
    #[error("scenario CVaR")]
    Cvar,
}

impl AllocationProblem {
    /// How far each limit is from being broken (negative: broken), in units of which one is a basis point or less.
    pub(super) fn slack(&self, weights: &[u16]) -> Vec<(AllocationBreach, i64)> {
        let whole = i64::from(WHOLE);
        let sum: i64 = weights.iter().copied().map(i64::from).sum();
        let mut all = vec![(AllocationBreach::IdleBuffer, whole - i64::from(self.idle_min_bps) - sum)];
        for (slot, weight) in self.slots.iter().zip(weights) {
            all.push((
                AllocationBreach::Cap(slot.name.clone()),
                i64::from(slot.cap_bps) - i64::from(*weight),
            ));
        }
        for factor in &self.factors {
            let held =
                factor.members.iter().filter_map(|member| weights.get(*member)).copied().map(i64::from);
            let left = i64::from(factor.cap_bps) - held.sum::<i64>();
            all.push((AllocationBreach::Factor(factor.name.clone()), left));
        }
        if let Some(budget) = self.turnover_bps {
            let used = i64::from(self.turnover(weights));
            // A move that only reduces orders no turnover.
            all.push((AllocationBreach::Turnover, i64::from(budget) - used));
        }
        if self.liquidity_min_bps > 0 {
            let slots = self.slots.iter().zip(weights);
            let paid: i64 =
                slots.map(|(slot, weight)| i64::from(*weight) * floor_bps(slot.withdrawable_fraction)).sum();
            let left = paid + (whole - sum) * whole - i64::from(self.liquidity_min_bps) * whole;
            all.push((AllocationBreach::Liquidity, left.div_euclid(whole)));
        }
        if let Some(scenarios) = &self.scenarios {
            let tail = scenarios.tail_sum(weights);
            let count = i64::try_from(scenarios.worst_k).unwrap_or(1);
            let left = i64::from(scenarios.cap_bps) * whole * count - tail;
            all.push((AllocationBreach::Cvar, left.div_euclid(whole * count)));
        }
        all
    }

    /// The first limit that `weights` break. All arithmetic is in integers, as the chain's.
    pub fn breach(&self, weights: &[u16]) -> Option<AllocationBreach> {
        self.slack(weights).into_iter().find(|(_, left)| *left < 0).map(|(breach, _)| breach)
    }

    /// Sum of the increases that `weights` order, bps.
    pub fn turnover(&self, weights: &[u16]) -> u32 {
        let moves = self.slots.iter().zip(weights);
        moves.map(|(slot, weight)| u32::from(weight.saturating_sub(slot.current_bps))).sum()
    }
}

impl ScenarioLosses {
    /// Sum of the worst k portfolio losses, bps times bps.
    pub(super) fn tail_sum(&self, weights: &[u16]) -> i64 {
        let mut losses: Vec<i64> = self.losses_bps.iter().map(|row| loss(row, weights)).collect();
        let last = self.worst_k.clamp(1, losses.len().max(1)) - 1;
        if last < losses.len() {
            losses.select_nth_unstable_by(last, |a, b| b.cmp(a));
        }
        losses.iter().take(last + 1).sum()
    }

    /// Mean of the worst k losses, bps of the vault.
    pub fn cvar_bps(&self, weights: &[u16]) -> f64 {
        self.tail_sum(weights) as f64 / (self.worst_k.max(1) as f64 * f64::from(WHOLE))
    }

    /// Mean loss of each slot, bps, over the worst k scenarios at fractional `weights`, and the mean of those losses.
    pub(super) fn worst_mean(&self, weights: &[f64]) -> (Vec<f64>, f64) {
        let mut losses: Vec<(f64, usize)> = self
            .losses_bps
            .iter()
            .enumerate()
            .map(|(row, losses)| {
                (losses.iter().zip(weights).map(|(loss, w)| f64::from(*loss) * w).sum(), row)
            })
            .collect();
        let last = self.worst_k.clamp(1, losses.len().max(1)) - 1;
        if last < losses.len() {
            losses.select_nth_unstable_by(last, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        }
        let mut mean = vec![0.0; weights.len()];
        let count = (last + 1) as f64;
        for (_, row) in losses.iter().take(last + 1) {
            for (sum, loss) in mean.iter_mut().zip(self.losses_bps.get(*row).map_or(&[][..], Vec::as_slice)) {
                *sum += f64::from(*loss) / count;
            }
        }
        let value =
            mean.iter().zip(weights).map(|(mean, weight)| mean * weight).sum::<f64>() / f64::from(WHOLE);
        (mean, value)
    }
}

fn loss(row: &[i32], weights: &[u16]) -> i64 {
    row.iter().zip(weights).map(|(loss, weight)| i64::from(*loss) * i64::from(*weight)).sum()
}

/// A fraction from 0 to 1 in bps, rounded down.
pub(super) fn floor_bps(fraction: f64) -> i64 {
    (fraction.clamp(0.0, 1.0) * f64::from(WHOLE)).floor() as i64
}
