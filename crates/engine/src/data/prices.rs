use std::path::Path;

use super::table::Table;
use super::{DataError, Series};

/// A column of the hourly closes. All are quoted in USDT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PriceColumn {
    /// SOL.
    Sol,
    /// BTC.
    Btc,
    /// ETH.
    Eth,
    /// USDC.
    Usdc,
    /// BNSOL, a liquid staking token of SOL.
    BnSol,
    /// WBETH, a liquid staking token of ETH.
    WbEth,
}

impl PriceColumn {
    /// Every column, in the file's order.
    pub const ALL: [Self; 6] = [Self::Sol, Self::Btc, Self::Eth, Self::Usdc, Self::BnSol, Self::WbEth];

    /// The column's name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sol => "sol_usdt",
            Self::Btc => "btc_usdt",
            Self::Eth => "eth_usdt",
            Self::Usdc => "usdc_usdt",
            Self::BnSol => "bnsol_usdt",
            Self::WbEth => "wbeth_usdt",
        }
    }
}

/// Hourly closes, one series a column. An empty cell is no observation, never a value.
#[derive(Clone, Debug)]
pub struct PriceHistory {
    series: Vec<Series>,
}

impl PriceHistory {
    /// Time between rows, seconds.
    pub const NATIVE_SECS: i64 = 3_600;

    /// Reads the file; every price must be positive.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let table = Table::read(path)?;
        let time = table.column("unix_time")?;
        let mut columns = Vec::new();
        for column in PriceColumn::ALL {
            columns.push((table.column(column.name())?, Vec::new()));
        }
        let mut previous = None;
        for row in table.rows() {
            let ts = row.time_at(&time)?;
            row.check_order(&time, previous, ts)?;
            previous = Some(ts);
            for (column, points) in &mut columns {
                match row.optional_number_at(column)? {
                    Some(price) if price > 0.0 => points.push((ts, price)),
                    Some(price) => {
                        return Err(row.problem(column, format!("a price of {price} is not positive")));
                    }
                    None => {}
                }
            }
        }
        let series = PriceColumn::ALL.iter().zip(columns);
        let series = series.map(|(column, (_, points))| Series::new(column.name(), points));
        Ok(Self { series: series.collect::<Result<_, _>>()? })
    }

    /// One column's observations.
    pub fn series(&self, column: PriceColumn) -> &Series {
        // `ALL` lists the variants in declaration order, so the discriminant is the index.
        &self.series[column as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::fixture::CsvFile;

    const HEADER: &str = "unix_time,sol_usdt,btc_usdt,eth_usdt,usdc_usdt,bnsol_usdt,wbeth_usdt\n";

    #[test]
    fn empty_cells_are_gaps_not_values() {
        let file = CsvFile::new(&format!("{HEADER}1609459200,1.5,2,3,,,\n1609462800,1.6,2,3,0.99,,\n"));
        let prices = PriceHistory::read(&file.0).unwrap();
        assert_eq!(prices.series(PriceColumn::Sol).points().len(), 2);
        assert_eq!(prices.series(PriceColumn::Usdc).points(), &[(1_609_462_800, 0.99)]);
        assert_eq!(prices.series(PriceColumn::WbEth).span(), None);
        for (index, column) in PriceColumn::ALL.into_iter().enumerate() {
            assert_eq!((column as usize, prices.series(column).name()), (index, column.name()));
        }
    }

    #[test]
    fn a_price_of_zero_is_refused() {
        let file = CsvFile::new(&format!("{HEADER}1609459200,1.5,0,3,,,\n"));
        let error = PriceHistory::read(&file.0).unwrap_err().to_string();
        assert!(error.contains("row 2, column `btc_usdt`: a price of 0 is not positive"), "{error}");
    }
}
