//! What a replay found, and how it is written down.

pub mod backtest;
mod csv;
mod html;
mod plot;
mod recorder;
mod summary;
mod table;

use serde::Serialize;

pub use html::{render_html, write_html};
pub use plot::{PlotFormat, render_png, render_svg, write_plot};
pub use recorder::{Recorder, ReplayMeta};
pub use summary::{ComputeUse, DecisionTally, Flows, Summary, Timing};

/// The whole of a replay.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReplayReport {
    /// What ran, on what.
    pub meta: ReplayMeta,
    /// The figures.
    pub summary: Summary,
    /// How long it took; not part of what is deterministic.
    pub timing: Option<Timing>,
    /// What stood out.
    pub events: Vec<Event>,
    /// One row a step.
    pub rows: Vec<StepRow>,
}

/// State of the vault at the end of a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepRow {
    /// Start of the step, unix seconds.
    pub ts: i64,
    /// What one share redeems for, in units of the vault's asset.
    pub share_price: f64,
    /// All assets, low side, atoms.
    pub total_assets_atoms: u64,
    /// Of which idle, atoms.
    pub idle_atoms: u64,
    /// Value of each slot, low side, atoms; in the order of [`ReplayMeta::strategies`].
    pub values_atoms: Vec<u64>,
    /// Net rate of each slot, simple annual fractions; none where unknown.
    pub net_aprs: Vec<Option<f64>>,
    /// Utilisation of each slot's reserve, a fraction; none where the slot is no reserve, or nothing is known.
    pub utilisations: Vec<Option<f64>>,
    /// SOL in US dollars; none when nobody published.
    pub sol_usd: Option<f64>,
    /// The stable asset in US dollars; none when nobody published.
    pub stable_usd: Option<f64>,
    /// Compute units that the step's transactions used.
    pub compute_units: u64,
}

impl StepRow {
    /// Weight of `atoms` in this row's assets, as a fraction; zero for an empty vault.
    pub fn weight(&self, atoms: u64) -> f64 {
        if self.total_assets_atoms == 0 { 0.0 } else { atoms as f64 / self.total_assets_atoms as f64 }
    }
}

/// Something that stood out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When, unix seconds.
    pub ts: i64,
    /// What kind.
    pub kind: EventKind,
    /// In words.
    pub label: String,
}

/// Kinds of event, in the order in which charts show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The program took a decision.
    DecisionAccepted,
    /// The program refused a decision.
    DecisionRejected,
    /// The program refused something else: a deposit, a move.
    Refused,
    /// An oracle was stale, wide or divergent.
    OracleFlag,
    /// A breaker tripped, or the vault was paused.
    Breaker,
    /// Somebody came or left.
    Flow,
}

/// Why a report could not be made or written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Fewer than two steps, or a share price that is not positive.
    #[error("a report needs at least two steps with a positive share price")]
    TooShort,
    /// The chart's file name does not say how to draw it.
    #[error("{path}: a chart is written as .svg or .png")]
    PlotFormat {
        /// As given.
        path: String,
    },
    /// The chart could not be drawn.
    #[error("drawing the chart failed: {0}")]
    Draw(String),
    /// A file could not be written.
    #[error("{path}: {source}")]
    Write {
        /// As given.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// JSON could not be written.
    #[error("writing JSON failed: {0}")]
    Json(#[from] serde_json::Error),
    /// CSV could not be written.
    #[error("writing CSV failed: {0}")]
    Csv(#[from] ::csv::Error),
}

impl ReplayReport {
    /// The whole report as JSON, rows included.
    pub fn write_json(&self, out: impl std::io::Write) -> Result<(), ReportError> {
        Ok(serde_json::to_writer_pretty(out, self)?)
    }

    /// The rows as CSV.
    pub fn write_csv(&self, out: impl std::io::Write) -> Result<(), ReportError> {
        csv::write(self, out)
    }

    /// The summary as (what, figure) for a table.
    pub fn table(&self) -> Vec<(String, String)> {
        table::rows(self)
    }

    /// Share price over time.
    pub fn equity(&self) -> Vec<(i64, f64)> {
        self.rows.iter().map(|row| (row.ts, row.share_price)).collect()
    }
}

#[cfg(test)]
pub(crate) mod fixture;
