//! The command line.

use std::ffi::OsString;
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
    after_help = "Exit codes: 0 done, 1 the chain refused, 2 bad input, 3 no answer, or an outcome that is not known."
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
    /// JSON-RPC node: an address, localhost, devnet, testnet or mainnet-beta [default: localhost]
    #[arg(long, short, global = true, value_name = "URL")]
    pub url: Option<String>,
    /// Wallet: a file with the JSON array of a keypair's 64 bytes [default: BALLAST_KEYPAIR, else the wallet of
    /// Solana's tools]
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
    /// Reads a command line, its first word the program's name. What begins with a hyphen and a figure is a negative
    /// number everywhere, and never an option: none here begins with a figure.
    ///
    /// # Errors
    /// What clap says, to be shown as it is.
    pub fn read(line: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        Self::of(&Self::shown().try_get_matches_from(line.into_iter().map(marked))?)
    }

    /// The command line as help shows it: commands that need no chain list no option of one.
    fn shown() -> clap::Command {
        let mut command = with_negative_numbers(Self::command());
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
    /// Look at your positions: what they are worth and what they earned
    Positions(commands::positions::PositionsArgs),
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

/// Takes negative numbers for values wherever a value is taken.
fn with_negative_numbers(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| match arg.get_action().takes_values() {
            true => arg.allow_negative_numbers(true),
            false => arg,
        })
        .mut_subcommands(with_negative_numbers)
}

/// Numbers with a unit, such as "-5 USDC", are no numbers to clap: a space in front says that they are values, and the
/// parsers of all such values pass over it. Nor is "-.5", until it has its nought.
fn marked(word: OsString) -> OsString {
    let Some(rest) = word.to_str().and_then(|text| text.strip_prefix('-')) else { return word };
    let begins_with_figure = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let is_number = rest.parse::<f64>().is_ok();
    match rest.strip_prefix('.').filter(|fraction| begins_with_figure(fraction)) {
        Some(fraction) if is_number => format!("-0.{fraction}").into(),
        Some(_) => format!(" -{rest}").into(),
        None if begins_with_figure(rest) && !is_number => format!(" -{rest}").into(),
        None => word,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(words: &[&str]) -> Result<Args, clap::Error> {
        Args::read(["ballast"].iter().chain(words).map(OsString::from))
    }

    #[test]
    fn the_command_line_is_sound() {
        with_negative_numbers(Args::command()).debug_assert();
    }

    #[test]
    fn a_negative_amount_is_an_amount_and_no_option() {
        for words in [
            ["withdraw", "usdc/growth", "-5 USDC", "--yes"].as_slice(),
            &["withdraw", "usdc/growth", "--yes", "-5 USDC"],
            &["withdraw", "usdc/growth", "-5", "USDC", "--yes"],
            &["withdraw", "-y", "usdc/growth", "-.5", "USDC"],
            &["withdraw", "usdc/growth", "-5%", "-y"],
        ] {
            match read(words).unwrap_or_else(|error| panic!("{words:?}: {error}")).command {
                Command::Withdraw(args) => {
                    let amount = args.amount.join(" ");
                    assert!(args.yes && amount.trim().starts_with('-'), "{words:?}: {amount}");
                }
                _ => panic!("{words:?}"),
            }
        }
        match read(&["deposit", "usdc/growth", "5 USDC", "--slippage", "-1%"]).unwrap().command {
            Command::Deposit(args) => assert_eq!(args.slippage.trim(), "-1%"),
            _ => panic!("a deposit"),
        }
        // Options are still options, and what is none is said.
        assert!(read(&["withdraw", "usdc/growth", "5 USDC", "--slipage", "1%"]).is_err());
        let error = read(&["decision", "list", "usdc/growth", "--limit", "-3"]).err().unwrap().to_string();
        assert!(error.contains("invalid value '-3'") && error.contains("--limit"), "{error}");
    }

    #[test]
    fn the_address_has_a_short_option() {
        let args = read(&["-u", "devnet", "vault", "list"]).unwrap();
        assert_eq!(args.global.url.as_deref(), Some("devnet"));
    }

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
