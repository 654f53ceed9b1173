use ballast_engine::data::{Column, Table};

use super::Args;
use crate::EngineCliError;
use crate::commands::forecast::frame::{TIME_NAMES, time_of};

/// One column of numbers and the line that each stands in.
pub(super) struct Series {
    pub source: String,
    pub column: String,
    pub values: Vec<f64>,
    pub rows: Vec<u64>,
}

/// The column that `args` name, or the only one besides time. Time, where there is a column of it, must advance.
pub(super) fn read(args: &Args, text: &str) -> Result<Series, EngineCliError> {
    let table = Table::parse(&args.source.name(), text).map_err(EngineCliError::input)?;
    let wrong = |problem: String| EngineCliError::Input(format!("{}: {problem}", table.file()));
    let header = table.header();
    if header.iter().all(|name| name.parse::<f64>().is_ok()) {
        return Err(wrong(
            "the first line holds numbers; a header with the columns' names is expected".into(),
        ));
    }
    let is_time = |name: &str| TIME_NAMES.contains(&name);
    let others: Vec<&String> = header.iter().filter(|name| !is_time(name)).collect();
    let name = match (&args.column, others.as_slice()) {
        (Some(name), _) => name.clone(),
        (None, [only]) => (*only).clone(),
        (None, _) => {
            return Err(wrong(format!("--column is missing; the header has: {}", header.join(", "))));
        }
    };
    let column = table.column(&name).map_err(EngineCliError::input)?;
    let time: Option<Column> = header
        .iter()
        .find(|other| is_time(other) && **other != name)
        .map(|time| table.column(time))
        .transpose()
        .map_err(EngineCliError::input)?;
    let mut series =
        Series { source: table.file().into(), column: name, values: Vec::new(), rows: Vec::new() };
    let mut previous = None;
    for row in table.rows() {
        if let Some(time) = &time {
            let ts = time_of(&row, time).map_err(EngineCliError::input)?;
            row.check_order(previous, ts).map_err(EngineCliError::input)?;
            previous = Some(ts);
        }
        series.values.push(row.number_at(&column).map_err(EngineCliError::input)?);
        series.rows.push(row.number());
    }
    Ok(series)
}

impl Series {
    /// An error of the whole column.
    pub fn wrong(&self, problem: impl std::fmt::Display) -> EngineCliError {
        EngineCliError::Input(format!("{}, column `{}`: {problem}", self.source, self.column))
    }

    /// An error at one value.
    pub fn wrong_at(&self, index: usize, problem: impl std::fmt::Display) -> EngineCliError {
        let row = self.rows.get(index).copied().unwrap_or_default();
        EngineCliError::Input(format!("{}, row {row}, column `{}`: {problem}", self.source, self.column))
    }
}
