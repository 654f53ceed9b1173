//! What the choices add up to.

use serde::Serialize;

use super::Choice;
use super::blocks::Blocks;
use crate::stats::moments;

/// The result of CSCV.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overfitting {
    /// Probability of back-test overfitting: share of choices in which the best in sample is no better than the median out
    /// of sample (logit at most zero).
    pub pbo: f64,
    /// Trials compared.
    pub trials: usize,
    /// Blocks.
    pub splits: usize,
    /// Choices of half the blocks.
    pub combinations: usize,
    /// Rows in a block.
    pub rows_per_block: usize,
    /// Oldest rows, which filled no block.
    pub rows_dropped: usize,
    /// Logits of the relative rank.
    pub logits: Logits,
    /// How the chosen trial's score carries over.
    pub performance_degradation: Option<Degradation>,
    /// Share of choices in which the chosen trial's score out of sample is below zero.
    pub probability_of_loss: f64,
    /// Chosen against a trial taken at random.
    pub stochastic_dominance: Dominance,
    /// How often each trial was the best in sample, by column.
    #[serde(skip)]
    pub selected: Vec<usize>,
}

/// Logits ln(w / (1 - w)) of the relative rank w of the best in sample.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Logits {
    /// Mean.
    pub mean: f64,
    /// Standard deviation (n - 1).
    pub deviation: f64,
    /// Smallest.
    pub min: f64,
    /// Quartile.
    pub lower_quartile: f64,
    /// Median.
    pub median: f64,
    /// Quartile.
    pub upper_quartile: f64,
    /// Largest.
    pub max: f64,
    /// Choices whose logit is exactly zero; they count as overfitted.
    pub at_zero: usize,
    /// Twenty bins of equal width from the smallest to the largest; one if these are equal.
    pub histogram: Vec<LogitBin>,
    /// All of them, one a choice.
    #[serde(skip)]
    pub values: Vec<f64>,
}

/// Logits in [from, to), the last bin closed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LogitBin {
    /// Lower end.
    pub from: f64,
    /// Upper end.
    pub to: f64,
    /// Choices.
    pub count: usize,
}

/// Least squares of the chosen trial's score out of sample on its score in sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Degradation {
    /// Out of sample at zero in sample.
    pub intercept: f64,
    /// Out of sample per unit in sample; overfitting shows as a negative slope.
    pub slope: f64,
    /// Share of variance explained.
    pub r2: f64,
}

/// Scores out of sample of the chosen trial against the mean of all trials, over all choices.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Dominance {
    /// Choosing is at least as likely to exceed any score, and somewhere likelier.
    pub first_order: bool,
    /// The area between the distributions is on the side of choosing up to any score.
    pub second_order: bool,
    /// Largest amount by which the distribution of the mean lies above that of the chosen (choosing is better there).
    pub largest_gain: f64,
    /// Largest amount by which it lies below (choosing is worse there).
    pub largest_loss: f64,
    /// Area between the two: mean score gained by choosing.
    pub mean_gain: f64,
}

const BINS: usize = 20;

pub(super) fn summarise(choices: &[Choice], trials: usize, splits: usize, blocks: &Blocks) -> Overfitting {
    let count = choices.len() as f64;
    let share = |holds: &dyn Fn(&Choice) -> bool| choices.iter().filter(|c| holds(c)).count() as f64 / count;
    let mut selected = vec![0; trials];
    for choice in choices {
        if let Some(times) = selected.get_mut(choice.best) {
            *times += 1;
        }
    }
    Overfitting {
        pbo: share(&|choice| choice.relative_rank <= 0.5),
        trials,
        splits,
        combinations: choices.len(),
        rows_per_block: blocks.block_rows,
        rows_dropped: blocks.rows_dropped,
        logits: logits(choices),
        performance_degradation: degradation(choices),
        probability_of_loss: share(&|choice| choice.outside < 0.0),
        stochastic_dominance: dominance(choices),
        selected,
    }
}

