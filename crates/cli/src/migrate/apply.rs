//! Carrying out what a comparison found: only that, in the plan's order, several steps to a transaction.

use ballast_client::state::StalePolicy;
use ballast_client::token::{create_token_account, wrap_sol};
use ballast_client::{CallError, ChainClient, address, decode_strategy, instruction as build};
use ballast_keeper::{FreshVault, VaultSetup};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::diff::{Action, Item};
use super::keys::KeyRing;
use super::plan::{Plan, PlannedVault};
use super::program::{carry_out, check_funds, is_about_program};
use super::state::balance;
use crate::error::CliError;

/// Steps to a transaction at most: more would not fit its compute budget.
const STEPS_PER_TRANSACTION: usize = 6;

/// A transaction that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// What it did, in words.
    pub what: Vec<String>,
    /// Its signature.
    pub signature: String,
}

/// One step: instructions that belong together.
struct Step {
    what: String,
    action: Action,
    instructions: Vec<Instruction>,
}

/// Carries out the actions of `items`.
pub fn apply(
    chain: &mut dyn ChainClient,
    plan: &Plan,
    keys: &KeyRing,
    items: &[Item],
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<Applied>, CliError> {
    let todo: Vec<(&Item, Action)> = items.iter().filter_map(|item| Some((item, item.action?))).collect();
    check_signers(plan, keys, &todo)?;
    check_seeds(chain, plan, keys, &todo)?;
    let (program, todo): (Vec<_>, Vec<_>) =
        todo.into_iter().partition(|(_, action)| is_about_program(*action));
    let mut applied = Vec::new();
    for (_, action) in program {
        check_funds(chain, plan, keys)?;
        applied.push(carry_out(chain, plan, keys, action, progress)?);
    }
    let mut waiting: Vec<Step> = Vec::new();
    for (item, action) in todo {
        // A slot is built from its strategy's account, which has to be there to be read.
        let reads_strategy = matches!(action, Action::AddAllocation(..));
        let lists_strategy = |step: &Step| matches!(step.action, Action::ListStrategy(_));
        let is_full = waiting.len() >= STEPS_PER_TRANSACTION;
        if is_full || (reads_strategy && waiting.iter().any(lists_strategy)) {
            flush(chain, keys, &mut waiting, &mut applied, progress)?;
        }
        let instructions = instructions(chain, plan, keys, action)?;
        waiting.push(Step { what: item.what.clone(), action, instructions });
    }
    flush(chain, keys, &mut waiting, &mut applied, progress)?;
    Ok(applied)
}

/// Every key that has to sign must be here before anything is sent.
fn check_signers(plan: &Plan, keys: &KeyRing, todo: &[(&Item, Action)]) -> Result<(), CliError> {
    let of_authority = |action: Action| action == Action::InitializeConfig || is_about_program(action);
    let is_first = todo.iter().any(|(_, action)| of_authority(*action));
    let others = todo.iter().any(|(_, action)| !of_authority(*action));
    let needed =
        [("upgrade authority", plan.upgrade_authority, is_first), ("governance", plan.governance, others)];
    for (who, key, is_needed) in needed {
        if is_needed && keys.signer(&key).is_none() {
            return Err(CliError::input(format!(
                "{who} {key} has to sign: name its key in the plan as \"payer\" or \"key:NAME\""
            )));
        }
    }
    Ok(())
}

/// The payer must hold every seed before the first vault is created.
fn check_seeds(
    chain: &dyn ChainClient,
    plan: &Plan,
    keys: &KeyRing,
    todo: &[(&Item, Action)],
) -> Result<(), CliError> {
    let payer = keys.payer().pubkey();
    for mint in &plan.mints {
        let planned = todo.iter().filter_map(|(_, action)| match action {
            Action::CreateVault(index) => plan.vaults.get(*index),
            _ => None,
        });
        let needed = planned
            .filter(|vault| vault.asset_mint == mint.address)
            .fold(0u64, |sum, vault| sum.saturating_add(vault.params.seed_atoms));
        if needed == 0 {
            continue;
        }
        let held = if mint.address == address::WRAPPED_SOL {
            chain.account(&payer)?.map_or(0, |account| account.lamports)
        } else {
            let program = token_program(chain, &mint.address)?;
            balance(chain, &payer, &mint.address, &program)?.unwrap_or(0)
        };
        if held < needed {
            return Err(CliError::refused(format!(
                "payer {payer} holds {}, the seeds of new vaults come to {}",
                mint.unit.format(held),
                mint.unit.format(needed)
            )));
        }
    }
    Ok(())
}

fn token_program(chain: &dyn ChainClient, mint: &Pubkey) -> Result<Pubkey, CliError> {
    let account = chain.account(mint)?;
    account
        .map(|account| account.owner)
        .ok_or_else(|| CliError::refused(format!("mint {mint} does not exist on this chain")))
}

/// Sends what is waiting, in as few transactions as it fits.
fn flush(
    chain: &mut dyn ChainClient,
    keys: &KeyRing,
    waiting: &mut Vec<Step>,
    applied: &mut Vec<Applied>,
    progress: &mut dyn FnMut(&str),
) -> Result<(), CliError> {
    let steps = std::mem::take(waiting);
    send(chain, keys, &steps, applied, progress)
}

fn send(
    chain: &mut dyn ChainClient,
    keys: &KeyRing,
    steps: &[Step],
    applied: &mut Vec<Applied>,
    progress: &mut dyn FnMut(&str),
) -> Result<(), CliError> {
    let Some(first) = steps.first() else { return Ok(()) };
    let what: Vec<String> = steps.iter().map(|step| step.what.clone()).collect();
    let instructions: Vec<Instruction> =
        steps.iter().flat_map(|step| step.instructions.iter().cloned()).collect();
    let signers = signers(keys, &instructions)?;
    let signers: Vec<&dyn Signer> = signers.iter().map(|signer| *signer as &dyn Signer).collect();
    match chain.send(&instructions, &signers) {
        Ok(landed) => {
            progress(&what.join("; "));
            applied.push(Applied { what, signature: landed.signature.to_string() });
            Ok(())
        }
        Err(CallError::TooLarge { .. }) if steps.len() > 1 => {
            let (left, right) = steps.split_at(steps.len().div_ceil(2));
            send(chain, keys, left, applied, progress)?;
            send(chain, keys, right, applied, progress)
        }
        Err(CallError::Rejected(rejection)) => {
            let at_fault = rejection.instruction.and_then(|index| step_of(steps, index)).unwrap_or(first);
            Err(CliError::refused(format!("{}: {rejection}", at_fault.what)))
        }
        Err(error) => Err(error.into()),
    }
}

/// The step that instruction `index` of the transaction belongs to.
fn step_of(steps: &[Step], index: usize) -> Option<&Step> {
    let mut left = index;
    steps.iter().find(|step| match left.checked_sub(step.instructions.len()) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    })
}

