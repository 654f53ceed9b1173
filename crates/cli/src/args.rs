//! The command line.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use solana_pubkey::Pubkey;

use crate::{backtest, commands, demo, replay};

/// Pooled yield vaults that run themselves inside limits people set.
#[derive(Debug, Parser)]
#[command(
    name = "ballast",
    version,
    after_help = "Exit codes: 0 done, 1 the chain refused, 2 bad input, 3 no answer."
)]
pub struct Args {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, clap::Args)]
pub struct Global {
    /// JSON-RPC node [default: the local chain, http://127.0.0.1:8899]
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<String>,
    /// Wallet: a file with the JSON array of a keypair's 64 bytes
    #[arg(long, global = true, value_name = "FILE")]
    pub keypair: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Lookup table to use; found or made when needed and not given
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub lookup_table: Vec<Pubkey>,
}

/// Commands that need no chain, and the options that only a chain needs.
const WITHOUT_CHAIN: [&str; 3] = ["engine", "recommend", "sweep"];
const OF_CHAIN: [&str; 3] = ["url", "keypair", "lookup_table"];

impl Args {
    /// Reads this process's command line; ends the process on help and on what cannot be read.
    pub fn read() -> Self {
        let matches = Self::shown().get_matches();
        Self::of(&matches).unwrap_or_else(|error| error.exit())
    }

    /// The command line as help shows it: commands that need no chain list no option of one.
    fn shown() -> clap::Command {
        let mut command = Self::command();
        // Options of every command reach the commands when it is built.
        command.build();
        command.mut_subcommands(
            |below| if WITHOUT_CHAIN.contains(&below.get_name()) { hide(below) } else { below },
        )
    }

    fn of(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let args = Self::from_arg_matches(matches)?;
        // Written on this line: what comes from elsewhere is not meant for this command.
        let given = |option: &&&str| matches.value_source(option) == Some(ValueSource::CommandLine);
        let needless = matches.subcommand_name().filter(|name| WITHOUT_CHAIN.contains(name));
        match OF_CHAIN.iter().find(given).zip(needless) {
            Some((option, command)) => {
                let option = option.replace('_', "-");
                let problem =
                    format!("--{option}: `ballast {command}` needs no chain and takes no such option\n");
                Err(clap::Error::raw(clap::error::ErrorKind::UnknownArgument, problem))
            }
            None => Ok(args),
        }
    }
}

/// Hides the options of a chain here and in every command below. In place: a command that is built finds options by position.
fn hide(command: clap::Command) -> clap::Command {
    let hidden =
        |arg: clap::Arg| if OF_CHAIN.contains(&arg.get_id().as_str()) { arg.hide(true) } else { arg };
    command.mut_args(hidden).mut_subcommands(hide)
}

/// Everything `ballast` does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at vaults
    #[command(subcommand)]
    Vault(commands::vault::VaultCommand),
    /// State what your money may be used for
    #[command(subcommand)]
    Profile(commands::profile::ProfileCommand),
    /// Put money into a vault
    Deposit(commands::deposit::DepositArgs),
    /// Take money out of a vault
    Withdraw(commands::withdraw::WithdrawArgs),
    /// Look at what was decided
    #[command(subcommand)]
    Decision(commands::decision::DecisionCommand),
    /// Propose and carry out decisions
    #[command(subcommand)]
    Keeper(commands::keeper::KeeperCommand),
    /// Look at model files
    #[command(subcommand)]
    Model(commands::model::ModelCommand),
    /// Run everything on this machine: a local chain, vaults, a market and a keeper
    Demo(demo::DemoArgs),
    /// Run the real bytecode through real or generated history
    Replay(replay::ReplayArgs),
    /// Back-test the engine on the real bytecode against baselines
    Backtest(backtest::BacktestArgs),
    /// Forecast, simulate, optimise and watch; needs no chain
    #[command(subcommand)]
    Engine(ballast_engine_cli::EngineCommand),
    /// Recommend a mix of risk classes for what you answer
    Recommend(ballast_engine_cli::commands::recommend::Args),
    /// Run many back-tests
    Sweep(ballast_engine_cli::commands::sweep::Args),
    /// Bring a chain to the state that a plan describes
    Migrate(commands::migrate::MigrateArgs),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_lists_and_takes_no_option_of_a_chain() {
        for line in
            [&["ballast", "engine", "stats"][..], &["ballast", "recommend"], &["ballast", "sweep", "x.toml"]]
        {
            let help = line.iter().copied().chain(["--help"]);
            let text = Args::shown().try_get_matches_from(help).unwrap_err().to_string();
            assert!(!text.contains("--keypair") && !text.contains("--url"), "{text}");
            let with = line.iter().copied().chain(["--keypair", "k.json"]);
            let matches = Args::shown().try_get_matches_from(with).unwrap();
            let error = Args::of(&matches).unwrap_err().to_string();
            assert!(error.contains("--keypair: `ballast"), "{error}");
        }
        let vault =
            Args::shown().try_get_matches_from(["ballast", "vault", "--help"]).unwrap_err().to_string();
        assert!(vault.contains("--keypair"), "{vault}");
    }
}
