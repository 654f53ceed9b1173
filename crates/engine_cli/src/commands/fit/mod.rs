//! `ballast engine fit`

mod garch;
mod har;
mod ledoit_wolf;
mod markov;
mod series;

use std::io::Read;

use clap::ValueEnum;

use crate::EngineCliError;
use crate::input::Source;

/// Which model to fit to which columns.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// Model
    #[arg(long)]
    model: Model,
    /// Column to fit, where the file has several
    #[arg(long)]
    column: Option<String>,
    #[command(flatten)]
    garch: garch::GarchOptions,
    #[command(flatten)]
    har: har::HarOptions,
    #[command(flatten)]
    ledoit_wolf: ledoit_wolf::Options,
}

/// A model that can be fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Model {
    /// GARCH(1,1) volatility of returns
    Garch,
    /// Heterogeneous autoregression on logit utilisation
    Har,
    /// Two-state Markov switching
    Markov,
    /// Covariance shrunk by Ledoit and Wolf
    LedoitWolf,
}

impl Model {
    /// As it is written on the command line.
    fn name(self) -> &'static str {
        match self {
            Self::Garch => "garch",
            Self::Har => "har",
            Self::Markov => "markov",
            Self::LedoitWolf => "ledoit-wolf",
        }
    }
}

/// Reads, computes, answers.
pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    let foreign = [
        (Model::Garch, args.garch.given()),
        (Model::Har, args.har.given()),
        (Model::LedoitWolf, args.ledoit_wolf.given()),
    ];
    for (model, option) in foreign {
        if let Some(option) = option.filter(|_| model != args.model) {
            let (of, asked) = (model.name(), args.model.name());
            return Err(EngineCliError::input(format!("{option} is an option of {of}, not of {asked}")));
        }
    }
    if args.column.is_some() && args.model == Model::LedoitWolf {
        return Err(EngineCliError::input("--column: ledoit-wolf takes all columns, one an asset"));
    }
    match args.model {
        Model::Garch => garch::run(args, standard),
        Model::Har => har::run(args, standard),
        Model::Markov => markov::run(args, standard),
        Model::LedoitWolf => ledoit_wolf::run(args, standard),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::asked::ask_or_refusal;

    /// The answer to a command line, or what it says on the way out.
    pub fn fitted(arguments: &[&str], input: &str) -> Result<serde_json::Value, String> {
        ask_or_refusal(super::run, arguments.iter().copied(), input)
    }

    #[test]
    fn options_of_another_model_are_refused() {
        let models = ["garch", "har", "markov", "ledoit-wolf"];
        for (option, value, of) in [
            ("--mean", "zero", "garch"),
            ("--dist", "t", "garch"),
            ("--scale", "raw", "har"),
            ("--lags", "1,2", "har"),
            ("--target", "identity", "ledoit-wolf"),
        ] {
            for model in models.into_iter().filter(|model| *model != of) {
                let error = fitted(&["--model", model, option, value], "a\n1\n").unwrap_err();
                assert!(error.contains(&format!("{option} is an option of {of}, not of {model}")), "{error}");
            }
        }
    }

    // A stake pool's growth an epoch, whose mean is many times its deviation; Python's arch 8.0.0 on the same numbers times 1e6.
    #[test]
    fn a_large_mean_does_not_stop_a_fit() {
        let found = fitted(&["--model", "garch"], include_str!("stake_pool_growth.csv")).unwrap();
        for (name, expected, within) in
            [("log_likelihood", 3_720.015_827, 1e-5), ("alpha", 0.05093, 1e-4), ("beta", 0.82740, 1e-4)]
        {
            let value = found[name].as_f64().unwrap();
            assert!((value - expected).abs() < within, "{name}: {value} is not {expected}");
        }
        assert!(found["converged"] == true && found["iterations"].as_u64().unwrap() > 0);
    }
}
