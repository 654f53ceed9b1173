//! Many runs of one program over a grid of parameters, on all cores or on Ray.
//!
//! | File | Job |
//! |---|---|
//! | [`mod@file`] | the sweep file, TOML or JSON, checked |
//! | [`grid`] | its tasks: the cartesian product, each with canonical arguments and an id |
//! | [`folder`] | the results folder: what makes a sweep resumable |
//! | [`record`] | what one task left behind |
//! | [`local`] | runs tasks on this machine's cores |
//! | [`ray`] | runs tasks on Ray |
//! | [`document`] | all records as one JSON document, in task order |
//!
//! An engine only fills the folder with records; the document is made from them, in task order, by the same
//! code. So the answer is the same to the byte whatever the engine and the number of workers, as long as the
//! program's own answers are.

pub mod document;
mod error;
pub mod file;
pub mod folder;
pub mod grid;
pub mod local;
mod progress;
pub mod ray;
pub mod record;

use std::path::PathBuf;
use std::time::Duration;

pub use error::SweepError;
use folder::Folder;
use grid::Task;
use progress::Progress;

/// Who runs the tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Worker threads here, each with one child process at a time.
    Local,
    /// Ray, through Python.
    Ray(ray::Cluster),
}

/// How to run a sweep.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program that every task runs.
    pub program: PathBuf,
    /// Where records are kept.
    pub results: PathBuf,
    /// Who runs them.
    pub engine: Engine,
    /// Tasks at a time, at least one.
    pub jobs: usize,
    /// A task that takes longer is stopped and counts as failed.
    pub timeout: Option<Duration>,
    /// Forget records that are already there.
    pub fresh: bool,
}

/// How a sweep ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// One JSON document with every task, failed ones too.
    pub document: String,
    /// Number of tasks.
    pub total: usize,
    /// How many of them failed.
    pub failed: usize,
    /// How many were done before this run.
    pub resumed: usize,
}

/// Runs `tasks` by `plan`. Tasks with a good record in the results folder are not run again; failed ones are. The
/// document is also kept in the folder, as `results.json`.
///
/// # Errors
/// A folder of another sweep, a folder that cannot be read or written, an engine that cannot be started. A task
/// that fails is no error: it is in the document.
pub fn run(tasks: &[Task], plan: &Plan) -> Result<Finished, SweepError> {
    let folder = Folder::open(&plan.results, tasks, &plan.program, plan.fresh)?;
    let mut open = Vec::new();
    for task in tasks {
        if !folder.record(task)?.is_some_and(|record| record.succeeded()) {
            open.push(task.clone());
        }
    }
    let resumed = tasks.len() - open.len();
    if !open.is_empty() {
        let progress = Progress::new(tasks.len(), resumed);
        match &plan.engine {
            Engine::Local => local::run(&open, plan, &folder, &progress)?,
            Engine::Ray(cluster) => ray::run(&open, plan, cluster, &folder, &progress)?,
        }
    }
    let mut records = Vec::with_capacity(tasks.len());
    for task in tasks {
        records.push(folder.record(task)?.ok_or_else(|| SweepError::NoRecord { id: task.id.clone() })?);
    }
    let document = document::of(tasks, &records);
    folder.write_results(&document)?;
    let failed = records.iter().filter(|record| !record.succeeded()).count();
    Ok(Finished { document, total: tasks.len(), failed, resumed })
}

#[cfg(test)]
mod tests;
