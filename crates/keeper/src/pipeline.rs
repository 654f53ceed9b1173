//! Collector -> strategy -> executor: what is, what should be, and getting there.

use ballast_client::state::Nav;
use ballast_client::{ChainClient, Landed, Rejection};
use ballast_engine::policy::{Action, PortfolioView, Targets};
use ballast_math::MAX_ALLOCATIONS;
use solana_pubkey::Pubkey;

use crate::error::KeeperError;
use crate::fresh::FreshVault;
use crate::input::EncodedInput;
use crate::moves::{Hindrance, Move};
use crate::setup::VaultSetup;
use crate::venue::Outlook;

/// What is: a vault, fresh, and what its venues would pay.
#[derive(Clone, Debug)]
pub struct Situation {
    /// The vault and its slots.
    pub setup: VaultSetup,
    /// The vault as it would be with everything refreshed.
    pub fresh: FreshVault,
    /// Net assets, where every allocation that holds something could be refreshed.
    pub nav: Option<Nav>,
    /// What the policy sees; `None` exactly where `nav` is.
    pub view: Option<PortfolioView>,
    /// What the venues say, one entry a slot.
    pub outlooks: Vec<Outlook>,
}

/// What should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Weights, and whether to send them.
    pub targets: Targets,
    /// What the policy looked at.
    pub input: EncodedInput,
}

/// What became of a proposal.
#[derive(Clone, Debug, PartialEq)]
pub enum DecisionOutcome {
    /// The policy is content, what it wants is in force already, or nothing could be proposed.
    Held,
    /// There is something better, but the last decision was too short a time ago.
    CoolingDown {
        /// When the next decision may be recorded, unix seconds.
        until_ts: i64,
    },
    /// This keeper is not the vault's: nothing was proposed.
    NotOurs {
        /// Who is.
        keeper: Pubkey,
    },
    /// The chain would refuse.
    Refused(RefusedProposal),
    /// The chain recorded it.
    Recorded {
        /// Its number.
        sequence: u64,
        /// Address of the decision.
        decision: Pubkey,
        /// The weights, bps.
        targets_bps: [u16; MAX_ALLOCATIONS],
        /// One-way turnover, bps.
        turnover_bps: u16,
        /// The transaction.
        landed: Landed,
    },
}

/// A refusal of proposed weights, in the program's words.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedProposal {
    /// The weights, bps.
    pub targets_bps: [u16; MAX_ALLOCATIONS],
    /// The broken rule.
    pub rejection: Rejection,
    /// The slot that breaks it, where it is one.
    pub index: Option<u8>,
}

/// A move of funds, done.
#[derive(Clone, Debug, PartialEq)]
pub struct MoveDone {
    /// The move.
    pub action: Move,
    /// The transaction.
    pub landed: Landed,
}

/// A move of funds that the chain does not allow now.
#[derive(Clone, Debug, PartialEq)]
pub struct MoveRefused {
    /// The move.
    pub action: Move,
    /// Why not.
    pub rejection: Rejection,
}

/// What an executor did.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// What became of the proposal.
    pub decision: DecisionOutcome,
    /// Funds moved toward targets.
    pub moves: Vec<MoveDone>,
    /// Moves that should be made and are refused.
    pub refused: Vec<MoveRefused>,
    /// Slots that should move and cannot yet.
    pub waiting: Vec<Hindrance>,
}

/// Reads what is.
pub trait Collector {
    /// Looks at the vault.
    fn collect(&mut self, chain: &mut dyn ChainClient) -> Result<Situation, KeeperError>;
}

/// Says what should be.
pub trait Strategy {
    /// Proposes weights; `None` where the situation does not allow any.
    fn propose(&mut self, situation: &Situation) -> Result<Option<Proposal>, KeeperError>;
}

/// Gets there.
pub trait Executor {
    /// Records the proposal, if it asks to be, and moves funds toward the targets in force.
    fn execute(
        &mut self,
        chain: &mut dyn ChainClient,
        situation: &Situation,
        proposal: Option<&Proposal>,
    ) -> Result<Execution, KeeperError>;
}

impl Proposal {
    /// Whether it asks for a decision.
    pub fn moves(&self) -> bool {
        matches!(self.targets.action, Action::Move { .. })
    }
}
