//! The whole linear programme of Rockafellar & Uryasev (2000), one row a scenario: what the cutting planes are
//! held against, in tests and benchmarks.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SupportedConeT};

use crate::optimise::Scenarios;

/// Least CVaR of long-only, fully invested weights with an optional least mean return, by Clarabel with its default
/// settings but for tolerances of 1e-10. Losses are measured in the largest, so that tolerances mean something.
/// Returns the weights and the objective.
pub fn full_least_cvar(
    scenarios: &Scenarios,
    alpha: f64,
    min_return: Option<f64>,
) -> Option<(Vec<f64>, f64)> {
    let (assets, count) = (scenarios.assets(), scenarios.count());
    let columns = assets + 1 + count;
    // Columns: weights, VaR, excess of each scenario. Rows: budget | scenario rows, weights, excesses, return.
    let extra = usize::from(min_return.is_some());
    let rows = 1 + count + assets + count + extra;
    let (mut starts, mut places, mut values) = (vec![0], Vec::new(), Vec::new());
    let means = scenarios.means();
    let all = (0..assets).flat_map(|asset| scenarios.column(asset));
    let unit = all.fold(f64::MIN_POSITIVE, |most, value| most.max(value.abs()));
    for asset in 0..assets {
        places.push(0);
        values.push(1.0);
        // -return - VaR - excess <= 0
        places.extend(1..=count);
        values.extend(scenarios.column(asset).iter().map(|value| -value / unit));
        places.push(1 + count + asset);
        values.push(-1.0);
        if extra == 1 {
            places.push(rows - 1);
            values.push(-means.get(asset).copied()?);
        }
        starts.push(places.len());
    }
    places.extend(1..=count);
    values.extend(vec![-1.0; count]);
    starts.push(places.len());
    for scenario in 0..count {
        places.extend([1 + scenario, 1 + count + assets + scenario]);
        values.extend([-1.0, -1.0]);
        starts.push(places.len());
    }
    let matrix = CscMatrix::new(rows, columns, starts, places, values);
    let mut sides = vec![0.0; rows];
    *sides.first_mut()? = 1.0;
    if let Some(wanted) = min_return {
        *sides.last_mut()? = -wanted;
    }
    let mut cost = vec![0.0; assets];
    cost.push(1.0);
    let each = 1.0 / count as f64;
    let probability =
        |row: usize| scenarios.probabilities().map_or(each, |all| all.get(row).copied().unwrap_or(0.0));
    cost.extend((0..count).map(|row| probability(row) / (1.0 - alpha)));
    let cones = [SupportedConeT::ZeroConeT(1), SupportedConeT::NonnegativeConeT(rows - 1)];
    let settings = DefaultSettings {
        verbose: false,
        max_threads: 1,
        tol_gap_abs: 1e-10,
        tol_gap_rel: 1e-10,
        tol_feas: 1e-10,
        ..DefaultSettings::default()
    };
    let zero = CscMatrix::zeros((columns, columns));
    let mut solver = DefaultSolver::new(&zero, &cost, &matrix, &sides, &cones, settings).ok()?;
    solver.solve();
    let weights = solver.solution.x.get(..assets)?.to_vec();
    Some((weights, solver.solution.obj_val * unit))
}
