//! `ballast engine detect`

mod cusum;
mod levels;

use std::io::Read;

use clap::Subcommand;

use crate::EngineCliError;

/// Which detector.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    detector: Detector,
}

#[derive(Clone, Debug, Subcommand)]
enum Detector {
    /// Cumulative sums: alarms of a series, run lengths (--arl), or the threshold for one (--target-arl)
    Cusum(cusum::Args),
    /// Level rules from a file, watched over a table with a time column
    Levels(levels::Args),
}

/// Reads, computes, answers.
pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    match &args.detector {
        Detector::Cusum(args) => cusum::run(args, standard),
        Detector::Levels(args) => levels::run(args, standard),
    }
}
