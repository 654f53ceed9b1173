//! The `ballast engine` commands: JSON or CSV in, JSON out, no chain needed.
//!
//! Every command reads standard input (or the file it is given), checks all of it, computes, and only then writes one JSON
//! document. [`run`] takes its input and output as arguments, so that the tests are the commands.
//!
//! Exit codes: 0 done, 1 tasks of a sweep failed, 2 bad input (the message names file, row and column where there are any),
//! 3 no answer from elsewhere.
#![cfg_attr(test, allow(clippy::unwrap_used))]

#[cfg(test)]
mod asked;
pub mod commands;
mod error;
mod frame;
mod input;
mod json;
mod periods;
pub mod sweep;

use std::io::{Read, Write};

use clap::Subcommand;

pub use error::EngineCliError;

/// What the engine can be asked.
#[derive(Clone, Debug, Subcommand)]
pub enum EngineCommand {
    /// Weights that optimise an objective under constraints (JSON in)
    Optimise(commands::optimise::Args),
    /// Everything that a series of returns says (CSV in)
    Stats(commands::stats::Args),
    /// Fit a model: garch, har, markov or ledoit-wolf (CSV in)
    Fit(commands::fit::Args),
    /// Stationary block bootstrap of a table of returns (CSV in)
    Bootstrap(commands::bootstrap::Args),
    /// Watch a series: CUSUM and level rules (CSV in)
    Detect(commands::detect::Args),
    /// Forecast a lending, pool or staking rate with its interval (JSON or CSV in)
    Forecast(commands::forecast::Args),
    /// Probability of back-test overfitting by CSCV (CSV in)
    Pbo(commands::pbo::Args),
    /// Scenario sets as the chain holds them (JSON in)
    Scenarios(commands::scenarios::Args),
    /// From a questionnaire's answers to a profile and a recommended mix (JSON in)
    Recommend(commands::recommend::Args),
    /// Download history: prices, pool and lending rates
    Fetch(commands::fetch::Args),
    /// Run a program over a grid of parameters, on all cores or on Ray (TOML or JSON in)
    Sweep(commands::sweep::Args),
}

/// Runs `command`; nothing is written to `output` unless everything went well.
pub fn run(
    command: &EngineCommand,
    input: &mut dyn Read,
    output: &mut dyn Write,
) -> Result<(), EngineCliError> {
    let answer = match command {
        EngineCommand::Sweep(args) => return run_sweep(args, input, output),
        EngineCommand::Optimise(args) => commands::optimise::run(args, input)?,
        EngineCommand::Stats(args) => commands::stats::run(args, input)?,
        EngineCommand::Fit(args) => commands::fit::run(args, input)?,
        EngineCommand::Bootstrap(args) => commands::bootstrap::run(args, input)?,
        EngineCommand::Detect(args) => commands::detect::run(args, input)?,
        EngineCommand::Forecast(args) => commands::forecast::run(args, input)?,
        EngineCommand::Pbo(args) => commands::pbo::run(args, input)?,
        EngineCommand::Scenarios(args) => commands::scenarios::run(args, input)?,
        EngineCommand::Recommend(args) => commands::recommend::run(args, input)?,
        EngineCommand::Fetch(args) => commands::fetch::run(args, input)?,
    };
    output.write_all(answer.as_bytes()).and_then(|()| output.flush()).map_err(EngineCliError::Output)
}

/// A sweep answers even when some of its tasks failed; then its exit code says so.
pub fn run_sweep(
    args: &commands::sweep::Args,
    input: &mut dyn Read,
    output: &mut dyn Write,
) -> Result<(), EngineCliError> {
    let finished = commands::sweep::run(args, input)?;
    output
        .write_all(finished.document.as_bytes())
        .and_then(|()| output.flush())
        .map_err(EngineCliError::Output)?;
    match finished.failed {
        0 => Ok(()),
        failed => Err(EngineCliError::TasksFailed { failed, total: finished.total }),
    }
}
