use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    ComputeUse, DecisionTally, Event, EventKind, Flows, ReplayReport, ReportError, StepRow, Summary, Timing,
};
use crate::market::Provenance;
use crate::stats;

/// What ran, on what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReplayMeta {
    /// The vault's name.
    pub vault: String,
    /// Symbol of the vault's asset.
    pub asset: String,
    /// Decimals of the vault's asset.
    pub asset_decimals: u8,
    /// The policy's name.
    pub policy: String,
    /// Names of the strategies, in the vault's order.
    pub strategies: Vec<String>,
    /// Where the market came from.
    pub provenance: Provenance,
}

/// Collects a replay as it runs.
#[derive(Debug)]
pub struct Recorder {
    meta: ReplayMeta,
    rows: Vec<StepRow>,
    events: Vec<Event>,
    decisions: DecisionTally,
    turnover_bps: u64,
    flows: Flows,
    compute: BTreeMap<String, ComputeUse>,
    step_compute: u64,
    conservation_checks: u64,
    refusals: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Recorder {
    /// Starts a report.
    pub fn new(meta: ReplayMeta) -> Self {
        Self {
            meta,
            rows: Vec::new(),
            events: Vec::new(),
            decisions: DecisionTally::default(),
            turnover_bps: 0,
            flows: Flows::default(),
            compute: BTreeMap::new(),
            step_compute: 0,
            conservation_checks: 0,
            refusals: BTreeMap::new(),
        }
    }

    /// Closes a step. The row's compute units are replaced by what [`Self::compute`] counted since the last.
    pub fn step(&mut self, mut row: StepRow) {
        row.compute_units = std::mem::take(&mut self.step_compute);
        self.rows.push(row);
    }

    /// Counts the compute units of one instruction.
    pub fn compute(&mut self, instruction: &str, units: u64) {
        self.compute.entry(instruction.into()).or_default().add(units);
        self.step_compute = self.step_compute.saturating_add(units);
    }

    /// A decision that the program took, with the turnover it ordered.
    pub fn decision_accepted(&mut self, ts: i64, turnover_bps: u64) {
        self.decisions.accepted = self.decisions.accepted.saturating_add(1);
        self.turnover_bps = self.turnover_bps.saturating_add(turnover_bps);
        self.event(ts, EventKind::DecisionAccepted, format!("turnover {turnover_bps} bps"));
    }

    /// A step in which the policy chose to send nothing.
    pub fn decision_held(&mut self) {
        self.decisions.held = self.decisions.held.saturating_add(1);
    }

    /// A decision that the program refused, with the name of the limit that failed.
    pub fn decision_rejected(&mut self, ts: i64, limit: &str) {
        let count = self.decisions.rejected.entry(limit.into()).or_default();
        *count = count.saturating_add(1);
        self.event(ts, EventKind::DecisionRejected, limit);
    }

    /// Any other instruction that the program refused, with the name of the limit that failed.
    pub fn refused(&mut self, ts: i64, instruction: &str, limit: &str) {
        let limits = self.refusals.entry(instruction.into()).or_default();
        let count = limits.entry(limit.into()).or_default();
        *count = count.saturating_add(1);
        self.event(ts, EventKind::Refused, format!("{instruction}: {limit}"));
    }

    /// Notes something that stood out.
    pub fn event(&mut self, ts: i64, kind: EventKind, label: impl Into<String>) {
        self.events.push(Event { ts, kind, label: label.into() });
    }

    /// Somebody paid in.
    pub fn deposited(&mut self, ts: i64, atoms: u64, who: &str) {
        self.flows.deposited_atoms = self.flows.deposited_atoms.saturating_add(atoms);
        self.event(ts, EventKind::Flow, format!("{who} deposits {atoms} atoms"));
    }

    /// Somebody was paid out.
    pub fn withdrawn(&mut self, ts: i64, atoms: u64, who: &str) {
        self.flows.withdrawn_atoms = self.flows.withdrawn_atoms.saturating_add(atoms);
        self.event(ts, EventKind::Flow, format!("{who} withdraws {atoms} atoms"));
    }

    /// Fees taken.
    pub fn fees(&mut self, atoms: u64) {
        self.flows.fees_atoms = self.flows.fees_atoms.saturating_add(atoms);
    }

    /// Value that a move lost.
    pub fn move_loss(&mut self, atoms: u64) {
        self.flows.move_loss_atoms = self.flows.move_loss_atoms.saturating_add(atoms);
    }

    /// What could not be paid out when everybody left.
    pub fn remaining(&mut self, atoms: u64) {
        self.flows.remaining_atoms = atoms;
    }

    /// Conservation was checked and held.
    pub fn conservation_checked(&mut self) {
        self.conservation_checks = self.conservation_checks.saturating_add(1);
    }

    /// The rows so far.
    pub fn rows(&self) -> &[StepRow] {
        &self.rows
    }

    /// Adds up. Fails with fewer than two steps or a share price that is not positive.
    pub fn finish(self, timing: Option<Timing>) -> Result<ReplayReport, ReportError> {
        let equity: Vec<(i64, f64)> = self.rows.iter().map(|row| (row.ts, row.share_price)).collect();
        let step_secs = self.meta.provenance.step_secs;
        let returns = stats::of_equity(&equity, step_secs).ok_or(ReportError::TooShort)?;
        let (Some(first), Some(last)) = (equity.first(), equity.last()) else {
            return Err(ReportError::TooShort);
        };
        let elapsed_secs = last.0.saturating_sub(first.0).saturating_add(step_secs);
        let summary = Summary {
            steps: self.rows.len(),
            share_price: [first.1, last.1],
            returns,
            turnover_bps: self.turnover_bps,
            annual_turnover: stats::annual_turnover(self.turnover_bps, elapsed_secs),
            decisions: self.decisions,
            flows: self.flows,
            refusals: self.refusals,
            compute: self.compute,
            conservation_checks: self.conservation_checks,
        };
        Ok(ReplayReport { meta: self.meta, summary, timing, events: self.events, rows: self.rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn tallies_add_up() {
        let mut recorder = Recorder::new(fixture::meta(2));
        for (step, price) in (0i64..).zip([1.0, 1.1, 0.99]) {
            recorder.compute("rebalance", 100 + step.unsigned_abs());
            recorder.compute("allocate", 50);
            recorder.step(fixture::row(step, price, &[500, 400]));
        }
        recorder.decision_accepted(0, 5_000);
        recorder.decision_accepted(3_600, 1_000);
        recorder.decision_held();
        recorder.decision_rejected(7_200, "TurnoverExceeded");
        recorder.decision_rejected(7_200, "TurnoverExceeded");
        recorder.refused(7_200, "deposit", "OracleWide");
        recorder.remaining(5);
        recorder.deposited(0, 1_000, "alice");
        recorder.withdrawn(7_200, 400, "alice");
        recorder.fees(3);
        recorder.conservation_checked();
        let report = recorder.finish(None).unwrap();
        let summary = &report.summary;
        assert_eq!((summary.steps, summary.turnover_bps, summary.conservation_checks), (3, 6_000, 1));
        assert!((summary.returns.total_return + 0.01).abs() < 1e-12);
        assert!((summary.returns.drawdown.depth + 0.1).abs() < 1e-12);
        // 0.6 of the vault in three hours.
        assert!((summary.annual_turnover - 0.6 * 8_760.0 / 3.0).abs() < 1e-9);
        assert_eq!(
            (summary.decisions.accepted, summary.decisions.held, summary.decisions.rejected_total()),
            (2, 1, 2)
        );
        let rebalance = summary.compute["rebalance"];
        assert_eq!((rebalance.count, rebalance.mean(), rebalance.max), (3, 101, 102));
        assert_eq!(report.rows[1].compute_units, 151);
        assert_eq!(
            (summary.flows.deposited_atoms, summary.flows.withdrawn_atoms, summary.flows.fees_atoms),
            (1_000, 400, 3)
        );
        assert_eq!(summary.refusals["deposit"]["OracleWide"], 1);
        assert_eq!(summary.flows.remaining_atoms, 5);
        assert_eq!(report.events.len(), 7);
    }

    #[test]
    fn a_single_step_is_no_report() {
        let mut recorder = Recorder::new(fixture::meta(0));
        recorder.step(fixture::row(0, 1.0, &[]));
        assert!(matches!(recorder.finish(None), Err(ReportError::TooShort)));
    }
}
