//! The steps of `xtask test`.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Outcome, refusals};
use crate::bytecode::{self, Request};
use crate::forward;
use crate::idl;
use crate::process::{cargo, find_on_path, run};
use crate::workspace::Workspace;

/// The variable that names the folder with recorded market data.
const DATA: &str = "BALLAST_DATA";

/// One step.
pub struct Step {
    /// What `--only` calls it.
    pub name: &'static str,
    /// What it checks.
    pub about: &'static str,
    /// Whether it runs the programs' bytecode.
    pub needs_bytecode: bool,
    /// Does it.
    pub run: fn(&Workspace) -> Outcome,
}

/// Every step: what fails fast comes first.
pub const STEPS: &[Step] = &[
    Step { name: "fmt", about: "the source is formatted", needs_bytecode: false, run: fmt },
    Step {
        name: "clippy",
        about: "no compiler or clippy warning anywhere",
        needs_bytecode: false,
        run: clippy,
    },
    Step { name: "build", about: "the programs compile to bytecode", needs_bytecode: false, run: build },
    Step {
        name: "idl",
        about: "the committed idl/ballast.json is the program's",
        needs_bytecode: false,
        run: check_idl,
    },
    Step {
        name: "tests",
        about: "unit, property, instruction, invariant, bank and conformance tests",
        needs_bytecode: true,
        run: tests,
    },
    Step { name: "replay", about: "the bytecode over recorded markets", needs_bytecode: true, run: replay },
    Step { name: "demo", about: "the demo for 60 seconds over JSON-RPC", needs_bytecode: true, run: demo },
];

fn fmt(workspace: &Workspace) -> Outcome {
    in_workspace(workspace, &["fmt", "--all", "--check"])
}

fn clippy(workspace: &Workspace) -> Outcome {
    let args = ["clippy", "--workspace", "--all-targets", "--features", "xtask/idl", "--", "-D", "warnings"];
    in_workspace(workspace, &args)
}

fn build(workspace: &Workspace) -> Outcome {
    bytecode::build(workspace, &Request::everything()).into()
}

fn check_idl(workspace: &Workspace) -> Outcome {
    idl::run_mode(workspace, idl::Mode::Check).into()
}

/// All tests, without recorded data: the replay has a step of its own. Between them they raise every refusal.
fn tests(workspace: &Workspace) -> Outcome {
    run_tests(workspace).into()
}

fn run_tests(workspace: &Workspace) -> anyhow::Result<()> {
    let raised = refusals::empty_folder(workspace)?;
    let run_with = |args: &[&str], what: &str| {
        run(cargo_in(workspace, args).env_remove(DATA).env(refusals::VARIABLE, &raised), what)
    };
    if find_on_path("cargo-nextest").is_none() {
        run_with(&["test", "--workspace"], "the tests")?;
    } else {
        run_with(&["nextest", "run", "--workspace"], "the tests")?;
        // nextest does not know documentation tests.
        run_with(&["test", "--workspace", "--doc"], "the documentation's tests")?;
    }
    refusals::require_all(workspace, &raised)
}

/// The replay test over the folder that `BALLAST_DATA` names.
fn replay(workspace: &Workspace) -> Outcome {
    let data = match data_folder(env::var_os(DATA)) {
        Ok(data) => data,
        Err(outcome) => return outcome,
    };
    // The whole workspace is selected, so that this compiles nothing that the tests before did not.
    run(cargo_in(workspace, &["test", "--workspace", "--test", "replay"]).env(DATA, data), "the replay")
        .into()
}

/// The folder as an absolute path, for cargo runs tests elsewhere. Unset skips the step; missing fails it.
fn data_folder(value: Option<OsString>) -> Result<PathBuf, Outcome> {
    let Some(data) = value.filter(|dir| !dir.is_empty()) else {
        return Err(Outcome::Skipped(format!("{DATA} is not set")));
    };
    match Path::new(&data).canonicalize() {
        Ok(dir) if dir.is_dir() => Ok(dir),
        _ => Err(Outcome::Failed(format!("{DATA} is set, but {} is not a folder", data.display()))),
    }
}

fn demo(workspace: &Workspace) -> Outcome {
    forward::demo_command(workspace).and_then(|mut demo| run(demo.args(["--for", "60"]), "the demo")).into()
}

fn in_workspace(workspace: &Workspace, args: &[&str]) -> Outcome {
    run(&mut cargo_in(workspace, args), &format!("cargo {}", args.join(" "))).into()
}

fn cargo_in(workspace: &Workspace, args: &[&str]) -> Command {
    let mut command = cargo();
    command.current_dir(workspace.root()).args(args);
    command
}

impl From<anyhow::Result<()>> for Outcome {
    fn from(result: anyhow::Result<()>) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(error) => Self::Failed(format!("{error:#}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_data_is_used_skipped_or_missed() {
        assert!(matches!(data_folder(None), Err(Outcome::Skipped(_))));
        assert!(matches!(data_folder(Some("".into())), Err(Outcome::Skipped(_))));
        let missing = env::temp_dir().join("no such folder");
        assert!(matches!(data_folder(Some(missing.into())), Err(Outcome::Failed(_))));
        assert!(data_folder(Some(env::temp_dir().into())).is_ok_and(|dir| dir.is_absolute()));
    }
}
