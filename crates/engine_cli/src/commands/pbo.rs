//! `ballast engine pbo`

use std::io::Read;

use ballast_engine::stats::overfitting::{Metric, Overfitting, OverfittingError, cscv};
use clap::ValueEnum;
use serde::Serialize;

use crate::EngineCliError;
use crate::frame::Frame;
use crate::input::{Source, answer};

/// Arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// Blocks that the rows are cut into, even
    #[arg(long, short, default_value_t = 16, allow_negative_numbers = true)]
    splits: usize,
    /// What makes one trial better than another
    #[arg(long, value_enum, default_value_t = Score::Sharpe)]
    metric: Score,
    /// Give the logit of every combination too
    #[arg(long)]
    emit_logits: bool,
}

/// A metric by name.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Score {
    /// Mean over standard deviation, per period
    #[value(alias = "sharpe-ratio", alias = "sharpe_ratio")]
    Sharpe,
    /// Mean return
    Mean,
}

#[derive(Serialize)]
struct Answer {
    metric: Metric,
    rows: usize,
    #[serde(flatten)]
    found: Overfitting,
    /// How often each trial was best in sample, most often first.
    selections: Vec<Selection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logit_values: Option<Vec<f64>>,
}

#[derive(Serialize)]
struct Selection {
    trial: String,
    times: usize,
}

/// Reads, computes, answers.
pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    let frame = Frame::read(&args.source, standard)?;
    let names = frame.names();
    let trials = frame.complete_columns(&names)?;
    let metric = match args.metric {
        Score::Sharpe => Metric::Sharpe,
        Score::Mean => Metric::Mean,
    };
    let found = cscv(&trials, args.splits, metric).map_err(|error| {
        let named = match &error {
            OverfittingError::Constant { trial, .. } => {
                trial.checked_sub(1).and_then(|index| names.get(index))
            }
            _ => None,
        };
        match named {
            Some(name) => frame.in_column(name, error),
            None => frame.wrong(error),
        }
    })?;
    let mut selections: Vec<Selection> = names
        .iter()
        .zip(&found.selected)
        .filter(|(_, times)| **times > 0)
        .map(|(name, times)| Selection { trial: name.clone(), times: *times })
        .collect();
    // Stable: equally frequent ones stay in the order of the columns.
    selections.sort_by_key(|selection| std::cmp::Reverse(selection.times));
    let logit_values = args.emit_logits.then(|| found.logits.values.clone());
    answer(&Answer { metric, rows: frame.len(), found, selections, logit_values })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::asked;

    fn ask(line: &str, input: &str) -> Result<Value, EngineCliError> {
        asked::ask(run, line.split_whitespace(), input)
    }

    fn table(trials: usize, rows: usize) -> String {
        let header: Vec<String> = (0..trials).map(|trial| format!("t{trial}")).collect();
        let cell = |row: usize, trial: usize| {
            ((row * 7_919 + trial * 104_729 + row * trial * 31) % 1_009) as f64 / 1e4 - 0.05
        };
        let line =
            |row: usize| (0..trials).map(|trial| cell(row, trial).to_string()).collect::<Vec<_>>().join(",");
        let rows: Vec<String> = (0..rows).map(line).collect();
        format!("{}\n{}\n", header.join(","), rows.join("\n"))
    }

    #[test]
    fn answers_all_combinations() {
        let found = ask("--emit-logits", &table(6, 200)).unwrap();
        assert_eq!((found["combinations"].as_u64(), found["rows_dropped"].as_u64()), (Some(12_870), Some(8)));
        let pbo = found["pbo"].as_f64().unwrap();
        let logits = found["logit_values"].as_array().unwrap();
        let counted = logits.iter().filter(|logit| logit.as_f64().unwrap() <= 0.0).count() as f64;
        assert!((pbo - counted / 12_870.0).abs() < 1e-12 && (0.0..=1.0).contains(&pbo));
        let times: u64 =
            found["selections"].as_array().unwrap().iter().map(|s| s["times"].as_u64().unwrap()).sum();
        assert_eq!(times, 12_870);
        assert!(found["performance_degradation"]["slope"].is_number());
        assert_eq!(ask("--splits 4 --metric mean", &table(3, 8)).unwrap()["combinations"], 6);
    }

    #[test]
    fn bad_input_is_named() {
        for (line, input, expected) in [
            ("", "", "no data rows"),
            ("--splits 4", "a\n1\n2\n3\n4\n", "1 trial(s)"),
            ("--splits 5", &table(3, 30), "even number"),
            ("--splits 40", &table(3, 300), "even number"),
            ("", &table(3, 10), "10 row(s) for 16 splits"),
            ("--splits 2", "a,b\n0.1,0.2\n0.1,\n0.1,0.2\n0.1,0.2\n", "row 3, column `b`: the cell is empty"),
            (
                "--splits 2",
                "a,b\n0.1,0.2\n0.1,0.3\n0.1,0.2\n0.1,0.4\n",
                "column `a`: trial 1 has the same return 0.1",
            ),
            ("--metric best", &table(3, 30), "best"),
        ] {
            let error = ask(line, input).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(expected), "{error} lacks {expected}");
        }
    }
}
