//! Probability of back-test overfitting by combinatorially symmetric cross-validation (CSCV): Bailey, Borwein, Lopez de
//! Prado and Zhu (2015), "The probability of backtest overfitting", sections 3 and 4.
//!
//! The rows of a T x N table of trial returns are cut into S blocks of equal length. Each choice of S/2 blocks is in sample
//! once, the other half being out of sample. The trial that is best in sample is ranked among all trials out of sample.

mod blocks;
mod halves;
mod report;
mod whole;

pub use blocks::Metric;
pub use report::{Degradation, Dominance, LogitBin, Logits, Overfitting};

use rayon::prelude::*;

use blocks::Blocks;

/// Most blocks: C(20, 10) = 184,756 choices.
pub const MAX_SPLITS: usize = 20;

/// Why a table cannot be tested.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
pub enum OverfittingError {
    /// A number of blocks that cannot be halved, or too many.
    #[error("{0} splits: an even number from 2 to {MAX_SPLITS} is needed")]
    Splits(usize),
    /// One trial has nothing to be chosen from.
    #[error("{0} trial(s): at least 2 are needed, one a column")]
    Trials(usize),
    /// Not enough rows.
    #[error("{rows} row(s) for {splits} splits: at least {needed} are needed")]
    Rows {
        /// Rows there are.
        rows: usize,
        /// Blocks wanted.
        splits: usize,
        /// Rows needed.
        needed: usize,
    },
    /// Columns differ in length.
    #[error("trial {trial} has {found} rows, the first has {rows}")]
    Ragged {
        /// Column, from 1.
        trial: usize,
        /// Its rows.
        found: usize,
        /// Rows of the first.
        rows: usize,
    },
    /// A return is missing or infinite: every trial needs every row.
    #[error("row {row} of trial {trial} is {value}; every trial needs a finite return in every row")]
    NotFinite {
        /// Row, from 1.
        row: usize,
        /// Column, from 1.
        trial: usize,
        /// What stands there.
        value: f64,
    },
    /// A Sharpe ratio would divide by zero.
    #[error(
        "trial {trial} has the same return {value} in every row of a half: its Sharpe ratio is infinite; use fewer splits, \
         metric mean, or leave it out"
    )]
    Constant {
        /// Column, from 1.
        trial: usize,
        /// The return.
        value: f64,
    },
}

/// What one choice of blocks found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Choice {
    /// Column of the trial that was best in sample.
    pub best: usize,
    /// Its score in sample.
    pub inside: f64,
    /// Its score out of sample.
    pub outside: f64,
    /// Mean score of all trials out of sample.
    pub mean_outside: f64,
    /// Its relative rank out of sample: average rank over (trials + 1), in (0, 1); large is good.
    pub relative_rank: f64,
}

/// Tests the table `trials` (one slice a trial, one return a row, oldest first) with `splits` blocks. Rows that do not fill
/// a block are dropped from the oldest end.
///
/// Ties: equal scores out of sample share their average rank; of trials that are equally best in sample the first column
/// is taken. A trial that did nothing in a half (every return zero) has a Sharpe ratio of zero there.
///
/// # Errors
/// See [`OverfittingError`].
pub fn cscv(trials: &[Vec<f64>], splits: usize, metric: Metric) -> Result<Overfitting, OverfittingError> {
    let blocks = Blocks::new(trials, splits, metric)?;
    // A choice and its complement need the same two halves, so each pair is worked once and gives two choices.
    let pairs = halves::pairs(splits);
    let found: Vec<[Choice; 2]> = pairs
        .par_iter()
        .map_init(
            || (vec![0.0; trials.len()], vec![0.0; trials.len()]),
            |(one, other), &mask| {
                blocks.scores(mask, one)?;
                blocks.scores(halves::complement(mask, splits), other)?;
                Ok([choose(one, other), choose(other, one)])
            },
        )
        .collect::<Result<_, OverfittingError>>()?;
    let choices: Vec<Choice> = found.into_iter().flatten().collect();
    Ok(report::summarise(&choices, trials.len(), splits, &blocks))
}

fn choose(inside: &[f64], outside: &[f64]) -> Choice {
    let mut best = 0;
    let mut best_score = f64::NEG_INFINITY;
    for (trial, &score) in inside.iter().enumerate() {
        if score > best_score {
            (best, best_score) = (trial, score);
        }
    }
    let chosen = outside.get(best).copied().unwrap_or_default();
    let (mut below, mut equal, mut sum) = (0usize, 0usize, 0.0);
    for &score in outside {
        below += usize::from(score < chosen);
        equal += usize::from(score == chosen);
        // From the chosen one's own score, so that equal trials have exactly their score as mean.
        sum += score - chosen;
    }
    let rank = below as f64 + (equal as f64 + 1.0) / 2.0;
    Choice {
        best,
        inside: best_score,
        outside: chosen,
        mean_outside: chosen + sum / outside.len() as f64,
        relative_rank: rank / (outside.len() as f64 + 1.0),
    }
}

#[cfg(test)]
mod tests;
