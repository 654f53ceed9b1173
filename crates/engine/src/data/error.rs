use crate::time::format_utc;

/// Why a history file was refused. Rows are line numbers in the file, the header being line 1.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The data folder is not there.
    #[error("{path}: no such data folder")]
    NoFolder {
        /// As given.
        path: String,
    },
    /// The file cannot be opened or is not CSV.
    #[error("{file}: {source}")]
    Csv {
        /// File name.
        file: String,
        /// What the reader said.
        source: csv::Error,
    },
    /// A header and nothing below it, or not even that.
    #[error("{file}: no data rows")]
    Empty {
        /// File name.
        file: String,
    },
    /// A column is not in the header.
    #[error("{file}: column `{column}` is missing; the header has: {header}")]
    MissingColumn {
        /// File name.
        file: String,
        /// Column wanted.
        column: String,
        /// Columns found.
        header: String,
    },
    /// Two columns have one name.
    #[error("{file}: column `{column}` appears twice in the header")]
    DuplicateColumn {
        /// File name.
        file: String,
        /// Column name.
        column: String,
    },
    /// A cell cannot be used.
    #[error("{file}, row {row}, column `{column}`: {problem}")]
    Cell {
        /// File name.
        file: String,
        /// Line in the file.
        row: u64,
        /// Column name.
        column: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Time does not advance from one row to the next.
    #[error("{file}, row {row}, column `{column}`: {problem} ({}, after {})", format_utc(*found), format_utc(*previous))]
    Order {
        /// File name.
        file: String,
        /// Line in the file.
        row: u64,
        /// Column of the times.
        column: String,
        /// "duplicate time" or "time goes backwards".
        problem: &'static str,
        /// Time of the row before, unix seconds.
        previous: i64,
        /// Time of this row, unix seconds.
        found: i64,
    },
    /// A series was built from points that are not strictly ascending or not finite.
    #[error("series {name}: point {index} is not after the one before it, or not a finite number")]
    BadPoint {
        /// Series name.
        name: String,
        /// Index of the point.
        index: usize,
    },
    /// No rows for this market.
    #[error("{file}: no market `{wanted}`; there are: {known}")]
    UnknownMarket {
        /// File name.
        file: String,
        /// As asked.
        wanted: String,
        /// All keys of the file.
        known: String,
    },
    /// One symbol, several tokens.
    #[error("{file}: `{wanted}` is {} different tokens; name one of: {}", choices.len(), choices.join(", "))]
    AmbiguousMarket {
        /// File name.
        file: String,
        /// As asked.
        wanted: String,
        /// The full keys.
        choices: Vec<String>,
    },
}
