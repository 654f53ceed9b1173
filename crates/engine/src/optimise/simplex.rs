//! A small exact linear programme: bounded variables, ranged rows, rows added while it runs.
//!
//! Dual simplex on a dense dictionary with bound flipping (Maros 2003, ch. 7). Every variable has finite
//! bounds, so the start is dual feasible whatever the costs, and a row added later (a cut) is one more
//! pivot or two: that is what the cutting planes need. Made for tens of rows and up to about a thousand
//! columns; a pivot costs rows x columns.

const FEASIBLE: f64 = 1e-11;
const PIVOT: f64 = 1e-9;
/// What may be left of a shortfall when flips should have ended it exactly.
const FLIPPED: f64 = 1e-10;
const REFACTOR_EVERY: usize = 120;
const MAX_PIVOTS: usize = 50_000;

/// Why there is no optimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LpError {
    /// No point satisfies all rows.
    Infeasible,
    /// Rounding or cycling got the better of it.
    Stalled,
}

struct Row {
    coefficients: Vec<f64>,
    lower: f64,
    upper: f64,
}

/// Minimise cost · x with lower <= x <= upper and ranged rows.
pub struct Simplex {
    cost: Vec<f64>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    rows: Vec<Row>,
    /// Dictionary, one line a row: the basic variable as a combination of the nonbasic ones.
    table: Vec<Vec<f64>>,
    reduced: Vec<f64>,
    /// Variable of each line; `columns + i` is the value of row i.
    basis: Vec<usize>,
    nonbasis: Vec<usize>,
    at_upper: Vec<bool>,
    pivots: usize,
    since_refactor: usize,
}

impl Simplex {
    /// Costs and finite bounds of the variables, all of one length.
    pub fn new(cost: Vec<f64>, lower: Vec<f64>, upper: Vec<f64>) -> Self {
        let columns = cost.len();
        let at_upper = cost.iter().map(|cost| *cost < 0.0).collect();
        let (reduced, nonbasis) = (cost.clone(), (0..columns).collect());
        let (rows, table, basis) = (Vec::new(), Vec::new(), Vec::new());
        let (pivots, since_refactor) = (0, 0);
        Self { cost, lower, upper, rows, table, reduced, basis, nonbasis, at_upper, pivots, since_refactor }
    }

    /// Adds lower <= coefficients · x <= upper (either may be infinite), one coefficient a column.
    /// The row is kept at largest coefficient one, so that tolerances mean the same in every row.
    pub fn add_row(&mut self, coefficients: &[f64], lower: f64, upper: f64) {
        let largest = coefficients.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let scale = if largest > 0.0 { 1.0 / largest } else { 1.0 };
        let coefficients: Vec<f64> = coefficients.iter().map(|value| value * scale).collect();
        let mut line: Vec<f64> = self
            .nonbasis
            .iter()
            .map(|variable| coefficients.get(*variable).copied().unwrap_or(0.0))
            .collect();
        for (basic, expression) in self.basis.iter().zip(&self.table) {
            let factor = coefficients.get(*basic).copied().unwrap_or(0.0);
            if factor != 0.0 {
                add_scaled(&mut line, factor, expression);
            }
        }
        self.basis.push(self.cost.len() + self.rows.len());
        self.table.push(line);
        self.rows.push(Row { coefficients, lower: lower * scale, upper: upper * scale });
    }

    /// Number of rows.
    pub fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// Pivots made so far.
    pub fn pivots(&self) -> usize {
        self.pivots
    }

    /// Forgets rows from `first` on that do not hold the optimum back; those before it stay.
    pub fn drop_loose_rows(&mut self, first: usize) {
        let columns = self.cost.len();
        let mut index_after = vec![None; self.rows.len()];
        let mut next = 0;
        for (row, after) in index_after.iter_mut().enumerate() {
            if row < first || self.nonbasis.contains(&(columns + row)) {
                *after = Some(next);
                next += 1;
            }
        }
        let renamed = |variable: usize| match variable.checked_sub(columns) {
            None => Some(variable),
            Some(row) => index_after.get(row).copied().flatten().map(|row| columns + row),
        };
        let lines = self.basis.drain(..).zip(self.table.drain(..));
        let (basis, table) = lines.filter_map(|(v, line)| renamed(v).map(|v| (v, line))).unzip();
        (self.basis, self.table) = (basis, table);
        self.nonbasis = self.nonbasis.iter().filter_map(|variable| renamed(*variable)).collect();
        let rows = self.rows.drain(..).zip(index_after);
        self.rows = rows.filter_map(|(row, after)| after.map(|_| row)).collect();
    }

    fn bounds(&self, variable: usize) -> (f64, f64) {
        match variable.checked_sub(self.cost.len()) {
            None => (
                self.lower.get(variable).copied().unwrap_or(0.0),
                self.upper.get(variable).copied().unwrap_or(0.0),
            ),
            Some(row) => self.rows.get(row).map_or((0.0, 0.0), |row| (row.lower, row.upper)),
        }
    }

