use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::apr::{apr_problem, aprs_problem};
use super::table::{Column, Row, Table};
use super::{DataError, Series};

/// One lending market: a network and a token address. A symbol alone can be two tokens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LendingKey {
    /// Network, as in the file.
    pub network: String,
    /// Token address, or a symbol while unresolved.
    pub asset: String,
}

impl FromStr for LendingKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some((network, asset)) if !network.is_empty() && !asset.is_empty() => {
                Ok(Self { network: network.to_lowercase(), asset: asset.into() })
            }
            _ => Err(format!("{text:?}: write network:asset, as in base:USDC or base:0x8335…")),
        }
    }
}

impl fmt::Display for LendingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.network, self.asset)
    }
}

/// One observation of a market. Rates are simple annual fractions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LendingRow {
    /// When it was observed, unix seconds.
    pub ts: i64,
    /// What suppliers earn.
    pub supply_apr: f64,
    /// What borrowers pay.
    pub borrow_apr: f64,
    /// The protocol's share of interest.
    pub reserve_factor: f64,
}

impl LendingRow {
    /// Utilisation implied by `supply = borrow * utilisation * (1 - reserve factor)`; none where the
    /// protocol keeps everything or nobody pays.
    pub fn utilisation(&self) -> Option<f64> {
        let kept = self.borrow_apr * (1.0 - self.reserve_factor);
        (kept > 0.0).then(|| (self.supply_apr / kept).min(1.0))
    }
}

struct Market {
    symbol: String,
    rows: Vec<LendingRow>,
}

/// All markets of the file.
pub struct LendingRates {
    file: String,
    markets: BTreeMap<LendingKey, Market>,
}

struct Columns {
    time: Column,
    network: Column,
    symbol: Column,
    asset: Column,
    supply: Column,
    borrow: Column,
    factor: Column,
}

