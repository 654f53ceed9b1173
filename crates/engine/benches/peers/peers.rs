//! The Python side: writes its inputs, runs it, reads its answers.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::json;

use crate::arguments::Arguments;
use crate::cases::{self, Case, Kind};
use crate::npy;
use crate::timing::{self, Timing};

/// What Python answered.
#[derive(Debug, Deserialize)]
pub struct Peers {
    pub python: String,
    pub versions: BTreeMap<String, String>,
    results: Vec<PeerResult>,
}

#[derive(Debug, Deserialize)]
struct PeerResult {
    case: String,
    peer: String,
    times: Vec<f64>,
    answer: PeerAnswer,
}

/// Fields by kind of case.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PeerAnswer {
    pub weights: Vec<f64>,
    pub objective: f64,
    pub log_likelihood: f64,
    pub mean: f64,
    pub variance: f64,
}

impl Peers {
    /// The answer and times of `peer` for `case`.
    pub fn find(&self, case: &str, peer: &str) -> Option<(&PeerAnswer, Timing)> {
        let found = self.results.iter().find(|result| result.case == case && result.peer == peer)?;
        Some((&found.answer, Timing::new(found.times.clone())?))
    }
}

/// Writes cases.json and one .npy a case.
pub fn write_inputs(arguments: &Arguments, cases: &[Case]) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(&arguments.work)?;
    let mut listed = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let file = format!("{index}.npy");
        let path = arguments.work.join(&file);
        match &case.kind {
            Kind::MinCvar(table) | Kind::Hrp(table) => npy::write(&path, &table.values, Some(table.columns))?,
            Kind::Garch(series) | Kind::Bootstrap(series) => npy::write(&path, series, None)?,
        }
        listed.push(json!({
            "name": case.name, "kind": case.kind.name(), "file": file, "peers": case.peers,
            "alpha": cases::ALPHA, "max_weight": cases::MAX_WEIGHT,
            "block": cases::BLOCK, "paths": cases::PATHS, "seed": cases::SEED,
        }));
    }
    let plan = json!({
        "repeats": arguments.repeats, "slow_repeats": timing::SLOW_REPEATS.min(arguments.repeats),
        "slow_secs": timing::SLOW_SECS, "cases": listed,
    });
    std::fs::write(arguments.work.join("cases.json"), serde_json::to_string_pretty(&plan)?)?;
    Ok(())
}

/// Runs the Python side; none, after saying so, when there is no Python with the peers.
pub fn run(arguments: &Arguments) -> Result<Option<Peers>, Box<dyn Error>> {
    let Some(python) = &arguments.python else {
        eprintln!("no Python peers: give --python, or run `cargo xtask bench engine`, which sets one up");
        return Ok(None);
    };
    if !has_peers(python) {
        eprintln!("no Python peers: {} lacks skfolio, clarabel or arch", python.display());
        return Ok(None);
    }
    eprintln!("the Python peers:");
    let answers = arguments.work.join("answers.json");
    let status = Command::new(python).arg(script()).args([&arguments.work, &answers]).status()?;
    if !status.success() {
        return Err(format!("the Python peers failed ({status})").into());
    }
    Ok(Some(serde_json::from_str(&std::fs::read_to_string(&answers)?)?))
}

fn has_peers(python: &Path) -> bool {
    Command::new(python)
        .args(["-c", "import skfolio, clarabel, arch"])
        .output()
        .is_ok_and(|output| output.status.success())
}

/// `bench/peers/peers.py` of the repository.
fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/peers/peers.py")
}
