#![allow(clippy::unwrap_used)]
use std::path::Path;

use ballast_client::address;
use ballast_client::state::{Allocation, Config, Model, Strategy};
use bytemuck::Zeroable;
use solana_keypair::Keypair;

use super::super::file::PlanFile;
use super::super::keys::KeyRing;
use super::super::resolve::resolve;
use super::super::state::MintState;
use super::*;

/// The committed plan of the local chain.
fn plan() -> Plan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/localnet.toml");
    let file = PlanFile::parse(&std::fs::read_to_string(&path).unwrap(), &path).unwrap();
    resolve(&file, &path, &mut keys()).unwrap()
}

fn keys() -> KeyRing {
    let mut ring = KeyRing::new(Keypair::new_from_array([1; 32]));
    for (name, seed) in [("governance", 2), ("guardian", 3), ("keeper", 4), ("treasury", 5)] {
        ring.add(name, Keypair::new_from_array([seed; 32]));
    }
    ring
}

/// A chain with mints and venues and nothing of ours.
fn empty(plan: &Plan) -> ChainState {
    ChainState {
        program_deployed: true,
        upgrade_authority: Some(plan.upgrade_authority),
        mints: plan
            .mints
            .iter()
            .map(|mint| {
                let found = MintState { decimals: mint.unit.decimals, token_program: address::TOKEN };
                (mint.address, found)
            })
            .collect(),
        venues: plan.strategies.iter().map(|strategy| (strategy.venue, strategy.venue_program)).collect(),
        ..ChainState::default()
    }
}

/// A chain that is exactly as planned.
fn settled(plan: &Plan) -> ChainState {
    let mut state = empty(plan);
    state.config = Some(Config {
        version: 1,
        bump: 0,
        governance: plan.governance,
        guardian: plan.guardian,
        offered_governance: Default::default(),
        decision_retention_secs: 0,
        reserved: [0; 92],
    });
    for guard in &plan.guards {
        let mut found = PriceGuard::zeroed();
        found.apply(&guard.params);
        state.guards.insert(guard.mint, found);
    }
    for model in &plan.models {
        state.models.insert(model.hash, approved(model.hash));
    }
    for strategy in &plan.strategies {
        let mut found = Strategy::zeroed();
        found.adapter = strategy.params.adapter;
        found.risk_factors = strategy.params.risk_factors;
        found.max_slippage_bps = strategy.params.max_slippage_bps;
        found.max_divergence_bps = strategy.params.max_divergence_bps;
        state.strategies.insert(strategy.key, found);
    }
    for vault in &plan.vaults {
        let mut found = Vault::zeroed();
        found.asset_class_mask = vault.params.asset_class_mask;
        found.keeper = vault.params.keeper;
        found.fee_recipient = vault.params.fee_recipient;
        found.management_fee_bps = vault.params.management_fee_bps;
        found.performance_fee_bps = vault.params.performance_fee_bps;
        found.limits = vault.params.limits;
        found.allocation_count = u8::try_from(vault.allocations.len()).unwrap();
        for (slot, planned) in found.allocations.iter_mut().zip(&vault.allocations) {
            *slot = Allocation {
                strategy: planned.strategy,
                absolute_cap_atoms: planned.absolute_cap_atoms,
                relative_cap_bps: planned.relative_cap_bps,
                ..Allocation::default()
            };
        }
        state.vaults.insert(vault.key, found);
    }
    state
}

fn approved(hash: [u8; 32]) -> Model {
    Model { version: 1, bump: 0, hash, approved: true, approved_slot: 1, revoked_slot: 0, reserved: [0; 64] }
}

fn item<'a>(items: &'a [Item], what: &str) -> &'a Item {
    items.iter().find(|item| item.what == what).unwrap_or_else(|| panic!("no item {what}: {items:#?}"))
}

#[test]
fn an_empty_chain_needs_everything_once() {
    let plan = plan();
    let items = diff(&plan, &empty(&plan));
    let actions: Vec<Action> = items.iter().filter_map(|item| item.action).collect();
    let slots: usize = plan.vaults.iter().map(|vault| vault.allocations.len()).sum();
    let expected =
        1 + plan.guards.len() + plan.models.len() + plan.strategies.len() + plan.vaults.len() + slots;
    assert_eq!(actions.len(), expected);
    assert!(items.iter().all(|item| matches!(item.status, Status::Missing | Status::Same)), "{items:#?}");
}

#[test]
fn a_settled_chain_needs_nothing() {
    let plan = plan();
    let items = diff(&plan, &settled(&plan));
    assert!(items.iter().all(|item| item.status == Status::Same && item.action.is_none()), "{items:#?}");
}

