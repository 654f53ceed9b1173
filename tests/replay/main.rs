//! Replays of the real bytecode: windows of real history where `BALLAST_DATA` names the folder, generated
//! paths everywhere.
#![allow(missing_docs, clippy::unwrap_used)]

mod backtest;
mod breaks;
mod determinism;
mod windows;

use std::path::PathBuf;
use std::sync::OnceLock;

use ballast_engine::report::ReplayReport;
use ballast_engine::time::parse_utc;
use ballast_replay::{Replay, ReplaySettings, RiskClass};
use ballast_sandbox::Programs;

fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| Programs::load().unwrap())
}

fn ts(text: &str) -> i64 {
    parse_utc(text).unwrap()
}

fn settings(from: &str, to: &str, class: RiskClass) -> ReplaySettings {
    ReplaySettings::new(ts(from), ts(to), class)
}

fn replay(settings: ReplaySettings) -> ReplayReport {
    Replay::new(programs(), settings).unwrap().run(|_| ()).unwrap()
}

/// The data folder; none, said aloud, when BALLAST_DATA is unset. Set and missing is a failure.
fn data() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("BALLAST_DATA") else {
        println!("skipped: BALLAST_DATA names no folder");
        return None;
    };
    let folder = PathBuf::from(folder);
    assert!(folder.is_dir(), "BALLAST_DATA names {}, which is no folder", folder.display());
    Some(folder)
}

/// What holds for every replay, whatever the history.
fn assert_sound(report: &ReplayReport) {
    let summary = &report.summary;
    let steps = u64::try_from(summary.steps).unwrap();
    // Every step, and once more after everybody left.
    assert_eq!(summary.conservation_checks, steps + 1);
    assert_eq!(report.rows.len(), summary.steps);
    assert!(summary.decisions.accepted > 0, "nothing was ever decided");
    assert!(summary.compute["refresh (all slots)"].count <= steps);
    let flows = &summary.flows;
    assert!(flows.deposited_atoms > 0 && flows.withdrawn_atoms > 0);
    // People came, people left: nobody is locked in beyond dust.
    assert!(
        flows.remaining_atoms < flows.deposited_atoms / 1_000,
        "{} atoms stayed in",
        flows.remaining_atoms
    );
    for row in &report.rows {
        let values: u64 = row.values_atoms.iter().sum();
        assert_eq!(row.total_assets_atoms, row.idle_atoms + values);
    }
}

fn table(report: &ReplayReport) {
    for (what, figure) in report.table() {
        println!("{what:>24}  {figure}");
    }
}
