//! Times and answers side by side: one row a case and peer.

use crate::cases::{Case, Kind};
use crate::ours::{Answer, Measured};
use crate::peers::{PeerAnswer, Peers};
use crate::raw_lp::cvar;
use crate::timing::Timing;
use crate::{cases, inputs::Table};

/// One line of the report.
pub struct Row {
    pub case: String,
    pub peer: String,
    pub ours: Timing,
    pub theirs: Timing,
    pub target: Option<f64>,
    pub steps: Option<usize>,
    pub check: Check,
}

/// What was compared.
pub struct Check {
    pub what: &'static str,
    pub difference: f64,
    pub tolerance: f64,
}

impl Row {
    /// Times faster, by medians.
    pub fn ratio(&self) -> f64 {
        self.theirs.median() / self.ours.median()
    }

    /// Times faster, by the fastest runs.
    pub fn fastest_ratio(&self) -> f64 {
        self.theirs.fastest() / self.ours.fastest()
    }

    /// Whether the answers are equal; NaN is not.
    pub fn agrees(&self) -> bool {
        self.check.difference <= self.check.tolerance
    }
}

/// Every comparison that could be made.
pub fn rows(cases: &[Case], measured: &[Measured], peers: Option<&Peers>) -> Vec<Row> {
    let mut rows = Vec::new();
    for (case, measured) in cases.iter().zip(measured) {
        let mut add = |peer: &str, theirs: Timing, check: Check| {
            let target = case.target.filter(|(of, _)| peer.starts_with(of)).map(|(_, target)| target);
            let (case, peer) = (case.name.clone(), peer.to_owned());
            let (ours, steps) = (measured.timing.clone(), measured.steps);
            rows.push(Row { case, peer, ours, theirs, target, steps, check });
        };
        if let (Kind::MinCvar(table), Answer::Weights(ours), Some(raw)) =
            (&case.kind, &measured.answer, &measured.raw)
        {
            let ours = cvar(table, ours, cases::ALPHA);
            // Against the solver at 1e-12, not as shipped: that may be off by more than we are.
            let what = "CVaR against the LP solved to 1e-12";
            let difference = relative(ours, raw.reference_objective);
            add("clarabel (Rust)", raw.timing.clone(), Check { what, difference, tolerance: 1e-7 });
        }
        for peer in &case.peers {
            if let Some((answer, timing)) = peers.and_then(|peers| peers.find(&case.name, peer)) {
                let shown = if *peer == "clarabel" { "clarabel (Python)" } else { peer };
                add(shown, timing, compare(case, &measured.answer, answer));
            }
        }
    }
    rows
}

fn compare(case: &Case, ours: &Answer, theirs: &PeerAnswer) -> Check {
    match (&case.kind, ours) {
        (Kind::MinCvar(table), Answer::Weights(weights)) => least_cvar(table, weights, &theirs.weights),
        (Kind::Hrp(_), Answer::Weights(weights)) => {
            let difference = if weights.len() == theirs.weights.len() {
                weights.iter().zip(&theirs.weights).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
            } else {
                f64::NAN
            };
            Check { what: "largest difference of a weight", difference, tolerance: 1e-6 }
        }
        (Kind::Garch(_), Answer::LogLikelihood(value)) => Check {
            what: "log-likelihood",
            difference: relative(*value, theirs.log_likelihood),
            tolerance: 1e-6,
        },
        (Kind::Bootstrap(_), Answer::Means { mean, variance }) => resampled_means(*mean, *variance, theirs),
        _ => Check { what: "answers of different kinds", difference: f64::NAN, tolerance: 0.0 },
    }
}

/// The peers stop at their own accuracy, so theirs may be higher by that much; ours may not.
fn least_cvar(table: &Table, ours: &[f64], theirs: &[f64]) -> Check {
    let difference = relative(cvar(table, ours, cases::ALPHA), cvar(table, theirs, cases::ALPHA));
    Check { what: "CVaR of the two portfolios", difference, tolerance: 1e-6 }
}

/// Two independent sets of n means, in standard errors: of the mean, and of the variance (close to normal, so its
/// relative error is sqrt(2 / n)).
fn resampled_means(mean: f64, variance: f64, theirs: &PeerAnswer) -> Check {
    let n = cases::PATHS as f64;
    let of_mean = (mean - theirs.mean).abs() / ((variance + theirs.variance) / n).sqrt();
    let of_variance = relative(variance, theirs.variance) / (4.0 / n).sqrt();
    Check {
        what: "mean and variance of the resampled means, in standard errors",
        difference: if of_mean.is_nan() { of_mean } else { of_mean.max(of_variance) },
        tolerance: 4.0,
    }
}

fn relative(a: f64, b: f64) -> f64 {
    (a - b).abs() / b.abs().max(f64::MIN_POSITIVE)
}
