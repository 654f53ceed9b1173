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

/// Reads, computes, answers.
pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
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
}
