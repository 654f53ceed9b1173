//! Cells of a CSV text.

use crate::EngineCliError;

const MISSING: [&str; 6] = ["", "nan", "na", "n/a", "null", "none"];

/// A row: its line, the first being 1, and its cells.
pub type Row = (u64, Vec<String>);

/// Whether a cell says that there is no value.
pub fn is_missing(cell: &str) -> bool {
    MISSING.contains(&cell.to_ascii_lowercase().as_str())
}

/// Whether a cell is a value rather than a name: a number, a percentage, or nothing.
pub fn is_value(cell: &str) -> bool {
    is_missing(cell)
        || cell.parse::<f64>().is_ok()
        || cell.strip_suffix('%').is_some_and(|n| n.parse::<f64>().is_ok())
}

/// Rows of `text`, whose cells a comma, a semicolon or a tab separates. In a table of one column a blank line is a missing
/// value (but not at the end), otherwise it is nothing. All rows are as long as the first.
pub fn rows(source: &str, text: &str) -> Result<Vec<Row>, EngineCliError> {
    let text = text.trim_start_matches('\u{feff}');
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
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut rows: Vec<Row> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| EngineCliError::input(format!("{source}: {error}")))?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() == 1 && record.get(0).is_some_and(str::is_empty) {
            continue;
        }
        if let Some((_, first)) = rows.first().filter(|(_, first)| first.len() != record.len()) {
            let (found, expected) = (record.len(), first.len());
            return Err(EngineCliError::input(format!(
                "{source}, row {line}: {found} cell(s), where the first row has {expected}"
            )));
        }
        rows.push((line, record.iter().map(Into::into).collect()));
    }
    Ok(rows)
}
