//! The keeper of a replay: the policy's decisions on the chain, and the real keeper's amounts for the moves.

use ballast_client::instruction;
use ballast_client::state::{StalePolicy, Vault};
use ballast_engine::policy::{Action, EqualWeight, Hold, Plain, Policy, PortfolioView, Single, Targets};
use ballast_keeper::execute::{DEFAULT_MARGIN_BPS, DEFAULT_REST_BPS};
use ballast_keeper::moves::{Move, MoveTerms, SlotPlan, plan_slot};
use ballast_math::MAX_ALLOCATIONS;
use ballast_math::limits::Mover;
use ballast_math::mul_div::bps_floor;
use ballast_sandbox::DeploymentError;
use sha2::{Digest, Sha256};
use solana_signer::Signer;

use crate::ReplayError;
use crate::refusal::{Outcome, outcome};
use crate::settings::{PolicyKind, ReplaySettings};
use crate::setup::{ReplaySetup, Venue};

/// Targets nearer than this to those in force are not ordered again, bps of the vault.
const SAME_TARGET_BPS: u16 = 50;

/// Most of a pool to move at once, bps: its price then moves by about half a percent.
pub const POOL_PART_BPS: u64 = 50;

/// What the policy wants.
pub enum Wish {
    /// Nothing.
    Hold,
    /// These weights.
    Decide([u16; MAX_ALLOCATIONS]),
}

/// A move that was tried.
pub struct Tried {
    /// Slot.
    pub index: u8,
    /// Whether funds were to come back to idle.
    pub decrease: bool,
    /// Compute units, or the limit that refused.
    pub result: Result<u64, String>,
}

/// Decides and moves.
pub struct Keeper {
    policy: Box<dyn Policy>,
}

impl Keeper {
    /// Follows the policy that `settings` name.
    pub fn new(settings: &ReplaySettings) -> Result<Self, ReplayError> {
        let policy: Box<dyn Policy> = match settings.policy {
            PolicyKind::Engine => {
                let model = settings.engine_model()?;
                model.policy().map_err(|error| ReplayError::Settings(error.to_string()))?
            }
            PolicyKind::Plain => Box::new(Plain::default()),
            PolicyKind::EqualWeight => Box::new(EqualWeight::default()),
            PolicyKind::Hold => Box::new(OnceThenHold::default()),
            PolicyKind::Single(slot) => Box::new(Single::new(slot)),
        };
        Ok(Self { policy })
    }

    /// The policy's name.
    pub fn policy_name(&self) -> &'static str {
        self.policy.name()
    }

    /// What the policy makes of `view`. What is ordered is not ordered again while
    /// the decision is young.
    pub fn wish(&mut self, view: &PortfolioView, due_for_renewal: bool) -> Wish {
        let Targets { weights_bps, action } = self.policy.decide(view);
        let Action::Move { .. } = action else { return Wish::Hold };
        let in_force = view.slots.iter().map(|slot| slot.target_bps).chain(std::iter::repeat(0));
        let changed = weights_bps.iter().zip(in_force).any(|(to, from)| to.abs_diff(from) >= SAME_TARGET_BPS);
        if changed || due_for_renewal { Wish::Decide(weights_bps) } else { Wish::Hold }
    }

    /// Sends the decision. All slots must be refreshed in this slot of time.
    pub fn decide(
        &mut self,
        setup: &mut ReplaySetup,
        targets_bps: [u16; MAX_ALLOCATIONS],
        now_ts: i64,
    ) -> Result<Outcome, DeploymentError> {
        let vault = setup.deployment.vault(&setup.vault)?;
        let keeper = setup.deployment.keeper.pubkey();
        let input_hash = Sha256::digest(format!("{now_ts} {targets_bps:?}").as_bytes()).into();
        let rebalance = instruction::rebalance(
            keeper,
            setup.vault,
            &vault,
            setup.deployment.model,
            targets_bps,
            input_hash,
        );
        let sent = setup.deployment.world.send(&[rebalance], &[&setup.deployment.keeper]);
        outcome(sent.map_err(DeploymentError::from))
    }

    /// Moves every slot as far toward its target as it goes now, decreases first.
    pub fn execute(&mut self, setup: &mut ReplaySetup, now_ts: i64) -> Result<Vec<Tried>, DeploymentError> {
        let mut tried = Vec::new();
        for decreases in [true, false] {
            for number in 0..setup.slots.len() {
                let vault = setup.deployment.vault(&setup.vault)?;
                let Some(SlotPlan::Move(step)) = plan(setup, &vault, number, now_ts) else { continue };
                if step.is_decrease() != decreases {
                    continue;
                }
                let part = in_part(setup, &vault, number, step)?;
                let result = match outcome(send_move(setup, &vault, number, part))? {
                    Outcome::Done(done) => Ok(done.compute_units),
                    Outcome::Refused(limit) => Err(limit),
                };
                tried.push(Tried { index: step.index(), decrease: decreases, result });
            }
        }
        Ok(tried)
    }
}

