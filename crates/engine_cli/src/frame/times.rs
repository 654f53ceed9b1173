//! The column that says when.

use ballast_engine::time::{PLAUSIBLE_SECS, TIME_COLUMNS, implausible, parse_utc, time_column};

use super::Frame;
use crate::EngineCliError;

/// What the column of times holds.
#[derive(Debug)]
pub enum Times {
    /// There is none.
    Absent,
    /// Unix seconds, ascending.
    At(Vec<i64>),
    /// Numbers of periods, such as 1, 2, 3 or 202401, ascending: an order, but no times.
    Numbers {
        /// Position of the column.
        column: usize,
    },
}

impl Frame {
    /// Finds the column of times, reads it, and takes it out of the values with all others that say when.
    pub(super) fn find_times(&mut self, has_header: bool) -> Result<(), EngineCliError> {
        let is_named =
            |name: &str| has_header && TIME_COLUMNS.iter().any(|time| name.eq_ignore_ascii_case(time));
        if let Some(place) = time_column(&self.header).filter(|_| has_header) {
            let named: Vec<bool> = self.header.iter().map(|name| is_named(name)).collect();
            self.values.retain(|column| !named.get(*column).copied().unwrap_or(false));
            self.times = self.read_times(place)?;
            return Ok(());
        }
        let unnamed = self
            .header
            .first()
            .is_some_and(|name| !has_header || name.is_empty() || name == "index" || name == "Unnamed: 0");
        if self.header.len() < 2 || !unnamed {
            return Ok(());
        }
        if self.reads_like_times(0) {
            self.values.retain(|column| *column != 0);
            self.times = self.read_times(0)?;
        } else if has_header {
            self.values.retain(|column| *column != 0);
        }
        Ok(())
    }

    /// Whether a column that nobody called time is: dates, or plausible seconds that ascend.
    fn reads_like_times(&self, column: usize) -> bool {
        let cells: Vec<&str> = (0..self.rows.len()).map(|row| self.text(row, column)).collect();
        if !cells.iter().all(|cell| is_number(cell) || parse_utc(cell).is_ok()) {
            return false;
        }
        let seconds: Vec<i64> =
            cells.iter().filter(|cell| is_number(cell)).filter_map(|cell| cell.parse().ok()).collect();
        let ascend = seconds.iter().zip(seconds.iter().skip(1)).all(|(a, b)| a < b);
        seconds.len() < cells.len() || ascend && seconds.iter().all(|ts| implausible(*ts).is_none())
    }

    fn read_times(&self, column: usize) -> Result<Times, EngineCliError> {
        let period =
            |cell: &str| is_number(cell) && cell.parse().is_ok_and(|n: i64| n < PLAUSIBLE_SECS.start);
        let periods = (0..self.rows.len()).all(|row| period(self.text(row, column)));
        let mut times: Vec<i64> = Vec::with_capacity(self.rows.len());
        for row in 0..self.rows.len() {
            let text = self.text(row, column);
            let ts = parse_utc(text).map_err(|error| self.cell(row, column, error))?;
            // A date says itself what it is; a number must be in seconds.
            if let Some(problem) = implausible(ts).filter(|_| is_number(text) && !periods) {
                return Err(self.cell(row, column, problem));
            }
            if let Some(previous) = times.last().filter(|previous| **previous >= ts) {
                let what = if *previous == ts { "duplicate time" } else { "time goes backwards" };
                let before = self.text(row.saturating_sub(1), column);
                return Err(self.cell(
                    row,
                    column,
                    format!("{what} ({text}, after {before}); times must rise"),
                ));
            }
            times.push(ts);
        }
        Ok(if periods { Times::Numbers { column } } else { Times::At(times) })
    }

    /// Times, if there is a column of them.
    pub fn times(&self) -> Option<&[i64]> {
        match &self.times {
            Times::At(times) => Some(times),
            Times::Absent | Times::Numbers { .. } => None,
        }
    }

    /// Times, where there must be some.
    pub fn required_times(&self) -> Result<&[i64], EngineCliError> {
        match &self.times {
            Times::At(times) => Ok(times),
            Times::Numbers { column } => {
                let problem =
                    format!("{} is no time; write a UTC date or unix seconds", self.text(0, *column));
                Err(self.cell(0, *column, problem))
            }
            Times::Absent => Err(self.wrong(format!(
                "no time column: column `unix_time` is missing; the header has: {}",
                self.header.join(", ")
            ))),
        }
    }
}

fn is_number(cell: &str) -> bool {
    !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit())
}
