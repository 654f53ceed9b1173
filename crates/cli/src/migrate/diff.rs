//! The plan against the chain, item by item. Pure: reads nothing, sends nothing.

use ballast_client::state::{PriceGuard, PriceGuardParams, Vault, VaultLimits};
use solana_pubkey::Pubkey;

use super::plan::{Plan, PlannedModel, PlannedStrategy, PlannedVault};
use super::program::program_item;
use super::state::ChainState;
use crate::amount::Unit;
use crate::names::asset_class_names;
use crate::ratio::percent;
use crate::when::duration;

/// One thing that a plan names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is, in words.
    pub what: String,
    /// How it stands.
    pub status: Status,
    /// What else there is to know of it.
    pub notes: Vec<String>,
    /// What to do about it; none where nothing is to be done, or nothing can be.
    pub action: Option<Action>,
}

/// How an item of a plan compares with the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// As planned.
    Same,
    /// Not there yet.
    Missing,
    /// There, and different; one line a difference.
    Differs(Vec<String>),
    /// There, and different, and left alone until the plan says otherwise; one line a difference.
    Held(Vec<String>),
    /// There, or absent, in a way that no instruction can reconcile.
    Conflict(String),
    /// There, and not in the plan: left alone.
    Unplanned,
}

/// What to do. Indices are into the plan's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Deploy the program.
    DeployProgram,
    /// Replace the program's bytecode.
    UpgradeProgram,
    /// Set authorities.
    InitializeConfig,
    /// Create or change a price guard.
    SetPriceGuard(usize),
    /// Approve a model.
    ApproveModel(usize),
    /// List a strategy.
    ListStrategy(usize),
    /// Create a vault.
    CreateVault(usize),
    /// Change a vault's keeper.
    SetKeeper(usize),
    /// Change a vault's fees.
    SetFees(usize),
    /// Change a vault's limits.
    SetLimits(usize),
    /// Give a vault a slot: vault, then allocation within it.
    AddAllocation(usize, usize),
    /// Change a slot's caps: vault, allocation within it, then the slot's index on chain.
    SetCaps(usize, usize, u8),
}

impl Item {
    pub(super) fn new(what: impl Into<String>, status: Status, action: Option<Action>) -> Self {
        let action = match status {
            Status::Missing | Status::Differs(_) => action,
            Status::Same | Status::Held(_) | Status::Conflict(_) | Status::Unplanned => None,
        };
        Self { what: what.into(), status, notes: Vec::new(), action }
    }
}

/// Compares everything.
pub fn diff(plan: &Plan, state: &ChainState) -> Vec<Item> {
    let program = program_item(plan, state);
    let is_deployed_first = program.action == Some(Action::DeployProgram);
    let mut items = vec![program, config(plan, state, is_deployed_first)];
    for mint in &plan.mints {
        let status = match state.mints.get(&mint.address) {
            Some(found) if found.decimals == mint.unit.decimals => Status::Same,
            Some(found) => Status::Conflict(format!(
                "mint {} has {} decimals, the plan says {}",
                mint.address, found.decimals, mint.unit.decimals
            )),
            None => Status::Conflict(format!("mint {} does not exist on this chain", mint.address)),
        };
        items.push(Item::new(format!("mint {}", mint.unit.symbol), status, None));
    }
    for (index, guard) in plan.guards.iter().enumerate() {
        let status = match state.guards.get(&guard.mint) {
            Some(found) => differences(guard_differences(found, &guard.params)),
            None => Status::Missing,
        };
        items.push(Item::new(
            format!("price guard {}", guard.symbol),
            status,
            Some(Action::SetPriceGuard(index)),
        ));
    }
    for (index, model) in plan.models.iter().enumerate() {
        items.push(Item::new(
            format!("model {} ({})", model.name, hex::encode(model.hash)),
            model_status(model, state),
            Some(Action::ApproveModel(index)),
        ));
    }
    for (index, strategy) in plan.strategies.iter().enumerate() {
        items.push(Item::new(
            format!("strategy {}", strategy.name),
            strategy_status(strategy, state),
            Some(Action::ListStrategy(index)),
        ));
    }
    for (index, vault) in plan.vaults.iter().enumerate() {
        vault_items(&mut items, plan, state, index, vault);
    }
    items
}

fn config(plan: &Plan, state: &ChainState, is_deployed_first: bool) -> Item {
    let status = match &state.config {
        None if is_deployed_first => Status::Missing,
        None if !state.program_deployed => {
            Status::Conflict("the program is not deployed on this chain".to_owned())
        }
        None if state.upgrade_authority != Some(plan.upgrade_authority) => Status::Conflict(format!(
            "the program's upgrade authority is {}, not {}",
            state.upgrade_authority.map_or("nobody".to_owned(), |key| key.to_string()),
            plan.upgrade_authority
        )),
        None => Status::Missing,
        Some(found) => {
            let wrong = [
                ("governance", found.governance, plan.governance),
                ("guardian", found.guardian, plan.guardian),
            ]
            .into_iter()
            .find(|(_, found, planned)| found != planned);
            match wrong {
                Some((who, found, planned)) => Status::Conflict(format!(
                    "{who} is {found}, the plan says {planned}; no instruction changes that"
                )),
                None => Status::Same,
            }
        }
    };
    Item::new("authorities", status, Some(Action::InitializeConfig))
}

