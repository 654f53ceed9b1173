//! The standard executor: asks the chain what it would say, records the decision, then moves funds slot by
//! slot, each move in one transaction with the refreshes that it needs.

use anchor_lang::AnchorDeserialize;
use ballast::{BallastError, Direction, RebalanceReport};
use ballast_client::state::{StalePolicy, Vault};
use ballast_client::{
    CallError, ChainClient, Landed, Refusal, Rejection, address, decode_model, instruction as build,
};
use ballast_math::MAX_ALLOCATIONS;
use ballast_math::limits::Mover;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::error::KeeperError;
use crate::fresh::FreshVault;
use crate::journal::Journal;
use crate::moves::{Hindrance, Move, MoveTerms, SlotPlan, plan_slot};
use crate::pipeline::{
    DecisionOutcome, Execution, Executor, MoveDone, MoveRefused, Proposal, RefusedProposal, Situation,
};
use crate::setup::VaultSetup;

/// Distance kept from targets, bps of the vault.
pub const DEFAULT_MARGIN_BPS: u16 = 2;

/// Distance from targets that is left alone, bps of the vault. With the margin it stays below the least change
/// that the plain policy orders, so that every order is carried out.
pub const DEFAULT_REST_BPS: u16 = 40;

/// Targets that differ from those in force by less than this are not worth another decision, bps of the vault.
const SAME_TARGETS_BPS: u16 = 50;

/// How often a move is tried that the chain refuses, at half the size each time: what a price or a loss limit
/// refuses in one piece may pass in a smaller one.
const TRIES: u8 = 3;

/// Sends transactions in a keeper's name.
pub struct ChainExecutor<'a> {
    /// Signs decisions where it is the vault's keeper, and pays for everything.
    pub signer: &'a dyn Signer,
    /// Hash of the model that proposals are made under.
    pub model_hash: [u8; 32],
    /// Distance kept from targets, bps of the vault.
    pub margin_bps: u16,
    /// Distance from targets that is left alone, bps of the vault.
    pub rest_bps: u16,
    /// Where inputs of decisions are kept; a replay keeps none.
    pub journal: Option<Journal>,
}

impl Executor for ChainExecutor<'_> {
    fn execute(
        &mut self,
        chain: &mut dyn ChainClient,
        situation: &Situation,
        proposal: Option<&Proposal>,
    ) -> Result<Execution, KeeperError> {
        let decision = match proposal.filter(|proposal| proposal.moves()) {
            Some(proposal) => self.record(chain, situation, proposal)?,
            None => DecisionOutcome::Held,
        };
        let mut execution =
            Execution { decision, moves: Vec::new(), refused: Vec::new(), waiting: Vec::new() };
        self.settle(chain, situation, &mut execution)?;
        Ok(execution)
    }
}

/// Writes down what every slot is worth now: anyone may, it moves nothing. `None` where there is no slot.
pub fn refresh(
    chain: &mut dyn ChainClient,
    setup: &VaultSetup,
    payer: &dyn Signer,
) -> Result<Option<Landed>, KeeperError> {
    let fresh = FreshVault::look(chain, setup, &payer.pubkey(), &[])?;
    let refreshes = setup.refreshes(|index, _| fresh.problem(index).is_none());
    if refreshes.is_empty() {
        return Ok(None);
    }
    Ok(Some(chain.send(&refreshes, &[payer])?))
}

