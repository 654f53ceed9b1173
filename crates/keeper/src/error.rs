//! What can go wrong in a run of the keeper.

use std::path::PathBuf;

use ballast_client::CallError;

use crate::input::InputError;
use crate::model::ModelError;
use crate::setup::SetupError;

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// The vault could not be read.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The chain did not answer, or refused what it had accepted in simulation.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The model file is of no use.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The decision's input could not be written down.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A file of the run directory could not be read or written.
    #[error("{}: {problem}", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The chain answered something that this version does not understand.
    #[error("unexpected answer from the chain: {0}")]
    Unexpected(&'static str),
}
