//! `ballast replay`: real bytecode through real history.

mod args;

use std::io::Write;
use std::time::Duration;

use ballast_engine::report::{ReplayReport, write_plot};
use ballast_engine::time::format_utc;
use ballast_replay::{Progress, Replay, ReplayError};
use ballast_sandbox::Programs;
use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};

pub use args::{ReplayArgs, RunArgs};

use crate::error::CliError;

/// Runs the replay that `args` describes and prints what it found.
pub fn run(as_json: bool, args: &ReplayArgs) -> Result<(), CliError> {
    if as_json && args.csv {
        return Err(CliError::input("--json and --csv both write to standard output: choose one"));
    }
    let settings = args.settings().map_err(CliError::input)?;
    let programs = Programs::load().map_err(CliError::input)?;
    let replay = Replay::new(&programs, settings).map_err(sorted)?;
    let bar = progress_bar(replay.total_steps());
    let report = replay.run(|progress| show(&bar, progress));
    // An error is said below the bar, not through it.
    bar.finish_and_clear();
    let report = report.map_err(sorted)?;
    if let Some(path) = &args.plot {
        write_plot(&report, path).map_err(CliError::input)?;
    }
    print(&report, as_json, args.csv)
}

/// What the chain did wrong is not bad input.
pub(crate) fn sorted(error: ReplayError) -> CliError {
    match error {
        ReplayError::Market(_) | ReplayError::Settings(_) | ReplayError::Program(_) => CliError::input(error),
        broken => CliError::refused(broken),
    }
}

pub(crate) fn progress_bar(steps: usize) -> ProgressBar {
    // Drawn on standard error, and not at all where that is no terminal.
    let bar = ProgressBar::new(u64::try_from(steps).unwrap_or(u64::MAX));
    let template = "{bar:32} {pos}/{len} steps, {per_sec}, {eta} left, {msg}";
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn show(bar: &ProgressBar, progress: &Progress) {
    bar.set_position(u64::try_from(progress.done).unwrap_or(u64::MAX));
    // Formatting costs more than a redraw is worth in most steps.
    if progress.done.is_multiple_of(32) {
        bar.set_message(format!("{} share price {:.6}", format_utc(progress.ts), progress.share_price));
    }
}

fn print(report: &ReplayReport, as_json: bool, as_csv: bool) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    if as_json {
        report.write_json(&mut out).map_err(CliError::input)?;
        return writeln!(out).map_err(CliError::input);
    }
    if as_csv {
        return report.write_csv(out).map_err(CliError::input);
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    for (what, figure) in report.table() {
        table.add_row([what, figure]);
    }
    writeln!(out, "{table}").map_err(CliError::input)
}