fn differences(lines: Vec<String>) -> Status {
    if lines.is_empty() { Status::Same } else { Status::Differs(lines) }
}

/// Collects "name: from -> to" for what is not equal.
#[derive(Default)]
struct Changes(Vec<String>);

impl Changes {
    fn add<T: PartialEq>(&mut self, name: &str, from: T, to: T, write: impl Fn(&T) -> String) {
        if from != to {
            self.0.push(format!("{name}: {} -> {}", write(&from), write(&to)));
        }
    }
}

fn guard_differences(found: &PriceGuard, planned: &PriceGuardParams) -> Vec<String> {
    let mut changes = Changes::default();
    let bps = |value: &u16| percent(u64::from(*value));
    changes.add("source", found.source, planned.source, u8::to_string);
    changes.add("account", found.account, planned.account, Pubkey::to_string);
    changes.add("feed id", found.feed_id, planned.feed_id, |id| hex::encode(id));
    changes.add("max age", found.max_age_secs, planned.max_age_secs, |secs| duration(u64::from(*secs)));
    changes.add("max confidence", found.max_conf_bps, planned.max_conf_bps, bps);
    changes.add("max ema divergence", found.max_ema_divergence_bps, planned.max_ema_divergence_bps, bps);
    changes.0
}

fn model_status(planned: &PlannedModel, state: &ChainState) -> Status {
    match state.models.get(&planned.hash) {
        None => Status::Missing,
        Some(found) if found.approved => Status::Same,
        Some(_) if planned.reapprove => Status::Differs(vec!["revoked -> approved".to_owned()]),
        Some(_) => Status::Conflict(
            "was revoked; to approve it again, say `reapprove = true` in the plan".to_owned(),
        ),
    }
}

fn strategy_status(planned: &PlannedStrategy, state: &ChainState) -> Status {
    let Some(found) = state.strategies.get(&planned.key) else {
        return match state.venues.get(&planned.venue) {
            None => Status::Conflict(format!("venue {} does not exist on this chain", planned.venue)),
            Some(owner) if *owner != planned.venue_program => Status::Conflict(format!(
                "venue {} belongs to {owner}, not to {}",
                planned.venue, planned.venue_program
            )),
            Some(_) => Status::Missing,
        };
    };
    let params = &planned.params;
    let mut changes = Changes::default();
    let bps = |value: &u16| percent(u64::from(*value));
    changes.add("adapter", found.adapter, params.adapter, u8::to_string);
    changes.add("risk factors", found.risk_factors, params.risk_factors, |ids| format!("{ids:?}"));
    changes.add("max slippage", found.max_slippage_bps, params.max_slippage_bps, bps);
    changes.add("max divergence", found.max_divergence_bps, params.max_divergence_bps, bps);
    if changes.0.is_empty() {
        Status::Same
    } else {
        Status::Conflict(format!("a listed strategy cannot be changed ({})", changes.0.join(", ")))
    }
}

fn vault_items(items: &mut Vec<Item>, plan: &Plan, state: &ChainState, index: usize, planned: &PlannedVault) {
    let what = format!("vault {}", planned.name);
    let found = state.vaults.get(&planned.key);
    let Some(found) = found else {
        items.push(Item::new(&what, Status::Missing, Some(Action::CreateVault(index))));
        for (slot, allocation) in planned.allocations.iter().enumerate() {
            let what = format!("{what}, slot {}", allocation.name);
            items.push(Item::new(what, Status::Missing, Some(Action::AddAllocation(index, slot))));
        }
        return;
    };
    let params = &planned.params;
    if found.asset_class_mask != params.asset_class_mask {
        let names = |mask: u32| asset_class_names(mask).join(", ");
        items.push(Item::new(
            &what,
            Status::Conflict(format!(
                "may hold {}, the plan says {}; that is its mandate and cannot be changed",
                names(found.asset_class_mask),
                names(params.asset_class_mask)
            )),
            None,
        ));
    } else {
        items.push(Item::new(&what, Status::Same, None));
    }
    let part = |name: &str| format!("{what}, {name}");
    let mut keeper = Changes::default();
    keeper.add("keeper", found.keeper, params.keeper, Pubkey::to_string);
    items.push(Item::new(part("keeper"), differences(keeper.0), Some(Action::SetKeeper(index))));
    let mut fees = Changes::default();
    let bps = |value: &u16| percent(u64::from(*value));
    fees.add("management fee", found.management_fee_bps, params.management_fee_bps, bps);
    fees.add("performance fee", found.performance_fee_bps, params.performance_fee_bps, bps);
    fees.add("fee recipient", found.fee_recipient, params.fee_recipient, Pubkey::to_string);
    items.push(Item::new(part("fees"), differences(fees.0), Some(Action::SetFees(index))));
    let limits = limit_differences(&found.limits, &params.limits, &planned.unit);
    items.push(Item::new(part("limits"), differences(limits), Some(Action::SetLimits(index))));
    allocation_items(items, plan, index, planned, found);
}

