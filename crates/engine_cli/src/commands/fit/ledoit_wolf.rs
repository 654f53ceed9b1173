//! `fit --model ledoit-wolf`: the shrunk covariance of a table of returns.

use std::io::Read;

use ballast_engine::optimise::shrinkage::{ShrinkageTarget, ledoit_wolf};
use clap::ValueEnum;
use serde::Serialize;

use super::Args;
use crate::EngineCliError;
use crate::input::answer;

/// Columns that say when, not how much.
const TIME_COLUMNS: [&str; 7] = ["unix_time", "time", "timestamp", "ts", "date", "datetime", "day"];

/// What only this model is asked.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Ledoit-Wolf: what the sample covariance is drawn toward
    #[arg(long, value_enum, default_value = "identity")]
    target: Target,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Target {
    /// Mean variance times identity (2004)
    Identity,
    /// Own variances, mean correlation (2003)
    ConstantCorrelation,
}

#[derive(Serialize)]
struct Answer {
    model: &'static str,
    target: ShrinkageTarget,
    observations: usize,
    assets: Vec<String>,
    shrinkage: f64,
    covariance: Vec<Vec<f64>>,
}

/// A table of returns, by column.
struct Returns {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
}

pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    let name = args.source.name();
    let returns = parse(&args.source.text(standard)?)
        .map_err(|problem| EngineCliError::Input(format!("{name}{problem}")))?;
    let target = match args.ledoit_wolf.target {
        Target::Identity => ShrinkageTarget::Identity,
        Target::ConstantCorrelation => ShrinkageTarget::ConstantCorrelation,
    };
    let columns: Vec<&[f64]> = returns.columns.iter().map(Vec::as_slice).collect();
    let shrunk =
        ledoit_wolf(&columns, target).map_err(|error| EngineCliError::Input(format!("{name}: {error}")))?;
    answer(&Answer {
        model: "ledoit-wolf",
        target,
        observations: columns.first().map_or(0, |column| column.len()),
        assets: returns.names,
        shrinkage: shrunk.shrinkage,
        covariance: shrunk.covariance.rows(),
    })
}

/// Header, then numbers in every cell but those of a time column, which must rise. Problems begin with the place.
fn parse(text: &str) -> Result<Returns, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header: Vec<String> =
        reader.headers().map_err(|error| format!(": {error}"))?.iter().map(Into::into).collect();
    for (at, column) in header.iter().enumerate() {
        if header.iter().take(at).any(|other| other == column) {
            return Err(format!(": column `{column}` appears twice in the header"));
        }
        if column.parse::<f64>().is_ok() {
            return Err(format!(": the first row must name the columns; `{column}` is a number"));
        }
    }
    let timed =
        header.iter().map(|name| TIME_COLUMNS.contains(&name.to_lowercase().as_str())).collect::<Vec<bool>>();
    let names: Vec<String> =
        header.iter().zip(&timed).filter(|(_, time)| !**time).map(|(name, _)| name.clone()).collect();
    if names.is_empty() {
        return Err(": there is no column of returns".into());
    }
    let mut columns = vec![Vec::new(); names.len()];
    let mut last_time: Option<String> = None;
    for record in reader.records() {
        let record = record.map_err(|error| format!(": {error}"))?;
        let row = record.position().map_or(0, csv::Position::line);
        let mut next = columns.iter_mut();
        for ((cell, name), time) in record.iter().zip(&header).zip(&timed) {
            let place = format!(", row {row}, column `{name}`");
            if *time {
                check_time(&place, last_time.as_deref(), cell)?;
                last_time = Some(cell.into());
                continue;
            }
            let value: f64 = match cell {
                "" => return Err(format!("{place}: the cell is empty")),
                cell => cell.parse().map_err(|_| format!("{place}: `{cell}` is not a number"))?,
            };
            if !value.is_finite() {
                return Err(format!("{place}: {value} is not a finite number"));
            }
            if value < -1.0 {
                return Err(format!(
                    "{place}: a return of {value} loses more than everything; returns are fractions, 0.01 is 1%"
                ));
            }
            if let Some(column) = next.next() {
                column.push(value);
            }
        }
    }
    let rows = columns.first().map_or(0, Vec::len);
    if rows < 2 {
        return Err(format!(": {rows} rows of returns; two are the least"));
    }
    Ok(Returns { names, columns })
}

