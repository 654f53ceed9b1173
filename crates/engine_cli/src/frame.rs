//! A CSV table of numbers as people write them: with or without a header, with or without a time column.
//!
//! What is missing is NaN and stays NaN; what is wrong is refused with source, row (the line, the first being 1) and column.

use std::io::Read;

use ballast_engine::time::parse_utc;

use crate::EngineCliError;
use crate::input::Source;

/// Unix seconds taken for a time: 2009 to 2100. Milliseconds fall outside.
const PLAUSIBLE_TS: std::ops::Range<i64> = 1_230_768_000..4_102_444_800;
const TIME_NAMES: [&str; 8] = ["time", "timestamp", "date", "datetime", "unix_time", "ts", "day", "hour"];
const MISSING: [&str; 6] = ["", "nan", "na", "n/a", "null", "none"];

/// A table in memory.
#[derive(Debug)]
pub struct Frame {
    source: String,
    header: Vec<String>,
    rows: Vec<(u64, Vec<String>)>,
    times: Option<Vec<i64>>,
    /// Positions of the columns that are not time or a row index.
    values: Vec<usize>,
}

impl Frame {
    /// Reads all of `source`. A column called time, timestamp, date, datetime, unix_time, ts, day or hour is time (so is an
    /// unnamed first column of dates) and must ascend; an unnamed first column of numbers is a row index and is left out.
    pub fn read(source: &Source, standard: &mut dyn Read) -> Result<Self, EngineCliError> {
        Self::parse(source.name(), &source.text(standard)?)
    }

    fn parse(source: String, text: &str) -> Result<Self, EngineCliError> {
        let text = text.trim_start_matches('\u{feff}');
        let mut rows = cells(&source, text)?;
        let first = rows.first().ok_or_else(|| EngineCliError::input(format!("{source}: no data rows")))?;
        let has_header = !first.1.iter().all(|cell| is_value(cell) || parse_utc(cell).is_ok());
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
        let mut frame = Self { source, values: (0..header.len()).collect(), header, rows, times: None };
        frame.find_time(has_header)?;
        Ok(frame)
    }

    fn find_time(&mut self, has_header: bool) -> Result<(), EngineCliError> {
        let named = |name: &String| has_header && TIME_NAMES.contains(&name.to_ascii_lowercase().as_str());
        if let Some(index) = self.header.iter().position(named) {
            self.values.retain(|column| *column != index);
            self.times = Some(self.times_in(index)?);
            return Ok(());
        }
        let unnamed = self
            .header
            .first()
            .is_some_and(|name| !has_header || name.is_empty() || name == "index" || name == "Unnamed: 0");
        if self.header.len() < 2 || !unnamed {
            return Ok(());
        }
        let first = |row: &(u64, Vec<String>)| row.1.first().cloned().unwrap_or_default();
        let is_time = |cell: &str| parse_utc(cell).is_ok_and(|ts| PLAUSIBLE_TS.contains(&ts));
        if self.rows.iter().all(|row| is_time(&first(row))) {
            self.values.retain(|column| *column != 0);
            self.times = Some(self.times_in(0)?);
        } else if has_header {
            self.values.retain(|column| *column != 0);
        }
        Ok(())
    }

    fn times_in(&self, index: usize) -> Result<Vec<i64>, EngineCliError> {
        let mut times: Vec<i64> = Vec::with_capacity(self.rows.len());
        for (row, (_, cells)) in self.rows.iter().enumerate() {
            let text = cells.get(index).map_or("", String::as_str);
            let ts = parse_utc(text).map_err(|error| self.cell(row, index, error))?;
            if !PLAUSIBLE_TS.contains(&ts) {
                let hint =
                    if PLAUSIBLE_TS.contains(&(ts / 1_000)) { " (it reads like milliseconds)" } else { "" };
                let problem = format!("{text} is not a time between 2009 and 2100{hint}");
                return Err(self.cell(row, index, problem));
            }
            match times.last() {
                Some(previous) if *previous == ts => return Err(self.cell(row, index, "duplicate time")),
                Some(previous) if *previous > ts => {
                    return Err(self.cell(row, index, "time goes backwards; sort the rows"));
                }
                _ => times.push(ts),
            }
        }
        Ok(times)
    }

