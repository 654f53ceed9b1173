//! `ballast engine fetch prices`

use ballast_engine::time::parse_utc;
use ballast_feeds::llama::Coins;
use ballast_feeds::pyth::{Benchmarks, Hermes, PriceId, Resolution};
use ballast_feeds::shape::{PriceSeries, ReadableAs, prices_csv};
use ballast_feeds::{Base, FeedError, FindingKind, Findings, Http};
use clap::ValueEnum;

use super::network::{Network, refused};
use super::{Output, SeriesSummary, finish};
use crate::EngineCliError;

/// Share of a step within which a price counts for a moment: a sixth, ten minutes of an hour.
const TOLERANCE_SHARE: i64 = 6;
/// More requests than this to Hermes, which answers one moment at a time, are a mistake.
const MOST_MOMENTS: i64 = 20_000;

/// Arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    network: Network,
    #[command(flatten)]
    output: Output,
    /// Service
    #[arg(long, value_enum, default_value_t = Source::Benchmarks)]
    source: Source,
    /// Column and what fills it, as in sol_usdt=Crypto.SOL/USD (Benchmarks), sol_usdt=0xef0d… (Hermes) or
    /// sol_usdt=coingecko:solana (coins); repeat for more
    #[arg(long = "symbol", value_name = "COLUMN=SYMBOL", value_parser = read_pair)]
    symbols: Vec<(String, String)>,
    /// First time, UTC
    #[arg(long, value_parser = parse_utc, allow_negative_numbers = true)]
    from: i64,
    /// End of the time (exclusive), UTC
    #[arg(long, value_parser = parse_utc, allow_negative_numbers = true)]
    to: i64,
    /// Minutes between prices: 1, 2, 5, 15, 30, 60, 120, 240, 360, 720, or D
    #[arg(long, default_value = "60")]
    resolution: String,
}

/// Where prices come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Source {
    /// Pyth Benchmarks: candles, of which the close is taken
    Benchmarks,
    /// Pyth Hermes: the price at each moment, one request a moment
    Hermes,
    /// DefiLlama: the price nearest to each moment
    Coins,
}

impl Source {
    fn public(self) -> &'static str {
        match self {
            Self::Benchmarks => Benchmarks::PUBLIC,
            Self::Hermes => Hermes::PUBLIC,
            Self::Coins => Coins::PUBLIC,
        }
    }

    /// What fills the file's first four columns unless told otherwise.
    fn default_symbols(self) -> [&'static str; 4] {
        match self {
            Self::Benchmarks => ["Crypto.SOL/USD", "Crypto.BTC/USD", "Crypto.ETH/USD", "Crypto.USDC/USD"],
            Self::Coins => {
                ["coingecko:solana", "coingecko:bitcoin", "coingecko:ethereum", "coingecko:usd-coin"]
            }
            Self::Hermes => [
                "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d",
                "e62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43",
                "ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace",
                "eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a",
            ],
        }
    }
}

fn read_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((column, symbol)) if !column.is_empty() && !symbol.is_empty() => {
            Ok((column.into(), symbol.into()))
        }
        _ => Err(format!("{text:?}: write column=symbol, as in sol_usdt=Crypto.SOL/USD")),
    }
}

/// Fetches and writes.
pub fn run(args: &Args) -> Result<String, EngineCliError> {
    let base = args.network.base(Some(args.source.public()))?;
    let mut findings = Findings::default();
    let series = fetch(args, &args.network.http(), base.clone(), &mut findings).map_err(refused)?;
    for (column, _) in series.iter().filter(|(column, _)| column.ends_with("_usdt")) {
        let detail = "quoted in US dollars; one USDT is taken for one dollar";
        findings.note(FindingKind::Assumption, column, detail);
    }
    let csv = prices_csv(&series).map_err(refused)?;
    let summaries = series
        .iter()
        .map(|(name, points)| SeriesSummary::new(name, points.iter().map(|point| point.0)))
        .collect();
    finish("prices", base.shown(), &args.output.output, &csv, &ReadableAs::Prices, summaries, &findings)
}

fn fetch(
    args: &Args,
    http: &Http,
    base: Base,
    findings: &mut Findings,
) -> Result<Vec<PriceSeries>, FeedError> {
    let resolution: Resolution = args.resolution.parse()?;
    let columns = ["sol_usdt", "btc_usdt", "eth_usdt", "usdc_usdt"];
    let symbols: Vec<(String, String)> = if args.symbols.is_empty() {
        columns.into_iter().zip(args.source.default_symbols()).map(|(a, b)| (a.into(), b.into())).collect()
    } else {
        args.symbols.clone()
    };
    // Names are checked before the first request.
    prices_csv(&symbols.iter().map(|(column, _)| (column.clone(), Vec::new())).collect::<Vec<_>>())?;
    let mut series = Vec::new();
    match args.source {
        Source::Benchmarks => {
            let benchmarks = Benchmarks::new(http, base);
            for (column, symbol) in symbols {
                let bars = benchmarks.history(&symbol, resolution, args.from, args.to)?;
                findings.extend(bars.findings);
                series.push((column, bars.value.iter().map(|bar| (bar.ts, bar.close)).collect()));
            }
            let detail = "closes are stamped with the start of their bar, as in prices_hourly.csv";
            findings.note(FindingKind::Assumption, "benchmarks", detail);
        }
        Source::Coins => {
            let coins = Coins::new(http, base);
            let search_secs = resolution.secs() / TOLERANCE_SHARE;
            for (column, coin) in symbols {
                let prices = coins.history(&coin, args.from, args.to, resolution.secs(), search_secs)?;
                findings.extend(prices.findings);
                series.push((column, prices.value.iter().map(|price| (price.ts, price.price)).collect()));
            }
        }
        Source::Hermes => {
            series = from_hermes(args, &Hermes::new(http, base), resolution, symbols, findings)?
        }
    }
    Ok(series)
}

fn from_hermes(
    args: &Args,
    hermes: &Hermes<'_>,
    resolution: Resolution,
    symbols: Vec<(String, String)>,
    findings: &mut Findings,
) -> Result<Vec<PriceSeries>, FeedError> {
    ballast_feeds::observations::check_window(args.from, args.to)?;
    let moments = (args.to - args.from - 1) / resolution.secs() + 1;
    if moments > MOST_MOMENTS {
        let problem = format!("{moments} moments are {moments} requests; the limit is {MOST_MOMENTS}");
        return Err(FeedError::setting("--resolution", problem));
    }
    let ids = symbols.iter().map(|(_, id)| id.parse()).collect::<Result<Vec<PriceId>, _>>()?;
    let times = (0..moments).map(|moment| args.from + moment * resolution.secs());
    let history = hermes.history(&ids, times, resolution.secs() / TOLERANCE_SHARE)?;
    findings.extend(history.findings);
    let series = symbols.into_iter().zip(&ids).map(|((column, _), id)| {
        let own = history.value.iter().filter(|(_, update)| update.id == *id);
        (column, own.map(|(ts, update)| (*ts, update.price.to_f64())).collect())
    });
    Ok(series.collect())
}
