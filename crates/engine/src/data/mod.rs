//! Readers for the history files: typed rows, errors that name file, row and column, gaps as a list.
//!
//! Nothing is filled in, shifted or repaired here. A file that cannot be trusted is refused with the place
//! where trust ended; what a series lacks is reported by [`Series::gaps`].

mod apr;
mod error;
mod lending;
mod lp;
mod prices;
mod series;
mod table;
mod ust;

use std::path::{Path, PathBuf};

pub use apr::{apr_problem, aprs_problem};
pub use error::DataError;
pub use lending::{LendingKey, LendingRates, LendingRow};
pub use lp::{LpHistory, LpRow};
pub use prices::{PriceColumn, PriceHistory};
pub use series::{Anchored, Gap, Sample, Series};
pub use table::{Column, Row, Table};
pub use ust::UstHistory;

/// File name of the hourly closes.
pub const PRICES_FILE: &str = "prices_hourly.csv";
/// File name of the lending rates.
pub const LENDING_FILE: &str = "lending_rates_daily.csv";
/// File name of the pool's history.
pub const LP_FILE: &str = "lp_wbtc_weth_daily.csv";
/// File name of UST's hourly candles.
pub const UST_FILE: &str = "ust_hourly.csv";

/// The folder with the history files.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// Takes an existing folder.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        if path.is_dir() {
            Ok(Self(path.into()))
        } else {
            Err(DataError::NoFolder { path: path.display().to_string() })
        }
    }

    /// Reads [`PRICES_FILE`].
    pub fn prices(&self) -> Result<PriceHistory, DataError> {
        PriceHistory::read(&self.0.join(PRICES_FILE))
    }

    /// Reads [`LENDING_FILE`].
    pub fn lending(&self) -> Result<LendingRates, DataError> {
        LendingRates::read(&self.0.join(LENDING_FILE))
    }

    /// Reads [`LP_FILE`].
    pub fn lp(&self) -> Result<LpHistory, DataError> {
        LpHistory::read(&self.0.join(LP_FILE))
    }

    /// Reads [`UST_FILE`].
    pub fn ust(&self) -> Result<UstHistory, DataError> {
        UstHistory::read(&self.0.join(UST_FILE))
    }
}

#[cfg(test)]
pub(crate) mod fixture {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};

    static NEXT: AtomicU32 = AtomicU32::new(0);

    /// A CSV file that is removed when dropped.
    pub struct CsvFile(pub PathBuf);

    impl CsvFile {
        pub fn new(text: &str) -> Self {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("ballast-engine-{}-{number}.csv", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::write(&path, text).unwrap();
            Self(path)
        }
    }

    impl Drop for CsvFile {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }
}
