use ballast_engine::time::{TIME_COLUMNS, parse_utc};
use serde::Deserialize;
use serde_json::Value;

use super::observations::{Column, Observations, columns_of};
use super::settings::{Request, Settings};
use super::{Args, Corners, Kind, ModelChoice, Span, TargetChoice};
use crate::{EngineCliError, json};

/// A request as JSON. A bare array is taken as its `series`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    kind: Option<Kind>,
    #[serde(alias = "horizon")]
    horizon_secs: Option<Value>,
    model: Option<ModelChoice>,
    target: Option<TargetChoice>,
    #[serde(alias = "step")]
    step_secs: Option<Value>,
    window_rows: Option<usize>,
    refit_rows: Option<usize>,
    reserve: Option<Reserve>,
    #[serde(default, alias = "points", alias = "history")]
    series: Vec<Value>,
    /// Written by DefiLlama's API beside `data`.
    status: Option<String>,
    /// DefiLlama's chart of a pool: `timestamp` and `apy`, which is percent.
    #[serde(default)]
    data: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reserve {
    /// Corners: `[utilisation_bps, rate_bps]` or objects with these names.
    #[serde(alias = "points")]
    curve: Vec<Corner>,
    #[serde(default)]
    take_bps: u16,
    supplied_atoms: Option<u64>,
    ours_atoms: Option<u64>,
    after_atoms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Corner {
    Pair(u32, u32),
    Named { utilisation_bps: u32, rate_bps: u32 },
}

/// From JSON text; what `args` say goes before what the document says.
pub(super) fn request(args: &Args, name: &str, text: &str) -> Result<Request, EngineCliError> {
    let wrong = |problem: String| EngineCliError::Input(format!("{name}: {problem}"));
    let document = if text.trim_start_matches('\u{feff}').trim_start().starts_with('[') {
        let series = json::parse(text).map_err(wrong)?;
        Document { series, ..Document::default() }
    } else {
        json::parse(text).map_err(wrong)?
    };
    let mut document = document;
    let is_chart = !document.data.is_empty();
    if is_chart && !document.series.is_empty() {
        return Err(wrong("give `series` or `data`, not both".into()));
    }
    if is_chart {
        document.series = chart(std::mem::take(&mut document.data)).map_err(wrong)?;
        document.kind = document.kind.or(Some(Kind::Rate));
    } else if let Some(status) = document.status.filter(|_| document.series.is_empty()) {
        return Err(wrong(format!("`data` is missing or empty (status {status:?})")));
    }
    let kind = args
        .kind
        .or(document.kind)
        .ok_or_else(|| wrong("`kind` is missing: utilisation, rate, lending, lp or staking".into()))?;
    let observations = observations(kind, name, &document.series)?;
    let span = |value: Option<&Value>, field: &str| -> Result<Option<Span>, EngineCliError> {
        let text = match value {
            None => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        text.parse().map(Some).map_err(|error| wrong(format!("`{field}`: {error}")))
    };
    let mut merged = args.clone();
    merged.horizon = args.horizon.or(span(document.horizon_secs.as_ref(), "horizon_secs")?);
    merged.step = args.step.or(span(document.step_secs.as_ref(), "step_secs")?);
    merged.model = args.model.or(document.model);
    merged.target = args.target.or(document.target);
    merged.window = args.window.or(document.window_rows);
    merged.refit = args.refit.or(document.refit_rows);
    if let Some(reserve) = document.reserve {
        let corners = reserve.curve.iter().map(|corner| match corner {
            Corner::Pair(utilisation, rate) => (*utilisation, *rate),
            Corner::Named { utilisation_bps, rate_bps } => (*utilisation_bps, *rate_bps),
        });
        merged.curve = args.curve.clone().or(Some(Corners(corners.collect())));
        merged.take_bps = args.take_bps.or(Some(reserve.take_bps));
        merged.supplied = args.supplied.or(reserve.supplied_atoms);
        merged.ours = args.ours.or(reserve.ours_atoms);
        merged.after = args.after.or(reserve.after_atoms);
    }
    Ok(Request { settings: Settings::new(&merged, kind, &observations.times)?, observations })
}

/// Rows of DefiLlama's chart as rates: percent become fractions; a day without a figure is left out.
fn chart(data: Vec<Value>) -> Result<Vec<Value>, String> {
    let mut rows = Vec::with_capacity(data.len());
    for (index, row) in data.into_iter().enumerate() {
        let time = row.get("timestamp").cloned().ok_or(format!("data[{index}]: `timestamp` is missing"))?;
        let percent = match row.get("apy") {
            None => return Err(format!("data[{index}]: `apy` is missing")),
            Some(Value::Null) => continue,
            Some(value) => value.as_f64().ok_or(format!("data[{index}]: `apy` is {value}, not a number"))?,
        };
        rows.push(serde_json::json!({ "timestamp": time, "rate": percent / 100.0 }));
    }
    Ok(rows)
}

/// Unix seconds, or a UTC time as text.
fn time_of(value: &Value) -> Result<i64, String> {
    match value {
        Value::String(text) => parse_utc(text).map_err(|error| error.to_string()),
        value => value.as_i64().ok_or_else(|| format!("{value} is not whole unix seconds")),
    }
}

fn observations(kind: Kind, name: &str, series: &[Value]) -> Result<Observations, EngineCliError> {
    if series.is_empty() {
        return Err(EngineCliError::Input(format!("{name}: `series` is missing or empty")));
    }
    let wanted = columns_of(kind);
    let mut found = Observations { source: name.into(), ..Observations::default() };
    for (index, row) in series.iter().enumerate() {
        let place = format!("series[{index}]");
        let wrong = |problem: String| EngineCliError::Input(format!("{name}, {place}: {problem}"));
        let number = |value: &Value, what: &str| {
            value.as_f64().ok_or_else(|| wrong(format!("`{what}` is {value}, not a number")))
        };
        let mut cells: Vec<(&'static str, &str, f64)> = Vec::new();
        let time = match row {
            Value::Array(pair) => match (pair.as_slice(), wanted.first()) {
                ([time, value], Some(column)) if kind != Kind::Lp => {
                    cells.push((column.name, column.name, number(value, column.name)?));
                    time
                }
                _ => return Err(wrong("a row is [unix_time, value], or an object with named fields".into())),
            },
            Value::Object(fields) => {
                for column in &wanted {
                    let given = std::iter::once(&column.name)
                        .chain(column.aliases)
                        .find_map(|name| fields.get_key_value(*name));
                    match given {
                        Some((field, value)) => cells.push((column.name, field, number(value, field)?)),
                        None if column.required => {
                            let there: Vec<&str> = fields.keys().map(String::as_str).collect();
                            let (name, there) = (column.name, there.join(", "));
                            return Err(wrong(format!("`{name}` is missing; the row has: {there}")));
                        }
                        None => {}
                    }
                }
                let time = TIME_COLUMNS.iter().find_map(|name| fields.get(*name));
                time.ok_or_else(|| wrong("`unix_time` is missing".into()))?
            }
            _ => return Err(wrong("a row is [unix_time, value], or an object with named fields".into())),
        };
        let ts = time_of(time).map_err(wrong)?;
        if let Some(previous) = found.times.last().filter(|previous| **previous >= ts) {
            let problem = if *previous == ts { "duplicate time" } else { "time goes backwards" };
            return Err(wrong(format!("{problem} ({ts}, after {previous})")));
        }
        if index == 0 {
            let column = |(name, field, _): &(&'static str, &str, f64)| Column {
                name,
                label: format!("`{field}`"),
                values: Vec::new(),
            };
            found.columns = cells.iter().map(column).collect();
        }
        if cells.len() != found.columns.len() {
            return Err(wrong("its fields are not those of the first row".into()));
        }
        for ((name, _, value), column) in cells.into_iter().zip(&mut found.columns) {
            if name != column.name {
                return Err(wrong("its fields are not those of the first row".into()));
            }
            column.values.push(value);
        }
        found.times.push(ts);
        found.places.push(place);
    }
    Ok(found)
}
