use std::io::Read;

use super::Args;
use crate::EngineCliError;

pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    args.source.text(standard)?;
    Err(EngineCliError::input("not built yet"))
}
