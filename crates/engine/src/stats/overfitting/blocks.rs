//! Sums per block, from which the score of any half follows without another look at the rows.

use serde::{Deserialize, Serialize};

use super::whole::{Unit, Whole, lowest};
use super::{MAX_SPLITS, OverfittingError};

/// A deviation that is no more than the rounding of returns, relative to 1 + r.
const STILL: f64 = 4.0 * f64::EPSILON;

/// What makes one trial better than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Mean over standard deviation (n - 1), per period.
    Sharpe,
    /// Mean return per period.
    Mean,
}

/// The table as sums of whole numbers: `sums[block * trials + trial]`. Whole numbers add up to the same in any order, so
/// that equal scores are equal to the last bit and a mean of zero is zero.
pub struct Blocks {
    trials: usize,
    metric: Metric,
    /// Rows in a block.
    pub block_rows: usize,
    /// Rows that filled no block.
    pub rows_dropped: usize,
    splits: usize,
    /// What one of each trial's whole numbers is worth.
    units: Vec<Unit>,
    sums: Vec<i64>,
    squares: Vec<i128>,
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
        let whole: Vec<Whole> =
            trials.iter().map(|returns| Whole::of(returns.get(rows_dropped..).unwrap_or(&[]))).collect();
        let mut blocks = Self {
            trials: trials.len(),
            metric,
            block_rows,
            rows_dropped,
            splits,
            units: whole.iter().map(|whole| whole.unit).collect(),
            sums: Vec::with_capacity(splits * trials.len()),
            squares: Vec::with_capacity(splits * trials.len()),
        };
        for block in 0..splits {
            for whole in &whole {
                let numbers = whole.numbers.get(block * block_rows..(block + 1) * block_rows).unwrap_or(&[]);
                blocks.sums.push(numbers.iter().sum());
                blocks.squares.push(numbers.iter().map(|n| i128::from(*n) * i128::from(*n)).sum());
            }
        }
        Ok(blocks)
    }

    /// Score of every trial over the blocks of `mask`.
    pub fn scores(&self, mask: u32, scores: &mut [f64]) -> Result<(), OverfittingError> {
        let chosen: Vec<usize> = (0..self.splits).filter(|block| mask >> block & 1 == 1).collect();
        let count = chosen.len() * self.block_rows;
        let mut sums = vec![0_i64; self.trials];
        let mut squares = match self.metric {
            Metric::Sharpe => vec![0_i128; self.trials],
            Metric::Mean => Vec::new(),
        };
        for block in &chosen {
            let range = block * self.trials..(block + 1) * self.trials;
            add_to(&mut sums, self.sums.get(range.clone()));
            add_to(&mut squares, self.squares.get(range));
        }
        for (trial, ((score, sum), unit)) in scores.iter_mut().zip(&sums).zip(&self.units).enumerate() {
            *score = match squares.get(trial) {
                None => unit.mean(*sum, count),
                Some(square) => sharpe(*sum, *square, *unit, count).ok_or_else(|| {
                    OverfittingError::Constant { trial: trial + 1, value: unit.mean(*sum, count) }
                })?,
            };
        }
        Ok(())
    }
}

/// Mean over standard deviation; zero where nothing was earned, none where every return is the same other number.
fn sharpe(sum: i64, square: i128, unit: Unit, count: usize) -> Option<f64> {
    let whole = i128::from(sum);
    // n² times the variance with divisor n.
    let spread = (square * count as i128 - whole * whole).unsigned_abs();
    let deviation = (spread as f64).sqrt() / count as f64 * unit.value();
    let mean = unit.mean(sum, count);
    if deviation <= STILL * (1.0 + mean.abs()) {
        return (mean.abs() <= STILL).then_some(0.0);
    }
    // In lowest terms, so that 1 / 2 and 2 / 4 are one number.
    let (above, below) = lowest((whole * whole).unsigned_abs(), spread);
    let ratio = above as f64 / below as f64 * ((count - 1) as f64 / count as f64);
    Some(ratio.sqrt().copysign(sum as f64))
}

fn add_to<T: Copy + std::ops::AddAssign>(totals: &mut [T], more: Option<&[T]>) {
    for (total, value) in totals.iter_mut().zip(more.unwrap_or(&[])) {
        *total += *value;
    }
}
