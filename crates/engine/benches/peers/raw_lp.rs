//! The whole linear programme of Rockafellar and Uryasev (2000) for the solver as it is: what our cutting planes are
//! measured against.
//!
//! Variables: weights w, threshold t, one excess u a scenario. Minimise t + sum(u) / ((1 - alpha) S) where
//! u >= -r.w - t, u >= 0, sum(w) = 1, 0 <= w <= cap. The Python side builds the same rows in the same order.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SolverStatus, SupportedConeT};

use crate::inputs::Table;

/// The programme as the solver takes it.
pub struct RawLp {
    quadratic: CscMatrix<f64>,
    cost: Vec<f64>,
    rows: CscMatrix<f64>,
    bounds: Vec<f64>,
    cones: Vec<SupportedConeT<f64>>,
}

/// How exact to be.
#[derive(Clone, Copy, Debug)]
pub enum Accuracy {
    /// The solver's own choice, 1e-8; what is timed.
    AsShipped,
    /// 1e-12 relative, to check answers against; never timed.
    Reference,
}

impl RawLp {
    pub fn new(table: &Table, alpha: f64, cap: f64) -> Self {
        let (assets, scenarios) = (table.columns, table.row_count());
        let excess_rows = 1 + 2 * assets;
        let loss_rows = excess_rows + scenarios;
        let mut columns = vec![0];
        let (mut index, mut value) = (Vec::new(), Vec::new());
        for asset in 0..assets {
            index.extend([0, 1 + asset, 1 + assets + asset]);
            value.extend([1.0, -1.0, 1.0]);
            index.extend(loss_rows..loss_rows + scenarios);
            value.extend(table.rows().map(|row| -row[asset]));
            columns.push(index.len());
        }
        index.extend(loss_rows..loss_rows + scenarios);
        value.resize(index.len(), -1.0);
        columns.push(index.len());
        for scenario in 0..scenarios {
            index.extend([excess_rows + scenario, loss_rows + scenario]);
            value.extend([-1.0, -1.0]);
            columns.push(index.len());
        }
        let variables = assets + 1 + scenarios;
        let height = loss_rows + scenarios;
        let mut cost = vec![0.0; assets];
        cost.push(1.0);
        cost.resize(variables, 1.0 / ((1.0 - alpha) * scenarios as f64));
        let mut bounds = vec![1.0];
        bounds.resize(1 + assets, 0.0);
        bounds.resize(1 + 2 * assets, cap);
        bounds.resize(height, 0.0);
        Self {
            quadratic: CscMatrix::zeros((variables, variables)),
            cost,
            rows: CscMatrix::new(height, variables, columns, index, value),
            bounds,
            cones: vec![SupportedConeT::ZeroConeT(1), SupportedConeT::NonnegativeConeT(height - 1)],
        }
    }

    /// Sets the solver up and runs it; the least CVaR.
    pub fn solve(&self, accuracy: Accuracy) -> Result<f64, String> {
        let mut settings = DefaultSettings { verbose: false, max_threads: 1, ..DefaultSettings::default() };
        settings.direct_solve_method = "qdldl".to_owned();
        if matches!(accuracy, Accuracy::Reference) {
            settings.tol_gap_abs = 1e-14;
            settings.tol_gap_rel = 1e-12;
            settings.tol_feas = 1e-12;
        }
        let mut solver =
            DefaultSolver::new(&self.quadratic, &self.cost, &self.rows, &self.bounds, &self.cones, settings)
                .map_err(|error| format!("raw Clarabel: {error:?}"))?;
        solver.solve();
        match solver.solution.status {
            SolverStatus::Solved | SolverStatus::AlmostSolved => Ok(solver.solution.obj_val),
            status => Err(format!("raw Clarabel: {status:?}")),
        }
    }
}

/// CVaR of `weights` by its definition: the mean of the worst (1 - alpha) of losses, the last of them in part.
pub fn cvar(table: &Table, weights: &[f64], alpha: f64) -> f64 {
    let mut losses: Vec<f64> =
        table.rows().map(|row| -row.iter().zip(weights).map(|(r, w)| r * w).sum::<f64>()).collect();
    losses.sort_by(|a, b| b.total_cmp(a));
    let tail = (1.0 - alpha) * losses.len() as f64;
    let mut left = tail;
    let mut sum = 0.0;
    for loss in losses {
        let part = left.min(1.0);
        sum += part * loss;
        left -= part;
        if left <= 0.0 {
            break;
        }
    }
    sum / tail
}
