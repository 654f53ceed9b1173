use std::path::Path;

use super::table::Table;
use super::{DataError, Series};

const DAY_SECS: i64 = 86_400;

/// A pool's day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LpRow {
    /// Start of the day, unix seconds.
    pub ts: i64,
    /// Funds in the pool, US dollars.
    pub tvl_usd: f64,
    /// Traded in the day, US dollars.
    pub volume_usd: f64,
    /// Fees paid in the day, US dollars.
    pub fees_usd: f64,
}

impl LpRow {
    /// Volume over funds in the pool, per day; none for an empty pool.
    pub fn turnover_per_day(&self) -> Option<f64> {
        (self.tvl_usd > 0.0).then(|| self.volume_usd / self.tvl_usd)
    }

    /// Fees over funds in the pool, as a simple annual fraction; none for an empty pool.
    pub fn fee_apr(&self) -> Option<f64> {
        (self.tvl_usd > 0.0).then(|| self.fees_usd / self.tvl_usd * 365.0)
    }
}

/// A pool's history, a row a day.
#[derive(Clone, Debug)]
pub struct LpHistory {
    rows: Vec<LpRow>,
}

impl LpHistory {
    /// Time between rows, seconds.
    pub const NATIVE_SECS: i64 = DAY_SECS;

    /// Reads the file; no figure may be negative and fees may not exceed volume.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let table = Table::read(path)?;
        let time = table.column("unix_time")?;
        let tvl = table.column("tvl_usd")?;
        let volume = table.column("volume_usd")?;
        let fees = table.column("fees_usd")?;
        let mut rows: Vec<LpRow> = Vec::new();
        for row in table.rows() {
            let ts = row.time_at(&time)?;
            row.check_order(&time, rows.last().map(|last| last.ts), ts)?;
            let day = LpRow {
                ts,
                tvl_usd: row.number_from(&tvl, 0.0)?,
                volume_usd: row.number_from(&volume, 0.0)?,
                fees_usd: row.number_from(&fees, 0.0)?,
            };
            if day.fees_usd > day.volume_usd {
                return Err(
                    row.problem(&fees, format!("fees of {} on a volume of {}", day.fees_usd, day.volume_usd))
                );
            }
            rows.push(day);
        }
        Ok(Self { rows })
    }

    /// All days.
    pub fn rows(&self) -> &[LpRow] {
        &self.rows
    }

    /// [`LpRow::turnover_per_day`]; days of an empty pool are left out and show up as gaps.
    pub fn turnover(&self) -> Result<Series, DataError> {
        let points = self.rows.iter().filter_map(|row| Some((row.ts, row.turnover_per_day()?)));
        Series::new("pool volume / TVL per day", points.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::fixture::CsvFile;

    const HEADER: &str = "unix_time,tvl_usd,volume_usd,fees_usd\n";

    #[test]
    fn an_empty_pool_has_no_rate() {
        let file = CsvFile::new(&format!("{HEADER}1620086400,0,0,0\n1620172800,1000,500,1.5\n"));
        let history = LpHistory::read(&file.0).unwrap();
        assert_eq!(history.rows()[0].fee_apr(), None);
        assert!((history.rows()[1].fee_apr().unwrap() - 0.5475).abs() < 1e-12);
        assert_eq!(history.turnover().unwrap().points(), &[(1_620_172_800, 0.5)]);
    }

    #[test]
    fn impossible_days_are_refused() {
        for (row, expected) in
            [("1620086400,10,5,6\n", "fees of 6 on a volume of 5"), ("1620086400,-1,5,1\n", "-1 is below 0")]
        {
            let file = CsvFile::new(&format!("{HEADER}{row}"));
            let error = LpHistory::read(&file.0).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
