//! `ballast engine optimise`: weights that optimise an objective under constraints. JSON in, JSON out.

mod covariance;
mod fields;
mod parse;

use std::io::Read;

use ballast_engine::optimise::portfolio::solve;

use crate::EngineCliError;
use crate::input::{Source, answer};

/// Arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
}

/// Reads, computes, answers.
pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    let name = args.source.name();
    let wrong = |problem: String| EngineCliError::Input(format!("{name}: {problem}"));
    let document: serde_json::Value = args.source.json(standard)?;
    let problem = parse::problem(document).map_err(&wrong)?;
    let solution = solve(&problem).map_err(|error| wrong(error.to_string()))?;
    answer(&solution)
}

#[cfg(test)]
mod tests;