fn limit_differences(found: &VaultLimits, planned: &VaultLimits, unit: &Unit) -> Vec<String> {
    let mut changes = Changes::default();
    let atoms = |value: &u64| unit.format(*value);
    let secs = |value: &u32| duration(u64::from(*value));
    let bps = |value: &u16| percent(u64::from(*value));
    changes.add("deposit cap", found.deposit_cap_atoms, planned.deposit_cap_atoms, atoms);
    changes.add("min move", found.min_move_atoms, planned.min_move_atoms, atoms);
    changes.add("turnover window", found.turnover_window_secs, planned.turnover_window_secs, secs);
    changes.add("loss window", found.loss_window_secs, planned.loss_window_secs, secs);
    changes.add("cooldown", found.cooldown_secs, planned.cooldown_secs, secs);
    changes.add("profit unlock", found.profit_unlock_secs, planned.profit_unlock_secs, secs);
    changes.add("min horizon", found.min_horizon_secs, planned.min_horizon_secs, secs);
    changes.add("idle buffer", found.idle_buffer_bps, planned.idle_buffer_bps, bps);
    changes.add("turnover cap", found.turnover_cap_bps, planned.turnover_cap_bps, bps);
    changes.add("loss per call", found.loss_call_bps, planned.loss_call_bps, bps);
    changes.add("loss per window", found.loss_window_bps, planned.loss_window_bps, bps);
    changes.add("min liquidity", found.min_liquidity_bps, planned.min_liquidity_bps, bps);
    changes.add("max utilisation", found.max_utilisation_bps, planned.max_utilisation_bps, bps);
    changes.add("settle", found.settle_secs, planned.settle_secs, secs);
    changes.add("decision life", found.decision_ttl_secs, planned.decision_ttl_secs, secs);
    changes.add("inflow cap", found.inflow_cap_bps, planned.inflow_cap_bps, bps);
    changes.add("inflow window", found.inflow_window_secs, planned.inflow_window_secs, secs);
    changes.add("reduction rest", found.reduction_rest_secs, planned.reduction_rest_secs, secs);
    changes.add("rate fall", found.latch_bps, planned.latch_bps, bps);
    changes.add("dead band", found.dead_band_bps, planned.dead_band_bps, bps);
    changes.0
}

fn allocation_items(items: &mut Vec<Item>, plan: &Plan, index: usize, planned: &PlannedVault, found: &Vault) {
    let what = |name: &str| format!("vault {}, slot {name}", planned.name);
    let free = found.allocations.len().saturating_sub(usize::from(found.allocation_count));
    let mut added = 0usize;
    for (slot, allocation) in planned.allocations.iter().enumerate() {
        let there =
            (0u8..).zip(found.active()).find(|(_, on_chain)| on_chain.strategy == allocation.strategy);
        let item = match there {
            Some((on_chain_index, on_chain)) => {
                let mut changes = Changes::default();
                let atoms = |value: &u64| planned.unit.format(*value);
                let bps = |value: &u16| percent(u64::from(*value));
                changes.add(
                    "absolute cap",
                    on_chain.absolute_cap_atoms,
                    allocation.absolute_cap_atoms,
                    atoms,
                );
                changes.add("relative cap", on_chain.relative_cap_bps, allocation.relative_cap_bps, bps);
                let action = Action::SetCaps(index, slot, on_chain_index);
                Item::new(what(&allocation.name), differences(changes.0), Some(action))
            }
            None if added >= free => Item::new(
                what(&allocation.name),
                Status::Conflict("the vault has no free slot, and slots are never given back".to_owned()),
                None,
            ),
            None => {
                added = added.saturating_add(1);
                let action = Action::AddAllocation(index, slot);
                Item::new(what(&allocation.name), Status::Missing, Some(action))
            }
        };
        items.push(item);
    }
    for on_chain in found.active() {
        if planned.allocations.iter().all(|allocation| allocation.strategy != on_chain.strategy) {
            let known = plan.strategies.iter().find(|strategy| strategy.key == on_chain.strategy);
            let name = known.map_or_else(|| on_chain.strategy.to_string(), |strategy| strategy.name.clone());
            items.push(Item::new(what(&name), Status::Unplanned, None));
        }
    }
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
