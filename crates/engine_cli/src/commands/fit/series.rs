use std::fmt::Display;
use std::io::Read;

use super::Args;
use crate::EngineCliError;
use crate::frame::Frame;

/// One column of numbers, which knows where each stands.
pub(super) struct Series {
    frame: Frame,
    pub column: String,
    pub values: Vec<f64>,
}

/// The column that `args` name, the only one, or the first of the `usual` names; every row needs a number.
pub(super) fn read(args: &Args, standard: &mut dyn Read, usual: &[&str]) -> Result<Series, EngineCliError> {
    let frame = Frame::read(&args.source, standard)?;
    let column = frame.choose(args.column.as_deref(), usual)?;
    let values = frame.complete_column(&column)?;
    Ok(Series { frame, column, values })
}

impl Series {
    /// An error of the whole column.
    pub fn wrong(&self, problem: impl Display) -> EngineCliError {
        self.frame.in_column(&self.column, problem)
    }

    /// An error at one value.
    pub fn wrong_at(&self, index: usize, problem: impl Display) -> EngineCliError {
        self.frame.problem(index, &self.column, problem)
    }
}
