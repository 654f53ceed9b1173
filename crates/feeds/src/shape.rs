//! CSV in the shapes that `ballast_engine::data` reads, written whole or not at all.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use ballast_engine::data::{LendingKey, LendingRates, PriceColumn, PriceHistory};

use crate::chain::SharePrice;
use crate::llama::{LendingPoint, Pool, PoolPoint};
use crate::{FeedError, FindingKind, Findings};

/// One price column: its name and its points, ascending.
pub type PriceSeries = (String, Vec<(i64, f64)>);

/// What a lending market is called in the lending file.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketName {
    /// Network.
    pub network: String,
    /// Symbol of the token.
    pub symbol: String,
    /// Address of the token.
    pub asset: String,
    /// The protocol's share of interest, which the service does not publish.
    pub reserve_factor: f64,
}

/// Hourly closes: a row a time, the reader's six columns first, then any others. Where a series has no point the
/// cell is empty.
pub fn prices_csv(series: &[PriceSeries]) -> Result<String, FeedError> {
    let mut names: Vec<&str> = PriceColumn::ALL.into_iter().map(PriceColumn::name).collect();
    for (index, (name, _)) in series.iter().enumerate() {
        check_name(name)?;
        if series.iter().skip(index + 1).any(|(other, _)| other == name) {
            return Err(FeedError::setting("--symbol", format!("column {name} is given twice")));
        }
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let mut rows: BTreeMap<i64, BTreeMap<&str, f64>> = BTreeMap::new();
    for (name, points) in series {
        for (ts, price) in points {
            rows.entry(*ts).or_default().insert(name, *price);
        }
    }
    let header = std::iter::once("unix_time").chain(names.iter().copied()).map(String::from).collect();
    let rows = rows.into_iter().map(|(ts, row)| {
        let cells = names.iter().map(|name| optional(row.get(name).copied()));
        std::iter::once(ts.to_string()).chain(cells).collect()
    });
    Ok(lines(header, rows))
}

/// The lending file's columns. Rates are the service's, taken as simple annual fractions.
pub fn lending_csv(
    market: &MarketName,
    points: &[LendingPoint],
    findings: &mut Findings,
) -> Result<String, FeedError> {
    for (what, text) in
        [("--network", &market.network), ("--symbol", &market.symbol), ("--asset", &market.asset)]
    {
        if text.trim().is_empty() {
            return Err(FeedError::setting(what, "empty"));
        }
    }
    if !(0.0..=1.0).contains(&market.reserve_factor) {
        let problem = format!("{} is not a fraction from 0 to 1", market.reserve_factor);
        return Err(FeedError::setting("--reserve-factor", problem));
    }
    let detail = "rates as published, taken as simple annual fractions; reserve factor as given";
    findings.note(FindingKind::Assumption, &market.asset, detail);
    let header = [
        "unix_time",
        "network",
        "symbol",
        "asset",
        "liquidity_rate_apr",
        "variable_borrow_rate_apr",
        "reserve_factor",
    ];
    let rows = points.iter().map(|point| {
        vec![
            point.ts.to_string(),
            market.network.clone(),
            market.symbol.clone(),
            market.asset.clone(),
            point.supply.to_string(),
            point.borrow.to_string(),
            market.reserve_factor.to_string(),
        ]
    });
    Ok(lines(header.map(String::from).to_vec(), rows))
}

/// A pool's history; rates are annual fractions.
pub fn pool_csv(points: &[PoolPoint]) -> String {
    let header = ["unix_time", "apy", "apy_base", "apy_reward", "tvl_usd"].map(String::from).to_vec();
    let rows = points.iter().map(|point| {
        vec![
            point.ts.to_string(),
            point.apy.to_string(),
            optional(point.apy_base),
            optional(point.apy_reward),
            optional(point.tvl_usd),
        ]
    });
    lines(header, rows)
}

/// Every pool as it is now; rates are annual fractions.
pub fn pools_csv(pools: &[Pool]) -> String {
    let header = [
        "pool",
        "chain",
        "project",
        "symbol",
        "tvl_usd",
        "apy",
        "apy_base",
        "apy_reward",
        "stablecoin",
        "underlying_tokens",
    ];
    let rows = pools.iter().map(|pool| {
        vec![
            pool.id.clone(),
            pool.chain.clone(),
            pool.project.clone(),
            pool.symbol.clone(),
            pool.tvl_usd.to_string(),
            pool.apy.to_string(),
            optional(pool.apy_base),
            optional(pool.apy_reward),
            pool.stablecoin.to_string(),
            pool.underlying_tokens.join(" "),
        ]
    });
    lines(header.map(String::from).to_vec(), rows)
}

/// A vault's share price; `share_price` is in units of the start (1 for a new vault).
pub fn share_prices_csv(prices: &[SharePrice]) -> String {
    /// A new vault's price: one atom buys a thousand shares.
    const START_E15: f64 = 1e12;
    let header = [
        "unix_time",
        "slot",
        "share_price",
        "share_price_e15",
        "nav_atoms",
        "total_shares",
        "basis",
        "event",
        "signature",
    ];
    let rows = prices.iter().map(|price| {
        let basis = match price.basis {
            crate::chain::Basis::Exact => "exact",
            crate::chain::Basis::Implied => "implied",
        };
        vec![
            price.ts.to_string(),
            price.slot.to_string(),
            (price.share_price_e15 as f64 / START_E15).to_string(),
            price.share_price_e15.to_string(),
            price.nav_atoms.to_string(),
            price.total_shares.map(|shares| shares.to_string()).unwrap_or_default(),
            basis.into(),
            price.event.clone(),
            price.signature.clone(),
        ]
    });
    lines(header.map(String::from).to_vec(), rows)
}

/// What a file must be readable as before it takes its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadableAs {
    /// Anything.
    Anything,
    /// `ballast_engine::data::PriceHistory`.
    Prices,
    /// `ballast_engine::data::LendingRates` with this market.
    Lending(LendingKey),
}

