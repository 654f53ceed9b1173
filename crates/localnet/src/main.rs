//! Runs a local chain from the command line until it is interrupted.
//!
//! `cargo run -p ballast-localnet -- --deploy PROGRAM_ID=FILE.so`

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use ballast_localnet::{LocalNet, LocalNetConfig, LocalNetError, ProgramDeploy};
use clap::Parser;
use solana_pubkey::Pubkey;

/// How often to look whether the chain is still there.
const WATCH_EVERY: Duration = Duration::from_secs(2);

/// A local Solana chain on loopback: JSON-RPC and page on one port, WebSocket there and on the next.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Port of JSON-RPC and page; the WebSocket also gets the next one. 0 picks a free pair.
    #[arg(long, default_value_t = ballast_localnet::DEFAULT_PORT)]
    port: u16,

    /// Milliseconds a slot.
    #[arg(long, default_value_t = 400)]
    slot_time_ms: u64,

    /// Deploy a program, as PROGRAM_ID=FILE.so; may be repeated.
    #[arg(long, value_parser = parse_deploy)]
    deploy: Vec<(Pubkey, PathBuf)>,

    /// Who may upgrade the deployed programs.
    #[arg(long)]
    upgrade_authority: Option<Pubkey>,

    /// Give an account 100 SOL; may be repeated.
    #[arg(long)]
    airdrop: Vec<Pubkey>,
}

fn parse_deploy(text: &str) -> Result<(Pubkey, PathBuf), String> {
    let (program_id, path) = text.split_once('=').ok_or("expected PROGRAM_ID=FILE.so")?;
    let program_id = program_id.parse().map_err(|error| format!("{program_id}: {error}"))?;
    Ok((program_id, PathBuf::from(path)))
}

fn run(arguments: Arguments) -> Result<(), LocalNetError> {
    const AIRDROP_LAMPORTS: u64 = 100_000_000_000;
    let deploy = arguments
        .deploy
        .into_iter()
        .map(|(program_id, so_path)| ProgramDeploy {
            program_id,
            so_path,
            upgrade_authority: arguments.upgrade_authority,
        })
        .collect();
    let net = LocalNet::start(LocalNetConfig {
        port: arguments.port,
        slot_time_ms: arguments.slot_time_ms,
        deploy,
        ..LocalNetConfig::default()
    })?;
    for wallet in &arguments.airdrop {
        net.airdrop(wallet, AIRDROP_LAMPORTS)?;
    }
    println!("JSON-RPC   {}", net.rpc_url());
    println!("WebSocket  {}", net.ws_url());
    println!("Page       {}", net.page_url());
    println!("Process    {}", net.process_id());
    println!("Ctrl-C stops it.");
    loop {
        thread::sleep(WATCH_EVERY);
        net.health()?;
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
