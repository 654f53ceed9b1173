//! `xtask bench engine`: the off-chain engine beside its Python peers. Needs no bytecode, and does without Python.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::process::{self, cargo, find_on_path};
use crate::progress::say;
use crate::workspace::Workspace;

/// Sets the peers up where Python 3 is, then hands over to the benchmark. `args` are the benchmark's.
pub fn bench(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let dir = workspace.root().join("target/peers");
    fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
    let mut command = cargo();
    command.current_dir(workspace.root()).args([
        "bench",
        "--package",
        "ballast-engine",
        "--bench",
        "peers",
        "--",
    ]);
    command.arg("--work").arg(dir.join("input"));
    if !args.iter().any(|arg| arg == "--python") {
        match python_with_peers(workspace, &dir) {
            Ok(python) => {
                command.arg("--python").arg(python);
            }
            // The engine and the raw solver are worth measuring without them.
            Err(error) => say(format!("no Python peers: {error:#}")),
        }
    }
    if !args.iter().any(|arg| arg == "--report") {
        command.arg("--report").arg(default_report(workspace.root(), &dir, args));
    }
    command.args(args);
    Err(command.exec()).context("could not start the benchmark")
}

/// Only a whole run may replace the committed report.
fn default_report(root: &Path, dir: &Path, args: &[String]) -> PathBuf {
    if args.is_empty() { root.join("docs/engine/benchmarks.md") } else { dir.join("benchmarks.md") }
}

/// An environment with exactly what `bench/peers/requirements.txt` pins, made anew when that file changed.
fn python_with_peers(workspace: &Workspace, dir: &Path) -> Result<PathBuf> {
    let requirements = workspace.root().join("bench/peers/requirements.txt");
    let pinned = fs::read(&requirements).with_context(|| requirements.display().to_string())?;
    let wanted: String = Sha256::digest(&pinned).iter().map(|byte| format!("{byte:02x}")).collect();
    let (venv, stamp) = (dir.join("venv"), dir.join("venv.stamp"));
    let python = venv.join("bin/python");
    if python.is_file() && fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    let system = find_on_path("python3").context("python3 is not on PATH")?;
    say("setting up the Python peers");
    // Without its stamp an environment that is half made is not taken for a good one.
    if stamp.exists() {
        fs::remove_file(&stamp).with_context(|| stamp.display().to_string())?;
    }
    process::capture(Command::new(system).args(["-m", "venv", "--clear"]).arg(&venv), "python3 -m venv")?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    process::capture(install.arg(&requirements), "pip install")?;
    fs::write(&stamp, wanted).with_context(|| stamp.display().to_string())?;
    Ok(python)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_run_does_not_replace_the_report() {
        let report = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
            default_report(Path::new("/r"), Path::new("/r/target/peers"), &args)
        };
        assert_eq!(report(&[]), Path::new("/r/docs/engine/benchmarks.md"));
        assert_eq!(report(&["--only", "HRP"]), Path::new("/r/target/peers/benchmarks.md"));
    }
}
