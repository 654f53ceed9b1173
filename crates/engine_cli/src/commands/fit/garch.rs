use std::io::Read;

use ballast_engine::forecast::garch::{Errors, GarchSpec, Mean, fit};
use clap::ValueEnum;
use serde::Serialize;

use super::{Args, series};
use crate::EngineCliError;
use crate::frame::RETURNS;
use crate::input::answer;

/// What GARCH estimates.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct GarchOptions {
    /// garch: the mean of returns [default: constant]
    #[arg(long)]
    mean: Option<MeanChoice>,
    /// garch: distribution of errors [default: normal]
    #[arg(long)]
    dist: Option<Distribution>,
}

impl GarchOptions {
    /// The first that was given.
    pub(super) fn given(&self) -> Option<&'static str> {
        self.mean.map(|_| "--mean").or(self.dist.map(|_| "--dist"))
    }
}

/// See [`Mean`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MeanChoice {
    /// Returns have mean zero
    Zero,
    /// One mean for all
    Constant,
}

/// See [`Errors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Distribution {
    /// Normal
    #[value(alias = "gaussian")]
    Normal,
    /// Student t with unit variance, degrees of freedom estimated
    #[value(alias = "student", alias = "student-t", alias = "studentst")]
    T,
}

/// Everything is per row of the input, in its units.
#[derive(Serialize)]
struct Answer {
    model: &'static str,
    column: String,
    observations: usize,
    mean: Mean,
    dist: Errors,
    mu: f64,
    omega: f64,
    alpha: f64,
    beta: f64,
    nu: Option<f64>,
    log_likelihood: f64,
    persistence: f64,
    half_life: Option<f64>,
    unconditional_variance: Option<f64>,
    unconditional_volatility: Option<f64>,
    next_variance: f64,
    next_volatility: f64,
    backcast: f64,
    iterations: usize,
    converged: bool,
}

pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    let series = series::read(args, standard, &RETURNS)?;
    let mean = match args.garch.mean {
        Some(MeanChoice::Zero) => Mean::Zero,
        Some(MeanChoice::Constant) | None => Mean::Constant,
    };
    let errors = match args.garch.dist {
        Some(Distribution::T) => Errors::StudentT,
        Some(Distribution::Normal) | None => Errors::Normal,
    };
    let found = fit(&series.values, GarchSpec { mean, errors }).map_err(|error| series.wrong(error))?;
    answer(&Answer {
        model: "garch(1,1)",
        observations: found.observations,
        mean,
        dist: errors,
        mu: found.mu,
        omega: found.omega,
        alpha: found.alpha,
        beta: found.beta,
        nu: found.nu,
        log_likelihood: found.log_likelihood,
        persistence: found.persistence(),
        half_life: found.half_life(),
        unconditional_variance: found.unconditional_variance(),
        unconditional_volatility: found.unconditional_variance().map(f64::sqrt),
        next_variance: found.next_variance,
        next_volatility: found.next_variance.sqrt(),
        backcast: found.backcast,
        iterations: found.iterations,
        converged: found.converged,
        column: series.column,
    })
}

#[cfg(test)]
mod tests {
    use crate::commands::fit::tests::fitted;

    /// Returns of one sign each, large and small in turn by fours.
    fn returns(rows: usize) -> String {
        let mut text = "unix_time,r\n".to_owned();
        for row in 0..rows {
            let size = if row / 4 % 2 == 0 { 0.03 } else { 0.01 };
            let value = if row * 7 % 5 < 2 { -size } else { size };
            text.push_str(&format!("{},{value}\n", 1_700_000_000 + 86_400 * row));
        }
        text
    }

    #[test]
    fn answers_every_figure() {
        let answer = fitted(&["--model", "garch"], &returns(300)).unwrap();
        for field in ["mu", "omega", "alpha", "beta", "log_likelihood", "persistence", "next_variance"] {
            assert!(answer[field].is_number(), "{field} in {answer}");
        }
        assert_eq!((answer["column"].as_str(), answer["observations"].as_u64()), (Some("r"), Some(300)));
        let again = fitted(&["--model", "garch", "--mean", "zero", "--dist", "t"], &returns(300)).unwrap();
        assert_eq!((again["mu"].as_f64(), again["dist"].as_str()), (Some(0.0), Some("student_t")));
        assert!(again["nu"].as_f64().unwrap() > 2.0);
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let cases = [
            (returns(10), "column `r`: GARCH(1,1) needs at least 20 returns, not 10"),
            (returns(30).replace("-0.03\n", "NaN\n"), "row 2, column `r`: NaN is not a finite number"),
            ("r\n".to_owned() + &"0.5\n".repeat(30), "every return is 0.5"),
            ("0.5\n".repeat(30), "column `1`: every return is 0.5"),
            ("a,b\n1,2\n".into(), "several columns: name one with --column; the header has: a, b"),
            ("r\n".into(), "no data rows"),
            (
                "unix_time,r\n1700000001,1\n1700000000,2\n".into(),
                "row 3, column `unix_time`: time goes backwards",
            ),
            ("unix_time,r\n1700000000,1\n1700000000,2\n".into(), "row 3, column `unix_time`: duplicate time"),
        ];
        for (text, wanted) in cases {
            let error = fitted(&["--model", "garch"], &text).unwrap_err();
            assert!(
                error.contains(wanted) && error.starts_with("standard input"),
                "{error:?} lacks {wanted:?}"
            );
        }
        let error = fitted(&["--model", "garch", "--column", "x"], &returns(30)).unwrap_err();
        assert!(error.contains("column `x` is missing; the header has: unix_time, r"), "{error}");
    }
}
