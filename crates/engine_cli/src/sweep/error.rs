use std::path::{Path, PathBuf};

/// Why a sweep could not run. A task that fails is not among them.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The sweep file is not what it should be.
    #[error("{place}: {problem}")]
    File {
        /// File, or "standard input".
        place: String,
        /// What is wrong, and where.
        problem: String,
    },
    /// The program to run is not there.
    #[error("cannot run {}: {problem}", program.display())]
    Program {
        /// As given.
        program: PathBuf,
        /// Why not.
        problem: String,
    },
    /// The results folder holds something else.
    #[error("{} holds results of {of}; choose another folder, or --fresh to start over", folder.display())]
    OtherSweep {
        /// The folder.
        folder: PathBuf,
        /// What it belongs to.
        of: &'static str,
    },
    /// Another sweep is writing there.
    #[error("{} is in use by another sweep", .0.display())]
    Busy(PathBuf),
    /// A file of the results folder is not what this program writes.
    #[error("{}: {problem}; remove it and run again", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// An engine ended without a record of a task.
    #[error("task {id} has no record: the engine stopped early; run again to go on")]
    NoRecord {
        /// The task.
        id: String,
    },
    /// Ray could not be used.
    #[error("Ray: {0}")]
    Ray(String),
}

impl SweepError {
    /// For `map_err` on a file's operations.
    pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
