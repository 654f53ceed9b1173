//! `ballast backtest`: the engine against the baselines, on the real bytecode.

use std::io::Write;
use std::path::PathBuf;

use ballast_engine::evaluate::TrialLog;
use ballast_engine::report::backtest::BacktestReport;
use ballast_engine::report::write_html;
use ballast_replay::{Backtest, ContestProgress};
use ballast_sandbox::Programs;
use comfy_table::{ContentArrangement, Table, presets};

use crate::error::CliError;
use crate::replay::{RunArgs, progress_bar, sorted};

/// What to back-test
#[derive(Clone, Debug, clap::Args)]
pub struct BacktestArgs {
    #[command(flatten)]
    run: RunArgs,
    /// Write the report as one HTML file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Log of trials, one JSON line each: this run is added, and all of them count in the deflated Sharpe ratio
    #[arg(long, value_name = "FILE")]
    trials: Option<PathBuf>,
    /// Threads [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
}

/// Runs it and prints what it found.
pub fn run(as_json: bool, args: &BacktestArgs) -> Result<(), CliError> {
    let settings = args.run.settings().map_err(CliError::input)?;
    let mut log = args.trials.as_deref().map(TrialLog::read).transpose().map_err(CliError::input)?;
    let programs = Programs::load().map_err(CliError::input)?;
    let threads = args
        .threads
        .map_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get), usize::from);
    let bar = progress_bar(0);
    let show = |progress: ContestProgress| {
        if progress.done.is_multiple_of(64) {
            bar.set_length(u64::try_from(progress.total).unwrap_or(u64::MAX));
            bar.set_position(u64::try_from(progress.done).unwrap_or(u64::MAX));
        }
    };
    let found = Backtest::run(&programs, &settings, settings.policy, threads, log.as_ref(), show);
    bar.finish_and_clear();
    let found = found.map_err(sorted)?;
    if let Some(path) = &args.html {
        write_html(&found.report, path).map_err(CliError::input)?;
    }
    if let Some(log) = &mut log {
        log.add(found.trial.clone()).map_err(CliError::input)?;
    }
    print(&found.report, as_json)
}

fn print(report: &BacktestReport, as_json: bool) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    if as_json {
        serde_json::to_writer_pretty(&mut out, report).map_err(CliError::input)?;
        return writeln!(out).map_err(CliError::input);
    }
    let mut who =
        table(&["policy", "return", "a year", "volatility", "Sharpe", "drawdown", "decisions", "refused"]);
    for one in &report.contestants {
        let figure = |name: &str| one.stats.get(name).and_then(serde_json::Value::as_f64);
        let percent =
            |name: &str| figure(name).map_or_else(|| "n/a".into(), |value| format!("{:.2}%", value * 100.0));
        who.add_row([
            one.name.clone(),
            percent("total_return"),
            percent("annual_return"),
            percent("volatility"),
            figure("sharpe").map_or_else(|| "n/a".into(), |value| format!("{value:.2}")),
            percent("max_drawdown"),
            one.decisions_accepted.to_string(),
            one.decisions_refused.values().sum::<u64>().to_string(),
        ]);
    }
    let mut against = table(&["against", "excess a year", "deflated Sharpe", "verdict"]);
    for one in &report.comparisons {
        against.add_row([
            one.against.clone(),
            format!("{:+.3}%", one.mean_excess * 100.0),
            one.deflated_sharpe.map_or_else(|| "n/a".into(), |value| format!("{value:.3}")),
            one.verdict.clone(),
        ]);
    }
    let mut text = format!("{}\n", report.title);
    for window in &report.provenance.windows {
        text.push_str(&format!("  input: {} ({})\n", window.series, window.note));
    }
    text.push_str(&format!("\n{who}\n\n{against}\n\ntrials counted: {}\n", report.trials));
    out.write_all(text.as_bytes()).map_err(CliError::input)
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header);
    table
}
