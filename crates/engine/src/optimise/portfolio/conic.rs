//! Smooth problems: a quadratic objective or a second-order cone, solved by Clarabel's interior point.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SolverStatus, SupportedConeT};

use super::problem::NamedRow;

/// Minimise 1/2 x'Px + q·x with lower <= x <= upper, ranged rows and at most one cone: |vectors x| <= head·x + shift.
#[derive(Clone, Debug, Default)]
pub struct Conic {
    /// Rows of P; empty for none.
    pub quadratic: Vec<Vec<f64>>,
    /// Linear costs; their number is the number of columns.
    pub linear: Vec<f64>,
    /// May be minus infinity.
    pub lower: Vec<f64>,
    /// May be infinity.
    pub upper: Vec<f64>,
    /// All rows.
    pub rows: Vec<NamedRow>,
    /// The cone.
    pub cone: Option<Cone>,
}

/// |vectors x| <= head·x + shift.
#[derive(Clone, Debug, Default)]
pub struct Cone {
    /// Linear part of the right-hand side.
    pub head: Vec<f64>,
    /// Constant part of the right-hand side.
    pub shift: f64,
    /// Rows of the left-hand side.
    pub vectors: Vec<Vec<f64>>,
}

/// An optimum.
#[derive(Clone, Debug)]
pub struct ConicSolution {
    /// The columns.
    pub columns: Vec<f64>,
    /// Interior-point steps.
    pub iterations: usize,
    /// Relative gap between primal and dual objective.
    pub gap: f64,
    /// Relative distance by which the rows, bounds and the cone are missed.
    pub missed: f64,
}

/// Why there is no optimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConicError {
    /// No point satisfies everything.
    Infeasible,
    /// The objective improves without end.
    Unbounded,
    /// Accuracy was not reached, or the problem was refused.
    Failed,
}

/// Rounds of the proximal method, and how far the weight of its term falls, relative to the objective.
const ROUNDS: usize = 60;
const PROXIMAL: (f64, f64) = (1e-2, 1e-5);
/// By how much constraints may be missed: in an answer, and on the way to one.
const MISSED: (f64, f64) = (1e-9, 1e-6);
/// Relative movement of a round at which the proximal method stops, and which is taken where the rounds stop short of it.
const SETTLED: (f64, f64) = (1e-8, 1e-6);
/// Columns that run off this far in the proximal method do so without end.
const ENDLESS: f64 = 1e4;

impl Conic {
    /// Solves it. Without curvature in the objective the interior point's equations are close to singular and it may break
    /// off; then the same problem is solved as a sequence that has curvature.
    pub fn solve(&self) -> Result<ConicSolution, ConicError> {
        // Near the border the interior point takes a problem without end for a solved one, thousands of wholes away.
        if self.improves_without_end() { Err(ConicError::Unbounded) } else { self.finite() }
    }

    fn finite(&self) -> Result<ConicSolution, ConicError> {
        match self.attempt(MISSED.0) {
            Err(ConicError::Failed) => self.proximal(),
            found => found,
        }
    }

    /// Whether a direction keeps to all rows, bounds and the cone however far one goes, and lowers a linear objective.
    fn improves_without_end(&self) -> bool {
        let size = self.linear.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let open = |bounds: &[f64]| bounds.iter().any(|bound| bound.is_infinite());
        if size == 0.0 || !self.quadratic.is_empty() || !(open(&self.lower) || open(&self.upper)) {
            return false;
        }
        let away = |bound: &f64| if bound.is_finite() { 0.0 } else { bound.signum() };
        let endless = |bound: f64| if bound.is_finite() { 0.0 } else { bound };
        let rows = self.rows.iter().map(|row| NamedRow {
            lower: endless(row.lower),
            upper: endless(row.upper),
            ..row.clone()
        });
        let direction = Self {
            quadratic: Vec::new(),
            linear: self.linear.clone(),
            lower: self.lower.iter().map(away).collect(),
            upper: self.upper.iter().map(away).collect(),
            rows: rows.collect(),
            cone: self.cone.as_ref().map(|cone| Cone { shift: 0.0, ..cone.clone() }),
        };
        let Ok(found) = direction.finite() else { return false };
        let slope: f64 = found.columns.iter().zip(&self.linear).map(|(column, cost)| column * cost).sum();
        slope < -1e-7 * size
    }

