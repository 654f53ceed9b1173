//! `ballast engine fetch chain`

use std::path::PathBuf;

use ballast_engine::time::parse_utc;
use ballast_feeds::chain::{ChainEvent, HistoryQuery, Interface, Rpc, Side, fetch_history, share_prices};
use ballast_feeds::observations::check_window;
use ballast_feeds::shape::{ReadableAs, share_prices_csv, write_whole};
use clap::ValueEnum;

use super::network::{Network, refused};
use super::{Output, SeriesSummary, finish};
use crate::EngineCliError;

/// Arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    network: Network,
    #[command(flatten)]
    output: Output,
    /// The vault's address
    #[arg(long)]
    address: String,
    /// The program, if it is not at the address of this build
    #[arg(long)]
    program: Option<String>,
    /// First time, UTC
    #[arg(long, value_parser = parse_utc, allow_negative_numbers = true)]
    from: Option<i64>,
    /// End of the time (exclusive), UTC
    #[arg(long, value_parser = parse_utc, allow_negative_numbers = true)]
    to: Option<i64>,
    /// Side of the prices' confidence
    #[arg(long, value_enum, default_value_t = WantedSide::Low)]
    side: WantedSide,
    /// Read no more transactions than this
    #[arg(long, default_value_t = 10_000, allow_negative_numbers = true)]
    most_transactions: usize,
    /// Write every event here too, one JSON document a line
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
}

/// A side, as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum WantedSide {
    /// What leavers get: exact at decisions, implied by withdrawals
    Low,
    /// What newcomers pay: implied by deposits
    High,
}

/// Fetches and writes.
pub fn run(args: &Args) -> Result<String, EngineCliError> {
    if let (Some(from_ts), Some(to_ts)) = (args.from, args.to) {
        check_window(from_ts, to_ts).map_err(refused)?;
    }
    let base = args.network.base(None)?;
    let http = args.network.http();
    let interface = Interface::own().map_err(EngineCliError::input)?;
    let query = HistoryQuery {
        address: args.address.clone(),
        program: args.program.clone(),
        from_ts: args.from,
        to_ts: args.to,
        most_transactions: args.most_transactions,
    };
    let fetched = fetch_history(&Rpc::new(&http, base.clone()), &interface, &query).map_err(refused)?;
    let mut findings = fetched.findings;
    let side = match args.side {
        WantedSide::Low => Side::Low,
        WantedSide::High => Side::High,
    };
    let prices = share_prices(&fetched.value, &args.address, side, &mut findings);
    if prices.is_empty() {
        let problem = format!(
            "{}: none of {} events in {} transactions tells a share price on this side",
            args.address,
            fetched.value.events.len(),
            fetched.value.transactions
        );
        return Err(EngineCliError::Network(problem));
    }
    if let Some(path) = &args.events {
        write_whole(path, &lines(&fetched.value.events)?, &ReadableAs::Anything).map_err(refused)?;
    }
    let series = vec![SeriesSummary::new("share_price", prices.iter().map(|price| price.ts))];
    let csv = share_prices_csv(&prices);
    finish("chain", base.shown(), &args.output.output, &csv, &ReadableAs::Anything, series, &findings)
}

fn lines(events: &[ChainEvent]) -> Result<String, EngineCliError> {
    events.iter().try_fold(String::new(), |mut text, event| {
        text.push_str(&serde_json::to_string(event).map_err(EngineCliError::input)?);
        text.push('\n');
        Ok(text)
    })
}
