//! `ballast sweep`

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;

use crate::EngineCliError;
use crate::input::{Source, answer};
use crate::sweep::file::SweepFile;
use crate::sweep::folder::sweep_hash;
use crate::sweep::ray::Cluster;
use crate::sweep::{self, Engine, Finished, Plan, SweepError, grid};

/// What to run, where and with what.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Sweep file, TOML or JSON; standard input when not given
    #[arg(value_name = "FILE", conflicts_with = "input")]
    file: Option<PathBuf>,
    #[command(flatten)]
    source: Source,
    /// Where records are kept, and found again after an interruption [default: sweep-HASH here]
    #[arg(long, short, value_name = "DIR")]
    results: Option<PathBuf>,
    /// Who runs the tasks
    #[arg(long, value_enum, default_value_t = EngineName::Local)]
    engine: EngineName,
    /// Tasks at a time [default: one a core]
    #[arg(long, short, value_name = "N", allow_negative_numbers = true)]
    jobs: Option<usize>,
    /// Stop a task that takes longer, and count it as failed
    #[arg(long, value_name = "SECS", allow_negative_numbers = true)]
    timeout: Option<u64>,
    /// Program to run [default: the file's, else this one]
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
    /// Forget the records in the folder and run everything
    #[arg(long)]
    fresh: bool,
    /// Print the tasks, run nothing
    #[arg(long)]
    dry_run: bool,
    /// Python interpreter that has Ray [default: BALLAST_PYTHON, else python3]
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// Address of a running Ray cluster [default: start one here]
    #[arg(long, value_name = "ADDRESS")]
    ray_address: Option<String>,
}

/// Who runs the tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EngineName {
    /// This machine's cores
    Local,
    /// Ray
    Ray,
}

/// Reads the sweep, runs it, answers the document of its results.
pub fn run(args: &Args, standard: &mut dyn Read) -> Result<Finished, EngineCliError> {
    let source = Source { input: args.file.clone().or_else(|| args.source.input.clone()) };
    let place = source.name();
    let sweep = SweepFile::parse(&source.text(standard)?, &place)?;
    let tasks = grid::tasks(&sweep, &place)?;
    if args.dry_run {
        let document = answer(&tasks)?;
        return Ok(Finished { document, total: tasks.len(), failed: 0, resumed: 0 });
    }
    let results = args.results.clone().unwrap_or_else(|| {
        let hash: String = sweep_hash(&tasks).chars().take(12).collect();
        PathBuf::from(format!("sweep-{hash}"))
    });
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if args.jobs == Some(0) || args.timeout == Some(0) {
        return Err(EngineCliError::input("--jobs and --timeout must be at least 1"));
    }
    let plan = Plan {
        program: program(args.program.as_deref().or(sweep.program.as_deref()))?,
        results,
        engine: match args.engine {
            EngineName::Local => Engine::Local,
            EngineName::Ray => Engine::Ray(Cluster {
                python: python(args.python.as_deref()),
                address: args.ray_address.clone(),
            }),
        },
        jobs: args.jobs.unwrap_or(cores),
        timeout: args.timeout.map(Duration::from_secs),
        fresh: args.fresh,
    };
    Ok(sweep::run(&tasks, &plan)?)
}

fn python(named: Option<&Path>) -> PathBuf {
    named
        .map(Path::to_owned)
        .or_else(|| std::env::var_os("BALLAST_PYTHON").map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from("python3"))
}

/// The program's full path: its file is hashed, and Ray's workers start elsewhere. A bare name is looked up on PATH.
fn program(named: Option<&Path>) -> Result<PathBuf, SweepError> {
    let missing = |program: &Path, problem: &str| SweepError::Program {
        program: program.to_owned(),
        problem: problem.to_owned(),
    };
    let Some(named) = named else {
        return std::env::current_exe()
            .map_err(|error| missing(Path::new("this program"), &error.to_string()));
    };
    if named.components().count() > 1 {
        return named.canonicalize().map_err(|error| missing(named, &error.to_string()));
    }
    std::env::var_os("PATH")
        .and_then(|paths| {
            std::env::split_paths(&paths).map(|dir| dir.join(named)).find(|path| path.is_file())
        })
        .ok_or_else(|| missing(named, "not found on PATH"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asked;

    /// What the command answers and its exit code.
    fn sweep(line: &[&str], standard: &str) -> (String, Result<(), EngineCliError>) {
        let args = asked::arguments(line.iter().copied()).unwrap();
        let mut answer = Vec::new();
        let verdict = crate::run_sweep(&args, &mut standard.as_bytes(), &mut answer);
        (String::from_utf8(answer).unwrap(), verdict)
    }

    fn code(verdict: &Result<(), EngineCliError>) -> u8 {
        verdict.as_ref().err().map_or(0, EngineCliError::exit_code)
    }

    const SHELL: &str =
        "program = \"sh\"\ncommand = [\"-c\", \"echo '{}'; exit ${0#--code=}\"]\n[grid]\ncode = ";

    #[test]
    fn answers_even_when_tasks_fail_and_its_exit_code_says_so() {
        let dir = std::env::temp_dir().join(format!("ballast-sweep-command-{}", std::process::id()));
        let results = dir.display().to_string();
        let (answer, verdict) = sweep(&["--results", &results, "--fresh"], &format!("{SHELL}[0, 4]"));
        assert_eq!(
            (code(&verdict), verdict.unwrap_err().to_string().as_str()),
            (1, "1 of 2 tasks failed; the answer says why")
        );
        let read: serde_json::Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(
            (&read["tasks"][0]["output"], &read["tasks"][1]["exit_code"]),
            (&serde_json::json!({}), &4.into())
        );
        let (answer, verdict) = sweep(&["--results", &results, "--fresh"], &format!("{SHELL}[0]"));
        assert_eq!((code(&verdict), answer.contains("\"failed\": 0")), (0, true));
        // Another sweep must not write over these.
        let (answer, verdict) = sweep(&["--results", &results], &format!("{SHELL}[0, 1]"));
        assert_eq!((code(&verdict), answer.as_str()), (2, ""));
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn bad_input_is_named_and_nothing_is_made() {
        for (line, standard, named) in [
            (vec![], "", "standard input: empty"),
            (vec!["no-such-file.toml"], "", "no-such-file.toml"),
            (vec![], "[grid]\nx = [1, 1]", "grid.x has the value 1 twice"),
            (vec!["--jobs", "0"], SHELL_OK, "--jobs"),
            (vec!["--program", "no-such-program"], SHELL_OK, "cannot run no-such-program: not found on PATH"),
            (vec!["--program", "./no-such-program"], SHELL_OK, "No such file"),
        ] {
            let (answer, verdict) = sweep(&line, standard);
            assert_eq!((code(&verdict), answer.as_str()), (2, ""), "{line:?}");
            assert!(verdict.unwrap_err().to_string().contains(named), "{named}");
        }
    }

    const SHELL_OK: &str = "[grid]\nx = [1]";

    #[test]
    fn a_dry_run_lists_the_tasks() {
        let (answer, verdict) = sweep(&["--dry-run"], "args = [\"--json\"]\n[grid]\nseed = [1, 2]");
        assert_eq!(code(&verdict), 0);
        let read: serde_json::Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(read[1]["args"], serde_json::json!(["backtest", "--json", "--seed=2"]));
    }
}
