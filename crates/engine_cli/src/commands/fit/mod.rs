//! `ballast engine fit`

mod garch;
mod har;
mod ledoit_wolf;
mod markov;

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
    /// Column to fit; needed only where there are several
    #[arg(long, value_name = "NAME")]
    column: Option<String>,
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
