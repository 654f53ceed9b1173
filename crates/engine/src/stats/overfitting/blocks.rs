//! Sums per block, from which the score of any half follows without another look at the rows.

use serde::{Deserialize, Serialize};

use super::{MAX_SPLITS, OverfittingError};

/// What makes one trial better than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Mean over standard deviation (n - 1), per period.
    Sharpe,
    /// Mean return per period.
    Mean,
}

/// The table as sums: `sums[block * trials + trial]`.
pub struct Blocks {
    trials: usize,
    metric: Metric,
    /// Rows in a block.
    pub block_rows: usize,
    /// Rows that filled no block.
    pub rows_dropped: usize,
    splits: usize,
    /// Mean over all used rows, taken off first: otherwise squares of a steady yield would drown its variance.
    centre: Vec<f64>,
    sums: Vec<f64>,
    squares: Vec<f64>,
    /// The one return of a block that has only one.
    constants: Vec<Option<f64>>,
    /// Whether any block of the trial is constant, so that a whole half may be.
    may_stand_still: Vec<bool>,
}

impl Blocks {
    /// Checks the table and sums it.
    pub fn new(trials: &[Vec<f64>], splits: usize, metric: Metric) -> Result<Self, OverfittingError> {
        if !(2..=MAX_SPLITS).contains(&splits) || !splits.is_multiple_of(2) {
            return Err(OverfittingError::Splits(splits));
        }
        let rows = match trials {
            [first, _, ..] => first.len(),
            _ => return Err(OverfittingError::Trials(trials.len())),
        };
        // Half the blocks must hold two rows, or there is no standard deviation.
        let needed = splits.max(4);
        if rows < needed {
            return Err(OverfittingError::Rows { rows, splits, needed });
        }
        for (trial, returns) in (1..).zip(trials) {
            if returns.len() != rows {
                return Err(OverfittingError::Ragged { trial, found: returns.len(), rows });
            }
            if let Some((row, value)) = (1..).zip(returns).find(|(_, value)| !value.is_finite()) {
                return Err(OverfittingError::NotFinite { row, trial, value: *value });
            }
        }
        let (block_rows, rows_dropped) = (rows / splits, rows % splits);
        let used = (rows - rows_dropped) as f64;
        let mut blocks = Self {
            trials: trials.len(),
            metric,
            block_rows,
            rows_dropped,
            splits,
            centre: trials.iter().map(|r| r.iter().skip(rows_dropped).sum::<f64>() / used).collect(),
            sums: Vec::with_capacity(splits * trials.len()),
            squares: Vec::with_capacity(splits * trials.len()),
            constants: Vec::with_capacity(splits * trials.len()),
            may_stand_still: vec![false; trials.len()],
        };
        for block in 0..splits {
            for (trial, returns) in trials.iter().enumerate() {
                let start = rows_dropped + block * block_rows;
                blocks.add(trial, returns.get(start..start + block_rows).unwrap_or(&[]));
            }
        }
        Ok(blocks)
    }

    fn add(&mut self, trial: usize, returns: &[f64]) {
        let centre = self.centre.get(trial).copied().unwrap_or_default();
        self.sums.push(returns.iter().map(|r| r - centre).sum());
        self.squares.push(returns.iter().map(|r| (r - centre).powi(2)).sum());
        let constant = returns.first().copied().filter(|first| returns.iter().all(|r| r == first));
        self.constants.push(constant);
        if let Some(flag) = self.may_stand_still.get_mut(trial) {
            *flag |= constant.is_some();
        }
    }

    /// Score of every trial over the blocks of `mask`.
    pub fn scores(&self, mask: u32, scores: &mut [f64]) -> Result<(), OverfittingError> {
        let chosen: Vec<usize> = (0..self.splits).filter(|block| mask >> block & 1 == 1).collect();
        let count = (chosen.len() * self.block_rows) as f64;
        scores.fill(0.0);
        let mut squares = match self.metric {
            Metric::Sharpe => vec![0.0; self.trials],
            Metric::Mean => Vec::new(),
        };
        for block in &chosen {
            let range = block * self.trials..(block + 1) * self.trials;
            add_to(scores, self.sums.get(range.clone()));
            add_to(&mut squares, self.squares.get(range));
        }
        for (trial, (score, centre)) in scores.iter_mut().zip(&self.centre).enumerate() {
            let sum = *score;
            let still = self.constant_over(&chosen, trial);
            let mean = still.unwrap_or(centre + sum / count);
            *score = match (self.metric, still) {
                (Metric::Mean, _) => mean,
                (Metric::Sharpe, Some(0.0)) => 0.0,
                (Metric::Sharpe, Some(value)) => {
                    return Err(OverfittingError::Constant { trial: trial + 1, value });
                }
                (Metric::Sharpe, None) => {
                    let square = squares.get(trial).copied().unwrap_or_default();
                    let variance = (square - sum * sum / count).max(0.0) / (count - 1.0);
                    if variance <= 0.0 {
                        return Err(OverfittingError::Constant { trial: trial + 1, value: mean });
                    }
                    mean / variance.sqrt()
                }
            };
        }
        Ok(())
    }

    /// The one return that the trial has in all of `chosen`, if so.
    fn constant_over(&self, chosen: &[usize], trial: usize) -> Option<f64> {
        if !*self.may_stand_still.get(trial)? {
            return None;
        }
        let mut all =
            chosen.iter().map(|block| self.constants.get(block * self.trials + trial).copied().flatten());
        let first = all.next()??;
        all.all(|constant| constant == Some(first)).then_some(first)
    }
}

fn add_to(totals: &mut [f64], more: Option<&[f64]>) {
    for (total, value) in totals.iter_mut().zip(more.unwrap_or(&[])) {
        *total += value;
    }
}
