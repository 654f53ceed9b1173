//! Runs tasks on Ray: a Python script that hands the program to Ray's workers and keeps the same records.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Serialize;

use super::folder::Folder;
use super::grid::Task;
use super::progress::Progress;
use super::{Plan, SweepError, local};

/// The script; it travels inside this program.
const SCRIPT: &str = include_str!("ray_sweep.py");
/// The script's exit code when Ray is not installed.
const NO_RAY: i32 = 3;

/// Which Ray.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Python interpreter that has Ray.
    pub python: PathBuf,
    /// Address of a running cluster; none starts one here, for this sweep.
    pub address: Option<String>,
}

/// What the script is told.
#[derive(Serialize)]
struct Orders<'a> {
    program: &'a Path,
    folder: PathBuf,
    records: PathBuf,
    working_dir: PathBuf,
    environment: Vec<(&'a str, &'a str)>,
    jobs: usize,
    timeout_secs: Option<f64>,
    timeout_problem: Option<String>,
    address: Option<&'a str>,
    tasks: &'a [Task],
}

/// Runs `tasks` and keeps their records.
///
/// # Errors
/// No Python, no Ray, or a script that fails; records kept until then stay.
pub fn run(
    tasks: &[Task],
    plan: &Plan,
    cluster: &Cluster,
    folder: &Folder,
    progress: &Progress,
) -> Result<(), SweepError> {
    let here = std::env::current_dir().map_err(SweepError::io(Path::new(".")))?;
    let orders = Orders {
        program: &plan.program,
        folder: here.join(folder.path()),
        records: here.join(folder.records()),
        working_dir: here.clone(),
        environment: local::environment().into_iter().collect(),
        jobs: plan.jobs,
        timeout_secs: plan.timeout.map(|timeout| timeout.as_secs_f64()),
        timeout_problem: plan.timeout.map(local::stopped),
        address: cluster.address.as_deref(),
        tasks,
    };
    let path = folder.path().join("ray.json");
    let text = serde_json::to_string(&orders).map_err(|error| SweepError::Ray(error.to_string()))?;
    fs::write(&path, text).map_err(SweepError::io(&path))?;
    let log_path = folder.path().join("ray.log");
    let log = fs::File::create(&log_path).map_err(SweepError::io(&log_path))?;
    let mut script = Command::new(&cluster.python)
        .args([OsString::from("-c"), SCRIPT.into(), path.into_os_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .map_err(|error| SweepError::Ray(format!("cannot start {}: {error}", cluster.python.display())))?;
    // One line a finished task.
    if let Some(stdout) = script.stdout.take() {
        BufReader::new(stdout).lines().map_while(Result::ok).for_each(|_| progress.one_done());
    }
    let status = script.wait().map_err(|error| SweepError::Ray(error.to_string()))?;
    if status.success() {
        return Ok(());
    }
    if status.code() == Some(NO_RAY) {
        let python = cluster.python.display();
        return Err(SweepError::Ray(format!(
            "not installed for {python}; `pip install ray==2.60.0` there, or name another --python"
        )));
    }
    let log = fs::read_to_string(&log_path).unwrap_or_default();
    let last = log.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    Err(SweepError::Ray(format!("{status}: {last} (all of it in {})", log_path.display())))
}