/// What the real keeper would do about slot `number`.
fn plan(setup: &ReplaySetup, vault: &Vault, number: usize, now_ts: i64) -> Option<SlotPlan> {
    let slot = setup.deployment.world.clock().slot;
    let nav = vault.nav(slot, now_ts, StalePolicy::Reject).ok()?;
    let refreshed = vault.allocations.get(number)?.refreshed_slot == slot;
    let terms = MoveTerms {
        margin_bps: DEFAULT_MARGIN_BPS,
        rest_bps: DEFAULT_REST_BPS,
        model_live: true,
        mover: Mover::Anyone,
        now_ts,
    };
    plan_slot(vault, u8::try_from(number).ok()?, nav.gross_low, refreshed, &terms)
}

/// As much of `step` as a pool takes at once without moving its price by more than half a percent; the rest
/// follows when arbitrage has brought the price back.
fn in_part(setup: &ReplaySetup, vault: &Vault, number: usize, step: Move) -> Result<Move, DeploymentError> {
    let Some(Venue::Pool(pool)) = setup.slots.get(number).map(|slot| slot.venue) else { return Ok(step) };
    let part = POOL_PART_BPS;
    Ok(match step {
        Move::Decrease { index, receipts } => {
            let most = bps_floor(setup.lp_supply(&pool)?, part).unwrap_or(receipts);
            Move::Decrease { index, receipts: receipts.min(most.max(1)) }
        }
        Move::Increase { index, atoms } => {
            // Half of what goes in is swapped: twice the part of one side.
            let most = bps_floor(setup.pool_side(&pool)?, part.saturating_mul(2)).unwrap_or(atoms);
            Move::Increase { index, atoms: atoms.min(most.max(vault.limits.min_move_atoms)) }
        }
    })
}

fn send_move(
    setup: &mut ReplaySetup,
    vault: &Vault,
    number: usize,
    step: Move,
) -> Result<ballast_sandbox::Done, DeploymentError> {
    let index = step.index();
    let missing = || DeploymentError::Slot(index);
    let slot = setup.slots.get(number).ok_or_else(missing)?;
    let payer = setup.deployment.world.payer.pubkey();
    let (direction, amount) = match step {
        Move::Decrease { receipts, .. } => (ballast::Direction::Decrease, receipts),
        Move::Increase { atoms, .. } => (ballast::Direction::Increase, atoms),
    };
    let allocate = instruction::allocate(
        payer,
        setup.vault,
        vault,
        instruction::Move { index, direction, amount, as_guardian: false },
        &slot.accounts,
    );
    setup.deployment.send(&[allocate.ok_or_else(missing)?], &[])
}

/// Equal weights until they are once ordered, then nothing: what holding is measured on.
#[derive(Default)]
struct OnceThenHold {
    opening: EqualWeight,
    hold: Hold,
}

impl Policy for OnceThenHold {
    fn name(&self) -> &'static str {
        "hold"
    }

    fn decide(&mut self, view: &PortfolioView) -> Targets {
        let ordered = view.slots.iter().any(|slot| slot.target_bps > 0);
        if ordered {
            return self.hold.decide(view);
        }
        self.opening.decide(view)
    }
}

#[cfg(test)]
mod tests {
    use ballast_engine::policy::{Income, SlotOutlook};
    use ballast_math::portfolio;

    use super::*;

    fn view(target_bps: u16, value_atoms: u64) -> PortfolioView {
        let mut limits = portfolio::PortfolioView {
            total_atoms: 1_000_000,
            turnover_cap_bps: 20_000,
            ..portfolio::PortfolioView::default()
        };
        limits.slots[0] = portfolio::SlotView {
            value_atoms,
            absolute_cap_atoms: u64::MAX,
            relative_cap_bps: 5_000,
            may_increase: true,
        };
        let outlook = SlotOutlook {
            target_bps,
            withdrawable_atoms: value_atoms,
            move_cost_bps: 0.0,
            income: Income::Stake { apr: 0.05 },
            forecast: None,
            risk_factors: Vec::new(),
        };
        PortfolioView { limits, slots: vec![outlook], now_ts: 0 }
    }

    fn keeper(policy: PolicyKind) -> Keeper {
        Keeper::new(&ReplaySettings { policy, ..ReplaySettings::new(0, 1, crate::RiskClass::Growth) })
            .unwrap()
    }

    #[test]
    fn what_is_ordered_is_not_ordered_again() {
        let mut keeper = keeper(PolicyKind::Plain);
        assert!(matches!(keeper.wish(&view(0, 0), false), Wish::Decide(targets) if targets[0] == 5_000));
        assert!(matches!(keeper.wish(&view(5_000, 0), false), Wish::Hold));
        assert!(matches!(keeper.wish(&view(5_000, 0), true), Wish::Decide(_)));
    }

    #[test]
    fn holding_orders_once() {
        let mut keeper = keeper(PolicyKind::Hold);
        assert!(matches!(keeper.wish(&view(0, 0), false), Wish::Decide(_)));
        assert!(matches!(keeper.wish(&view(5_000, 100), false), Wish::Hold));
        assert_eq!(keeper.policy_name(), "hold");
    }
}