fn logits(choices: &[Choice]) -> Logits {
    let values: Vec<f64> = choices.iter().map(|c| (c.relative_rank / (1.0 - c.relative_rank)).ln()).collect();
    let ascending = moments::sorted(&values);
    let at = |level: f64| moments::quantile_of_sorted(&ascending, level).unwrap_or_default();
    let (mean, deviation) = moments::mean_and_deviation(&values).unwrap_or_default();
    let (min, max) = (at(0.0), at(1.0));
    let bins = if max > min { BINS } else { 1 };
    let width = (max - min) / bins as f64;
    let mut histogram: Vec<LogitBin> = (0..bins)
        .map(|bin| LogitBin { from: min + bin as f64 * width, to: min + (bin + 1) as f64 * width, count: 0 })
        .collect();
    for value in &values {
        let bin = if width > 0.0 { ((value - min) / width) as usize } else { 0 };
        if let Some(bin) = histogram.get_mut(bin.min(bins - 1)) {
            bin.count += 1;
        }
    }
    Logits {
        mean,
        deviation,
        min,
        lower_quartile: at(0.25),
        median: at(0.5),
        upper_quartile: at(0.75),
        max,
        at_zero: choices.iter().filter(|choice| choice.relative_rank == 0.5).count(),
        histogram,
        values,
    }
}

fn degradation(choices: &[Choice]) -> Option<Degradation> {
    let count = choices.len() as f64;
    let (mut sum_inside, mut sum_outside) = (0.0, 0.0);
    for choice in choices {
        sum_inside += choice.inside;
        sum_outside += choice.outside;
    }
    let (mean_inside, mean_outside) = (sum_inside / count, sum_outside / count);
    let (mut product, mut inside, mut outside) = (0.0, 0.0, 0.0);
    for choice in choices {
        let (x, y) = (choice.inside - mean_inside, choice.outside - mean_outside);
        product += x * y;
        inside += x * x;
        outside += y * y;
    }
    let slope = product / inside;
    let r2 = if outside > 0.0 { product * product / (inside * outside) } else { 0.0 };
    let fit = Degradation { intercept: mean_outside - slope * mean_inside, slope, r2 };
    (inside > 0.0 && slope.is_finite()).then_some(fit)
}

/// Walks both empirical distributions over their joint support.
fn dominance(choices: &[Choice]) -> Dominance {
    let chosen = moments::sorted(&choices.iter().map(|c| c.outside).collect::<Vec<_>>());
    let mean = moments::sorted(&choices.iter().map(|c| c.mean_outside).collect::<Vec<_>>());
    let mut support: Vec<f64> = chosen.iter().chain(&mean).copied().collect();
    support.sort_by(f64::total_cmp);
    support.dedup();
    let count = choices.len() as f64;
    let (mut gain, mut loss, mut area, mut least_area) = (0.0f64, 0.0f64, 0.0, 0.0f64);
    let (mut of_chosen, mut of_mean) = (0, 0);
    for (index, &score) in support.iter().enumerate() {
        of_chosen += chosen.iter().skip(of_chosen).take_while(|value| **value <= score).count();
        of_mean += mean.iter().skip(of_mean).take_while(|value| **value <= score).count();
        // Counts are whole numbers, so equal distributions differ by exactly nothing.
        let above = (of_mean as f64 - of_chosen as f64) / count;
        gain = gain.max(above);
        loss = loss.max(-above);
        let next = support.get(index + 1).copied().unwrap_or(score);
        area += above * (next - score);
        least_area = least_area.min(area);
    }
    // Rounding of sums over thousands of steps.
    let tolerance = 1e-12 * support.last().zip(support.first()).map_or(0.0, |(last, first)| last - first);
    Dominance {
        first_order: loss == 0.0 && gain > 0.0,
        second_order: least_area >= -tolerance && gain > 0.0,
        largest_gain: gain,
        largest_loss: loss,
        mean_gain: area,
    }
}
