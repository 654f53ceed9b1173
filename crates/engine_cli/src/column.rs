//! One column of numbers out of a CSV table.

use crate::EngineCliError;

const TIME_COLUMNS: [&str; 5] = ["unix_time", "time", "timestamp", "ts", "date"];

/// A column in which every cell is a finite number.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name in the header; "1" for the only column of a table without one.
    pub name: String,
    /// Its values, in the file's order.
    pub values: Vec<f64>,
}

/// Reads `wanted`, or the only column that is not a time. `source` names the input in messages; rows are line numbers,
/// the header being line 1. A table whose first row is a lone number has no header. Times, where they are whole
/// numbers, must ascend.
pub fn read(text: &str, source: &str, wanted: Option<&str>) -> Result<Column, EngineCliError> {
    let wrong = |problem: String| EngineCliError::Input(format!("{source}: {problem}"));
    if text.trim().is_empty() {
        return Err(wrong("no data rows".into()));
    }
    let first = text.lines().next().unwrap_or("").trim();
    let has_header = first.parse::<f64>().is_err();
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).has_headers(has_header).from_reader(text.as_bytes());
    let header: Vec<String> = match has_header {
        true => reader.headers().map_err(|error| wrong(error.to_string()))?.iter().map(Into::into).collect(),
        false => vec!["1".into()],
    };
    let place = place_of(&header, wanted).map_err(wrong)?;
    let name = header.get(place).cloned().unwrap_or_default();
    let time = header.iter().position(|column| TIME_COLUMNS.contains(&column.as_str()));
    let mut values = Vec::new();
    let mut last: Option<i64> = None;
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        let row = index + 1 + usize::from(has_header);
        if let Some(ts) = time.and_then(|time| record.get(time)).and_then(|text| text.parse::<i64>().ok()) {
            if let Some(before) = last.filter(|before| *before >= ts) {
                let what = if before == ts { "duplicate time" } else { "time goes backwards" };
                return Err(wrong(format!("row {row}: {what} ({ts}, after {before})")));
            }
            last = Some(ts);
        }
        let cell = record.get(place).unwrap_or("");
        let value: f64 = match cell {
            "" => return Err(wrong(format!("row {row}, column `{name}`: the cell is empty"))),
            cell => cell
                .parse()
                .map_err(|_| wrong(format!("row {row}, column `{name}`: {cell:?} is not a number")))?,
        };
        if !value.is_finite() {
            return Err(wrong(format!("row {row}, column `{name}`: {cell} is not a finite number")));
        }
        values.push(value);
    }
    if values.is_empty() {
        return Err(wrong("no data rows".into()));
    }
    Ok(Column { name, values })
}

fn place_of(header: &[String], wanted: Option<&str>) -> Result<usize, String> {
    let all = || header.join(", ");
    if let Some(name) = wanted {
        let mut places = header.iter().enumerate().filter(|(_, column)| *column == name);
        return match (places.next(), places.next()) {
            (Some((place, _)), None) => Ok(place),
            (Some(_), Some(_)) => Err(format!("column `{name}` appears twice in the header")),
            (None, _) => Err(format!("column `{name}` is missing; the header has: {}", all())),
        };
    }
    let mut others = header.iter().enumerate().filter(|(_, column)| !TIME_COLUMNS.contains(&column.as_str()));
    match (others.next(), others.next()) {
        (Some((place, _)), None) => Ok(place),
        (Some(_), Some(_)) => {
            Err(format!("several columns: name one with --column; the header has: {}", all()))
        }
        (None, _) => Err(format!("no column of values; the header has: {}", all())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_column_that_is_meant() {
        let named = read("unix_time,r\n1,0.5\n2,-1e-3\n", "x", None).unwrap();
        assert_eq!(named, Column { name: "r".into(), values: vec![0.5, -1e-3] });
        assert_eq!(read("1\n2\n", "x", None).unwrap().values, vec![1.0, 2.0]);
        assert_eq!(read("a,b\n1,2\n", "x", Some("b")).unwrap().values, vec![2.0]);
    }

    #[test]
    fn every_refusal_names_its_place() {
        let cases = [
            ("a,b\n1,2\n", None, "file.csv: several columns: name one with --column; the header has: a, b"),
            ("a,b\n1,2\n", Some("c"), "column `c` is missing; the header has: a, b"),
            ("a,a\n1,2\n", Some("a"), "column `a` appears twice"),
            ("a\n1\nx\n", None, "row 3, column `a`: \"x\" is not a number"),
            ("a\n1\nNaN\n", None, "row 3, column `a`: NaN is not a finite number"),
            ("a\n-inf\n", None, "row 2, column `a`: -inf is not a finite number"),
            ("ts,a\n1,1\n2,\n", None, "row 3, column `a`: the cell is empty"),
            ("ts,a\n1,1\n1,2\n", None, "row 3: duplicate time"),
            ("ts,a\n2,1\n1,2\n", None, "row 3: time goes backwards"),
            ("a\n", None, "no data rows"),
            ("", None, "no data rows"),
            ("time\n1\n", None, "no column of values"),
        ];
        for (text, wanted, expected) in cases {
            let error = read(text, "file.csv", wanted).unwrap_err().to_string();
            assert!(error.contains(expected), "{text:?}: {error:?} lacks {expected:?}");
        }
    }
}
