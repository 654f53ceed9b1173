//! `ballast engine fit --model markov`

use std::io::Read;

use ballast_engine::scenario::markov::{MarkovFit, fit};
use serde::Serialize;

use super::{Args, series};
use crate::EngineCliError;
use crate::frame::RETURNS;
use crate::input::answer;

#[derive(Serialize)]
struct Answer {
    model: &'static str,
    column: String,
    /// Names of the regimes, in the order of every pair below.
    regimes: [&'static str; 2],
    #[serde(flatten)]
    fit: MarkovFit,
}

/// Reads, fits, answers.
pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    let series = series::read(args, standard, &RETURNS)?;
    let fit = fit(&series.values).map_err(|error| series.wrong(error))?;
    answer(&Answer { model: "markov", column: series.column, regimes: ["calm", "turbulent"], fit })
}

#[cfg(test)]
mod tests {
    use crate::commands::fit::tests::fitted;

    fn ask(csv: &str, column: Option<&str>) -> Result<serde_json::Value, String> {
        let named = column.map(|name| ["--column", name]);
        let words: Vec<&str> = ["--model", "markov"].into_iter().chain(named.into_iter().flatten()).collect();
        fitted(&words, csv)
    }

    /// Calm stretches of forty and wild ones of ten.
    fn csv() -> String {
        let mut state = 9u64;
        let row = |t: u32| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let noise = (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5;
            let size = if t % 50 < 40 { 0.01 } else { 0.08 };
            format!("{},{}\n", 1_700_000_000 + i64::from(t) * 86_400, size * noise)
        };
        std::iter::once("unix_time,r\n".to_owned()).chain((0..500).map(row)).collect()
    }

    #[test]
    fn answers_the_model_and_every_probability() {
        let found = ask(&csv(), None).unwrap();
        assert_eq!((found["column"].as_str(), found["observations"].as_u64()), (Some("r"), Some(500)));
        assert!(found["deviations"][1].as_f64().unwrap() > 3.0 * found["deviations"][0].as_f64().unwrap());
        for list in ["filtered", "smoothed"] {
            assert_eq!(found[list].as_array().unwrap().len(), 500);
        }
        // In the middle of a wild stretch.
        assert!(found["smoothed"][95][1].as_f64().unwrap() > 0.5);
        for key in ["transition", "stationary", "expected_durations", "log_likelihood", "next", "aic", "bic"]
        {
            assert!(!found[key].is_null(), "{key}");
        }
    }

    #[test]
    fn bad_series_end_with_two_and_a_place() {
        let constant: String =
            std::iter::once("r\n".into()).chain((0..50).map(|_| "0.5\n".to_owned())).collect();
        let cases = [
            ("r\n1\n", "standard input, column `r`: 1 observations: a two-regime model needs at least 30"),
            (constant.as_str(), "a constant series has no regimes"),
            ("r\n1\nnan\n", "row 3, column `r`: nan is not a finite number"),
            ("", "no data rows"),
        ];
        for (csv, expected) in cases {
            let error = ask(csv, None).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        assert!(ask(&csv(), Some("x")).unwrap_err().contains("column `x` is missing"));
    }
}