    /// The proximal point method (Rockafellar 1976): each round adds weight/2 |x - last x|², and the rounds' optima
    /// approach one of the problem itself.
    fn proximal(&self) -> Result<ConicSolution, ConicError> {
        let columns = self.linear.len();
        let entries = self.linear.iter().chain(self.quadratic.iter().flatten());
        let size = entries.fold(f64::MIN_POSITIVE, |most, value| most.max(value.abs()));
        let (mut weight, least) = (PROXIMAL.0 * size, PROXIMAL.1 * size);
        let mut centre = vec![0.0; columns];
        let mut iterations = 0;
        let mut best: Option<(f64, ConicSolution)> = None;
        for _ in 0..ROUNDS {
            let mut round = self.clone();
            round.quadratic.resize(columns, vec![0.0; columns]);
            for (column, row) in round.quadratic.iter_mut().enumerate() {
                if let Some(slot) = row.get_mut(column) {
                    *slot += weight;
                }
            }
            for (cost, at) in round.linear.iter_mut().zip(&centre) {
                *cost -= weight * at;
            }
            let Ok(found) = round.attempt(MISSED.1) else {
                weight *= 8.0;
                continue;
            };
            iterations += found.iterations;
            let pairs = || found.columns.iter().zip(&centre);
            let moved = pairs().fold(0.0_f64, |most, (to, from)| most.max((to - from).abs()));
            let furthest = found.columns.iter().fold(1.0_f64, |most, value| most.max(value.abs()));
            if furthest > ENDLESS {
                return Err(ConicError::Unbounded);
            }
            let moved = moved / furthest;
            centre.clone_from(&found.columns);
            if found.missed <= MISSED.0 && best.as_ref().is_none_or(|(least, _)| moved < *least) {
                // A round's optimum is within weight · moved of the problem's.
                best = Some((moved, ConicSolution { gap: found.gap.max(moved * weight / size), ..found }));
            }
            if best.as_ref().is_some_and(|(least, _)| *least <= SETTLED.0) {
                break;
            }
            weight = (weight / 2.0).max(least);
        }
        match best {
            Some((moved, found)) if moved <= SETTLED.1 => Ok(ConicSolution { iterations, ..found }),
            _ => Err(ConicError::Failed),
        }
    }