impl ChainExecutor<'_> {
    /// Asks first, then records.
    fn record(
        &self,
        chain: &mut dyn ChainClient,
        situation: &Situation,
        proposal: &Proposal,
    ) -> Result<DecisionOutcome, KeeperError> {
        let (setup, vault) = (&situation.setup, &situation.fresh.vault);
        let keeper = self.signer.pubkey();
        if vault.keeper != keeper {
            return Ok(DecisionOutcome::NotOurs { keeper: vault.keeper });
        }
        let targets_bps = proposal.targets.weights_bps;
        // Moves toward them are still to be made: a decision again would only use up turnover.
        if in_force(vault, &targets_bps, self.model_hash, situation.fresh.clock.unix_ts) {
            return Ok(DecisionOutcome::Held);
        }
        let until_ts = vault.decision_ts.saturating_add(i64::from(vault.limits.cooldown_secs));
        let cooling = vault.decision_sequence > 0 && situation.fresh.clock.unix_ts < until_ts;
        if cooling {
            return Ok(DecisionOutcome::CoolingDown { until_ts });
        }
        let model = address::model(&self.model_hash);
        let refreshes = self.refreshes_for(situation, &targets_bps);
        let refused = |rejection, index| {
            Ok(DecisionOutcome::Refused(RefusedProposal { targets_bps, rejection, index }))
        };

        let ask = build::simulate_rebalance(setup.key, model, targets_bps);
        let report = match chain.simulate(&keeper, &[refreshes.clone(), vec![ask]].concat(), &[]) {
            Ok(simulated) => RebalanceReport::try_from_slice(&simulated.return_data)
                .map_err(|_| KeeperError::Unexpected("simulate_rebalance returned no report"))?,
            Err(CallError::Rejected(rejection)) => return refused(*rejection, None),
            Err(error) => return Err(error.into()),
        };
        if report.refusal == u32::from(BallastError::CooldownActive) {
            return Ok(DecisionOutcome::CoolingDown { until_ts });
        }
        if report.refusal != 0 {
            let strategy = report.refused_index.and_then(|index| setup.slots.get(usize::from(index)));
            let rejection = Rejection {
                refusal: Refusal::from_code(report.refusal),
                code: Some(report.refusal),
                message: format!("code {}", report.refusal),
                account: strategy.map(|slot| slot.strategy_key.to_string()),
                program: Some(address::PROGRAM),
                ..Rejection::default()
            };
            return refused(rejection, report.refused_index);
        }

        // On disk before it is on chain: no decision is ever without its input.
        if let Some(journal) = &self.journal {
            journal.keep_input(&proposal.input)?;
        }
        let record = build::rebalance(keeper, setup.key, vault, model, targets_bps, proposal.input.hash);
        match chain.send(&[refreshes, vec![record]].concat(), &[self.signer]) {
            Ok(landed) => {
                let sequence = vault.decision_sequence.saturating_add(1);
                Ok(DecisionOutcome::Recorded {
                    sequence,
                    decision: address::decision(&setup.key, sequence),
                    targets_bps,
                    turnover_bps: report.turnover_bps,
                    landed,
                })
            }
            Err(CallError::Rejected(rejection)) => refused(*rejection, None),
            Err(error) => Err(error.into()),
        }
    }

    /// What holds something, and what is to be filled.
    fn refreshes_for(&self, situation: &Situation, targets_bps: &[u16; MAX_ALLOCATIONS]) -> Vec<Instruction> {
        situation.setup.refreshes(|index, allocation| {
            let wanted = targets_bps.get(usize::from(index)).is_some_and(|target| *target > 0);
            let can = situation.fresh.problem(index).is_none();
            !allocation.is_empty() || (wanted && can)
        })
    }

    /// Moves funds toward the targets in force: what comes back first, then what goes out.
    fn settle(
        &self,
        chain: &mut dyn ChainClient,
        situation: &Situation,
        execution: &mut Execution,
    ) -> Result<(), KeeperError> {
        let payer = self.signer.pubkey();
        let mut setup = situation.setup.clone();
        let mut tries = [[0u8; 2]; MAX_ALLOCATIONS];
        loop {
            let fresh = FreshVault::look(chain, &setup, &payer, &[])?;
            setup.vault = fresh.vault;
            let stuck: Vec<Hindrance> =
                fresh.stuck().map(|(index, _)| Hindrance::Unrefreshed(index)).collect();
            // Without everything fresh nothing may grow, but what is elsewhere may still be reduced.
            let stale = if stuck.is_empty() { StalePolicy::Reject } else { StalePolicy::LastKnown };
            let gross_atoms = fresh.nav(&setup.key, stale)?.gross_low;
            let terms = MoveTerms {
                margin_bps: self.margin_bps,
                rest_bps: self.rest_bps,
                model_live: model_live(chain, &setup)?,
                mover: if setup.vault.keeper == payer { Mover::Keeper } else { Mover::Anyone },
                now_ts: fresh.clock.unix_ts,
            };
            let (next, hindered) = next_move(&setup, &fresh, gross_atoms, &terms, &tries)?;
            let next = next.filter(|action| stuck.is_empty() || action.is_decrease());
            let Some(action) = next else {
                // A reading that is only looked at, nobody can count on later.
                if hindered.iter().any(|hindrance| matches!(hindrance, Hindrance::NotSettled(_))) {
                    let wanted = setup.refreshes(|_, slot| !slot.is_empty() || slot.target_bps > 0);
                    chain.send(&wanted, &[self.signer])?;
                }
                execution.waiting = if stuck.is_empty() { hindered } else { stuck };
                return Ok(());
            };
            let tried = tries
                .get_mut(usize::from(action.index()))
                .and_then(|slot| slot.get_mut(usize::from(action.is_decrease())))
                .ok_or(KeeperError::Unexpected("a move of a slot that does not exist"))?;
            let action = at_once(situation, &setup, action).halved(*tried);
            match self.send_move(chain, &setup, payer, action)? {
                Ok(landed) => {
                    *tried = TRIES;
                    execution.moves.push(MoveDone { action, landed });
                }
                Err(rejection) => {
                    *tried = tried.saturating_add(1);
                    if *tried >= TRIES {
                        execution.refused.push(MoveRefused { action, rejection });
                    }
                }
            }
        }
    }

    fn send_move(
        &self,
        chain: &mut dyn ChainClient,
        setup: &VaultSetup,
        payer: Pubkey,
        action: Move,
    ) -> Result<Result<Landed, Rejection>, KeeperError> {
        let index = action.index();
        let slot = setup
            .slots
            .get(usize::from(index))
            .ok_or(KeeperError::Unexpected("a move of a slot that does not exist"))?;
        let (direction, amount) = match action {
            Move::Decrease { receipts, .. } => (Direction::Decrease, receipts),
            Move::Increase { atoms, .. } => (Direction::Increase, atoms),
        };
        let allocate = build::allocate(
            payer,
            setup.key,
            &setup.vault,
            build::Move { index, direction, amount, as_guardian: false },
            &slot.venue,
        )
        .ok_or(KeeperError::Unexpected("a move of a slot that does not exist"))?;
        // A decrease values its allocation itself and waits for no other.
        let mut instructions = match direction {
            Direction::Increase => setup.refreshes_with(Some(index)),
            Direction::Decrease => Vec::new(),
        };
        instructions.push(allocate);
        match chain.send(&instructions, &[self.signer]) {
            Ok(landed) => Ok(Ok(landed)),
            Err(CallError::Rejected(rejection)) => Ok(Err(*rejection)),
            Err(error) => Err(error.into()),
        }
    }
}

