//! What an engine command can fail with.

use crate::sweep::SweepError;

/// Why a command failed. [`Self::Input`] alone is the input's fault.
#[derive(Debug, thiserror::Error)]
pub enum EngineCliError {
    /// The input is of no use; the text names what is wrong with it and where.
    #[error("{0}")]
    Input(String),
    /// A source on the network gave no usable answer.
    #[error("{0}")]
    Network(String),
    /// A sweep is done and answered, but not all of its tasks went well.
    #[error("{failed} of {total} tasks failed; the answer says why")]
    TasksFailed {
        /// How many failed.
        failed: usize,
        /// Of how many.
        total: usize,
    },
    /// The answer could not be written.
    #[error("cannot write the answer: {0}")]
    Output(std::io::Error),
}

impl EngineCliError {
    /// Bad input.
    pub fn input(problem: impl ToString) -> Self {
        Self::Input(problem.to_string())
    }

    /// 1 failed tasks, 2 bad input, 3 no answer from elsewhere.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::TasksFailed { .. } => 1,
            Self::Input(_) => 2,
            Self::Network(_) | Self::Output(_) => 3,
        }
    }
}

impl From<SweepError> for EngineCliError {
    fn from(error: SweepError) -> Self {
        match error {
            SweepError::File { .. }
            | SweepError::Program { .. }
            | SweepError::OtherSweep { .. }
            | SweepError::Busy(_)
            | SweepError::Record { .. } => Self::input(error),
            SweepError::Io { .. } | SweepError::NoRecord { .. } | SweepError::Ray(_) => {
                Self::Network(error.to_string())
            }
        }
    }
}
