//! The engine alone: the same commands as `ballast engine`, without the chain.

use std::io::{stdin, stdout};
use std::process::ExitCode;

use ballast_engine_cli::{EngineCommand, run};
use clap::Parser;

/// Forecast, simulate, optimise, test and watch; JSON or CSV in, JSON out
#[derive(Parser)]
#[command(name = "ballast-engine", version)]
struct Line {
    #[command(subcommand)]
    command: EngineCommand,
}

fn main() -> ExitCode {
    let line = Line::parse();
    match run(&line.command, &mut stdin().lock(), &mut stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