/// The next move that was not tried often enough yet, decreases first; and what should move but cannot.
fn next_move(
    setup: &VaultSetup,
    fresh: &FreshVault,
    gross_atoms: u64,
    terms: &MoveTerms,
    tries: &[[u8; 2]; MAX_ALLOCATIONS],
) -> Result<(Option<Move>, Vec<Hindrance>), KeeperError> {
    let mut moves = Vec::new();
    let mut hindered = Vec::new();
    for (slot, tries) in setup.slots.iter().zip(tries) {
        let refreshed = fresh.problem(slot.index).is_none();
        let plan = plan_slot(&setup.vault, slot.index, gross_atoms, refreshed, terms)
            .ok_or(KeeperError::Unexpected("the vault's amounts do not fit together"))?;
        match plan {
            SlotPlan::Move(action) => {
                let tried = tries.get(usize::from(action.is_decrease())).copied().unwrap_or(TRIES);
                if tried < TRIES {
                    moves.push(action);
                }
            }
            SlotPlan::Hindered(hindrance) => hindered.push(hindrance),
            SlotPlan::Rest => {}
        }
    }
    // Stable: within a direction, in the vault's order.
    moves.sort_by_key(|action| !action.is_decrease());
    Ok((moves.first().copied(), hindered))
}

/// Whether the decision in force at `now_ts` has lived half of its life: what has not moved until then needs a new
/// one, and so do later deposits.
pub fn is_due_for_renewal(vault: &Vault, now_ts: i64) -> bool {
    let half = i64::from(vault.limits.decision_ttl_secs).checked_div(2).unwrap_or(0);
    vault.decision_sequence == 0 || now_ts >= vault.decision_ts.saturating_add(half)
}

/// Whether `targets_bps` are, but for details, the targets of the last decision under the same model, and that is
/// young enough.
fn in_force(vault: &Vault, targets_bps: &[u16; MAX_ALLOCATIONS], model_hash: [u8; 32], now_ts: i64) -> bool {
    !is_due_for_renewal(vault, now_ts)
        && vault.decision_model == address::model(&model_hash)
        && vault
            .allocations
            .iter()
            .zip(targets_bps)
            .all(|(slot, target)| slot.target_bps.abs_diff(*target) < SAME_TARGETS_BPS)
}

/// As much of `action` as the venue takes at once, but no less than the vault's smallest move.
fn at_once(situation: &Situation, setup: &VaultSetup, action: Move) -> Move {
    let index = usize::from(action.index());
    let most = situation.outlooks.get(index).and_then(|outlook| outlook.at_once_atoms);
    match most.zip(setup.vault.allocations.get(index)) {
        Some((most, slot)) => {
            let least = setup.vault.limits.min_move_atoms.saturating_mul(2);
            action.at_most(most.max(least), slot.receipts, slot.value_low)
        }
        None => action,
    }
}

fn model_live(chain: &dyn ChainClient, setup: &VaultSetup) -> Result<bool, KeeperError> {
    if setup.vault.decision_sequence == 0 {
        return Ok(false);
    }
    let key = setup.vault.decision_model;
    let account = chain.account(&key)?;
    Ok(crate::setup::decode(account.as_ref(), "model", &key, decode_model)?.approved)
}
