//! A CSV table of numbers as people write them: with or without a header, with or without a time column. Every command that
//! reads CSV reads it here, so that all take the same tables and name what is wrong in the same words: source, row (the
//! line, the first being 1) and column.
//!
//! What is missing is NaN and stays NaN where a command allows it; what is wrong is refused.

mod cells;
#[cfg(test)]
mod tests;
mod times;

use std::fmt::Display;
use std::io::Read;

use ballast_engine::time::parse_utc;

use self::cells::Row;
use self::times::Times;
use crate::EngineCliError;
use crate::input::Source;

/// What a column of returns is usually called.
pub const RETURNS: [&str; 4] = ["returns", "return", "ret", "r"];

/// A table in memory.
#[derive(Debug)]
pub struct Frame {
    source: String,
    header: Vec<String>,
    rows: Vec<Row>,
    times: Times,
    /// Positions of the columns that are not time or a row index.
    values: Vec<usize>,
}

impl Frame {
    /// Reads all of `source`. The column called unix_time, time, timestamp, ts, date, datetime, day or hour is time (so is
    /// an unnamed first column of dates) and must ascend; others of these names, and an unnamed first column of numbers,
    /// which is a row index, hold no values.
    pub fn read(source: &Source, standard: &mut dyn Read) -> Result<Self, EngineCliError> {
        Self::parse(source.name(), &source.text(standard)?)
    }

    /// The same of a text that messages call `source`.
    ///
    /// # Errors
    /// No rows; rows of different lengths; a name that is missing or there twice; times that cannot be read or do not
    /// ascend; no column of values.
    pub fn parse(source: String, text: &str) -> Result<Self, EngineCliError> {
        let mut rows = cells::rows(&source, text)?;
        let first = rows.first().ok_or_else(|| EngineCliError::input(format!("{source}: no data rows")))?;
        let has_header = !first.1.iter().all(|cell| cells::is_value(cell) || parse_utc(cell).is_ok());
        let header: Vec<String> = if has_header {
            rows.remove(0).1
        } else {
            (1..=first.1.len()).map(|number| number.to_string()).collect()
        };
        if rows.is_empty() {
            return Err(EngineCliError::input(format!("{source}: no data rows")));
        }
        for (index, name) in header.iter().enumerate() {
            if header.iter().take(index).any(|other| other == name) {
                return Err(EngineCliError::input(format!(
                    "{source}: column `{name}` appears twice in the header"
                )));
            }
            if name.is_empty() && index > 0 {
                return Err(EngineCliError::input(format!("{source}: column {} has no name", index + 1)));
            }
        }
        let mut frame =
            Self { source, values: (0..header.len()).collect(), header, rows, times: Times::Absent };
        frame.find_times(has_header)?;
        if frame.values.is_empty() {
            return Err(
                frame.wrong(format!("no column of values; the header has: {}", frame.header.join(", ")))
            );
        }
        Ok(frame)
    }

    /// What messages call it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The columns' names as they stand.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Names of the columns that hold values, in order.
    pub fn names(&self) -> Vec<String> {
        self.values.iter().filter_map(|index| self.header.get(*index).cloned()).collect()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Line of a row (from 0) in the source.
    pub fn line(&self, row: usize) -> u64 {
        self.rows.get(row).map_or(0, |row| row.0)
    }

    /// The numbers of a column; NaN where a cell is empty or says NaN, NA, null or none.
    pub fn column(&self, name: &str) -> Result<Vec<f64>, EngineCliError> {
        let index = self.position(name)?;
        (0..self.rows.len())
            .map(|row| {
                let text = self.text(row, index);
                if cells::is_missing(text) {
                    return Ok(f64::NAN);
                }
                let number: f64 = text.parse().map_err(|_| {
                    let hint = if text.ends_with('%') { "; write 5% as 0.05" } else { "" };
                    self.cell(row, index, format!("{text:?} is not a number{hint}"))
                })?;
                if number.is_finite() {
                    Ok(number)
                } else {
                    Err(self.cell(row, index, format!("{text} is not a finite number")))
                }
            })
            .collect()
    }

    /// The numbers of a column that must have one in every row.
    pub fn complete_column(&self, name: &str) -> Result<Vec<f64>, EngineCliError> {
        let values = self.column(name)?;
        let Some(row) = values.iter().position(|value| value.is_nan()) else { return Ok(values) };
        let problem = match self.text(row, self.position(name)?) {
            "" => "the cell is empty".to_owned(),
            text => format!("{text} is not a finite number"),
        };
        Err(self.problem(row, name, problem))
    }

    /// The numbers of several columns, each of which must have one in every row.
    pub fn complete_columns(&self, names: &[String]) -> Result<Vec<Vec<f64>>, EngineCliError> {
        names.iter().map(|name| self.complete_column(name)).collect()
    }

    /// The column to use when one is needed: the one named, the only one, or the first of the `usual` names.
    pub fn choose(&self, named: Option<&str>, usual: &[&str]) -> Result<String, EngineCliError> {
        let names = self.names();
        if let Some(name) = named {
            self.position(name)?;
            return Ok(name.to_owned());
        }
        if let [only] = names.as_slice() {
            return Ok(only.clone());
        }
        let is_usual = |name: &&String| usual.contains(&name.to_ascii_lowercase().as_str());
        names.iter().find(is_usual).cloned().ok_or_else(|| {
            let header = self.header.join(", ");
            self.wrong(format!("several columns: name one with --column; the header has: {header}"))
        })
    }

    /// An error in a column, at a row (from 0).
    pub fn problem(&self, row: usize, name: &str, problem: impl Display) -> EngineCliError {
        let (source, line) = (&self.source, self.line(row));
        EngineCliError::input(format!("{source}, row {line}, column `{name}`: {problem}"))
    }

    /// An error of a whole column.
    pub fn in_column(&self, name: &str, problem: impl Display) -> EngineCliError {
        EngineCliError::input(format!("{}, column `{name}`: {problem}", self.source))
    }

    /// An error of the whole input.
    pub fn wrong(&self, problem: impl Display) -> EngineCliError {
        EngineCliError::input(format!("{}: {problem}", self.source))
    }

    fn text(&self, row: usize, index: usize) -> &str {
        self.rows.get(row).and_then(|row| row.1.get(index)).map_or("", String::as_str)
    }

    fn cell(&self, row: usize, index: usize, problem: impl Display) -> EngineCliError {
        self.problem(row, self.header.get(index).map_or("", String::as_str), problem)
    }

    fn position(&self, name: &str) -> Result<usize, EngineCliError> {
        self.header.iter().position(|column| column == name).ok_or_else(|| {
            self.wrong(format!("column `{name}` is missing; the header has: {}", self.header.join(", ")))
        })
    }
}
