use std::io::Read;

use ballast_engine::forecast::Scale;
use ballast_engine::forecast::har::{CORSI_LAGS, fit};
use clap::ValueEnum;
use serde::Serialize;

use super::{Args, series};
use crate::EngineCliError;
use crate::input::answer;

/// What the heterogeneous autoregression is fitted to.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct HarOptions {
    /// har: scale on which the column is fitted [default: logit, of a utilisation]
    #[arg(long)]
    scale: Option<ScaleChoice>,
    /// har: rows that each mean covers, such as 1,7,30 for a market that never closes [default: 1,5,22]
    #[arg(long, value_delimiter = ',', value_name = "ROWS", allow_hyphen_values = true)]
    lags: Vec<usize>,
}

impl HarOptions {
    /// The first that was given.
    pub(super) fn given(&self) -> Option<&'static str> {
        self.scale.map(|_| "--scale").or((!self.lags.is_empty()).then_some("--lags"))
    }
}

/// See [`Scale`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScaleChoice {
    /// Log-odds of a fraction between 0 and 1
    Logit,
    /// Logarithm of a rate, zero or more
    Log,
    /// As it is
    Raw,
}

#[derive(Serialize)]
struct Answer {
    model: &'static str,
    column: String,
    scale: Scale,
    observations: usize,
    lags: Vec<usize>,
    intercept: f64,
    coefficients: Vec<f64>,
    /// Of the intercept and the coefficients.
    standard_errors: Vec<f64>,
    r_squared: f64,
    residual_std: f64,
    log_likelihood: f64,
    /// Sum of the coefficients: below one, the series reverts.
    persistence: f64,
    /// On the scale of the fit.
    next_scaled: f64,
    /// In the column's units.
    next: f64,
}

pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    let series = series::read(args, standard, &["utilisation", "utilization"])?;
    let scale = match args.har.scale {
        Some(ScaleChoice::Raw) => Scale::Raw,
        Some(ScaleChoice::Log) => Scale::Log,
        Some(ScaleChoice::Logit) | None => Scale::Logit,
    };
    if let Some((index, value, problem)) =
        series.values.iter().enumerate().find_map(|(i, value)| Some((i, value, scale.problem(*value)?)))
    {
        let hint = if args.har.scale.is_none() { "; for another series say --scale raw" } else { "" };
        return Err(series.wrong_at(index, format!("{value}: {problem}{hint}")));
    }
    let scaled: Vec<f64> = series.values.iter().map(|value| scale.apply(*value)).collect();
    let lags = if args.har.lags.is_empty() { CORSI_LAGS.to_vec() } else { args.har.lags.clone() };
    let found = fit(&scaled, &lags).map_err(|error| series.wrong(error))?;
    answer(&Answer {
        model: "har",
        column: series.column,
        scale,
        observations: found.observations,
        persistence: found.coefficients.iter().sum(),
        lags: found.lags,
        intercept: found.intercept,
        coefficients: found.coefficients,
        standard_errors: found.standard_errors,
        r_squared: found.r_squared,
        residual_std: found.residual_std,
        log_likelihood: found.log_likelihood,
        next_scaled: found.next,
        next: scale.invert(found.next),
    })
}

#[cfg(test)]
mod tests {
    use crate::commands::fit::tests::fitted;

    fn utilisation(rows: u64) -> String {
        let mut text = "utilisation\n".to_owned();
        let mut state = 1u64;
        for _ in 0..rows {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(&format!("{}\n", 0.5 + 0.4 * (state >> 11) as f64 / 9_007_199_254_740_992.0));
        }
        text
    }

    #[test]
    fn answers_every_figure_on_each_scale() {
        for scale in ["logit", "log", "raw"] {
            let answer = fitted(&["--model", "har", "--scale", scale, "--lags", "1,7,30"], &utilisation(200));
            let answer = answer.unwrap();
            assert_eq!((answer["scale"].as_str(), answer["observations"].as_u64()), (Some(scale), Some(170)));
            let next = answer["next"].as_f64().unwrap();
            assert!((0.5..0.9).contains(&next), "{answer}");
            assert!(answer["r_squared"].as_f64().unwrap() < 0.2 && answer["log_likelihood"].is_number());
        }
        assert_eq!(
            fitted(&["--model", "har"], &utilisation(100)).unwrap()["lags"].as_array().unwrap().len(),
            3
        );
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let error =
            |extra: &[&str], text: &str| fitted(&[&["--model", "har"], extra].concat(), text).unwrap_err();
        let percent = error(&[], "u\n0.8\n80\n");
        assert!(percent.contains("row 3, column `u`: 80: a utilisation between 0 and 1"), "{percent}");
        assert!(percent.ends_with("for another series say --scale raw"), "{percent}");
        assert!(error(&[], "u\n0.8\n0.9\n").contains("needs at least 27 observations, not 2"));
        assert!(error(&["--lags", "5,1"], &utilisation(100)).contains("lags must be whole numbers"));
        let flat = "u\n".to_owned() + &"0.5\n".repeat(60);
        assert!(error(&[], &flat).contains("collinear"));
    }
}
