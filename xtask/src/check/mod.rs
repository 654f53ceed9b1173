//! `xtask test`: everything that CI runs, as ordered steps with their times and one summary.

mod refusals;
mod steps;
mod summary;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::progress::{say, seconds};
use crate::workspace::Workspace;
use steps::{STEPS, Step};
use summary::{Entry, Summary};

/// Which steps to run, and what a failure does.
pub struct Plan {
    /// Names of steps; all when empty.
    pub only: Vec<String>,
    /// Go on after a failure.
    pub keep_going: bool,
}

/// How a step ended.
pub enum Outcome {
    /// It ran and is good.
    Passed,
    /// It ran, or should have, and is not good.
    Failed(String),
    /// It did not run, for this reason.
    Skipped(String),
}

/// Lists the steps.
pub fn print_steps() {
    for step in STEPS {
        println!("{:<8} {}", step.name, step.about);
    }
}

/// Runs the planned steps. The exit code says whether all of them passed.
pub fn run(workspace: &Workspace, plan: &Plan) -> Result<ExitCode> {
    let chosen = choose(&plan.only)?;
    let mut summary = Summary::default();
    for step in chosen {
        let start = Instant::now();
        let outcome = if summary.failed() > 0 && !plan.keep_going {
            Outcome::Skipped("an earlier step failed".into())
        } else {
            say(format!("== {}: {}", step.name, step.about));
            (step.run)(workspace)
        };
        match &outcome {
            Outcome::Passed => say(format!("== {}: passed in {}", step.name, seconds(start.elapsed()))),
            Outcome::Failed(why) => say(format!("== {}: FAILED: {why}", step.name)),
            Outcome::Skipped(why) => say(format!("== {}: skipped: {why}", step.name)),
        }
        summary.add(Entry { step: step.name, outcome, took: start.elapsed() });
    }
    print!("{summary}");
    Ok(if summary.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The steps in their own order; `build` joins those that need the bytecode.
fn choose(only: &[String]) -> Result<Vec<&'static Step>> {
    if only.is_empty() {
        return Ok(STEPS.iter().collect());
    }
    let mut needs_bytecode = false;
    for name in only {
        let step = STEPS.iter().find(|step| step.name == name);
        let step = step.with_context(|| format!("no step `{name}`; `cargo xtask test --list` lists them"))?;
        needs_bytecode |= step.needs_bytecode;
    }
    let chosen =
        |step: &&Step| only.iter().any(|name| name == step.name) || (needs_bytecode && step.name == "build");
    Ok(STEPS.iter().filter(chosen).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str]) -> Option<Vec<&'static str>> {
        let only: Vec<String> = only.iter().map(|name| (*name).to_owned()).collect();
        choose(&only).ok().map(|steps| steps.iter().map(|step| step.name).collect())
    }

    #[test]
    fn chosen_steps_keep_their_order_and_bring_the_build_they_need() {
        assert_eq!(names(&["clippy", "fmt"]), Some(vec!["fmt", "clippy"]));
        assert_eq!(names(&["replay"]), Some(vec!["build", "replay"]));
        assert_eq!(names(&["fmtt"]), None);
        assert_eq!(names(&[]).map(|all| all.len()), Some(STEPS.len()));
    }
}
