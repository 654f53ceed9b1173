//! What is measured.

use crate::inputs::{Table, garch_path, strategy_returns};

/// Tail of the CVaR cases: losses beyond this confidence level.
pub const ALPHA: f64 = 0.95;
/// Most that one strategy may get.
pub const MAX_WEIGHT: f64 = 0.25;
/// Mean block of the bootstrap.
pub const BLOCK: f64 = 20.0;
/// Resamples of the bootstrap.
pub const PATHS: usize = 10_000;
/// Seed of the bootstrap, here and there. The generators differ, so only distributions can agree.
pub const SEED: u64 = 7;
/// skfolio is compared up to here.
const SKFOLIO_MOST: usize = 4_096;

/// One comparison.
pub struct Case {
    pub name: String,
    pub kind: Kind,
    /// Peers of the Python side.
    pub peers: Vec<&'static str>,
    /// Times faster than a peer that we set out to be; of "clarabel", both in Rust and from Python.
    pub target: Option<(&'static str, f64)>,
}

/// Its input.
pub enum Kind {
    /// Least CVaR over scenarios.
    MinCvar(Table),
    /// Hierarchical risk parity of returns.
    Hrp(Table),
    /// GARCH(1,1) fit.
    Garch(Vec<f64>),
    /// Stationary bootstrap.
    Bootstrap(Vec<f64>),
}

impl Kind {
    /// As the Python side knows it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::MinCvar(_) => "min_cvar",
            Self::Hrp(_) => "hrp",
            Self::Garch(_) => "garch",
            Self::Bootstrap(_) => "bootstrap",
        }
    }
}

/// All cases whose name has `only` in it.
pub fn all(only: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = [256, 1_024, 4_096, 16_384, 65_536].into_iter().map(min_cvar).collect();
    cases.push(Case {
        name: "HRP, 20 assets x 1,000 days".to_owned(),
        kind: Kind::Hrp(strategy_returns(1_000, 20, 2)),
        peers: vec!["skfolio"],
        target: Some(("skfolio", 20.0)),
    });
    cases.push(Case {
        name: "GARCH(1,1) fit, 2,000 returns".to_owned(),
        kind: Kind::Garch(garch_path(2_000, 3)),
        peers: vec!["arch"],
        target: Some(("arch", 10.0)),
    });
    cases.push(Case {
        name: "stationary bootstrap, 10,000 x 365".to_owned(),
        kind: Kind::Bootstrap(garch_path(365, 4)),
        peers: vec!["arch"],
        target: Some(("arch", 10.0)),
    });
    cases.retain(|case| case.name.contains(only));
    cases
}

fn min_cvar(scenarios: usize) -> Case {
    let mut peers = vec!["clarabel"];
    if scenarios <= SKFOLIO_MOST {
        peers.push("skfolio");
    }
    Case {
        name: format!("min CVaR, 16 strategies x {} scenarios", thousands(scenarios)),
        kind: Kind::MinCvar(strategy_returns(scenarios, 16, 1)),
        peers,
        // The published target is at 4,096; the curve around it is for information.
        target: (scenarios == SKFOLIO_MOST).then_some(("clarabel", 10.0)),
    }
}

fn thousands(number: usize) -> String {
    if number >= 1_000 { format!("{},{:03}", number / 1_000, number % 1_000) } else { number.to_string() }
}
