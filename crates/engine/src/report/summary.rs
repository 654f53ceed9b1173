use std::collections::BTreeMap;

use serde::Serialize;

use crate::stats::ReturnStats;

/// The figures of a replay.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Steps replayed.
    pub steps: usize,
    /// Share price at the end of the first and of the last step.
    pub share_price: [f64; 2],
    /// Return, risk, drawdown of the share price.
    pub returns: ReturnStats,
    /// Weight increases that accepted decisions ordered, in sum, bps.
    pub turnover_bps: u64,
    /// The same a year, as a fraction of the vault.
    pub annual_turnover: f64,
    /// Decisions by outcome.
    pub decisions: DecisionTally,
    /// What moved in and out and what it cost.
    pub flows: Flows,
    /// What else the program refused: by instruction, then by the limit that failed first.
    pub refusals: BTreeMap<String, BTreeMap<String, u64>>,
    /// Compute units by instruction.
    pub compute: BTreeMap<String, ComputeUse>,
    /// How often it was checked that shares redeem for no more than there is.
    pub conservation_checks: u64,
}

/// Decisions by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DecisionTally {
    /// Taken by the program.
    pub accepted: u64,
    /// Steps in which the policy chose to send nothing.
    pub held: u64,
    /// Refused by the program, by the limit that failed first.
    pub rejected: BTreeMap<String, u64>,
}

impl DecisionTally {
    /// Refused in all.
    pub fn rejected_total(&self) -> u64 {
        self.rejected.values().sum()
    }
}

/// Flows, atoms of the vault's asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Flows {
    /// Paid in by depositors.
    pub deposited_atoms: u64,
    /// Paid out to leavers.
    pub withdrawn_atoms: u64,
    /// Management and performance fees, at the share price when they were taken.
    pub fees_atoms: u64,
    /// Value that moves into and out of venues lost.
    pub move_loss_atoms: u64,
    /// Still in at the end, because nobody could pay it out.
    pub remaining_atoms: u64,
}

/// Compute units of one instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ComputeUse {
    /// How often it ran.
    pub count: u64,
    /// In sum.
    pub total: u64,
    /// The dearest.
    pub max: u64,
}

impl ComputeUse {
    /// Counts one more.
    pub fn add(&mut self, units: u64) {
        self.count = self.count.saturating_add(1);
        self.total = self.total.saturating_add(units);
        self.max = self.max.max(units);
    }

    /// Mean, rounded down; zero if it never ran.
    pub fn mean(&self) -> u64 {
        self.total.checked_div(self.count).unwrap_or(0)
    }
}

/// How long the replay took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Timing {
    /// From the first step to the last, seconds.
    pub wall_secs: f64,
    /// Steps over that.
    pub steps_per_sec: f64,
}

impl Timing {
    /// From the time that `steps` took.
    pub fn new(elapsed: std::time::Duration, steps: usize) -> Self {
        let wall_secs = elapsed.as_secs_f64();
        let steps_per_sec = if wall_secs > 0.0 { steps as f64 / wall_secs } else { 0.0 };
        Self { wall_secs, steps_per_sec }
    }
}