    /// The interior point, once; an answer that misses the constraints by more than `most_missed` is none.
    fn attempt(&self, most_missed: f64) -> Result<ConicSolution, ConicError> {
        let columns = self.linear.len();
        let mut equal: (Vec<Vec<f64>>, Vec<f64>) = Default::default();
        let mut below: (Vec<Vec<f64>>, Vec<f64>) = Default::default();
        let negative = |row: &[f64]| row.iter().map(|value| -value).collect::<Vec<f64>>();
        let mut range = |mut row: Vec<f64>, lower: f64, upper: f64| {
            // Rows of size one, so that tolerances mean the same for weights and for returns.
            let largest = row.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
            let scale = if largest > 0.0 { 1.0 / largest } else { 1.0 };
            row.iter_mut().for_each(|value| *value *= scale);
            let (lower, upper) = (lower * scale, upper * scale);
            if lower == upper {
                equal.0.push(row);
                equal.1.push(upper);
                return;
            }
            if lower.is_finite() {
                below.0.push(negative(&row));
                below.1.push(-lower);
            }
            if upper.is_finite() {
                below.0.push(row);
                below.1.push(upper);
            }
        };
        for row in &self.rows {
            let mut coefficients = row.coefficients.clone();
            coefficients.resize(columns, 0.0);
            range(coefficients, row.lower, row.upper);
        }
        for (column, (lower, upper)) in self.lower.iter().zip(&self.upper).enumerate() {
            let unit = (0..columns).map(|other| if other == column { 1.0 } else { 0.0 }).collect();
            range(unit, *lower, *upper);
        }
        let mut cones =
            vec![SupportedConeT::ZeroConeT(equal.0.len()), SupportedConeT::NonnegativeConeT(below.0.len())];
        let (mut rows, mut sides) = equal;
        rows.extend(below.0);
        sides.extend(below.1);
        if let Some(cone) = &self.cone {
            cones.push(SupportedConeT::SecondOrderConeT(cone.vectors.len() + 1));
            for row in [&cone.head].into_iter().chain(&cone.vectors) {
                let mut row = negative(row);
                row.resize(columns, 0.0);
                rows.push(row);
                sides.push(0.0);
            }
            let head = sides.len() - cone.vectors.len() - 1;
            if let Some(side) = sides.get_mut(head) {
                *side = cone.shift;
            }
        }
        let quadratic = if self.quadratic.is_empty() {
            CscMatrix::zeros((columns, columns))
        } else {
            upper_triangle(&self.quadratic)
        };
        let settings = DefaultSettings {
            verbose: false,
            max_iter: 200,
            max_threads: 1,
            tol_gap_abs: 1e-13,
            tol_gap_rel: 1e-12,
            tol_feas: 1e-12,
            reduced_tol_gap_abs: 1e-10,
            reduced_tol_gap_rel: 1e-8,
            reduced_tol_feas: 1e-8,
            ..DefaultSettings::default()
        };
        let matrix = dense_to_csc(&rows, columns);
        let mut solver = DefaultSolver::new(&quadratic, &self.linear, &matrix, &sides, &cones, settings)
            .map_err(|_| ConicError::Failed)?;
        solver.solve();
        let found = &solver.solution;
        match found.status {
            SolverStatus::Solved | SolverStatus::AlmostSolved => {}
            SolverStatus::PrimalInfeasible | SolverStatus::AlmostPrimalInfeasible => {
                return Err(ConicError::Infeasible);
            }
            SolverStatus::DualInfeasible | SolverStatus::AlmostDualInfeasible => {
                return Err(ConicError::Unbounded);
            }
            _ => {
                let gap = (found.obj_val - found.obj_val_dual).abs() / found.obj_val.abs().max(1e-6);
                // The last digits asked for are beyond some problems; these are still more than anyone can use.
                let close = gap < 1e-8 && found.r_prim < most_missed && found.r_dual < 1e-7;
                if !close {
                    return Err(ConicError::Failed);
                }
            }
        }
        let gap = (found.obj_val - found.obj_val_dual).abs() / found.obj_val.abs().max(1e-12);
        Ok(ConicSolution {
            columns: found.x.clone(),
            iterations: found.iterations as usize,
            gap,
            missed: found.r_prim,
        })
    }
}

fn dense_to_csc(rows: &[Vec<f64>], columns: usize) -> CscMatrix<f64> {
    let (mut starts, mut places, mut values) = (vec![0], Vec::new(), Vec::new());
    for column in 0..columns {
        for (row, entries) in rows.iter().enumerate() {
            let value = entries.get(column).copied().unwrap_or(0.0);
            if value != 0.0 {
                places.push(row);
                values.push(value);
            }
        }
        starts.push(places.len());
    }
    CscMatrix::new(rows.len(), columns, starts, places, values)
}

fn upper_triangle(rows: &[Vec<f64>]) -> CscMatrix<f64> {
    let kept: Vec<Vec<f64>> = rows
        .iter()
        .enumerate()
        .map(|(row, entries)| {
            entries.iter().enumerate().map(|(at, v)| if at >= row { *v } else { 0.0 }).collect()
        })
        .collect();
    dense_to_csc(&kept, rows.len())
}
