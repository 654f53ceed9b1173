//! The `ballast` command: everything that a person, a keeper or a deployer does from a terminal.
//!
//! [`args`] says what there is, [`commands`] has one file a command, [`migrate`] brings a chain to the state
//! that a plan describes. The rest is words: [`amount`], [`names`], [`ratio`], [`when`], [`output`].

pub mod amount;
pub mod args;
pub mod backtest;
pub mod commands;
pub mod demo;
pub mod deploy;
pub mod engine;
pub mod error;
pub mod keyfile;
pub mod migrate;
pub mod names;
pub mod output;
pub mod ratio;
pub mod replay;
pub mod session;
pub mod surroundings;
pub mod wallet;
pub mod when;

use std::process::ExitCode;

use serde_json::json;

use args::{Args, Command};
use error::CliError;
use session::Session;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let args = Args::read(std::env::args_os()).unwrap_or_else(|error| error.exit());
    let is_json = args.global.json;
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if is_json {
                eprintln!("{}", json!({ "error": error.kind(), "message": error.to_string() }));
            } else {
                eprintln!("error: {error}");
            }
            ExitCode::from(error.exit_code())
        }
    }
}

/// Runs one command.
pub fn run(args: Args) -> Result<(), CliError> {
    let session = || Session::open(&args.global);
    match args.command {
        Command::Vault(command) => commands::vault::run(&mut session()?, command),
        Command::Profile(command) => commands::profile::run(&mut session()?, command),
        Command::Positions(command) => commands::positions::run(&mut session()?, &command),
        Command::Deposit(command) => commands::deposit::run(&mut session()?, command),
        Command::Withdraw(command) => commands::withdraw::run(&mut session()?, command),
        Command::Decision(command) => commands::decision::run(&mut session()?, command),
        Command::Keeper(command) => commands::keeper::run(&mut session()?, command),
        Command::Model(command) => commands::model::run(args.global.json, command),
        Command::Demo(command) => demo::run(&command),
        Command::Replay(command) => replay::run(args.global.json, &command),
        Command::Backtest(command) => backtest::run(args.global.json, &command),
        Command::Engine(command) => engine::run(&command),
        Command::Recommend(command) => engine::recommend(&command),
        Command::Sweep(command) => engine::sweep(&command),
        Command::Migrate(command) => commands::migrate::run(&args.global, &command),
    }
}
