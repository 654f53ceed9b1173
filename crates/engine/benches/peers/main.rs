//! The engine beside its Python peers: same inputs, one thread, equal answers, and how long each takes.
//!
//! `cargo xtask bench engine` sets Python up and runs this. By hand:
//! `cargo bench -p ballast-engine --bench peers -- [--python PATH] [--report FILE] [--work DIR] [--repeats N]
//! [--only TEXT]`.
//! Without Python peers it says so and measures our engine and raw Clarabel only. Answers that differ make it fail;
//! a missed target does not, it is reported.

mod arguments;
mod cases;
mod inputs;
mod npy;
mod ours;
mod peers;
mod raw_lp;
mod report;
mod timing;
mod verdict;

use std::error::Error;
use std::process::ExitCode;

use arguments::Arguments;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("error: answers differ, so their times mean nothing; see the report");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all answers are equal.
fn run() -> Result<bool, Box<dyn Error>> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let cases = cases::all(&arguments.only);
    if cases.is_empty() {
        return Err(format!("no case has {:?} in its name", arguments.only).into());
    }
    peers::write_inputs(&arguments, &cases)?;
    // The engine may use rayon; here it gets one thread, as the peers do.
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let measured =
        one_thread.install(|| ours::measure(&cases, &arguments)).map_err(|error| error.to_string())?;
    let peers = peers::run(&arguments)?;
    let rows = verdict::rows(&cases, &measured, peers.as_ref());
    let text = report::markdown(&rows, peers.as_ref(), &arguments);
    print!("{text}");
    if let Some(path) = &arguments.report {
        std::fs::write(path, &text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(rows.iter().all(verdict::Row::agrees))
}
