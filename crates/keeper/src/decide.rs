//! The standard strategy: the policy of a model file, run on what was written down.

use ballast_engine::policy::Policy;

use crate::error::KeeperError;
use crate::input::{DecisionInput, EncodedInput};
use crate::model::ModelFile;
use crate::pipeline::{Proposal, Situation, Strategy};

/// Runs a policy under a model's hash.
pub struct PolicyStrategy<P> {
    policy: P,
    model_hash: [u8; 32],
}

impl PolicyStrategy<Box<dyn Policy>> {
    /// The policy of `model`.
    pub fn of_model(model: &ModelFile) -> Result<Self, KeeperError> {
        Ok(Self { policy: model.policy()?, model_hash: model.hash()? })
    }
}

impl<P: Policy> PolicyStrategy<P> {
    /// Any policy, under the hash of the model that it claims to be.
    pub fn new(policy: P, model_hash: [u8; 32]) -> Self {
        Self { policy, model_hash }
    }

    /// Hash of the model.
    pub fn model_hash(&self) -> &[u8; 32] {
        &self.model_hash
    }

    /// Decides on an encoded input: the same bytes, the same proposal.
    pub fn decide(&mut self, input: EncodedInput) -> Result<Proposal, KeeperError> {
        let view = DecisionInput::decode(&input.json)?.view();
        Ok(Proposal { targets: self.policy.decide(&view), input })
    }
}

impl<P: Policy> Strategy for PolicyStrategy<P> {
    fn propose(&mut self, situation: &Situation) -> Result<Option<Proposal>, KeeperError> {
        let Some(view) = &situation.view else { return Ok(None) };
        let strategies: Vec<_> = situation.setup.slots.iter().map(|slot| slot.strategy_key).collect();
        let input = DecisionInput::new(
            &situation.setup.key,
            &self.model_hash,
            &situation.fresh.clock,
            &strategies,
            view,
        );
        self.decide(input.encode()?).map(Some)
    }
}
