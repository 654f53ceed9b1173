//! Commands that build and then hand over to another program of the project, which takes the driver's place: it
//! gets Ctrl-C itself and its exit code is the command's.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::bytecode::{self, Request};
use crate::metadata::Metadata;
use crate::process::{cargo, command, run};
use crate::workspace::Workspace;

/// `xtask demo`.
pub fn demo(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    bytecode::build(workspace, &Request::everything())?;
    take_over(demo_command(workspace)?.args(args), "the demo")
}

/// `xtask bench`.
pub fn bench(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    bytecode::build(workspace, &Request::everything())?;
    let mut command = cargo();
    command.current_dir(workspace.root()).args(["test", "--workspace", "--test", "bench", "--"]);
    take_over(command.args(args), "the benchmarks")
}

/// `ballast demo`, to which the caller adds arguments.
///
/// The command is built the way the tests build it: with the features of the whole workspace. `cargo run` would choose
/// other features for the same libraries and compile all of Solana a second time.
pub fn demo_command(workspace: &Workspace) -> Result<Command> {
    let mut build = cargo();
    build.current_dir(workspace.root()).args(["test", "--workspace", "--no-run", "--test", "demo"]);
    run(&mut build, "building the ballast command")?;
    let program = Metadata::read(workspace.root())?.target_dir().join("debug/ballast");
    let mut command = command(program);
    command.current_dir(workspace.root()).arg("demo");
    Ok(command)
}

/// Replaces this process; returns only when that was not possible.
fn take_over(command: &mut Command, what: &str) -> Result<ExitCode> {
    Err(command.exec()).with_context(|| format!("could not start {what}"))
}
