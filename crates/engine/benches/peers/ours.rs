//! Our engine, and the raw solver beside it.

use std::error::Error;
use std::hint::black_box;

use ballast_engine::bootstrap::StationaryBootstrap;
use ballast_engine::bootstrap::stationary::gather;
use ballast_engine::forecast::garch::{Errors, GarchSpec, Mean, fit};
use ballast_engine::optimise::hierarchy::{HierarchyOptions, hierarchical_risk_parity};
use ballast_engine::optimise::portfolio::{Objective, PortfolioProblem, solve};
use ballast_engine::optimise::{Covariance, Scenarios};

use crate::arguments::Arguments;
use crate::cases::{self, Case, Kind};
use crate::inputs::Table;
use crate::raw_lp::{Accuracy, RawLp};
use crate::timing::{Timing, measure as timed};

/// What measuring can fail with; it crosses into a thread pool.
type Failure = Box<dyn Error + Send + Sync>;

/// Our answer and times for one case.
pub struct Measured {
    pub answer: Answer,
    pub timing: Timing,
    /// The full linear programme in Rust Clarabel, where the case is one.
    pub raw: Option<Raw>,
    /// Steps that our method took; none where it has none worth telling.
    pub steps: Option<usize>,
}

/// What the engine says.
pub enum Answer {
    Weights(Vec<f64>),
    LogLikelihood(f64),
    /// Of the resampled means.
    Means {
        mean: f64,
        variance: f64,
    },
}

/// The raw solver.
pub struct Raw {
    pub timing: Timing,
    pub reference_objective: f64,
}

/// Measures every case; the raw solver last, so that it does not heat the caches for us.
pub fn measure(cases: &[Case], arguments: &Arguments) -> Result<Vec<Measured>, Failure> {
    let mut measured = Vec::with_capacity(cases.len());
    for case in cases {
        eprintln!("  ours: {}", case.name);
        let repeats = arguments.repeats;
        measured.push(match &case.kind {
            Kind::MinCvar(table) => min_cvar(table, repeats)?,
            Kind::Hrp(table) => hrp(table, repeats)?,
            Kind::Garch(returns) => garch(returns, repeats)?,
            Kind::Bootstrap(values) => bootstrap(values, repeats)?,
        });
    }
    Ok(measured)
}

fn columns(table: &Table) -> Vec<Vec<f64>> {
    (0..table.columns).map(|column| table.rows().map(|row| row[column]).collect()).collect()
}

fn min_cvar(table: &Table, repeats: usize) -> Result<Measured, Failure> {
    let scenarios = Scenarios::from_columns(columns(table))?;
    let mut problem = PortfolioProblem::over_scenarios(Objective::MinCvar, scenarios);
    problem.alpha = cases::ALPHA;
    problem.constraints.upper = vec![cases::MAX_WEIGHT; table.columns];
    let (solution, timing) = timed(repeats, || solve(black_box(&problem)))?;
    let lp = RawLp::new(table, cases::ALPHA, cases::MAX_WEIGHT);
    let (_, raw_timing) = timed(repeats, || lp.solve(Accuracy::AsShipped))?;
    let reference_objective = lp.solve(Accuracy::Reference)?;
    let raw = Some(Raw { timing: raw_timing, reference_objective });
    Ok(Measured { answer: Answer::Weights(solution.weights), timing, raw, steps: Some(solution.iterations) })
}

/// From returns to weights: the covariance is part of it, as it is of skfolio's fit.
fn hrp(table: &Table, repeats: usize) -> Result<Measured, Failure> {
    let columns = columns(table);
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let (weights, timing) = timed(repeats, || {
        let covariance = Covariance::of_columns(black_box(&columns), None);
        hierarchical_risk_parity(&covariance, &HierarchyOptions::default())
    })?;
    Ok(Measured { answer: Answer::Weights(weights), timing, raw: None, steps: None })
}

fn garch(returns: &[f64], repeats: usize) -> Result<Measured, Failure> {
    let spec = GarchSpec { mean: Mean::Constant, errors: Errors::Normal };
    let (fitted, timing) = timed(repeats, || fit(black_box(returns), spec))?;
    Ok(Measured { answer: Answer::LogLikelihood(fitted.log_likelihood), timing, raw: None, steps: None })
}

/// Every resample is drawn and gathered, as the peer does; the means are taken afterwards.
fn bootstrap(values: &[f64], repeats: usize) -> Result<Measured, Failure> {
    let resample = |each: &mut dyn FnMut(&[f64])| -> Result<(), Failure> {
        let bootstrap = StationaryBootstrap::new(values.len(), cases::BLOCK, cases::SEED)?;
        let mut indices = vec![0; values.len()];
        let mut resampled = Vec::with_capacity(values.len());
        for path in 0..cases::PATHS {
            bootstrap.fill(path as u64, &mut indices);
            gather(black_box(values), &indices, &mut resampled);
            each(&resampled);
        }
        Ok(())
    };
    let (_, timing) = timed(repeats, || {
        resample(&mut |resampled| {
            black_box(resampled);
        })
    })?;
    let mut means = Vec::with_capacity(cases::PATHS);
    resample(&mut |resampled| means.push(resampled.iter().sum::<f64>() / resampled.len() as f64))?;
    let count = means.len() as f64;
    let mean = means.iter().sum::<f64>() / count;
    let variance = means.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (count - 1.0);
    Ok(Measured { answer: Answer::Means { mean, variance }, timing, raw: None, steps: None })
}
