//! `ballast engine detect levels`

use std::io::Read;
use std::path::PathBuf;

use ballast_engine::detect::DetectError;
use ballast_engine::detect::levels::{Event, RuleSet, RunLength, Watch, run_lengths};
use ballast_engine::time::{format_utc, parse_utc};
use serde::Serialize;
use serde_json::Value;

use crate::frame::Frame;
use crate::input::{Source, answer};
use crate::{EngineCliError, json};

/// Arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// JSON file with the rules: {"rules": [...], "max_gap_secs": ...}, or only the list
    #[arg(long, value_name = "FILE")]
    rules: PathBuf,
    /// Rows before this time are calm: each rule's average run length is measured on them
    #[arg(long, value_name = "TIME", value_parser = parse_utc, allow_negative_numbers = true)]
    calm_until: Option<i64>,
    /// Watch from this time
    #[arg(long, value_name = "TIME", value_parser = parse_utc, allow_negative_numbers = true)]
    from: Option<i64>,
    /// Watch to this time, exclusive
    #[arg(long, value_name = "TIME", value_parser = parse_utc, allow_negative_numbers = true)]
    to: Option<i64>,
}

#[derive(Serialize)]
struct Answer {
    rows: usize,
    from: String,
    to: String,
    rules: Vec<RuleAnswer>,
    events: Vec<EventAnswer>,
    /// Rules that are raised at the end.
    raised: Vec<String>,
}

#[derive(Serialize)]
struct RuleAnswer {
    rule: String,
    times_raised: usize,
    average_run_length: Option<RunLength>,
}

#[derive(Serialize)]
struct EventAnswer {
    time: String,
    /// Of a flag: the first of the observations that raised it.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_time: Option<String>,
    #[serde(flatten)]
    event: Event,
}

/// Reads, computes, answers.
pub(super) fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    let rules = read_rules(args)?;
    let frame = Frame::read(&args.source, standard)?;
    let times = frame.required_times()?;
    let names = frame.names();
    // Only what the rules read: other columns may hold text.
    let needed: Vec<String> = names
        .into_iter()
        .filter(|name| rules.rules.iter().any(|rule| rule.measure.columns().contains(&name.as_str())))
        .collect();
    let columns: Vec<Vec<f64>> = needed.iter().map(|name| frame.column(name)).collect::<Result<_, _>>()?;
    let rows: Vec<(i64, Vec<f64>)> = times
        .iter()
        .enumerate()
        .map(|(row, ts)| (*ts, columns.iter().map(|c| c.get(row).copied().unwrap_or(f64::NAN)).collect()))
        .collect();
    let within = |ts: i64| args.from.is_none_or(|from| ts >= from) && args.to.is_none_or(|to| ts < to);
    let watched: Vec<&(i64, Vec<f64>)> = rows.iter().filter(|row| within(row.0)).collect();
    let (Some(first), Some(last)) = (watched.first(), watched.last()) else {
        return Err(frame.wrong("no rows between --from and --to"));
    };
    let place = |error: DetectError| match &error {
        DetectError::Value { column, ts, .. } => match times.iter().position(|time| time == ts) {
            Some(row) => frame.problem(row, column, &error),
            None => frame.wrong(&error),
        },
        _ => frame.wrong(&error),
    };
    let mut watch = Watch::new(&rules, &needed).map_err(|error| missing(error, &frame))?;
    let mut lengths = vec![None; rules.rules.len()];
    if let Some(calm_until) = args.calm_until {
        if !rows.iter().any(|row| row.0 < calm_until) {
            return Err(frame.wrong(format!("no rows before --calm-until {}", format_utc(calm_until))));
        }
        let calm = rows.iter().filter(|row| row.0 < calm_until).map(|row| (row.0, row.1.as_slice()));
        lengths = run_lengths(&rules, &needed, calm).map_err(place)?;
        watch = watch.with_run_lengths(&lengths);
    }
    let mut events = Vec::new();
    for (ts, values) in &watched {
        for event in watch.observe(*ts, values).map_err(place)? {
            let first_time = match &event {
                Event::Raised(flag) => Some(format_utc(flag.first_ts)),
                Event::Cleared { .. } => None,
            };
            events.push(EventAnswer { time: format_utc(*ts), first_time, event });
        }
    }
    answer(&Answer {
        rows: watched.len(),
        from: format_utc(first.0),
        to: format_utc(last.0),
        rules: describe(&rules, &lengths, &events),
        raised: watch.raised().map(Into::into).collect(),
        events,
    })
}

/// A column that is missing is named with all that there are, not only with those that rules read.
fn missing(error: DetectError, frame: &Frame) -> EngineCliError {
    match error {
        DetectError::MissingColumn { rule, column, .. } => {
            frame.wrong(DetectError::MissingColumn { rule, column, known: frame.names().join(", ") })
        }
        error => frame.wrong(error),
    }
}

fn describe(rules: &RuleSet, measured: &[Option<RunLength>], events: &[EventAnswer]) -> Vec<RuleAnswer> {
    let times = |name: &str| {
        events.iter().filter(|event| matches!(&event.event, Event::Raised(flag) if flag.rule == name)).count()
    };
    let rules = rules.rules.iter().zip(measured);
    rules
        .map(|(rule, measured)| RuleAnswer {
            times_raised: times(&rule.name),
            average_run_length: rule.run_length().or(*measured),
            rule: rule.name.clone(),
        })
        .collect()
}