/// Times must rise; as numbers where they are numbers, else as text, which ISO dates sort by.
fn check_time(place: &str, last: Option<&str>, cell: &str) -> Result<(), String> {
    let Some(last) = last else { return Ok(()) };
    let order = match (last.parse::<f64>(), cell.parse::<f64>()) {
        (Ok(before), Ok(now)) => before.total_cmp(&now),
        _ => last.cmp(cell),
    };
    match order {
        std::cmp::Ordering::Less => Ok(()),
        std::cmp::Ordering::Equal => Err(format!("{place}: `{cell}` appears twice")),
        std::cmp::Ordering::Greater => {
            Err(format!("{place}: `{cell}` comes after `{last}`; times must rise"))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::commands::fit;

    fn answered(text: &str, target: &str) -> Result<serde_json::Value, String> {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            args: fit::Args,
        }
        let line: Line = clap::Parser::parse_from(["fit", "--model", "ledoit-wolf", "--target", target]);
        let answer = fit::run(&line.args, &mut text.as_bytes()).map_err(|error| {
            assert_eq!(error.exit_code(), 2);
            error.to_string()
        });
        answer.map(|text| serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn shrinks_what_it_is_given() {
        let text =
            "unix_time,a,b\n1,.01,.012\n2,-.01,-.008\n3,.02,.022\n4,0,-.003\n5,-.03,-.02\n6,.015,.02\n";
        let found = answered(text, "identity").unwrap();
        // scikit-learn 1.9.1: LedoitWolf().fit on the same six rows.
        assert!((found["shrinkage"].as_f64().unwrap() - 0.32105153324459224).abs() < 1e-12, "{found}");
        assert!(
            (found["covariance"][0][1].as_f64().unwrap() / 0.00017209457664286372 - 1.0).abs() < 1e-9,
            "{found}"
        );
        assert_eq!(found["assets"], serde_json::json!(["a", "b"]));
        assert_eq!(found["observations"], 6);
        assert_eq!(answered(text, "constant-correlation").unwrap()["target"], "constant_correlation");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("", "there is no column"),
            ("a,b\n", ": 0 rows"),
            ("a,b\n0.1,0.2\n", ": 1 rows of returns"),
            ("a,a\n0.1,0.2\n0.1,0.2\n", "column `a` appears twice"),
            ("0.1,0.2\n0.1,0.2\n", "`0.1` is a number"),
            ("a,b\n0.1,0.2\n0.1,x\n", ", row 3, column `b`: `x` is not a number"),
            ("a,b\n0.1,0.2\n0.1,NaN\n", ", row 3, column `b`: NaN is not a finite"),
            ("a,b\n0.1,inf\n0.1,0.1\n", ", row 2, column `b`: inf"),
            ("a,b\n0.1,\n0.1,0.1\n", ", row 2, column `b`: the cell is empty"),
            ("a,b\n0.1\n0.1,0.1\n", "record 1"),
            ("a\n-2.5\n3\n", ", row 2, column `a`: a return of -2.5 loses more than everything"),
            ("time,a\n2,0.1\n1,0.2\n", ", row 3, column `time`: `1` comes after `2`"),
            ("date,a\n2026-01-01,0.1\n2026-01-01,0.2\n", "`2026-01-01` appears twice"),
            ("date\n2026-01-01\n", "no column of returns"),
        ] {
            let found = answered(text, "identity").unwrap_err();
            assert!(
                found.starts_with("standard input") && found.contains(expected),
                "{found:?} lacks {expected:?}"
            );
        }
    }
}
