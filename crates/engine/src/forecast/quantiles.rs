use std::collections::VecDeque;

use serde::Serialize;

/// Levels of every forecast's quantiles.
pub const LEVELS: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// A forecast's quantiles at [`LEVELS`], ascending.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantiles {
    /// One in twenty comes out below.
    pub q05: f64,
    /// One in four comes out below.
    pub q25: f64,
    /// The median.
    pub q50: f64,
    /// One in four comes out above.
    pub q75: f64,
    /// One in twenty comes out above.
    pub q95: f64,
}

impl Quantiles {
    /// From values in the order of [`LEVELS`]; put in ascending order if they are not.
    pub fn new(mut values: [f64; 5]) -> Self {
        values.sort_by(f64::total_cmp);
        let [q05, q25, q50, q75, q95] = values;
        Self { q05, q25, q50, q75, q95 }
    }

    /// In the order of [`LEVELS`].
    pub fn values(&self) -> [f64; 5] {
        [self.q05, self.q25, self.q50, self.q75, self.q95]
    }

    /// Every quantile through an increasing function.
    pub fn map(&self, through: impl Fn(f64) -> f64) -> Self {
        Self::new(self.values().map(through))
    }

    /// Mean pinball loss over [`LEVELS`], in the units of the value.
    pub fn pinball(&self, actual: f64) -> f64 {
        let losses =
            LEVELS.iter().zip(self.values()).map(|(level, quantile)| pinball(*level, quantile, actual));
        losses.sum::<f64>() / LEVELS.len() as f64
    }

    /// True inside the 90% interval, ends included.
    pub fn covers(&self, actual: f64) -> bool {
        (self.q05..=self.q95).contains(&actual)
    }

    /// True inside the 50% interval, ends included.
    pub fn half_covers(&self, actual: f64) -> bool {
        (self.q25..=self.q75).contains(&actual)
    }
}

/// Pinball (quantile) loss of `quantile` at `level` (Koenker & Bassett 1978): the score that the true quantile
/// minimises in expectation.
pub fn pinball(level: f64, quantile: f64, actual: f64) -> f64 {
    let above = actual - quantile;
    if above >= 0.0 { level * above } else { (level - 1.0) * above }
}

/// The newest values of a stream, kept sorted as well.
#[derive(Clone, Debug)]
pub(super) struct SortedWindow {
    arrived: VecDeque<f64>,
    sorted: Vec<f64>,
    most: usize,
}

impl SortedWindow {
    pub fn new(most: usize) -> Self {
        Self { arrived: VecDeque::new(), sorted: Vec::new(), most: most.max(1) }
    }

    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    pub fn push(&mut self, value: f64) {
        if self.arrived.len() >= self.most
            && let Some(oldest) = self.arrived.pop_front()
        {
            let at = self.sorted.partition_point(|other| other.total_cmp(&oldest).is_lt());
            if at < self.sorted.len() {
                self.sorted.remove(at);
            }
        }
        let at = self.sorted.partition_point(|other| other.total_cmp(&value).is_lt());
        self.sorted.insert(at, value);
        self.arrived.push_back(value);
    }

    /// The value at rank `level * (n + 1)`, between ranks by a straight line (Hyndman & Fan 1996, type 6): the
    /// finite-sample correction of conformal prediction. Beyond the first and last rank the ends hold.
    pub fn quantile(&self, level: f64) -> Option<f64> {
        let rank = level * (self.sorted.len() as f64 + 1.0);
        let below = rank.floor().max(1.0) as usize;
        let last = self.sorted.last()?;
        let low = self.sorted.get(below - 1).unwrap_or(last);
        let high = self.sorted.get(below).unwrap_or(last);
        let along = (rank - below as f64).clamp(0.0, 1.0);
        Some(low + along * (high - low))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_loss_is_least_at_the_quantile() {
        let values: Vec<f64> = (1..=99).map(f64::from).collect();
        for level in LEVELS {
            let loss = |guess: f64| values.iter().map(|v| pinball(level, guess, *v)).sum::<f64>();
            let best = (1..=99).map(f64::from).min_by(|a, b| loss(*a).total_cmp(&loss(*b))).unwrap();
            assert!((best - 100.0 * level).abs() <= 1.0, "{level}: {best}");
        }
        assert!((pinball(0.9, 1.0, 3.0) - 1.8).abs() < 1e-12);
        assert!((pinball(0.9, 3.0, 1.0) - 0.2).abs() < 1e-12);
    }

    #[test]
    fn ranks_are_type_six() {
        let mut window = SortedWindow::new(10);
        assert_eq!(window.quantile(0.5), None);
        for value in [4.0, 1.0, 3.0, 2.0] {
            window.push(value);
        }
        // R: quantile(1:4, c(.05, .25, .5, .75, .95), type = 6)
        let found = LEVELS.map(|level| window.quantile(level).unwrap());
        assert_eq!(found, [1.0, 1.25, 2.5, 3.75, 4.0]);
    }

    proptest! {
        #[test]
        fn the_window_is_the_newest_values_in_order(values in prop::collection::vec(-5.0f64..5.0, 1..60), most in 1usize..20) {
            let mut window = SortedWindow::new(most);
            for value in &values {
                window.push(*value);
            }
            let mut expected: Vec<f64> = values.iter().rev().take(most).copied().collect();
            expected.sort_by(f64::total_cmp);
            prop_assert_eq!(window.len(), expected.len());
            prop_assert_eq!(&window.sorted, &expected);
        }
    }
}
