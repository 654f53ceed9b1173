use ballast_engine::market::MarketError;
use ballast_engine::report::ReportError;
use ballast_engine::time::format_utc;
use ballast_sandbox::elf::MissingProgram;
use ballast_sandbox::{ChainError, DeploymentError, Failed};

use crate::conservation::Imbalance;

/// Why a replay could not be run, or did not end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// No market to replay.
    #[error(transparent)]
    Market(#[from] MarketError),
    /// The settings contradict each other or the program's bounds.
    #[error("{0}")]
    Settings(String),
    /// No bytecode.
    #[error(transparent)]
    Program(#[from] MissingProgram),
    /// The world could not be built, read or written.
    #[error("step {step}: {source}")]
    Deployment {
        /// Step, from 0.
        step: usize,
        /// What went wrong.
        source: Box<DeploymentError>,
    },
    /// Money appeared or disappeared.
    #[error("CONSERVATION BROKEN in step {step} ({}): {broken}", format_utc(*ts))]
    Conservation {
        /// Step, from 0.
        step: usize,
        /// Start of the step, unix seconds.
        ts: i64,
        /// What does not add up.
        broken: Imbalance,
    },
    /// A figure left its integer, which no history should be able to do.
    #[error("step {0}: an amount does not fit its integer")]
    Overflow(usize),
    /// The report could not be made.
    #[error(transparent)]
    Report(#[from] ReportError),
}

impl ReplayError {
    /// Puts the step to a failure of the deployment.
    pub fn at(step: usize) -> impl Fn(DeploymentError) -> Self {
        move |source| Self::Deployment { step, source: Box::new(source) }
    }
}

impl From<ChainError> for ReplayError {
    fn from(error: ChainError) -> Self {
        Self::Deployment { step: 0, source: Box::new(error.into()) }
    }
}

impl From<DeploymentError> for ReplayError {
    fn from(error: DeploymentError) -> Self {
        Self::Deployment { step: 0, source: Box::new(error) }
    }
}

impl From<Box<Failed>> for ReplayError {
    fn from(error: Box<Failed>) -> Self {
        Self::Deployment { step: 0, source: Box::new(error.into()) }
    }
}
