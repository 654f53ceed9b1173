//! Is the keeper doing its job? Keepers fail by "succeeding" for ever without moving anything, by running
//! out of fees, and by not running at all: each is watched for here.

use serde::{Deserialize, Serialize};

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A decision was recorded or funds were moved.
    Made,
    /// Nothing had to be done.
    NotNeeded,
    /// Something had to be done and nothing was.
    Stuck(String),
}

/// What is remembered from run to run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthState {
    /// When the last run began, unix seconds.
    pub last_run_ts: Option<i64>,
    /// When a decision or a move was last made, unix seconds.
    pub last_progress_ts: Option<i64>,
    /// Runs in a row that should have done something and did not.
    pub stuck_runs: u32,
}

/// When to raise an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthPolicy {
    /// How often runs should happen, seconds; `None` for a run by hand.
    pub interval_secs: Option<u32>,
    /// How many stuck runs in a row are one too many.
    pub max_stuck_runs: u32,
    /// Least balance of the account that pays fees, lamports.
    pub min_balance_lamports: u64,
}

impl Default for HealthPolicy {
    /// Three stuck runs, and fees for about a thousand decisions' rent and transactions: 0.05 SOL.
    fn default() -> Self {
        Self { interval_secs: None, max_stuck_runs: 3, min_balance_lamports: 50_000_000 }
    }
}

/// Something a person has to look at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Alert {
    /// Runs end well and nothing moves.
    #[error("no progress in {runs} runs in a row: {why}")]
    NoProgress {
        /// How many.
        runs: u32,
        /// What stood in the way last.
        why: String,
    },
    /// Soon nothing can be sent any more.
    #[error("fee balance is {lamports} lamports, below {least}")]
    LowFeeBalance {
        /// What is there.
        lamports: u64,
        /// What should be.
        least: u64,
    },
    /// Runs did not happen.
    #[error("last run was {elapsed_secs} s ago: about {missed} runs were missed")]
    MissedRuns {
        /// Time since the last run.
        elapsed_secs: i64,
        /// Runs that should have happened since.
        missed: i64,
    },
}

/// What was seen of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// When it ran, unix seconds.
    pub now_ts: i64,
    /// Balance of the account that pays fees, lamports.
    pub balance_lamports: u64,
    /// What it came to.
    pub progress: Progress,
}

impl HealthPolicy {
    /// Takes in a run: what to remember, and what to alert about.
    pub fn assess(&self, before: &HealthState, seen: &Observation) -> (HealthState, Vec<Alert>) {
        let mut alerts = Vec::new();
        let mut after = HealthState { last_run_ts: Some(seen.now_ts), ..before.clone() };
        match &seen.progress {
            Progress::Made => {
                after.stuck_runs = 0;
                after.last_progress_ts = Some(seen.now_ts);
            }
            Progress::NotNeeded => after.stuck_runs = 0,
            Progress::Stuck(why) => {
                after.stuck_runs = before.stuck_runs.saturating_add(1);
                if after.stuck_runs >= self.max_stuck_runs {
                    alerts.push(Alert::NoProgress { runs: after.stuck_runs, why: why.clone() });
                }
            }
        }
        if seen.balance_lamports < self.min_balance_lamports {
            alerts.push(Alert::LowFeeBalance {
                lamports: seen.balance_lamports,
                least: self.min_balance_lamports,
            });
        }
        if let (Some(interval), Some(last)) = (self.interval_secs, before.last_run_ts) {
            let elapsed_secs = seen.now_ts.saturating_sub(last);
            let interval = i64::from(interval.max(1));
            // A run that is late by less than its interval is late, not missed.
            let missed = elapsed_secs.checked_div(interval).unwrap_or(0).saturating_sub(1);
            if missed > 0 {
                alerts.push(Alert::MissedRuns { elapsed_secs, missed });
            }
        }
        (after, alerts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(now_ts: i64, progress: Progress) -> Observation {
        Observation { now_ts, balance_lamports: 1_000_000_000, progress }
    }

    #[test]
    fn only_a_row_of_stuck_runs_alerts() {
        let policy = HealthPolicy::default();
        let stuck = || Progress::Stuck("TurnoverExceeded".to_owned());
        let mut state = HealthState::default();
        for run in 1..=2 {
            let alerts;
            (state, alerts) = policy.assess(&state, &seen(run, stuck()));
            assert!(alerts.is_empty());
        }
        let (third, alerts) = policy.assess(&state, &seen(3, stuck()));
        assert_eq!(alerts, [Alert::NoProgress { runs: 3, why: "TurnoverExceeded".to_owned() }]);
        let (rested, alerts) = policy.assess(&third, &seen(4, Progress::NotNeeded));
        assert!(alerts.is_empty() && rested.stuck_runs == 0 && rested.last_progress_ts.is_none());
        let (made, _) = policy.assess(&third, &seen(5, Progress::Made));
        assert_eq!((made.stuck_runs, made.last_progress_ts), (0, Some(5)));
    }

    #[test]
    fn a_low_balance_and_missed_runs_alert() {
        let policy = HealthPolicy { interval_secs: Some(60), ..HealthPolicy::default() };
        let state = HealthState { last_run_ts: Some(1_000), ..HealthState::default() };
        let poor = Observation { balance_lamports: 49_999_999, ..seen(1_060, Progress::NotNeeded) };
        let (_, alerts) = policy.assess(&state, &poor);
        assert_eq!(alerts, [Alert::LowFeeBalance { lamports: 49_999_999, least: 50_000_000 }]);
        let (_, alerts) = policy.assess(&state, &seen(1_119, Progress::NotNeeded));
        assert!(alerts.is_empty(), "late is not missed");
        let (_, alerts) = policy.assess(&state, &seen(1_300, Progress::NotNeeded));
        assert_eq!(alerts, [Alert::MissedRuns { elapsed_secs: 300, missed: 4 }]);
    }
}
