use std::path::Path;

use super::DataError;
use crate::time::{implausible, parse_utc};

/// A CSV file in memory, read by column name.
pub struct Table {
    file: String,
    header: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

/// One row, which knows where it stands.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    table: &'a Table,
    record: &'a csv::StringRecord,
}

impl Table {
    /// Reads the whole file; every row must have as many cells as the header.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        match csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path) {
            Ok(reader) => Self::take(file, reader),
            Err(source) => Err(DataError::Csv { file, source }),
        }
    }

    /// Reads CSV text that messages call `name`, by the same rules.
    pub fn parse(name: &str, text: &str) -> Result<Self, DataError> {
        let reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        Self::take(name.into(), reader)
    }

    fn take<R: std::io::Read>(file: String, mut reader: csv::Reader<R>) -> Result<Self, DataError> {
        let csv_error = |source| DataError::Csv { file: file.clone(), source };
        let header: Vec<String> = reader.headers().map_err(csv_error)?.iter().map(Into::into).collect();
        for (index, column) in header.iter().enumerate() {
            if header.iter().skip(index + 1).any(|other| other == column) {
                return Err(DataError::DuplicateColumn { file, column: column.clone() });
            }
        }
        let rows = reader.records().collect::<Result<Vec<_>, _>>().map_err(csv_error)?;
        if rows.is_empty() {
            return Err(DataError::Empty { file });
        }
        Ok(Self { file, header, rows })
    }

    /// The file's name, without folders.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The columns' names.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Position of a column.
    pub fn column(&self, name: &str) -> Result<Column, DataError> {
        match self.header.iter().position(|column| column == name) {
            Some(index) => Ok(Column { index, name: name.into() }),
            None => Err(DataError::MissingColumn {
                file: self.file.clone(),
                column: name.into(),
                header: self.header.join(", "),
            }),
        }
    }

    /// The rows, in the file's order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(move |record| Row { table: self, record })
    }
}

/// A column that is known to exist.
pub struct Column {
    index: usize,
    name: String,
}

impl Row<'_> {
    /// Line in the file.
    pub fn number(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    /// The cell's text, which may be empty.
    pub fn text(&self, column: &Column) -> &str {
        self.record.get(column.index).unwrap_or("")
    }

    /// An error at this cell.
    pub fn problem(&self, column: &Column, problem: impl Into<String>) -> DataError {
        DataError::Cell {
            file: self.table.file.clone(),
            row: self.number(),
            column: column.name.clone(),
            problem: problem.into(),
        }
    }

    /// Text that must be there.
    pub fn required_text(&self, column: &Column) -> Result<&str, DataError> {
        match self.text(column) {
            "" => Err(self.problem(column, "the cell is empty")),
            text => Ok(text),
        }
    }

    /// A finite number that must be there.
    pub fn number_at(&self, column: &Column) -> Result<f64, DataError> {
        let text = self.required_text(column)?;
        let value: f64 =
            text.parse().map_err(|_| self.problem(column, format!("{text:?} is not a number")))?;
        if value.is_finite() {
            Ok(value)
        } else {
            Err(self.problem(column, format!("{text} is not a finite number")))
        }
    }

    /// A finite number, or nothing where the cell is empty.
    pub fn optional_number_at(&self, column: &Column) -> Result<Option<f64>, DataError> {
        if self.text(column).is_empty() {
            return Ok(None);
        }
        self.number_at(column).map(Some)
    }

    /// A number no less than `least`.
    pub fn number_from(&self, column: &Column, least: f64) -> Result<f64, DataError> {
        let value = self.number_at(column)?;
        if value >= least {
            Ok(value)
        } else {
            Err(self.problem(column, format!("{value} is below {least}")))
        }
    }

    /// Whole unix seconds.
    pub fn time_at(&self, column: &Column) -> Result<i64, DataError> {
        let text = self.required_text(column)?;
        let value: i64 =
            text.parse().map_err(|_| self.problem(column, format!("{text:?} is not whole unix seconds")))?;
        match implausible(value) {
            None => Ok(value),
            Some(problem) => Err(self.problem(column, problem)),
        }
    }

    /// Whole unix seconds, or a UTC date as people write it.
    pub fn date_at(&self, column: &Column) -> Result<i64, DataError> {
        let text = self.required_text(column)?;
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.time_at(column);
        }
        let problem = || self.problem(column, format!("{text:?} is not whole unix seconds, nor a UTC date"));
        parse_utc(text).map_err(|_| problem())
    }

    /// Checks that time, which stands in `column`, advances from `previous` to `found`.
    pub fn check_order(&self, column: &Column, previous: Option<i64>, found: i64) -> Result<(), DataError> {
        let Some(previous) = previous.filter(|previous| *previous >= found) else {
            return Ok(());
        };
        let problem = if previous == found { "duplicate time" } else { "time goes backwards" };
        Err(DataError::Order {
            file: self.table.file.clone(),
            row: self.number(),
            column: column.name.clone(),
            problem,
            previous,
            found,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::fixture::CsvFile;

    fn error_of(text: &str, column: &str) -> String {
        let file = CsvFile::new(text);
        let table = match Table::read(&file.0) {
            Ok(table) => table,
            Err(error) => return error.to_string(),
        };
        let read = || -> Result<(), DataError> {
            let (time, wanted) = (table.column("unix_time")?, table.column(column)?);
            let mut previous = None;
            for row in table.rows() {
                let ts = row.time_at(&time)?;
                row.check_order(&time, previous, ts)?;
                previous = Some(ts);
                row.number_from(&wanted, 0.0)?;
            }
            Ok(())
        };
        read().unwrap_err().to_string()
    }

    #[test]
    fn every_refusal_names_its_place() {
        let cases = [
            ("unix_time,a\n1700000000,1\n", "b", "column `b` is missing; the header has: unix_time, a"),
            ("unix_time,a,a\n1700000000,1,2\n", "a", "column `a` appears twice"),
            ("unix_time,a\n", "a", "no data rows"),
            ("unix_time,a\n1700000000,1\n1700000001,x\n", "a", "row 3, column `a`: \"x\" is not a number"),
            ("unix_time,a\n1700000000,NaN\n", "a", "row 2, column `a`: NaN is not a finite number"),
            ("unix_time,a\n1700000000,\n", "a", "row 2, column `a`: the cell is empty"),
            ("unix_time,a\n1700000000,-1\n", "a", "row 2, column `a`: -1 is below 0"),
            ("unix_time,a\n1700000000000,1\n", "a", "reads like milliseconds"),
            ("unix_time,a\n17.5,1\n", "a", "row 2, column `unix_time`: \"17.5\" is not whole unix seconds"),
            ("unix_time,a\n1700000000,1\n1700000000,2\n", "a", "row 3, column `unix_time`: duplicate time"),
            (
                "unix_time,a\n1700000001,1\n1700000000,2\n",
                "a",
                "row 3, column `unix_time`: time goes backwards",
            ),
            ("unix_time,a\n1700000000,1,2\n", "a", "CSV error"),
        ];
        for (text, column, expected) in cases {
            let found = error_of(text, column);
            assert!(found.contains(expected), "{found:?} lacks {expected:?}");
            assert!(found.contains("ballast-engine-"), "{found:?} does not name the file");
        }
    }
}
