//! One run of a keeper: collect, propose, execute; and what it came to.

use ballast_client::ChainClient;
use ballast_engine::policy::{Action, HoldReason};

use crate::error::KeeperError;
use crate::health::Progress;
use crate::pipeline::{Collector, DecisionOutcome, Execution, Executor, Proposal, Situation, Strategy};

/// A keeper made of three parts.
pub struct Keeper<C, S, E> {
    /// Reads what is.
    pub collector: C,
    /// Says what should be.
    pub strategy: S,
    /// Gets there.
    pub executor: E,
}

/// What one run saw, proposed and did.
#[derive(Clone, Debug)]
pub struct Run {
    /// What was.
    pub situation: Situation,
    /// What should be; `None` where the vault could not be priced.
    pub proposal: Option<Proposal>,
    /// What was done.
    pub execution: Execution,
}

impl<C: Collector, S: Strategy, E: Executor> Keeper<C, S, E> {
    /// Runs once.
    pub fn run(&mut self, chain: &mut dyn ChainClient) -> Result<Run, KeeperError> {
        let situation = self.collector.collect(chain)?;
        let proposal = self.strategy.propose(&situation)?;
        let execution = self.executor.execute(chain, &situation, proposal.as_ref())?;
        Ok(Run { situation, proposal, execution })
    }
}

impl Run {
    /// Whether the run got anywhere, and if not, why.
    pub fn progress(&self) -> Progress {
        let execution = &self.execution;
        if !execution.moves.is_empty() || matches!(execution.decision, DecisionOutcome::Recorded { .. }) {
            return Progress::Made;
        }
        if let Some((index, problem)) = self.situation.fresh.stuck().next() {
            return Progress::Stuck(format!("slot {index} cannot be refreshed: {problem}"));
        }
        if let DecisionOutcome::Refused(refused) = &execution.decision {
            return Progress::Stuck(format!("decision refused: {}", refused.rejection));
        }
        if let Some(refused) = execution.refused.first() {
            return Progress::Stuck(format!(
                "move of slot {} refused: {}",
                refused.action.index(),
                refused.rejection
            ));
        }
        if let Some(hindrance) = execution.waiting.iter().find(|hindrance| !hindrance.is_benign()) {
            return Progress::Stuck(hindrance.to_string());
        }
        let action = self.proposal.as_ref().map(|proposal| proposal.targets.action);
        if action == Some(Action::Hold(HoldReason::Blocked)) {
            return Progress::Stuck("what the policy would do breaks a limit of the program".to_owned());
        }
        Progress::NotNeeded
    }
}