/// Writes `text` beside `path`, reads it back as `readable`, and only then gives it its name.
pub fn write_whole(path: &Path, text: &str, readable: &ReadableAs) -> Result<(), FeedError> {
    let wrong = |source| FeedError::Write { path: path.display().to_string(), source };
    let name = path.file_name().ok_or_else(|| wrong(std::io::ErrorKind::InvalidFilename.into()))?;
    let part = path.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
    let written = write_part(&part, text).map_err(wrong).and_then(|()| Ok(check(&part, readable)?));
    let done = written.and_then(|()| std::fs::rename(&part, path).map_err(wrong));
    if done.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    done
}

fn write_part(part: &Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::File::create(part)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn check(part: &Path, readable: &ReadableAs) -> Result<(), ballast_engine::data::DataError> {
    match readable {
        ReadableAs::Anything => Ok(()),
        ReadableAs::Prices => PriceHistory::read(part).map(|_| ()),
        ReadableAs::Lending(key) => LendingRates::read(part)?.rows(key).map(|_| ()),
    }
}

fn check_name(name: &str) -> Result<(), FeedError> {
    let sound = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if sound && !name.is_empty() && name != "unix_time" {
        return Ok(());
    }
    Err(FeedError::setting(
        "--symbol",
        format!("{name:?} is no column name: small letters, digits, underscores"),
    ))
}

/// An unknown figure is an empty cell, never a zero.
fn optional(figure: Option<f64>) -> String {
    figure.map(|value| value.to_string()).unwrap_or_default()
}

fn lines(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    std::iter::once(header).chain(rows).fold(String::new(), |mut text, row| {
        let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
        text
    })
}

/// RFC 4180: quotes around a cell with a comma, a quote or a line break.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_the_readers_then_the_others() {
        let series = [("sol_usdt".to_owned(), vec![(1, 2.5), (2, 3.0)]), ("jito".to_owned(), vec![(2, 0.5)])];
        let text = prices_csv(&series).unwrap();
        let expected = "unix_time,sol_usdt,btc_usdt,eth_usdt,usdc_usdt,bnsol_usdt,wbeth_usdt,jito\n\
                        1,2.5,,,,,,\n2,3,,,,,,0.5\n";
        assert_eq!(text, expected);
        let twice = [("a".to_owned(), vec![]), ("a".to_owned(), vec![])];
        assert!(prices_csv(&twice).unwrap_err().to_string().contains("column a is given twice"));
        for name in ["", "unix_time", "a,b", "SOL"] {
            assert!(prices_csv(&[(name.to_owned(), vec![])]).unwrap_err().is_setting(), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_read_back_is_not_written() {
        let folder = std::env::temp_dir().join(format!("ballast-feeds-shape-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("prices.csv");
        std::fs::write(&path, "before").unwrap();
        let bad = "unix_time,sol_usdt\n1700000000,1\n";
        let error = write_whole(&path, bad, &ReadableAs::Prices).unwrap_err().to_string();
        assert!(error.contains("column `btc_usdt` is missing"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
        let good = prices_csv(&[("sol_usdt".to_owned(), vec![(1_700_000_000, 55.5)])]).unwrap();
        write_whole(&path, &good, &ReadableAs::Prices).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), good);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        assert!(write_whole(&folder.join("no/such.csv"), "x", &ReadableAs::Anything).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn cells_with_commas_are_quoted() {
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("plain"), "plain");
    }
}
