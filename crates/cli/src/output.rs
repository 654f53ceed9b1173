//! Tables for people, JSON for machines.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use serde::Serialize;

use crate::error::CliError;

/// Prints `value` as JSON, or what `human` makes of it.
pub fn show<T: Serialize>(json: bool, value: &T, human: impl FnOnce(&T) -> String) -> Result<(), CliError> {
    let text =
        if json { serde_json::to_string_pretty(value).map_err(CliError::environment)? } else { human(value) };
    print(&text)
}

/// Prints a line; a reader that went away (a closed pipe) is no failure.
fn print(text: &str) -> Result<(), CliError> {
    use std::io::{ErrorKind, Write};
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::environment(error)),
        _ => Ok(()),
    }
}

/// A figure for people, or the word for one that is not known: never a nought in its place.
pub fn figure<T>(value: Option<T>, format: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), format)
}

/// What stands in place of a figure that lacks an input.
pub const UNKNOWN: &str = "not known";

/// Which way a column leans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table with headings.
pub fn table(columns: &[(&str, Align)], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(columns.iter().map(|(title, _)| *title));
    for row in rows {
        let cells = row.into_iter().zip(columns).map(|(text, (_, align))| {
            Cell::new(text).set_alignment(match align {
                Align::Left => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            })
        });
        table.add_row(cells);
    }
    table.to_string()
}

/// Names and values, one pair a line, the values lined up.
pub fn fields(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let lines: Vec<String> = pairs
        .iter()
        .map(|(name, value)| {
            let pad = " ".repeat(width.saturating_sub(name.chars().count()));
            format!("{name}{pad}  {value}")
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_line_up() {
        assert_eq!(fields(&[("a", "1".into()), ("long", "2".into())]), "a     1\nlong  2");
    }

    #[test]
    fn tables_have_headings_and_rows() {
        let text = table(&[("Vault", Align::Left), ("Assets", Align::Right)], [vec!["v".into(), "1".into()]]);
        assert!(text.contains("Vault") && text.contains("Assets") && text.contains(" v "), "{text}");
    }
}