/// The payer, then everybody else whose signature the instructions need.
fn signers<'a>(keys: &'a KeyRing, instructions: &[Instruction]) -> Result<Vec<&'a Keypair>, CliError> {
    let mut signers = vec![keys.payer()];
    for meta in instructions.iter().flat_map(|instruction| &instruction.accounts) {
        if !meta.is_signer || signers.iter().any(|signer| signer.pubkey() == meta.pubkey) {
            continue;
        }
        let signer = keys.signer(&meta.pubkey).ok_or_else(|| {
            CliError::input(format!("{} has to sign, and its key is not here", meta.pubkey))
        })?;
        signers.push(signer);
    }
    Ok(signers)
}

fn instructions(
    chain: &mut dyn ChainClient,
    plan: &Plan,
    keys: &KeyRing,
    action: Action,
) -> Result<Vec<Instruction>, CliError> {
    let (payer, governance) = (keys.payer().pubkey(), plan.governance);
    let gone = || CliError::environment("the plan changed while it was carried out");
    let vault = |index: usize| plan.vaults.get(index).ok_or_else(gone);
    Ok(match action {
        // Several transactions of their own, sent before.
        Action::DeployProgram | Action::UpgradeProgram => Vec::new(),
        Action::InitializeConfig => {
            vec![build::initialize_config(payer, plan.upgrade_authority, governance, plan.guardian)]
        }
        Action::SetPriceGuard(index) => {
            let guard = plan.guards.get(index).ok_or_else(gone)?;
            vec![build::set_price_guard(payer, governance, guard.mint, guard.params)]
        }
        Action::ApproveModel(index) => {
            let model = plan.models.get(index).ok_or_else(gone)?;
            vec![build::approve_model(payer, governance, model.hash)]
        }
        Action::ListStrategy(index) => {
            let it = plan.strategies.get(index).ok_or_else(gone)?;
            let root = chain.account(&it.venue)?.ok_or_else(gone)?.data;
            let leg_mint =
                ballast_client::venue::leg_mint(it.params.adapter, &it.venue, &root, &it.asset_mint)
                    .map_err(CliError::environment)?;
            vec![build::list_strategy(
                payer,
                governance,
                it.venue,
                it.venue_program,
                it.asset_mint,
                leg_mint,
                it.params,
            )]
        }
        Action::CreateVault(index) => create_vault(chain, plan, keys, vault(index)?)?,
        Action::SetKeeper(index) => {
            let it = vault(index)?;
            vec![build::set_keeper(governance, it.key, it.params.keeper)]
        }
        Action::SetLimits(index) => {
            let it = vault(index)?;
            vec![build::set_limits(governance, it.key, it.params.limits)]
        }
        Action::SetFees(index) => {
            let it = vault(index)?;
            set_fees(chain, plan, keys, it)?
        }
        Action::AddAllocation(index, slot) => {
            let it = vault(index)?;
            let allocation = it.allocations.get(slot).ok_or_else(gone)?;
            let account = chain.account(&allocation.strategy)?.ok_or_else(gone)?;
            let strategy = decode_strategy(&account.data).map_err(CliError::environment)?;
            vec![build::add_allocation(
                payer,
                governance,
                it.key,
                allocation.strategy,
                &strategy,
                build::Place {
                    replaces: None,
                    absolute_cap_atoms: allocation.absolute_cap_atoms,
                    relative_cap_bps: allocation.relative_cap_bps,
                },
            )]
        }
        Action::SetCaps(index, slot, on_chain_index) => {
            let it = vault(index)?;
            let allocation = it.allocations.get(slot).ok_or_else(gone)?;
            let (atoms, bps) = (allocation.absolute_cap_atoms, allocation.relative_cap_bps);
            vec![build::set_allocation_caps(governance, it.key, on_chain_index, atoms, bps)]
        }
    })
}

