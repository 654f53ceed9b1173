//! `ballast engine fetch`: history over the network into the files that the engine reads.
//!
//! The CSV goes to `--output`, whole or not at all; what was missing or doubtful is in the JSON answer.

mod chain;
mod network;
mod pools;
mod prices;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use ballast_feeds::shape::{ReadableAs, write_whole};
use ballast_feeds::{FindingKind, Findings};
use clap::Subcommand;
use serde::Serialize;

use crate::EngineCliError;
use crate::input::answer;
use network::refused;

/// Arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// What can be fetched.
#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Prices, as prices_hourly.csv has them: from Pyth Benchmarks, Pyth Hermes or DefiLlama
    Prices(prices::Args),
    /// Every pool that DefiLlama knows, with its rate now
    Pools(pools::ListArgs),
    /// One pool's daily history from DefiLlama, or a lending market as lending_rates_daily.csv has it
    PoolHistory(pools::HistoryArgs),
    /// A vault's share price out of its own events on chain
    Chain(chain::Args),
}

/// Where the CSV goes.
#[derive(Clone, Debug, clap::Args)]
struct Output {
    /// Write the CSV here; replaced whole once it is complete
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

/// The JSON answer: what was written and what was wrong with it.
#[derive(Serialize)]
struct Summary<'a> {
    /// What was fetched.
    fetched: &'static str,
    /// Where from, without keys.
    source: &'a str,
    /// The CSV.
    output: String,
    /// Rows below the header.
    rows: usize,
    /// Each series in the file.
    series: Vec<SeriesSummary>,
    /// Findings by kind.
    finding_counts: BTreeMap<FindingKind, usize>,
    /// All findings.
    findings: &'a Findings,
}

/// A series' extent.
#[derive(Serialize)]
struct SeriesSummary {
    name: String,
    points: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_ts: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_ts: Option<i64>,
}

impl SeriesSummary {
    fn new(name: impl Into<String>, times: impl DoubleEndedIterator<Item = i64> + Clone) -> Self {
        let points = times.clone().count();
        Self { name: name.into(), points, first_ts: times.clone().next(), last_ts: times.clone().next_back() }
    }
}

/// Fetches, checks, writes the CSV, answers. Standard input is not read.
pub fn run(args: &Args, _standard: &mut dyn Read) -> Result<String, EngineCliError> {
    match &args.what {
        What::Prices(args) => prices::run(args),
        What::Pools(args) => pools::list(args),
        What::PoolHistory(args) => pools::history(args),
        What::Chain(args) => chain::run(args),
    }
}

/// Writes `csv` and makes the answer.
fn finish(
    fetched: &'static str,
    source: &str,
    output: &Path,
    csv: &str,
    readable: &ReadableAs,
    series: Vec<SeriesSummary>,
    findings: &Findings,
) -> Result<String, EngineCliError> {
    let mut finding_counts = BTreeMap::new();
    for finding in findings.as_slice() {
        *finding_counts.entry(finding.kind).or_default() += 1;
    }
    let summary = Summary {
        fetched,
        source,
        output: output.display().to_string(),
        rows: csv.lines().count().saturating_sub(1),
        series,
        finding_counts,
        findings,
    };
    let answer = answer(&summary)?;
    write_whole(output, csv, readable).map_err(refused)?;
    Ok(answer)
}

#[cfg(test)]
mod tests;
