//! Runs tasks on this machine: worker threads, each with one child process at a time.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::folder::Folder;
use super::grid::Task;
use super::progress::Progress;
use super::record::Record;
use super::{Plan, SweepError};

/// A child that is given a time limit is looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Runs `tasks` and keeps their records. The first trouble with the results folder ends it, after the tasks under way.
pub fn run(tasks: &[Task], plan: &Plan, folder: &Folder, progress: &Progress) -> Result<(), SweepError> {
    let next = AtomicUsize::new(0);
    let trouble: Mutex<Option<SweepError>> = Mutex::new(None);
    let note = |error: SweepError| {
        next.store(tasks.len(), Ordering::Relaxed);
        if let Ok(mut slot) = trouble.lock() {
            slot.get_or_insert(error);
        }
    };
    thread::scope(|scope| {
        for _ in 0..plan.jobs.clamp(1, tasks.len().max(1)) {
            scope.spawn(|| {
                while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match run_one(task, plan, folder).and_then(|record| folder.keep(&record)) {
                        Ok(()) => progress.one_done(),
                        Err(error) => note(error),
                    }
                }
            });
        }
    });
    trouble.into_inner().unwrap_or_default().map_or(Ok(()), Err)
}

/// Output goes to files, not pipes: a grandchild that outlives a stopped task cannot make anybody wait.
fn run_one(task: &Task, plan: &Plan, folder: &Folder) -> Result<Record, SweepError> {
    let part = |kind: &str| folder.records().join(format!("{}.{kind}.part", task.id));
    let (stdout, stderr) = (part("stdout"), part("stderr"));
    let create = |path: &Path| File::create(path).map_err(SweepError::io(path));
    let started = Command::new(&plan.program)
        .args(&task.args)
        .envs(environment())
        .stdin(Stdio::null())
        .stdout(create(&stdout)?)
        .stderr(create(&stderr)?)
        .spawn();
    let ended = started.and_then(|mut child| wait(&mut child, plan.timeout));
    let text = |path: &Path| {
        let bytes = fs::read(path).map_err(SweepError::io(path))?;
        fs::remove_file(path).map_err(SweepError::io(path))?;
        Ok::<String, SweepError>(String::from_utf8_lossy(&bytes).into_owned())
    };
    let (exit_code, problem) = match ended {
        Ok(Some(status)) => (status.code(), None),
        Ok(None) => (None, plan.timeout.map(stopped)),
        Err(error) => (None, Some(format!("could not run: {error}"))),
    };
    Ok(Record { id: task.id.clone(), exit_code, stdout: text(&stdout)?, stderr: text(&stderr)?, problem })
}

/// None when the child had to be stopped.
fn wait(child: &mut Child, timeout: Option<Duration>) -> std::io::Result<Option<ExitStatus>> {
    let Some(timeout) = timeout else {
        return child.wait().map(Some);
    };
    let start = Instant::now();
    while start.elapsed() < timeout {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(LOOK_EVERY);
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

/// What a record says of a task that took too long.
pub(super) fn stopped(timeout: Duration) -> String {
    format!("stopped after {} s", timeout.as_secs())
}

/// One thread a task: the cores are shared out among the tasks already.
pub(super) fn environment() -> Option<(&'static str, &'static str)> {
    std::env::var_os("RAYON_NUM_THREADS").is_none().then_some(("RAYON_NUM_THREADS", "1"))
}