/// With its seed, which is wrapped first where it is SOL.
fn create_vault(
    chain: &dyn ChainClient,
    plan: &Plan,
    keys: &KeyRing,
    vault: &PlannedVault,
) -> Result<Vec<Instruction>, CliError> {
    let payer = keys.payer().pubkey();
    let program = token_program(chain, &vault.asset_mint)?;
    let source = address::token_account(&payer, &vault.asset_mint, &program);
    let mut all = if vault.asset_mint == address::WRAPPED_SOL {
        wrap_sol(&payer, vault.params.seed_atoms).to_vec()
    } else {
        vec![create_token_account(&payer, &payer, &vault.asset_mint, &program)]
    };
    all.push(build::create_vault(
        payer,
        plan.governance,
        vault.asset_mint,
        program,
        source,
        vault.params.clone(),
    ));
    // One call adds so much space and no more.
    all.extend([build::extend_history(payer, vault.key), build::extend_history(payer, vault.key)]);
    Ok(all)
}

/// Fees so far are accrued at the old rates, which needs everything refreshed in the same transaction.
fn set_fees(
    chain: &mut dyn ChainClient,
    plan: &Plan,
    keys: &KeyRing,
    vault: &PlannedVault,
) -> Result<Vec<Instruction>, CliError> {
    let setup = VaultSetup::load(chain, vault.key)?;
    let fresh = FreshVault::look(chain, &setup, &keys.payer().pubkey(), &[])?;
    fresh.nav(&setup.key, StalePolicy::Reject)?;
    let params = &vault.params;
    let mut all = setup.refreshes_with(None);
    all.push(build::set_fees(
        plan.governance,
        vault.key,
        params.management_fee_bps,
        params.performance_fee_bps,
        params.fee_recipient,
    ));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(what: &str, count: usize) -> Step {
        let nothing = Instruction { program_id: address::PROGRAM, accounts: vec![], data: vec![] };
        Step { what: what.to_owned(), action: Action::InitializeConfig, instructions: vec![nothing; count] }
    }

    #[test]
    fn the_step_at_fault_is_found_by_its_instruction() {
        let steps = [step("a", 1), step("b", 3), step("c", 1)];
        let found: Vec<Option<&str>> =
            (0..6).map(|index| step_of(&steps, index).map(|step| step.what.as_str())).collect();
        assert_eq!(found, [Some("a"), Some("b"), Some("b"), Some("b"), Some("c"), None]);
    }
}
