//! The history that market factors are resampled from: joint changes of its columns from one step to the next.

use super::ScenarioError;
use crate::data::{Column, DataError, Table};
use crate::time::time_column;

/// What a column holds, which decides what a change is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Prices, above zero: changes are log returns.
    #[default]
    Price,
    /// Annual rates, fractions: changes are differences.
    Rate,
}

/// A column to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Its name in the header.
    pub column: String,
    /// What it holds.
    pub measure: Measure,
}

/// Joint changes, a row a step; only steps at both ends of which every column was observed.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// Names, in the order of each row.
    pub columns: Vec<Wanted>,
    /// Length of a step, seconds.
    pub step_secs: i64,
    /// Changes, row by row.
    pub changes: Vec<Vec<f64>>,
    /// Last observed level of each column.
    pub last: Vec<f64>,
    /// Steps left out because a value was missing at an end, or time skipped.
    pub skipped: usize,
}

/// Fewest joint changes worth resampling.
pub const MIN_CHANGES: usize = 30;
/// An annual rate above this is taken for a percentage.
const PLAUSIBLE_RATE: f64 = 1.5;

/// A row of levels: its line, its time, and every wanted column or nothing.
struct Levels {
    ts: i64,
    values: Option<Vec<f64>>,
}

impl History {
    /// Reads CSV text with a header, which messages call `name`. With a time column (unix seconds or UTC dates) rows must
    /// ascend and are sampled every `step_secs` from the first; without one, every row is one step. An empty cell is no
    /// observation.
    ///
    /// # Errors
    /// A step that is not above zero; what cannot be read, by row and column; fewer than 30 joint changes.
    pub fn from_csv(
        name: &str,
        text: &str,
        columns: &[Wanted],
        step_secs: i64,
    ) -> Result<Self, ScenarioError> {
        if step_secs <= 0 {
            return Err(ScenarioError::field("history.step_secs", format!("{step_secs} is not above zero")));
        }
        let levels = read(name, text, columns, step_secs)
            .map_err(|error| ScenarioError::History(error.to_string()))?;
        let first = levels.first().map_or(0, |row| row.ts);
        let on_grid: Vec<&Levels> =
            levels.iter().filter(|row| (row.ts - first).rem_euclid(step_secs) == 0).collect();
        let mut history =
            Self { columns: columns.to_vec(), step_secs, changes: Vec::new(), last: Vec::new(), skipped: 0 };
        for (before, after) in on_grid.iter().zip(on_grid.iter().skip(1)) {
            match (&before.values, &after.values) {
                (Some(a), Some(b)) if after.ts - before.ts == step_secs => {
                    let change =
                        columns.iter().zip(a.iter().zip(b)).map(|(wanted, (a, b))| match wanted.measure {
                            Measure::Price => (b / a).ln(),
                            Measure::Rate => b - a,
                        });
                    history.changes.push(change.collect());
                }
                _ => history.skipped += 1,
            }
        }
        if history.changes.len() < MIN_CHANGES {
            return Err(ScenarioError::History(format!(
                "{name}: {} steps of {step_secs} s with all of {}: at least {MIN_CHANGES} are needed",
                history.changes.len(),
                columns.iter().map(|wanted| wanted.column.as_str()).collect::<Vec<_>>().join(", "),
            )));
        }
        let newest = levels.iter().rev().find_map(|row| row.values.clone());
        history.last = newest.unwrap_or_default();
        Ok(history)
    }

    /// One column's changes.
    pub fn column(&self, index: usize) -> Vec<f64> {
        self.changes.iter().filter_map(|row| row.get(index).copied()).collect()
    }
}

