//! `fit --model ledoit-wolf`: the shrunk covariance of a table of returns.

use std::io::Read;

use ballast_engine::optimise::shrinkage::{ShrinkageTarget, ledoit_wolf};
use clap::ValueEnum;
use serde::Serialize;

use super::Args;
use crate::EngineCliError;
use crate::frame::Frame;
use crate::input::answer;

/// What only this model is asked.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Ledoit-Wolf: what the sample covariance is drawn toward [default: identity]
    #[arg(long, value_enum)]
    target: Option<Target>,
}

impl Options {
    /// The first that was given.
    pub(super) fn given(&self) -> Option<&'static str> {
        self.target.map(|_| "--target")
    }
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

pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    let frame = Frame::read(&args.source, standard)?;
    let names = frame.names();
    let returns = frame.complete_columns(&names)?;
    if frame.len() < 2 {
        return Err(frame.wrong(format!("{} rows of returns; two are the least", frame.len())));
    }
    let target = match args.ledoit_wolf.target.unwrap_or(Target::Identity) {
        Target::Identity => ShrinkageTarget::Identity,
        Target::ConstantCorrelation => ShrinkageTarget::ConstantCorrelation,
    };
    let columns: Vec<&[f64]> = returns.iter().map(Vec::as_slice).collect();
    let shrunk = ledoit_wolf(&columns, target).map_err(|error| frame.wrong(error))?;
    answer(&Answer {
        model: "ledoit-wolf",
        target,
        observations: frame.len(),
        assets: names,
        shrinkage: shrunk.shrinkage,
        covariance: shrunk.covariance.rows(),
    })
}

#[cfg(test)]
mod tests {
    use crate::commands::fit::tests::fitted;

    fn answered(text: &str, target: &str) -> Result<serde_json::Value, String> {
        fitted(&["--model", "ledoit-wolf", "--target", target], text)
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
    fn any_unit_will_do() {
        // Ten times the values, a hundred times the covariance, the same shrinkage: percent, or standard normal draws.
        let table = |unit: f64| {
            let rows = [[1.2, -0.4], [-2.5, 0.3], [0.7, 1.9], [3.1, -1.1]];
            let line = |row: &[f64; 2]| format!("{},{}\n", row[0] * unit, row[1] * unit);
            format!("a,b\n{}", rows.iter().map(line).collect::<String>())
        };
        let (one, ten) =
            (answered(&table(1.0), "identity").unwrap(), answered(&table(10.0), "identity").unwrap());
        let number = |found: &serde_json::Value| found.as_f64().unwrap();
        assert!((number(&one["shrinkage"]) - number(&ten["shrinkage"])).abs() < 1e-12);
        assert!((number(&one["covariance"][0][1]) * 100.0 - number(&ten["covariance"][0][1])).abs() < 1e-9);
    }

    #[test]
    fn a_table_needs_no_header() {
        let found = answered("0.1,0.2\n0.1,0.1\n0.3,0.2\n", "identity").unwrap();
        assert_eq!((&found["assets"], &found["observations"]), (&serde_json::json!(["1", "2"]), &3.into()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("", "no data rows"),
            ("a,b\n", ": no data rows"),
            ("a,b\n0.1,0.2\n", ": 1 rows of returns"),
            ("a,a\n0.1,0.2\n0.1,0.2\n", "column `a` appears twice"),
            ("a,\n0.1,0.2\n0.1,0.2\n", "column 2 has no name"),
            ("a,b\n0.1,0.2\n0.1,x\n", ", row 3, column `b`: \"x\" is not a number"),
            ("a,b\n0.1,0.2\n0.1,NaN\n", ", row 3, column `b`: NaN is not a finite"),
            ("a,b\n0.1,inf\n0.1,0.1\n", ", row 2, column `b`: inf"),
            ("a,b\n0.1,\n0.1,0.1\n", ", row 2, column `b`: the cell is empty"),
            ("a,b\n0.1\n0.1,0.1\n", ", row 2: 1 cell(s), where the first row has 2"),
            (
                "a,b\n1e300,0.1\n-1e300,0.1\n",
                ": columns 1 and 1: the covariance is beyond what floating point",
            ),
            ("time,a\n2,0.1\n1,0.2\n", ", row 3, column `time`: time goes backwards (1, after 2)"),
            (
                "date,a\n2026-01-01,0.1\n2026-01-01,0.2\n",
                "row 3, column `date`: duplicate time (2026-01-01, after 2026-01-01)",
            ),
            ("date\n2026-01-01\n", "no column of values"),
        ] {
            let found = answered(text, "identity").unwrap_err();
            assert!(
                found.starts_with("standard input") && found.contains(expected),
                "{found:?} lacks {expected:?}"
            );
        }
    }
}
