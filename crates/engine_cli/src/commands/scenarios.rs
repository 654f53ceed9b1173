//! `ballast engine scenarios`

use std::io::Read;

use ballast_engine::scenario::{History, ScenarioSpec, analyse, calibration_table, wanted_columns};

use crate::EngineCliError;
use crate::input::{Source, answer};

/// Arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// Print the calibration table of jumps (with its grounds) instead of making scenarios
    #[arg(long)]
    table: bool,
    /// Add the canonical bytes in hexadecimal
    #[arg(long)]
    hex: bool,
}

/// Reads, computes, answers.
pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    if args.table {
        return answer(&calibration_table());
    }
    let source = args.source.name();
    let wrong = |error: &dyn std::fmt::Display| EngineCliError::Input(format!("{source}: {error}"));
    let spec: ScenarioSpec = args.source.json(standard)?;
    let checked = spec.check().map_err(|error| wrong(&error))?;
    let wanted = wanted_columns(&checked.factors);
    let history = match &spec.history {
        None => None,
        Some(_) if wanted.is_empty() => {
            return Err(wrong(&"history: no factor has a market with a column of it"));
        }
        Some(from) => {
            let source = Source { input: Some((&from.path).into()) };
            let text =
                source.text(standard).map_err(|error| EngineCliError::Input(format!("history: {error}")))?;
            let history = History::from_csv(&from.path, &text, &wanted, from.step_secs);
            Some(history.map_err(EngineCliError::input)?)
        }
    };
    let report = analyse(&spec, history.as_ref(), args.hex).map_err(|error| wrong(&error))?;
    answer(&report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asked;

    fn ask(json: &str) -> Result<serde_json::Value, EngineCliError> {
        asked::ask(run, ["--hex"], json)
    }

    #[test]
    fn answers_set_tails_and_sweep() {
        let spec = r#"{"strategies": [{"name": "a", "factors": ["venue:kamino", "issuer:circle"]}], "mix": {"a": 0.9},
            "count": 64, "horizon_days": 7}"#;
        let found = ask(spec).unwrap();
        assert_eq!(found["set"]["shocks_bps"].as_array().unwrap().len(), 64);
        assert_eq!(found["set"]["sha256"].as_str().unwrap().len(), 64);
        assert_eq!(found["sensitivity"].as_array().unwrap().len(), 12);
        assert!(found["mixes"][0]["cvar_bps"].as_u64().unwrap() > 0);
        assert_eq!(ask(spec).unwrap(), found);
        let table = run(&Args { source: Source::default(), table: true, hex: false }, &mut "".as_bytes());
        assert!(table.unwrap().contains("0.9128"));
    }

    #[test]
    fn a_history_is_read_from_its_file() {
        let path = std::env::temp_dir().join(format!("ballast-scenarios-{}.csv", std::process::id()));
        let row = |day: i64| format!("{},{}\n", 1_600_000_000 + day * 86_400, 100 + day * 7 % 13);
        let text: String = std::iter::once("unix_time,btc\n".to_owned()).chain((0..90).map(row)).collect();
        std::fs::write(&path, &text).unwrap();
        let spec = |column: &str| {
            format!(
                r#"{{"factors": [{{"id": "asset:BTC", "market": {{"column": "{column}"}}}}], "history": {{"path": {:?}}}, "count": 64}}"#,
                path.display().to_string()
            )
        };
        let found = ask(&spec("btc"));
        let missing = ask(&spec("eth"));
        std::fs::write(&path, text.replace(",105\n", ",inf\n")).unwrap();
        let infinite = ask(&spec("btc"));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(found.unwrap()["history"]["changes"], 89);
        assert!(
            missing
                .unwrap_err()
                .to_string()
                .contains("column `eth` is missing; the header has: unix_time, btc")
        );
        assert!(infinite.unwrap_err().to_string().contains("column `btc`: inf is not a finite number"));
        assert!(ask(&spec("btc")).unwrap_err().to_string().contains("ballast-scenarios-"));
    }

    // Whatever confidence is asked for, no advice goes beyond what a set may have.
    #[test]
    fn no_more_scenarios_are_asked_for_than_there_may_be() {
        for alpha in [0.97, 0.98, 0.99, 0.995, 0.999, 0.9999] {
            for names in [1, 4, 12] {
                let factors: Vec<String> = (0..names).map(|at| format!("venue:v{at}")).collect();
                let spec = |count: usize| {
                    serde_json::json!({"factors": factors, "alpha": alpha, "count": count}).to_string()
                };
                let Err(error) = ask(&spec(32)) else { continue };
                let text = error.to_string();
                match text.split("at least ").nth(1).and_then(|tail| tail.split(' ').next()) {
                    Some(least) => {
                        let least: usize = least.parse().unwrap();
                        assert!(least <= 1_024, "{text}");
                        assert!(
                            ask(&spec(least)).is_ok() && ask(&spec(least - 1)).is_err(),
                            "{alpha} {names} {text}"
                        );
                    }
                    None => {
                        assert!(text.contains("alpha") && text.contains("1024"), "{text}");
                        assert!(ask(&spec(1_024)).is_err(), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn bad_specifications_end_with_two_and_a_place() {
        let cases = [
            ("", "standard input: EOF"),
            ("{\"factors\": [\"venue:a\"], \"alpha\": 95}", "standard input: alpha: 95 is not"),
            ("{\"factors\": [\"venue:a\"], \"alpha\": NaN}", "line 1 column"),
            (
                r#"{"factors": [{"id": "venue:a", "jumps": [{"kind": "exploit", "intensity": 0.1, "severity": {"fixed": 0.5}}]}]}"#,
                "a factor: missing field `law`",
            ),
            (
                r#"{"factors": ["venue:a"], "intensities": {"venue:a": {"quake": 1}}}"#,
                "an intensity is a number, or one a kind: unknown variant `quake`",
            ),
            ("{\"factor\": [\"venue:a\"]}", "unknown field `factor`"),
            (
                "{\"factors\": [\"venue:a\"], \"history\": {\"path\": \"x.csv\"}}",
                "history: no factor has a market",
            ),
        ];
        for (json, expected) in cases {
            let error = ask(json).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