    fn nonbasic_values(&self) -> Vec<f64> {
        let places = self.nonbasis.iter().zip(&self.at_upper);
        places.map(|(v, up)| if *up { self.bounds(*v).1 } else { self.bounds(*v).0 }).collect()
    }

    /// Restores optimality after rows were added. Leaves the best point in [`Self::solution`].
    pub fn solve(&mut self) -> Result<(), LpError> {
        let mut refactored = false;
        let mut stalled_for = 0;
        let mut best = f64::NEG_INFINITY;
        for _ in 0..MAX_PIVOTS {
            if self.since_refactor >= REFACTOR_EVERY {
                self.refactor()?;
            }
            let values = self.nonbasic_values();
            let objective = dot(&self.reduced, &values);
            if objective > best + 1e-13 * (1.0 + best.abs().min(1e300)) {
                (best, stalled_for) = (objective, 0);
            } else {
                stalled_for += 1;
            }
            // A long stretch without progress may be a cycle: the least-index rule ends any.
            let careful = stalled_for > 40 + self.rows.len() + self.cost.len();
            let Some((line, short)) = self.leaving(&values, careful) else {
                if refactored || self.since_refactor == 0 {
                    return Ok(());
                }
                self.refactor()?;
                refactored = true;
                continue;
            };
            let Some(column) = self.entering(line, short, careful) else {
                if self.since_refactor == 0 {
                    return Err(LpError::Infeasible);
                }
                self.refactor()?;
                continue;
            };
            self.pivot(line, column, short < 0.0);
            refactored = false;
        }
        Err(LpError::Stalled)
    }

    /// The line that breaks its bounds most, and by how much: positive when below, negative when above.
    fn leaving(&self, values: &[f64], careful: bool) -> Option<(usize, f64)> {
        let mut found: Option<(usize, f64, usize)> = None;
        for (line, (basic, expression)) in self.basis.iter().zip(&self.table).enumerate() {
            let value = dot(expression, values);
            let (lower, upper) = self.bounds(*basic);
            let scale = 1.0 + value.abs();
            let short = if value < lower - FEASIBLE * scale {
                lower - value
            } else if value > upper + FEASIBLE * scale {
                upper - value
            } else {
                continue;
            };
            let better = found.is_none_or(
                |(_, most, variable)| {
                    if careful { *basic < variable } else { short.abs() > most.abs() }
                },
            );
            if better {
                found = Some((line, short, *basic));
            }
        }
        found.map(|(line, short, _)| (line, short))
    }

    /// Ratio test. Variables that can go to their other bound without ending the shortfall do so.
    fn entering(&mut self, line: usize, short: f64, careful: bool) -> Option<usize> {
        let expression = self.table.get(line)?;
        let mut candidates: Vec<(f64, usize, f64, f64)> = Vec::new();
        let columns = self.nonbasis.iter().zip(&self.at_upper).zip(expression.iter().zip(&self.reduced));
        for (column, ((variable, up), (factor, reduced))) in columns.enumerate() {
            let (lower, upper) = self.bounds(*variable);
            let helps = factor * short.signum() * if *up { -1.0 } else { 1.0 };
            if helps > PIVOT && upper > lower {
                candidates.push((reduced.abs() / helps, column, helps, upper - lower));
            }
        }
        candidates.sort_by(|a, b| a.0.total_cmp(&b.0).then(self.nonbasis[a.1].cmp(&self.nonbasis[b.1])));
        if careful {
            return candidates.first().map(|candidate| candidate.1);
        }
        let mut left = short.abs();
        let mut last = None;
        for (position, (_, _, helps, range)) in candidates.iter().enumerate() {
            left -= helps * range;
            if left.is_nan() || left <= FLIPPED {
                last = Some(position);
                break;
            }
        }
        let last = last?;
        let limit = candidates.get(last)?.0 + 1e-12;
        let tied = candidates.iter().enumerate().skip(last).take_while(|(_, c)| c.0 <= limit);
        let chosen = tied.max_by(|a, b| a.1.2.total_cmp(&b.1.2).then(b.0.cmp(&a.0)))?.0;
        for (_, column, ..) in candidates.iter().take(last) {
            if let Some(up) = self.at_upper.get_mut(*column) {
                *up = !*up;
            }
        }
        candidates.get(chosen).map(|candidate| candidate.1)
    }

    /// Swaps the basic variable of `line` with the nonbasic one of `column`.
    fn pivot(&mut self, line: usize, column: usize, to_upper: bool) {
        let (Some(pivot_line), Some(left), Some(entered)) =
            (self.table.get_mut(line), self.basis.get_mut(line), self.nonbasis.get_mut(column))
        else {
            return;
        };
        let mut replaced = std::mem::take(pivot_line);
        let pivot = replaced.get(column).copied().unwrap_or(1.0);
        for value in &mut replaced {
            *value /= -pivot;
        }
        if let Some(value) = replaced.get_mut(column) {
            *value = 1.0 / pivot;
        }
        for other in self.table.iter_mut().filter(|other| !other.is_empty()).chain([&mut self.reduced]) {
            let factor = other.get(column).copied().unwrap_or(0.0);
            if factor != 0.0 {
                if let Some(value) = other.get_mut(column) {
                    *value = 0.0;
                }
                add_scaled(other, factor, &replaced);
            }
        }
        std::mem::swap(left, entered);
        if let Some(slot) = self.table.get_mut(line) {
            *slot = replaced;
        }
        if let Some(up) = self.at_upper.get_mut(column) {
            *up = to_upper;
        }
        self.pivots += 1;
        self.since_refactor += 1;
    }