#[test]
fn differences_are_named_and_only_they_are_acted_on() {
    let plan = plan();
    let mut state = settled(&plan);
    let vault = state.vaults.get_mut(&plan.vaults[0].key).unwrap();
    vault.limits.idle_buffer_bps += 100;
    vault.keeper = Pubkey::default();
    vault.management_fee_bps = 1;
    vault.allocations[1].relative_cap_bps = 1;
    let name = &plan.vaults[0].name;
    let items = diff(&plan, &state);
    let actions: Vec<Action> = items.iter().filter_map(|item| item.action).collect();
    assert_eq!(
        actions,
        [Action::SetKeeper(0), Action::SetFees(0), Action::SetLimits(0), Action::SetCaps(0, 1, 1)]
    );
    let Status::Differs(lines) = &item(&items, &format!("vault {name}, limits")).status else {
        panic!("limits do not differ")
    };
    assert!(lines.len() == 1 && lines[0].starts_with("idle buffer: "), "{lines:?}");
}

#[test]
fn a_slot_that_stands_elsewhere_is_found_and_strangers_are_left_alone() {
    let plan = plan();
    let mut state = settled(&plan);
    let vault = state.vaults.get_mut(&plan.vaults[0].key).unwrap();
    let count = usize::from(vault.allocation_count);
    vault.allocations.swap(0, count - 1);
    vault.allocations[count - 1].absolute_cap_atoms += 1;
    vault.allocations[count] =
        Allocation { strategy: Pubkey::new_from_array([9; 32]), ..Allocation::default() };
    vault.allocation_count += 1;
    let items = diff(&plan, &state);
    let actions: Vec<Action> = items.iter().filter_map(|item| item.action).collect();
    assert_eq!(actions, [Action::SetCaps(0, 0, u8::try_from(count - 1).unwrap())]);
    assert_eq!(items.iter().filter(|item| item.status == Status::Unplanned).count(), 1);
}

#[test]
fn what_cannot_be_reconciled_is_a_conflict() {
    let plan = plan();
    let conflict = |change: &dyn Fn(&mut ChainState), what: &str, why: &str| {
        let mut state = settled(&plan);
        change(&mut state);
        let items = diff(&plan, &state);
        let Status::Conflict(found) = &item(&items, what).status else {
            panic!("{what} is no conflict: {items:#?}")
        };
        assert!(found.contains(why), "{found}");
        assert_eq!(item(&items, what).action, None);
    };
    let vault = format!("vault {}", plan.vaults[0].name);
    let strategy = format!("strategy {}", plan.strategies[0].name);
    let model = format!("model {} ({})", plan.models[0].name, hex::encode(plan.models[0].hash));
    conflict(
        &|state| state.config.as_mut().unwrap().governance = Pubkey::default(),
        "authorities",
        "governance is 1111",
    );
    conflict(&|state| (state.config, state.program_deployed) = (None, false), "authorities", "not deployed");
    conflict(
        &|state| (state.config, state.upgrade_authority) = (None, None),
        "authorities",
        "is nobody, not",
    );
    conflict(&|state| state.mints.clear(), "mint USDC", "does not exist");
    conflict(
        &|state| state.mints.values_mut().for_each(|mint| mint.decimals = 7),
        "mint USDC",
        "has 7 decimals, the plan says 6",
    );
    conflict(
        &|state| {
            state.models.values_mut().for_each(|model| (model.approved, model.revoked_slot) = (false, 5))
        },
        &model,
        "was revoked",
    );
    conflict(
        &|state| state.strategies.get_mut(&plan.strategies[0].key).unwrap().risk_factors[0] ^= 1,
        &strategy,
        "cannot be changed (risk factors",
    );
    conflict(
        &|state| (state.strategies, state.venues) = Default::default(),
        &strategy,
        "does not exist on this chain",
    );
    conflict(
        &|state| {
            state.strategies.clear();
            state.venues.values_mut().for_each(|owner| *owner = Pubkey::default());
        },
        &strategy,
        "belongs to 1111",
    );
    conflict(
        &|state| state.vaults.get_mut(&plan.vaults[0].key).unwrap().asset_class_mask = 4,
        &vault,
        "may hold staking",
    );
}

#[test]
fn a_full_vault_takes_no_more_slots() {
    let plan = plan();
    let mut state = settled(&plan);
    let vault = state.vaults.get_mut(&plan.vaults[0].key).unwrap();
    for (slot, seed) in vault.allocations.iter_mut().zip(40u8..) {
        slot.strategy = Pubkey::new_from_array([seed; 32]);
    }
    vault.allocation_count = 8;
    let what = format!("vault {}, slot {}", plan.vaults[0].name, plan.vaults[0].allocations[0].name);
    let items = diff(&plan, &state);
    assert!(matches!(&item(&items, &what).status, Status::Conflict(why) if why.contains("no free slot")));
}

#[test]
fn a_revoked_model_is_approved_again_only_when_the_plan_says_so() {
    let mut plan = plan();
    plan.models[0].reapprove = true;
    let mut state = settled(&plan);
    state.models.get_mut(&plan.models[0].hash).unwrap().approved = false;
    let actions: Vec<Action> = diff(&plan, &state).iter().filter_map(|item| item.action).collect();
    assert_eq!(actions, [Action::ApproveModel(0)]);
}
