//! `ballast engine optimise`

use std::io::Read;

use crate::EngineCliError;
use crate::input::Source;

/// Arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
}

/// Reads, computes, answers.
pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    args.source.text(standard)?;
    Err(EngineCliError::input("not built yet"))
}