    /// Builds the dictionary of the present basis anew from the rows as given, largest pivots first.
    fn refactor(&mut self) -> Result<(), LpError> {
        let columns = self.cost.len();
        let keep: Vec<(usize, bool)> =
            self.nonbasis.iter().copied().zip(self.at_upper.iter().copied()).collect();
        let mut wanted: Vec<usize> = self.basis.iter().copied().filter(|v| *v < columns).collect();
        wanted.sort_unstable();
        let mut leaving: Vec<usize> = keep.iter().filter_map(|(v, _)| v.checked_sub(columns)).collect();
        leaving.sort_unstable();
        self.table = self.rows.iter().map(|row| row.coefficients.clone()).collect();
        self.reduced.clone_from(&self.cost);
        self.basis = (columns..columns + self.rows.len()).collect();
        self.nonbasis = (0..columns).collect();
        self.at_upper = vec![false; columns];
        let pivots = self.pivots;
        while !wanted.is_empty() {
            let mut largest = (0.0_f64, 0, 0);
            for (at_row, row) in leaving.iter().enumerate() {
                for (at_column, column) in wanted.iter().enumerate() {
                    let size =
                        self.table.get(*row).and_then(|line| line.get(*column)).map_or(0.0, |v| v.abs());
                    if size > largest.0 {
                        largest = (size, at_row, at_column);
                    }
                }
            }
            if largest.0 < 1e-13 || leaving.is_empty() {
                return Err(LpError::Stalled);
            }
            self.pivot(leaving.remove(largest.1), wanted.remove(largest.2), false);
        }
        self.pivots = pivots;
        self.since_refactor = 0;
        for (variable, up) in self.nonbasis.iter().zip(&mut self.at_upper) {
            *up = keep.iter().find(|(kept, _)| kept == variable).is_some_and(|(_, up)| *up);
        }
        // A basis that is rebuilt may show reduced costs of the wrong sign by rounding: the bound follows the sign.
        for column in 0..columns {
            let (Some(reduced), Some(variable)) = (self.reduced.get(column), self.nonbasis.get(column))
            else {
                continue;
            };
            let (lower, upper) = self.bounds(*variable);
            let side = if *reduced > 1e-12 {
                Some(false)
            } else if *reduced < -1e-12 {
                Some(true)
            } else {
                None
            };
            let finite = |up: bool| if up { upper.is_finite() } else { lower.is_finite() };
            if let (Some(up), Some(side)) = (self.at_upper.get_mut(column), side)
                && finite(side)
            {
                *up = side;
            }
        }
        Ok(())
    }

    /// The variables' values.
    pub fn solution(&self) -> Vec<f64> {
        let values = self.nonbasic_values();
        let mut solution = vec![0.0; self.cost.len()];
        for (variable, value) in self.nonbasis.iter().zip(&values) {
            if let Some(slot) = solution.get_mut(*variable) {
                *slot = *value;
            }
        }
        for (variable, expression) in self.basis.iter().zip(&self.table) {
            if let Some(slot) = solution.get_mut(*variable) {
                let (lower, upper) = self.bounds(*variable);
                *slot = dot(expression, &values).clamp(lower, upper);
            }
        }
        solution
    }

    /// Cost of the solution: a lower bound on every feasible cost.
    pub fn objective(&self) -> f64 {
        dot(&self.reduced, &self.nonbasic_values())
    }

    /// Rows and columns that hold the optimum back: nonbasic with a price.
    pub fn binding(&self) -> Binding {
        let mut binding = Binding::default();
        for (variable, reduced) in self.nonbasis.iter().zip(&self.reduced) {
            if reduced.abs() > 1e-9 {
                match variable.checked_sub(self.cost.len()) {
                    None => binding.columns.push(*variable),
                    Some(row) => binding.rows.push(row),
                }
            }
        }
        binding.rows.sort_unstable();
        binding.columns.sort_unstable();
        binding
    }
}

/// What holds an optimum back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Binding {
    /// Rows, in the order they were added.
    pub rows: Vec<usize>,
    /// Variables at a bound.
    pub columns: Vec<usize>,
}

/// Sum of products of two equally long slices.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// target += factor * source.
pub(crate) fn add_scaled(target: &mut [f64], factor: f64, source: &[f64]) {
    for (target, source) in target.iter_mut().zip(source) {
        *target += factor * source;
    }
}

#[cfg(test)]
#[path = "simplex_tests.rs"]
mod tests;
