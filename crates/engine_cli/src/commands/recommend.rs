//! `ballast recommend`

use std::io::Read;
use std::time::{SystemTime, UNIX_EPOCH};

use ballast_engine::personalise::{Question, Request, questions, recommend, text};
use serde::Serialize;

use crate::EngineCliError;
use crate::input::{Source, answer};

/// Arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// Print the questionnaire instead
    #[arg(long)]
    questions: bool,
    /// Answer in words instead of JSON
    #[arg(long)]
    text: bool,
}

#[derive(Serialize)]
struct Questionnaire {
    scoring: &'static str,
    questions: Vec<Question>,
}

const SCORING: &str = "capacity and willingness are the plain means of their questions' points; the lower governs: from 40 \
                       balanced, from 70 growth; exclusions and glide score nothing";

/// Reads, computes, answers.
pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    if args.questions {
        return answer(&Questionnaire { scoring: SCORING, questions: questions() });
    }
    let source = args.source.name();
    let request: Request = args.source.json(standard)?;
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let now_ts = request.now_ts.unwrap_or_else(|| i64::try_from(clock()).unwrap_or(0));
    let found =
        recommend(&request, now_ts).map_err(|error| EngineCliError::Input(format!("{source}: {error}")))?;
    if args.text { Ok(text(&found, request.asset)) } else { answer(&found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(json: &str, questions: bool, text: bool) -> Result<String, EngineCliError> {
        run(&Args { source: Source::default(), questions, text }, &mut json.as_bytes())
    }

    const ANSWERS: &str = r#""answers": {"horizon": "3_to_12_months", "liquidity": "quarter", "share_of_savings": "under_tenth",
        "reserve": "over_6_months", "loss_reaction": "wait", "max_loss": "10_percent", "trade_off": "some_swing",
        "experience": "some", "exclusions": [], "glide": true}"#;

    #[test]
    fn the_questionnaire_can_be_answered_as_printed() {
        let printed: serde_json::Value = serde_json::from_str(&ask("", true, false).unwrap()).unwrap();
        let questions = printed["questions"].as_array().unwrap();
        assert_eq!(questions.len(), 10);
        let answers: serde_json::Map<String, serde_json::Value> = questions
            .iter()
            .filter(|question| question["multiple"] == false)
            .map(|question| {
                (question["id"].as_str().unwrap().to_owned(), question["choices"][1]["id"].clone())
            })
            .collect();
        let request =
            serde_json::json!({"answers": answers, "amount": 50, "paths": 100, "now_ts": 1_750_000_000});
        let found: serde_json::Value =
            serde_json::from_str(&ask(&request.to_string(), false, false).unwrap()).unwrap();
        let mix: u64 =
            found["profile"]["mix_bps"].as_array().unwrap().iter().filter_map(|bps| bps.as_u64()).sum();
        assert_eq!(mix, 10_000);
        assert!(found["note"].as_str().unwrap().contains("model's estimate"));
    }

    #[test]
    fn words_say_the_same() {
        let request = format!(r#"{{{ANSWERS}, "amount": 1000, "paths": 100, "now_ts": 1750000000}}"#);
        let words = ask(&request, false, true).unwrap();
        for part in
            ["Highest class: balanced", "Deposit ", "ballast profile set --tolerance balanced", "--glide"]
        {
            assert!(words.contains(part), "{words}");
        }
        assert_eq!(words, ask(&request, false, true).unwrap());
    }

    #[test]
    fn bad_requests_end_with_two_and_a_place() {
        let cases = [
            (
                format!(r#"{{{ANSWERS}, "amount": -5}}"#),
                "standard input: amount: -5 is not a positive amount",
            ),
            (
                format!(r#"{{{ANSWERS}, "amount": 5, "now_ts": 1750000000000}}"#),
                "now_ts: 1750000000000 is not a unix time in seconds between 1973 and 2100 (it reads like milliseconds)",
            ),
            (r#"{"answers": {"horizon": 5}, "amount": 5}"#.into(), "an answer is a choice in quotes"),
            (r#"{"answers": {"glide": true, "glide": false}, "amount": 5}"#.into(), "`glide` is given twice"),
            (r#"{"answers": {}, "amount": 5}"#.into(), "answers.horizon: not answered"),
            (format!(r#"{{{ANSWERS}}}"#), "missing field `amount`"),
            (format!(r#"{{{ANSWERS}, "amount": 5, "asset": "BTC"}}"#), "unknown variant `BTC`"),
        ];
        for (json, expected) in cases {
            let error = ask(&json, false, false).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