fn read_rules(args: &Args) -> Result<RuleSet, EngineCliError> {
    let file = args.rules.display();
    let wrong = |problem: &dyn std::fmt::Display| EngineCliError::input(format!("{file}: {problem}"));
    let text = std::fs::read_to_string(&args.rules).map_err(|error| wrong(&error))?;
    // Read as text again and not from the value, so that errors know line and column.
    let is_list = matches!(json::parse(&text).map_err(|error| wrong(&error))?, Value::Array(_));
    let rules = if is_list {
        json::parse(&text).map(|rules| RuleSet { rules, max_gap_secs: None })
    } else {
        json::parse(&text)
    };
    let rules: RuleSet = rules.map_err(|error| wrong(&error))?;
    rules.check().map_err(|error| wrong(&error))?;
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::asked;

    static NEXT: AtomicU32 = AtomicU32::new(0);

    fn ask(rules: &str, line: &str, input: &str) -> Result<Value, EngineCliError> {
        let name =
            format!("ballast-rules-{}-{}.json", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, rules).unwrap();
        let file = path.to_string_lossy().into_owned();
        let words = ["--rules", &file].into_iter().chain(line.split_whitespace());
        let found = asked::ask(run, words, input);
        std::fs::remove_file(&path).unwrap();
        found
    }

    const RULES: &str = r#"{"max_gap_secs": 7200, "rules": [
        {"name": "usdc peg", "measure": {"kind": "peg_deviation", "column": "usdc", "side": "below"},
         "threshold": 0.01, "release": 0.005, "confirm": 2, "level": 3},
        {"name": "full", "measure": {"kind": "utilization", "column": "borrowed", "of": "supplied"},
         "threshold": 0.95, "confirm": 1, "level": 1}]}"#;
    const TABLE: &str = "unix_time,venue,usdc,borrowed,supplied\n\
        1678406400,main,1.0,80,100\n1678410000,main,0.985,90,100\n1678413600,main,0.97,96,100\n\
        1678417200,main,0.999,90,100\n1678420800,main,,90,100\n1678424400,main,1.0,90,100\n";

    #[test]
    fn names_breaker_level_and_evidence() {
        let found = ask(RULES, "--calm-until 1678410000", TABLE).unwrap();
        let events = found["events"].as_array().unwrap();
        assert_eq!(events.len(), 4, "{found}");
        let flag = &events[0];
        assert_eq!(
            (flag["event"].as_str(), flag["breaker"].as_str(), flag["level"].as_u64()),
            (Some("raised"), Some("peg_deviation"), Some(3))
        );
        assert_eq!(
            (flag["first_time"].as_str(), flag["time"].as_str()),
            (Some("2023-03-10T01:00Z"), Some("2023-03-10T02:00Z"))
        );
        assert_eq!(flag["evidence"][1]["values"]["usdc"], 0.97);
        assert_eq!(flag["average_run_length"]["basis"], "at_least");
        assert_eq!(events[1]["breaker"], "utilisation");
        assert!(events.iter().skip(2).all(|event| event["event"] == "cleared"));
        assert_eq!(found["raised"].as_array().unwrap().len(), 0);
    }

    #[test]
    fn bad_input_is_named() {
        let one = |measure: &str, rest: &str| format!(r#"[{{"name": "r", "measure": {measure}, {rest}}}]"#);
        let peg = r#"{"kind": "peg_deviation", "column": "usdc"}"#;
        let good = r#""threshold": 0.01, "level": 1"#;
        for (rules, line, table, expected) in [
            (RULES.to_owned(), "", "", "no data rows"),
            (RULES.to_owned(), "", "usdc,borrowed,supplied\n1,2,3\n", "no time column"),
            (RULES.to_owned(), "", "time,usdc\n1678406400,1\n", "reads column `borrowed`, which is missing"),
            (RULES.to_owned(), "--from 2030-01-01", TABLE, "no rows between"),
            (
                RULES.to_owned(),
                "--calm-until 2000-01-01",
                TABLE,
                "no rows before --calm-until 2000-01-01T00:00Z",
            ),
            ("{".to_owned(), "", TABLE, "EOF"),
            ("[]".to_owned(), "", TABLE, "no rules"),
            (one(r#"{"kind": "moon", "column": "usdc"}"#, good), "", TABLE, "moon"),
            (one(peg, r#""threshold": 1.5, "level": 1"#), "", TABLE, "reads like percent"),
            (one(peg, r#""threshold": 0.01, "level": 9"#), "", TABLE, "level 9"),
            (one(peg, r#""threshold": 0.01, "level": 1, "colour": 1"#), "", TABLE, "colour"),
            (
                one(r#"{"kind": "utilisation", "column": "borrowed"}"#, r#""threshold": 0.9, "level": 1"#),
                "",
                TABLE,
                "row 2, column `borrowed`",
            ),
            (
                one(r#"{"kind": "peg_deviation", "column": "venue"}"#, good),
                "",
                TABLE,
                "\"main\" is not a number",
            ),
        ] {
            let error = ask(&rules, line, table).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(expected), "{error} lacks {expected}");
        }
    }
}
