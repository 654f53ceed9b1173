//! The report: docs/engine/benchmarks.md.

use std::fmt::Write;

use crate::arguments::Arguments;
use crate::cases;
use crate::peers::Peers;
use crate::timing::{SLOW_REPEATS, SLOW_SECS};
use crate::verdict::Row;

/// All of it, misses and what could not be measured included.
pub fn markdown(rows: &[Row], peers: Option<&Peers>, arguments: &Arguments) -> String {
    let mut text = String::from("# The engine beside its Python peers\n\n");
    text.push_str("Written by `cargo xtask bench engine`; run it again for figures of another machine.\n\n");
    text.push_str("| case | peer | ours | peer's | runs | times faster | by fastest runs | target | ");
    text.push_str("answers differ by | allowed |\n");
    text.push_str("|---|---|--:|--:|--:|--:|--:|---|--:|--:|\n");
    for row in rows {
        let target = match row.target {
            None => String::new(),
            Some(target) if row.ratio() >= target => format!("{target:.0}x: met"),
            Some(target) => format!("{target:.0}x: **missed**"),
        };
        let note = if row.agrees() { "" } else { " **differs**" };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {:.1} | {:.1} | {target} | {:.1e}{note} | {:.0e} |",
            row.case,
            row.peer,
            duration(row.ours.median()),
            duration(row.theirs.median()),
            row.theirs.runs(),
            row.ratio(),
            row.fastest_ratio(),
            row.check.difference,
            row.check.tolerance,
        );
    }
    if peers.is_none() {
        text.push_str(
            "\nNo Python peers on this machine: only raw Clarabel in Rust was measured beside the engine.\n",
        );
    }
    text.push_str(&curve(rows));
    text.push_str(&differences(rows));
    text.push_str(&method(rows, peers, arguments));
    text
}

/// Answers that differ by more than they may; their times mean nothing.
fn differences(rows: &[Row]) -> String {
    rows.iter().filter(|row| !row.agrees()).fold(String::new(), |mut text, row| {
        let (case, peer, what) = (&row.case, &row.peer, row.check.what);
        let _ = writeln!(text, "\n**Answers differ**: {case}, {peer}: {what}.");
        text
    })
}

/// How our time grows with the number of scenarios.
fn curve(rows: &[Row]) -> String {
    let of_raw: Vec<&Row> = rows.iter().filter(|row| row.peer == "clarabel (Rust)").collect();
    let (Some(first), Some(last)) = (of_raw.first(), of_raw.last()) else {
        return String::new();
    };
    if of_raw.len() < 2 {
        return String::new();
    }
    let steps: Vec<String> =
        of_raw.iter().filter_map(|row| row.steps).map(|steps| steps.to_string()).collect();
    format!(
        "\nMin CVaR from the smallest to the largest set: our time grows {:.0} times, raw Clarabel's {:.0} times. \
         Passes over the scenarios that ours needed, by size: {}.\n",
        last.ours.median() / first.ours.median(),
        last.theirs.median() / first.theirs.median(),
        steps.join(", "),
    )
}

fn method(rows: &[Row], peers: Option<&Peers>, arguments: &Arguments) -> String {
    let mut text = String::from("\n## How it was measured\n\n");
    let mut say = |line: String| {
        let _ = writeln!(text, "- {line}");
    };
    say(machine());
    if let Some(peers) = peers {
        let versions: Vec<String> =
            peers.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
        say(format!(
            "Python {} with {}; all of it pinned in `bench/peers/requirements.txt`.",
            peers.python,
            versions.join(", ")
        ));
    }
    say(format!(
        "One thread: BLAS, OpenMP and rayon are held to one. A warm-up, then the median of {} runs; of {} where \
         one takes over {SLOW_SECS:.0} s. Imports, reading and parsing are not timed.",
        arguments.repeats,
        SLOW_REPEATS.min(arguments.repeats),
    ));
    say("Times are wall time less the time that the thread waited for a busy processor (Linux's schedstat), on both \
         sides: a long run is preempted more often than a short one."
        .into());
    say("\"By fastest runs\" is the same ratio between the fastest run of each: other load on the machine disturbs it \
         least."
        .into());
    say(format!(
        "Inputs are seeded and the same bytes for both sides, written by the Rust side as .npy. Min CVaR: alpha {}, \
         weights 0 to {} that sum to one, four-factor returns with Student-t(4) tails. Bootstrap: mean block {}.",
        cases::ALPHA,
        cases::MAX_WEIGHT,
        cases::BLOCK,
    ));
    say("Ours is timed as callers call it, checks of the input included: from scenarios (min CVaR), from returns with \
         the covariance (HRP), from the series (GARCH), resamples drawn and gathered one after the other (bootstrap)."
        .into());
    say("\"clarabel\" is the full linear programme of Rockafellar and Uryasev, in Rust and through its Python package: \
         solver set-up and solve, matrices built before. Its settings are its own but for one thread and the qdldl \
         factorisation. The Rust one is compiled like all of Ballast, with overflow checks, the Python one as its \
         makers ship it."
        .into());
    say("skfolio and arch are timed from the estimator's construction to its result, with default settings except the \
         ones named. skfolio is left out above 4,096 scenarios."
        .into());
    say("Answers: CVaR by its definition on each side's weights, relative; HRP weights, absolute; log-likelihood, \
         relative; resampled means in standard errors, as the random numbers differ. Answers that differ fail \
         the benchmark."
        .into());
    let missed: Vec<&Row> =
        rows.iter().filter(|row| row.target.is_some_and(|target| row.ratio() < target)).collect();
    text.push_str("\n## Misses\n\n");
    if missed.is_empty() {
        text.push_str("None of the targets that were measured.\n");
    }
    for row in missed {
        let _ = writeln!(
            text,
            "- {}: {:.1} times faster than {}, not {:.0}.",
            row.case,
            row.ratio(),
            row.peer,
            row.target.unwrap_or_default()
        );
    }
    text
}

/// The processor, not the machine's name. Load matters: on a busy machine both sides wait.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu_info = read("/proc/cpuinfo");
    let model = cpu_info
        .lines()
        .find_map(|line| {
            line.strip_prefix("model name")?.split_once(':').map(|(_, name)| name.trim().to_owned())
        })
        .unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    match read("/proc/loadavg").split_whitespace().next() {
        Some(load) => format!(
            "{model}, {cores} cores; load average {load} at the end (other work, where it is above one)."
        ),
        None => format!("{model}, {cores} cores."),
    }
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.1} us", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}
