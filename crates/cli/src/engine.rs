//! `ballast engine`, `ballast recommend` and `ballast sweep`: what needs no chain, from its own crate.

use std::io::{stdin, stdout};

use ballast_engine_cli::commands::{recommend, sweep};
use ballast_engine_cli::{EngineCliError, EngineCommand};

use crate::error::CliError;

/// Runs an engine command between standard input and standard output.
pub fn run(command: &EngineCommand) -> Result<(), CliError> {
    Ok(ballast_engine_cli::run(command, &mut stdin().lock(), &mut stdout().lock())?)
}

/// `ballast recommend`
pub fn recommend(args: &recommend::Args) -> Result<(), CliError> {
    run(&EngineCommand::Recommend(args.clone()))
}

/// `ballast sweep`
pub fn sweep(args: &sweep::Args) -> Result<(), CliError> {
    run(&EngineCommand::Sweep(args.clone()))
}

impl From<EngineCliError> for CliError {
    fn from(error: EngineCliError) -> Self {
        match error.exit_code() {
            2 => Self::input(error),
            1 => Self::refused(error),
            _ => Self::environment(error),
        }
    }
}
