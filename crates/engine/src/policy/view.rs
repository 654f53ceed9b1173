use ballast_math::MAX_ALLOCATIONS;
use ballast_math::portfolio;
use serde::{Deserialize, Serialize};

use super::Income;

/// Everything a policy may look at.
#[derive(Clone, Debug, PartialEq)]
pub struct PortfolioView {
    /// What the program's limits check sees: values, caps, idle buffer, turnover.
    pub limits: portfolio::PortfolioView,
    /// What is known beyond that, one per slot in use, in the vault's order.
    pub slots: Vec<SlotOutlook>,
    /// When it was looked at, unix seconds.
    pub now_ts: i64,
}

/// What is known of a slot beyond its limits.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotOutlook {
    /// Weight ordered by the last decision, bps.
    pub target_bps: u16,
    /// What the venue could pay out now, atoms of the vault's asset.
    pub withdrawable_atoms: u64,
    /// Cost of moving in or out, bps of the amount moved.
    pub move_cost_bps: f64,
    /// What the slot earns now.
    pub income: Income,
    /// What it will earn, where enough was seen to say.
    pub forecast: Option<IncomeForecast>,
    /// Risk factors of its strategy, as the chain numbers them.
    pub risk_factors: Vec<u32>,
}

/// What a slot will earn over the forecast's horizon. Our own size still dilutes both, as it does with what is earned now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncomeForecast {
    /// The middle of what is expected.
    pub expected: Income,
    /// What is reached or beaten but for the lower quantile's share of the time.
    pub lower: Income,
}

/// Target weights and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Targets {
    /// Weights, bps of the vault; unused slots are zero. With [`Action::Hold`] these are the targets in force.
    pub weights_bps: [u16; MAX_ALLOCATIONS],
    /// Whether to send a decision at all.
    pub action: Action,
}

/// What to do with the targets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Send nothing.
    Hold(HoldReason),
    /// Send a decision.
    Move {
        /// Expected gain over staying put, bps of the vault a year, cost of moving included. Negative when
        /// only a limit makes the move necessary.
        gain_bps: f64,
        /// True when the vault stands outside its limits, so that the move is not a matter of gain.
        forced: bool,
    },
}

/// Why nothing is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// Nothing to allocate.
    EmptyVault,
    /// The best weights are the present ones, or too close to them to bother.
    NothingToMove,
    /// There is something better, but not by enough.
    GainTooSmall,
    /// What should be done breaks a limit of the program.
    Blocked,
    /// The policy never moves.
    ByDesign,
    /// The next look is not due yet.
    NotDue,
}

impl PortfolioView {
    /// The targets in force, with a reason to leave them.
    pub fn hold(&self, reason: HoldReason) -> Targets {
        let mut weights_bps = [0; MAX_ALLOCATIONS];
        for (weight, slot) in weights_bps.iter_mut().zip(&self.slots) {
            *weight = slot.target_bps;
        }
        Targets { weights_bps, action: Action::Hold(reason) }
    }

    /// True when the program would accept `weights_bps`.
    pub fn accepts(&self, weights_bps: &[u16; MAX_ALLOCATIONS]) -> bool {
        portfolio::check_targets(&self.limits, weights_bps).is_ok()
    }
}
