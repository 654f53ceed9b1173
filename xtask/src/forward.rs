//! Commands that build and then hand over to another program of the project, which takes the driver's place: it
//! gets Ctrl-C itself and its exit code is the command's.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::bytecode::{self, Request};
use crate::process::cargo;
use crate::workspace::Workspace;

/// `xtask demo`.
pub fn demo(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    bytecode::build(workspace, &Request::everything())?;
    take_over(demo_command(workspace).args(args), "the demo")
}

/// `xtask bench`.
pub fn bench(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    bytecode::build(workspace, &Request::everything())?;
    let mut command = cargo();
    command.current_dir(workspace.root()).args([
        "test",
        "--package",
        "ballast-tests",
        "--test",
        "bench",
        "--",
    ]);
    take_over(command.args(args), "the benchmarks")
}

/// `ballast demo`, to which the caller adds arguments.
pub fn demo_command(workspace: &Workspace) -> Command {
    let mut command = cargo();
    command.current_dir(workspace.root()).args([
        "run",
        "--package",
        "ballast-cli",
        "--bin",
        "ballast",
        "--",
        "demo",
    ]);
    command
}

/// Replaces this process; returns only when that was not possible.
fn take_over(command: &mut Command, what: &str) -> Result<ExitCode> {
    Err(command.exec()).with_context(|| format!("could not start {what}"))
}
