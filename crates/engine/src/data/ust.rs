use std::path::Path;

use super::table::Table;
use super::{DataError, Series};

/// UST in USDT, hourly closes: a stablecoin that died, for replays of a depeg without recovery.
#[derive(Clone, Debug)]
pub struct UstHistory {
    close: Series,
}

impl UstHistory {
    /// Time between rows, seconds.
    pub const NATIVE_SECS: i64 = 3_600;

    /// Reads the file; each candle must contain its own open and close.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let table = Table::read(path)?;
        let time = table.column("unix_time")?;
        let (open, high) = (table.column("open")?, table.column("high")?);
        let (low, close) = (table.column("low")?, table.column("close")?);
        let mut points: Vec<(i64, f64)> = Vec::new();
        for row in table.rows() {
            let ts = row.time_at(&time)?;
            row.check_order(&time, points.last().map(|last| last.0), ts)?;
            let bottom = row.number_at(&low)?;
            if bottom <= 0.0 {
                return Err(row.problem(&low, format!("a price of {bottom} is not positive")));
            }
            let top = row.number_at(&high)?;
            for column in [&open, &close] {
                let price = row.number_at(column)?;
                if price < bottom || price > top {
                    return Err(
                        row.problem(column, format!("{price} is outside the candle's {bottom} to {top}"))
                    );
                }
            }
            points.push((ts, row.number_at(&close)?));
        }
        Ok(Self { close: Series::new("ust_usdt", points)? })
    }

    /// Hourly closes.
    pub fn close(&self) -> &Series {
        &self.close
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::fixture::CsvFile;

    #[test]
    fn a_close_outside_its_candle_is_refused() {
        let file = CsvFile::new("unix_time,open,high,low,close\n1640332800,1,1.05,0.96,1.2\n");
        let error = UstHistory::read(&file.0).unwrap_err().to_string();
        assert!(error.contains("row 2, column `close`: 1.2 is outside the candle's 0.96 to 1.05"), "{error}");
    }
}
