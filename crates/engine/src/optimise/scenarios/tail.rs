//! The loss tail of a portfolio over scenarios, found without a sort.

use super::Scenarios;

/// The loss tail of a portfolio over scenarios (Rockafellar & Uryasev 2002).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tail {
    /// Least loss that is not exceeded with probability alpha or more.
    pub var: f64,
    /// Mean of the worst 1 - alpha of probability; the scenario on its edge counts by the part inside.
    pub cvar: f64,
    /// Mean loss of each asset over the tail: the slope of CVaR in the weights.
    pub slope: Vec<f64>,
}

/// Scenarios by their loss: clearly in the tail, about its edge, or clearly not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// VaR at the weights.
    pub var: f64,
    /// Probability of those clearly in the tail.
    pub mass: f64,
    /// Sum over them of probability times each asset's loss.
    pub beyond: Vec<f64>,
    /// Those about the edge, nearest first.
    pub border: Vec<Border>,
}

/// A scenario about the edge of a tail.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Border {
    /// Its row.
    pub row: usize,
    /// Its probability.
    pub probability: f64,
    /// Loss less VaR.
    pub excess: f64,
}

/// Finds tails; keeps its buffers between portfolios.
pub struct TailFinder<'a> {
    scenarios: &'a Scenarios,
    alpha: f64,
    losses: Vec<f64>,
    scratch: Vec<(f64, f64)>,
    plain: Vec<f64>,
    members: Vec<(usize, f64)>,
}

impl<'a> TailFinder<'a> {
    /// At confidence `alpha` in (0, 1): 0.95 looks at the worst 5%.
    pub fn new(scenarios: &'a Scenarios, alpha: f64) -> Self {
        let losses = vec![0.0; scenarios.count];
        Self { scenarios, alpha, losses, scratch: Vec::new(), plain: Vec::new(), members: Vec::new() }
    }

    /// VaR, CVaR and its slope at `weights`. One pass over the scenarios and a selection of the tail, no sort.
    pub fn tail(&mut self, weights: &[f64]) -> Tail {
        self.scenarios.losses_into(weights, &mut self.losses);
        let mass = 1.0 - self.alpha;
        let var = match &self.scenarios.probabilities {
            None => self.equal_threshold(mass * self.scenarios.count as f64),
            Some(_) => self.weighted_threshold(mass),
        };
        self.members.clear();
        let (mut inside, mut cvar) = (0.0, 0.0);
        let probability = |row: usize| self.scenarios.probability(row);
        for (row, loss) in self.losses.iter().enumerate() {
            if *loss > var {
                let weight = probability(row);
                self.members.push((row, weight));
                inside += weight;
                cvar += weight * loss;
            }
        }
        // What is left of the tail's mass lies on its edge: ties share it in the order of rows.
        let mut left = mass - inside;
        cvar += left * var;
        for (row, loss) in self.losses.iter().enumerate() {
            if left <= 0.0 {
                break;
            }
            if *loss == var {
                let weight = probability(row).min(left);
                self.members.push((row, weight));
                left -= weight;
            }
        }
        let slope = self.scenarios.columns.iter().map(|column| {
            let sum: f64 = self
                .members
                .iter()
                .map(|(row, weight)| weight * column.get(*row).copied().unwrap_or(0.0))
                .sum();
            -sum / mass
        });
        Tail { var, cvar: cvar / mass, slope: slope.collect() }
    }

