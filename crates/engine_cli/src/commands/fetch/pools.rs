//! `ballast engine fetch pools` and `pool-history`

use ballast_engine::data::LendingKey;
use ballast_engine::time::parse_utc;
use ballast_feeds::llama::{Pool, Yields};
use ballast_feeds::observations::check_window;
use ballast_feeds::shape::{MarketName, ReadableAs, lending_csv, pool_csv, pools_csv};
use ballast_feeds::{FindingKind, Findings};

use super::network::{Network, refused};
use super::{Output, SeriesSummary, finish};
use crate::EngineCliError;

/// Arguments of `pools`.
#[derive(Clone, Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    network: Network,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    unit: Unit,
    /// Only this network, as in Solana
    #[arg(long)]
    chain: Option<String>,
    /// Only this protocol, as in kamino-lend
    #[arg(long)]
    project: Option<String>,
    /// Only pools of stablecoins
    #[arg(long)]
    stablecoin: bool,
    /// Only pools with at least these funds, US dollars
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    min_tvl_usd: f64,
}

/// Arguments of `pool-history`.
#[derive(Clone, Debug, clap::Args)]
pub struct HistoryArgs {
    #[command(flatten)]
    network: Network,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    unit: Unit,
    /// The pool's id, from `fetch pools`
    #[arg(long)]
    pool: String,
    /// First time, UTC; all there is if neither end is given
    #[arg(long, value_parser = parse_utc, requires = "to", allow_negative_numbers = true)]
    from: Option<i64>,
    /// End of the time (exclusive), UTC
    #[arg(long, value_parser = parse_utc, requires = "from", allow_negative_numbers = true)]
    to: Option<i64>,
    /// Both sides of a lending market, in the shape of lending_rates_daily.csv
    #[arg(long, requires_all = ["market_network", "symbol", "asset", "reserve_factor"])]
    lending: bool,
    /// What the file calls the network
    #[arg(long, requires = "lending")]
    market_network: Option<String>,
    /// What the file calls the token
    #[arg(long, requires = "lending")]
    symbol: Option<String>,
    /// The token's address
    #[arg(long, requires = "lending")]
    asset: Option<String>,
    /// The protocol's share of interest, a fraction; DefiLlama does not publish it
    #[arg(long, requires = "lending", allow_negative_numbers = true)]
    reserve_factor: Option<f64>,
}

/// What to do about a doubtful unit.
#[derive(Clone, Debug, clap::Args)]
struct Unit {
    /// Take the figures for percent although they do not read like it
    #[arg(long)]
    accept_suspect_unit: bool,
}

impl Unit {
    /// A rate in another unit is wrong by a hundred: refused unless somebody looked at it.
    fn check(&self, findings: &Findings) -> Result<(), EngineCliError> {
        match findings.of(FindingKind::UnitSuspect).next() {
            Some(finding) if !self.accept_suspect_unit => Err(EngineCliError::Network(format!(
                "{}: {}; --accept-suspect-unit takes it for percent all the same",
                finding.series, finding.detail
            ))),
            _ => Ok(()),
        }
    }
}

/// Fetches and writes the list.
pub fn list(args: &ListArgs) -> Result<String, EngineCliError> {
    if !args.min_tvl_usd.is_finite() || args.min_tvl_usd < 0.0 {
        return Err(EngineCliError::input(format!("--min-tvl-usd: {} is no amount", args.min_tvl_usd)));
    }
    let base = args.network.base(Some(Yields::PUBLIC))?;
    let http = args.network.http();
    let pools = Yields::new(&http, base.clone()).pools().map_err(refused)?;
    args.unit.check(&pools.findings)?;
    let same = |wanted: &Option<String>, found: &str| {
        wanted.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(found))
    };
    let wanted = |pool: &Pool| {
        same(&args.chain, &pool.chain)
            && same(&args.project, &pool.project)
            && (pool.stablecoin || !args.stablecoin)
            && pool.tvl_usd >= args.min_tvl_usd
    };
    let kept: Vec<Pool> = pools.value.into_iter().filter(wanted).collect();
    if kept.is_empty() {
        return Err(EngineCliError::input("no pool fits --chain, --project, --stablecoin and --min-tvl-usd"));
    }
    let csv = pools_csv(&kept);
    let path = &args.output.output;
    finish("pools", base.shown(), path, &csv, &ReadableAs::Anything, Vec::new(), &pools.findings)
}

/// Fetches and writes one pool's history.
pub fn history(args: &HistoryArgs) -> Result<String, EngineCliError> {
    let window = args.from.zip(args.to);
    if let Some((from_ts, to_ts)) = window {
        check_window(from_ts, to_ts).map_err(refused)?;
    }
    let base = args.network.base(Some(Yields::PUBLIC))?;
    let http = args.network.http();
    let yields = Yields::new(&http, base.clone());
    let path = &args.output.output;
    if let Some(market) = args.market() {
        let chart = yields.lending_chart(&args.pool, window).map_err(refused)?;
        let mut findings = chart.findings;
        args.unit.check(&findings)?;
        let csv = lending_csv(&market, &chart.value, &mut findings).map_err(refused)?;
        let series = vec![SeriesSummary::new(&args.pool, chart.value.iter().map(|point| point.ts))];
        let key = LendingKey { network: market.network.to_lowercase(), asset: market.asset.to_lowercase() };
        return finish("lending", base.shown(), path, &csv, &ReadableAs::Lending(key), series, &findings);
    }
    let chart = yields.chart(&args.pool, window).map_err(refused)?;
    args.unit.check(&chart.findings)?;
    let series = vec![SeriesSummary::new(&args.pool, chart.value.iter().map(|point| point.ts))];
    let csv = pool_csv(&chart.value);
    finish("pool", base.shown(), path, &csv, &ReadableAs::Anything, series, &chart.findings)
}

impl HistoryArgs {
    fn market(&self) -> Option<MarketName> {
        Some(MarketName {
            network: self.market_network.clone().filter(|_| self.lending)?,
            symbol: self.symbol.clone()?,
            asset: self.asset.clone()?,
            reserve_factor: self.reserve_factor?,
        })
    }
}