    /// Names of the columns that hold values, in order.
    pub fn names(&self) -> Vec<String> {
        self.values.iter().filter_map(|index| self.header.get(*index).cloned()).collect()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Times, if there is a time column.
    pub fn times(&self) -> Option<&[i64]> {
        self.times.as_deref()
    }

    /// Line of a row (from 0) in the source.
    pub fn line(&self, row: usize) -> u64 {
        self.rows.get(row).map_or(0, |row| row.0)
    }

    /// The numbers of a column; NaN where a cell is empty or says NaN, NA, null or none.
    pub fn column(&self, name: &str) -> Result<Vec<f64>, EngineCliError> {
        let index = self.position(name)?;
        self.rows
            .iter()
            .enumerate()
            .map(|(row, (_, cells))| {
                let text = cells.get(index).map_or("", String::as_str);
                if is_missing(text) {
                    return Ok(f64::NAN);
                }
                let number: f64 = text.parse().map_err(|_| {
                    let hint = if text.ends_with('%') { "; write 5% as 0.05" } else { "" };
                    self.cell(row, index, format!("{text:?} is not a number{hint}"))
                })?;
                if number.is_finite() {
                    Ok(number)
                } else {
                    Err(self.cell(row, index, format!("{text} is not finite")))
                }
            })
            .collect()
    }

    /// The numbers of a column that must have one in every row.
    pub fn complete_column(&self, name: &str) -> Result<Vec<f64>, EngineCliError> {
        let values = self.column(name)?;
        match values.iter().position(|value| value.is_nan()) {
            Some(row) => Err(self.cell(row, self.position(name)?, "no number; every row needs one here")),
            None => Ok(values),
        }
    }

    /// The column to use when one is needed: the one named, the only one, or one of `usual`.
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
            EngineCliError::input(format!(
                "{}: which column? Name one with --column: {}",
                self.source,
                names.join(", ")
            ))
        })
    }

    /// An error in a column, at a row (from 0).
    pub fn problem(&self, row: usize, name: &str, problem: impl ToString) -> EngineCliError {
        let line = self.line(row);
        EngineCliError::input(format!(
            "{}, row {line}, column `{name}`: {}",
            self.source,
            problem.to_string()
        ))
    }

    /// An error of the whole input.
    pub fn wrong(&self, problem: impl ToString) -> EngineCliError {
        EngineCliError::input(format!("{}: {}", self.source, problem.to_string()))
    }

    fn cell(&self, row: usize, index: usize, problem: impl ToString) -> EngineCliError {
        self.problem(row, self.header.get(index).map_or("", String::as_str), problem)
    }

    fn position(&self, name: &str) -> Result<usize, EngineCliError> {
        self.header.iter().position(|column| column == name).ok_or_else(|| {
            self.wrong(format!("column `{name}` is missing; there are: {}", self.header.join(", ")))
        })
    }
}

fn is_missing(cell: &str) -> bool {
    MISSING.contains(&cell.to_ascii_lowercase().as_str())
}

fn is_value(cell: &str) -> bool {
    is_missing(cell)
        || cell.parse::<f64>().is_ok()
        || cell.strip_suffix('%').is_some_and(|n| n.parse::<f64>().is_ok())
}