    /// Divides the scenarios by their loss at `weights`: the `near` ones about VaR, and what lies beyond those together.
    pub fn split(&mut self, weights: &[f64], near: usize) -> Split {
        let var = self.tail(weights).var;
        let mut border: Vec<(f64, usize)> =
            self.losses.iter().enumerate().map(|(row, loss)| ((loss - var).abs(), row)).collect();
        let near = near.min(border.len());
        if near < border.len() {
            border.select_nth_unstable_by(near, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        }
        border.truncate(near);
        border.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut rows: Vec<usize> = border.iter().map(|(_, row)| *row).collect();
        rows.sort_unstable();
        let probability = |row: usize| self.scenarios.probability(row);
        let mut members: Vec<(usize, f64)> = Vec::new();
        for (row, loss) in self.losses.iter().enumerate() {
            if *loss > var && rows.binary_search(&row).is_err() {
                members.push((row, probability(row)));
            }
        }
        let mass = members.iter().map(|member| member.1).sum();
        let beyond = self.scenarios.columns.iter().map(|column| {
            members.iter().map(|(row, p)| -p * column.get(*row).copied().unwrap_or(0.0)).sum::<f64>()
        });
        let border = border.iter().map(|(_, row)| {
            let row = *row;
            let excess = self.losses.get(row).map_or(0.0, |loss| loss - var);
            Border { row, probability: probability(row), excess }
        });
        Split { var, mass, beyond: beyond.collect(), border: border.collect() }
    }

    /// The loss at which `wanted` equally likely scenarios are worse or as bad.
    fn equal_threshold(&mut self, wanted: f64) -> f64 {
        // Rounding must not turn 204.99999999999997 scenarios into another rank than 205.
        let nearest = wanted.round();
        let exact = (wanted - nearest).abs() < 1e-9 * wanted.max(1.0);
        // With exactly k scenarios beyond, the k-th worst is still inside: its probability of not being exceeded is
        // alpha only from the next one on, which is VaR by the lower quantile.
        let rank = if exact { nearest as usize } else { wanted.floor() as usize };
        let rank = rank.min(self.losses.len().saturating_sub(1));
        self.plain.clear();
        // A sample tells where the tail begins, so that most losses need not be looked at again.
        let stride = 16;
        if self.losses.len() >= 64 * stride {
            self.plain.extend(self.losses.iter().step_by(stride));
            let sample_rank = (rank * 3 / 2 / stride + 8).min(self.plain.len() - 1);
            let guess = *self.plain.select_nth_unstable_by(sample_rank, |a, b| b.total_cmp(a)).1;
            self.plain.clear();
            self.plain.extend(self.losses.iter().filter(|loss| **loss >= guess));
        }
        if self.plain.len() <= rank {
            self.plain.clear();
            self.plain.extend(&self.losses);
        }
        *self.plain.select_nth_unstable_by(rank, |a, b| b.total_cmp(a)).1
    }

    /// The least loss with at most `mass` of probability strictly beyond it.
    fn weighted_threshold(&mut self, mass: f64) -> f64 {
        self.scratch.clear();
        let probabilities = self.scenarios.probabilities().unwrap_or(&[]);
        self.scratch.extend(
            self.losses.iter().copied().zip(probabilities.iter().copied()).filter(|pair| pair.1 > 0.0),
        );
        let (mut low, mut high) = (0, self.scratch.len());
        let mut beyond = 0.0;
        // Invariant: what lies before `low` is worse than the answer and has mass `beyond`; the answer is in low..high.
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let Some(range) = self.scratch.get_mut(low..high) else { break };
            range.select_nth_unstable_by(middle - low, |a, b| b.0.total_cmp(&a.0));
            let worse: f64 = range.iter().take(middle - low).map(|pair| pair.1).sum();
            if beyond + worse > mass * (1.0 + 1e-12) {
                high = middle;
            } else {
                beyond += worse;
                low = middle;
            }
        }
        self.scratch.get(low).map_or(0.0, |pair| pair.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By the definition: sort, walk down until the mass is spent.
    fn sorted_tail(losses: &[f64], probabilities: &[f64], alpha: f64) -> (f64, f64) {
        let mut pairs: Vec<(f64, f64)> = losses.iter().copied().zip(probabilities.iter().copied()).collect();
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut left, mut sum) = (1.0 - alpha, 0.0);
        for (loss, probability) in &pairs {
            let part = probability.min(left);
            sum += part * loss;
            left -= part;
        }
        let mut above = 0.0;
        let mut var = pairs[0].0;
        for (loss, probability) in &pairs {
            if above <= (1.0 - alpha) * (1.0 + 1e-12) {
                var = *loss;
            }
            above += probability;
        }
        (var, sum / (1.0 - alpha))
    }

    #[test]
    fn the_edge_of_the_tail_counts_by_the_part_inside() {
        // Worst 5% of 30: one and a half scenarios.
        let rows: Vec<Vec<f64>> = (1..=30).map(|loss| vec![-f64::from(loss) / 100.0]).collect();
        let scenarios = Scenarios::from_rows(&rows, None).unwrap();
        let tail = TailFinder::new(&scenarios, 0.95).tail(&[1.0]);
        assert!((tail.var - 0.29).abs() < 1e-15);
        assert!((tail.cvar - (0.30 + 0.5 * 0.29) / 1.5).abs() < 1e-12);
        assert!((tail.slope[0] - tail.cvar).abs() < 1e-12);
    }

    proptest! {
        // Few distinct values, so that ties are the rule.
        #[test]
        fn selection_finds_what_sorting_finds(values in prop::collection::vec(-20i32..20, 2..3_000), seed in 1u32..50, alpha in 0.5f64..0.99, weighted in any::<bool>()) {
            let rows: Vec<Vec<f64>> = values.iter().map(|value| vec![f64::from(*value) / 100.0]).collect();
            let raw: Vec<f64> = (0..rows.len()).map(|at| if weighted { f64::from((at as u32 * seed) % 7) } else { 1.0 } + 1e-3).collect();
            let sum: f64 = raw.iter().sum();
            let probabilities: Vec<f64> = raw.iter().map(|value| value / sum).collect();
            let scenarios = Scenarios::from_rows(&rows, weighted.then_some(&probabilities)).unwrap();
            let tail = TailFinder::new(&scenarios, alpha).tail(&[1.0]);
            let (var, cvar) = sorted_tail(&scenarios.losses(&[1.0]), &probabilities, alpha);
            prop_assert!((tail.cvar - cvar).abs() < 1e-10, "{} {}", tail.cvar, cvar);
            prop_assert!((tail.slope[0] - cvar).abs() < 1e-10);
            prop_assert!((tail.var - var).abs() < 1e-12, "{} {}", tail.var, var);
        }
    }
}
