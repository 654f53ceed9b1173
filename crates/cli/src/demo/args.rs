//! What `ballast demo` can be told.

use std::path::PathBuf;

use ballast_localnet::DEFAULT_PORT;
use clap::Args;

/// Runs everything on this machine: a local chain, vaults, a depositor, a moving market and a keeper.
///
/// Ctrl-C stops all of it. The chain is fresh at every start.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// End by itself after this many seconds, with a summary; fails if anything did not work
    #[arg(long = "for", value_name = "SECS", value_parser = clap::value_parser!(u64).range(20..=86_400))]
    pub for_secs: Option<u64>,

    /// Folder with real history to run on, instead of generated paths
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Folder of the demo's files: everybody's keys, and inputs of decisions by port [default: target/demo]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// Port of JSON-RPC and of the page; the WebSocket also gets the next one (0: any free pair)
    #[arg(long, default_value_t = DEFAULT_PORT, value_name = "N")]
    pub port: u16,

    /// Seed of the generated paths: same seed, same market
    #[arg(long, default_value_t = 7, value_name = "N")]
    pub seed: u64,

    /// How many seconds of the market pass in a second, at most
    #[arg(long, default_value_t = 3_600, value_name = "X", value_parser = clap::value_parser!(u32).range(60..=86_400))]
    pub speed: u32,
}