fn read(name: &str, text: &str, columns: &[Wanted], step_secs: i64) -> Result<Vec<Levels>, DataError> {
    let table = Table::parse(name, text)?;
    let places: Vec<Column> =
        columns.iter().map(|wanted| table.column(&wanted.column)).collect::<Result<_, _>>()?;
    let header = table.header();
    let time = time_column(header).and_then(|place| header.get(place));
    let time = time.map(|name| table.column(name)).transpose()?;
    let mut rows: Vec<Levels> = Vec::new();
    let mut large_rates = vec![0usize; columns.len()];
    for (index, row) in table.rows().enumerate() {
        let ts = match &time {
            None => i64::try_from(index).unwrap_or(i64::MAX).saturating_mul(step_secs),
            Some(time) => {
                let ts = row.date_at(time)?;
                row.check_order(time, rows.last().map(|last| last.ts), ts)?;
                ts
            }
        };
        let mut values = Vec::with_capacity(columns.len());
        for ((wanted, place), large) in columns.iter().zip(&places).zip(&mut large_rates) {
            let Some(value) = row.optional_number_at(place)? else { continue };
            match wanted.measure {
                Measure::Price if value <= 0.0 => {
                    return Err(row.problem(place, format!("a price of {value} is not positive")));
                }
                Measure::Rate if value > PLAUSIBLE_RATE => *large += 1,
                _ => {}
            }
            values.push(value);
        }
        rows.push(Levels { ts, values: (values.len() == columns.len()).then_some(values) });
    }
    let percent = places.iter().zip(&large_rates).find(|(_, large)| **large * 2 > rows.len());
    match (percent, table.rows().next()) {
        (Some((place, _)), Some(first)) => Err(first.problem(
            place,
            format!(
                "most rates are above {PLAUSIBLE_RATE}: it reads like percent where fractions are expected"
            ),
        )),
        _ => Ok(rows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(column: &str) -> Wanted {
        Wanted { column: column.into(), measure: Measure::Price }
    }

    fn table(rows: impl IntoIterator<Item = String>) -> String {
        std::iter::once("unix_time,a,b\n".to_owned()).chain(rows).collect()
    }

    #[test]
    fn changes_are_joint_and_gaps_are_counted() {
        let rows = (0..100).filter(|i| *i != 50).map(|i| {
            let b = if i == 70 { String::new() } else { format!("{}", 100 + i % 3) };
            format!("{},{},{b}\n", 1_700_000_000 + i * 3_600, 10 + i % 2)
        });
        let text = table(rows);
        let history = History::from_csv("h.csv", &text, &[price("a"), price("b")], 3_600).unwrap();
        // 98 pairs of neighbours, one across the hole, two with an empty cell.
        assert_eq!((history.changes.len(), history.skipped), (95, 3));
        assert!((history.changes[0][0] - 1.1f64.ln()).abs() < 1e-12);
        assert_eq!(history.last, vec![11.0, 100.0]);
        // Every second row: `a` does not change.
        let sampled = History::from_csv("h.csv", &text, &[price("a")], 7_200).unwrap();
        assert!(sampled.column(0).iter().all(|change| *change == 0.0));
    }

    #[test]
    fn every_refusal_names_its_place() {
        let long =
            |bad: &str| table((0..40).map(|i| format!("{},1,2\n", 1_700_000_000 + i)).chain([bad.into()]));
        let cases = [
            (long("1700000039,1,2\n"), "row 42, column `unix_time`: duplicate time"),
            (long("1600000000,1,2\n"), "row 42, column `unix_time`: time goes backwards"),
            (long("1700000099,0,2\n"), "row 42, column `a`: a price of 0 is not positive"),
            (long("1700000099,inf,2\n"), "row 42, column `a`: inf is not a finite number"),
            (long("1700000099,NaN,2\n"), "row 42, column `a`: NaN is not a finite number"),
            (long("1700000099,x,2\n"), "row 42, column `a`: \"x\" is not a number"),
            (long("17.5,1,2\n"), "row 42, column `unix_time`: \"17.5\" is not whole unix seconds"),
            ("unix_time,b\n1,2\n".into(), "column `a` is missing; the header has: unix_time, b"),
            ("unix_time,a,a\n1,2,3\n".into(), "column `a` appears twice"),
            ("date,a\n2024-01-02,1\n2024-01-01,1\n".into(), "row 3, column `date`: time goes backwards"),
            ("unix_time,a\n".into(), "no data rows"),
            ("unix_time,a\n1700000000,2\n".into(), "0 steps of 1 s with all of a: at least 30"),
        ];
        for (text, expected) in cases {
            let error = History::from_csv("h.csv", &text, &[price("a")], 1).unwrap_err().to_string();
            assert!(error.starts_with("history: h.csv"), "{error:?}");
            assert!(error.contains(expected), "{error:?} lacks {expected:?}");
        }
        let percent = table((0..40).map(|i| format!("{},4.5,2\n", 1_700_000_000 + i)));
        let rate = Wanted { column: "a".into(), measure: Measure::Rate };
        assert!(
            History::from_csv("h.csv", &percent, &[rate], 1).unwrap_err().to_string().contains("percent")
        );
    }
}