/// Cells by line. In a table of one column a blank line is a missing value (but not at the end), otherwise it is nothing.
fn cells(source: &str, text: &str) -> Result<Vec<(u64, Vec<String>)>, EngineCliError> {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let Some(delimiter) = [b',', b';', b'\t'].into_iter().find(|d| first.contains(char::from(*d))) else {
        let lines = text.trim_end().lines().zip(1..);
        return Ok(lines
            .map(|(line, number)| (number, vec![line.trim().trim_matches('"').to_owned()]))
            .filter(|_| !first.is_empty())
            .collect());
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| EngineCliError::input(format!("{source}: {error}")))?;
        let line = record.position().map_or(0, csv::Position::line);
        rows.push((line, record.iter().map(Into::into).collect()));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str) -> Frame {
        Frame::parse("standard input".into(), text).unwrap()
    }

    fn refused(text: &str) -> String {
        let read = |text: &str| -> Result<(), EngineCliError> {
            let frame = Frame::parse("standard input".into(), text)?;
            frame.names().iter().try_for_each(|name| frame.complete_column(name).map(drop))
        };
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn layouts_that_people_write() {
        let bare = frame("nan\n0.01\n\n-0.02\n\n");
        assert_eq!((bare.len(), bare.names(), bare.line(3)), (4, vec!["1".to_owned()], 4));
        assert!(bare.column("1").unwrap()[2].is_nan());
        let headed = frame("returns\n0.01\n0.02\n");
        assert_eq!((headed.names(), headed.line(0)), (vec!["returns".to_owned()], 2));
        let dated = frame("date,a,b\n2024-01-01,0.1,\n2024-01-02,0.2,NaN\n");
        assert_eq!((dated.names().len(), dated.times().unwrap()[0]), (2, 1_704_067_200));
        assert!(dated.column("b").unwrap().iter().all(|value| value.is_nan()));
        let pandas = frame(",r\n0,0.1\n1,0.2\n");
        assert_eq!((pandas.names(), pandas.times()), (vec!["r".to_owned()], None));
        let pandas = frame(",r\n2024-01-01 00:00:00,0.1\n2024-01-02 00:00:00,0.2\n");
        assert_eq!(pandas.times().unwrap().len(), 2);
        let bare = frame("2024-01-01,0.1\n2024-01-02,0.2\n");
        assert_eq!((bare.names(), bare.times().unwrap().len()), (vec!["2".to_owned()], 2));
        let matrix = frame("0.1;0.2\n0.3;0.4\n");
        assert_eq!((matrix.names().len(), matrix.times()), (2, None));
        assert_eq!(frame("\u{feff}a\n1\n").names(), ["a"]);
        assert_eq!(frame("a,b\n1,2\n").choose(None, &["b"]).unwrap(), "b");
    }

    #[test]
    fn every_refusal_names_its_place() {
        for (text, expected) in [
            ("", "standard input: no data rows"),
            ("\n\n", "standard input: no data rows"),
            ("a\n", "standard input: no data rows"),
            ("a\n1\nx\n", "standard input, row 3, column `a`: \"x\" is not a number"),
            ("a\n1\n5%\n", "write 5% as 0.05"),
            ("a\n1\ninf\n", "row 3, column `a`: inf is not finite"),
            ("a\n1\n\n2\n", "row 3, column `a`: no number"),
            ("a,a\n1,2\n", "column `a` appears twice"),
            ("a,\n1,2\n", "column 2 has no name"),
            ("a,b\n1,2\n1\n", "CSV error"),
            ("time,a\n2024-01-02,1\n2024-01-01,2\n", "row 3, column `time`: time goes backwards"),
            ("time,a\n2024-01-02,1\n2024-01-02,2\n", "row 3, column `time`: duplicate time"),
            ("time,a\n1700000000000,1\n", "reads like milliseconds"),
            ("time,a\nsoon,1\n", "row 2, column `time`: \"soon\" is not a UTC time"),
        ] {
            let found = refused(text);
            assert!(found.contains(expected), "{found:?} lacks {expected:?}");
        }
        let two = frame("a,b\n1,2\n");
        assert!(two.choose(None, &[]).unwrap_err().to_string().contains("--column: a, b"));
        assert!(
            two.choose(Some("c"), &[])
                .unwrap_err()
                .to_string()
                .contains("column `c` is missing; there are: a, b")
        );
    }
}
