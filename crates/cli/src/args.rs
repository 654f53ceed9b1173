//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
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