impl LendingRates {
    /// Reads the file. Within one market time must advance; across markets the order is free.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        Self::of(&Table::read(path)?)
    }

    /// Takes a table that was read already, by the same rules.
    pub fn of(table: &Table) -> Result<Self, DataError> {
        let columns = Columns {
            time: table.column("unix_time")?,
            network: table.column("network")?,
            symbol: table.column("symbol")?,
            asset: table.column("asset")?,
            supply: table.column("liquidity_rate_apr")?,
            borrow: table.column("variable_borrow_rate_apr")?,
            factor: table.column("reserve_factor")?,
        };
        let mut markets: BTreeMap<LendingKey, Market> = BTreeMap::new();
        let mut borrow_aprs = Vec::new();
        for row in table.rows() {
            let key = LendingKey {
                network: row.required_text(&columns.network)?.to_lowercase(),
                asset: row.required_text(&columns.asset)?.to_lowercase(),
            };
            let symbol = row.required_text(&columns.symbol)?;
            let market =
                markets.entry(key).or_insert_with(|| Market { symbol: symbol.into(), rows: Vec::new() });
            if market.symbol != symbol {
                let problem = format!("{symbol} here, {} above, for the same asset", market.symbol);
                return Err(row.problem(&columns.symbol, problem));
            }
            let observed = observe(&row, &columns)?;
            row.check_order(&columns.time, market.rows.last().map(|last| last.ts), observed.ts)?;
            borrow_aprs.push(observed.borrow_apr);
            market.rows.push(observed);
        }
        refuse_percentages(table, &columns.borrow, &borrow_aprs)?;
        Ok(Self { file: table.file().into(), markets })
    }

    /// Every market and its symbol.
    pub fn markets(&self) -> impl Iterator<Item = (&LendingKey, &str)> {
        self.markets.iter().map(|(key, market)| (key, market.symbol.as_str()))
    }

    /// The full key for an address or an unambiguous symbol.
    pub fn resolve(&self, wanted: &LendingKey) -> Result<&LendingKey, DataError> {
        let by_address = self
            .markets
            .keys()
            .find(|key| key.network == wanted.network && key.asset.eq_ignore_ascii_case(&wanted.asset));
        if let Some(key) = by_address {
            return Ok(key);
        }
        let by_symbol: Vec<&LendingKey> = self
            .markets
            .iter()
            .filter(|(key, market)| key.network == wanted.network && market.symbol == wanted.asset)
            .map(|(key, _)| key)
            .collect();
        match by_symbol.as_slice() {
            [key] => Ok(key),
            [] => Err(DataError::UnknownMarket {
                file: self.file.clone(),
                wanted: wanted.to_string(),
                known: self
                    .markets()
                    .map(|(key, symbol)| format!("{}:{symbol}", key.network))
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
            several => Err(DataError::AmbiguousMarket {
                file: self.file.clone(),
                wanted: wanted.to_string(),
                choices: several.iter().map(ToString::to_string).collect(),
            }),
        }
    }

    /// Observations of one market, ascending in time.
    pub fn rows(&self, wanted: &LendingKey) -> Result<&[LendingRow], DataError> {
        let key = self.resolve(wanted)?;
        Ok(self.markets.get(key).map_or(&[], |market| &market.rows))
    }

    /// One figure of a market as a series; rows where `figure` has none are left out and show up as gaps.
    pub fn series(
        &self,
        wanted: &LendingKey,
        figure_name: &str,
        figure: impl Fn(&LendingRow) -> Option<f64>,
    ) -> Result<Series, DataError> {
        let rows = self.rows(wanted)?;
        let points = rows.iter().filter_map(|row| Some((row.ts, figure(row)?))).collect();
        Series::new(format!("{wanted} {figure_name}"), points)
    }
}

fn observe(row: &Row<'_>, columns: &Columns) -> Result<LendingRow, DataError> {
    let reserve_factor = row.number_from(&columns.factor, 0.0)?;
    if reserve_factor > 1.0 {
        let problem = format!("a reserve factor of {reserve_factor} is above 1; a fraction is expected");
        return Err(row.problem(&columns.factor, problem));
    }
    Ok(LendingRow {
        ts: row.time_at(&columns.time)?,
        supply_apr: apr(row, &columns.supply)?,
        borrow_apr: apr(row, &columns.borrow)?,
        reserve_factor,
    })
}

fn apr(row: &Row<'_>, column: &Column) -> Result<f64, DataError> {
    let value = row.number_at(column)?;
    match apr_problem(value) {
        None => Ok(value),
        Some(problem) => Err(row.problem(column, problem)),
    }
}

fn refuse_percentages(table: &Table, column: &Column, aprs: &[f64]) -> Result<(), DataError> {
    match (table.rows().next(), aprs_problem(aprs)) {
        (Some(row), Some(problem)) => Err(row.problem(column, problem)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::fixture::CsvFile;

    const HEADER: &str =
        "unix_time,network,symbol,asset,liquidity_rate_apr,variable_borrow_rate_apr,reserve_factor\n";

    fn read(rows: &str) -> Result<LendingRates, DataError> {
        LendingRates::read(&CsvFile::new(&format!("{HEADER}{rows}")).0)
    }

    fn key(text: &str) -> LendingKey {
        text.parse().unwrap()
    }

    #[test]
    fn a_symbol_that_is_two_tokens_must_be_named_by_address() {
        let rates = read(
            "1753230932,base,USDC,0xaa,0.036,0.05,0.1\n1753230932,base,USDC,0xBB,0.01,0.02,0.1\n1753230932,base,WETH,0xcc,0.01,0.02,0.1\n",
        )
        .unwrap();
        let ambiguous = rates.resolve(&key("base:USDC")).unwrap_err().to_string();
        assert!(ambiguous.ends_with("name one of: base:0xaa, base:0xbb"), "{ambiguous}");
        assert_eq!(rates.resolve(&key("base:WETH")).unwrap(), &key("base:0xcc"));
        assert_eq!(rates.resolve(&key("Base:0xBb")).unwrap(), &key("base:0xbb"));
        let unknown = rates.resolve(&key("base:DAI")).unwrap_err().to_string();
        assert!(unknown.contains("there are: base:USDC, base:USDC, base:WETH"), "{unknown}");
        let row = rates.rows(&key("base:0xaa")).unwrap()[0];
        assert!((row.utilisation().unwrap() - 0.8).abs() < 1e-12);
        assert!("base".parse::<LendingKey>().is_err());
    }

    #[test]
    fn percentages_are_recognised() {
        let row = read("1753230932,base,USDC,0xaa,3.6,5.0,0.1\n").err().unwrap().to_string();
        assert!(row.contains("row 2, column `liquidity_rate_apr`: 3.6 reads like a percentage"), "{row}");
        let all = read("1753230932,base,USDC,0xaa,0.9,1.2,0.1\n").err().unwrap().to_string();
        assert!(all.contains("the median is 1.2"), "{all}");
        let factor = read("1753230932,base,USDC,0xaa,0.01,0.02,10\n").err().unwrap().to_string();
        assert!(factor.contains("a reserve factor of 10 is above 1"), "{factor}");
    }

    #[test]
    fn order_is_checked_within_a_market_only() {
        assert!(read("1753230932,base,A,0xaa,0.1,0.2,0.1\n1753230931,base,B,0xbb,0.1,0.2,0.1\n").is_ok());
        let twice = read("1753230932,base,A,0xaa,0.1,0.2,0.1\n1753230932,base,A,0xaa,0.1,0.2,0.1\n");
        assert!(twice.err().unwrap().to_string().contains("row 3, column `unix_time`: duplicate time"));
    }

    #[test]
    fn utilisation_needs_someone_who_pays() {
        let row = LendingRow { ts: 1, supply_apr: 0.0, borrow_apr: 0.05, reserve_factor: 1.0 };
        assert_eq!(row.utilisation(), None);
    }
}
