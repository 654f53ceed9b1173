//! Resolving the vaults of a plan: the half of [`super::resolve`] that is about limits, fees and slots.

use ballast::adapters::Adapter;
use ballast::{CreateVaultParams, MIN_SEED_ATOMS};
use ballast_client::address;
use ballast_client::state::VaultLimits;
use ballast_math::MAX_ALLOCATIONS;
use ballast_math::fees::{MAX_MANAGEMENT_FEE_BPS, MAX_PERFORMANCE_FEE_BPS};
use solana_pubkey::Pubkey;

use super::file::{AllocationEntry, LimitsEntry, VaultEntry};
use super::plan::{PlannedAllocation, PlannedMint, PlannedVault};
use super::resolve::Resolver;
use crate::amount::Unit;
use crate::names::{class_name, parse_asset_classes, parse_class};

impl Resolver<'_> {
    /// One vault with its limits and slots.
    pub(super) fn vault(&mut self, index: usize, entry: &VaultEntry) -> PlannedVault {
        let at = |key: &str| format!("vault[{index}].{key}");
        let mint = self.mint(&at("asset"), &entry.asset);
        let class = self.value(&at("class"), parse_class(&entry.class));
        let mask = parse_asset_classes(entry.asset_classes.iter().map(String::as_str));
        let asset_class_mask = self.value(&at("asset_classes"), mask);
        if entry.asset_classes.is_empty() {
            self.problem(&at("asset_classes"), "names none");
        }
        let [management_fee_bps, performance_fee_bps] = [
            ("management_fee", &entry.management_fee, MAX_MANAGEMENT_FEE_BPS),
            ("performance_fee", &entry.performance_fee, MAX_PERFORMANCE_FEE_BPS),
        ]
        .map(|(key, text, most)| {
            let bps = self.bps(&at(key), text);
            if bps > most {
                self.problem(&at(key), format!("is above the program's hard cap of {most} bps"));
            }
            bps
        });
        let seed_atoms = self.atoms(&at("seed"), &entry.seed, &mint.unit);
        if seed_atoms < MIN_SEED_ATOMS {
            let least = mint.unit.format(MIN_SEED_ATOMS);
            self.problem(&at("seed"), format!("must be at least {least}"));
        }
        let params = CreateVaultParams {
            class,
            asset_class_mask,
            keeper: self.key(&at("keeper"), &entry.keeper),
            fee_recipient: self.key(&at("fee_recipient"), &entry.fee_recipient),
            management_fee_bps,
            performance_fee_bps,
            limits: self.limits(&at("limits"), &entry.limits, &mint.unit),
            seed_atoms,
        };
        if entry.allocation.len() > MAX_ALLOCATIONS {
            self.problem(&at("allocation"), format!("a vault has {MAX_ALLOCATIONS} slots at most"));
        }
        let mut allocations: Vec<PlannedAllocation> = Vec::new();
        for (slot, entry) in entry.allocation.iter().enumerate() {
            let place = at(&format!("allocation[{slot}]"));
            let planned = self.allocation(&place, entry, &mint, asset_class_mask);
            if allocations.iter().any(|other| other.strategy == planned.strategy) {
                self.problem(&format!("{place}.strategy"), format!("{} is there twice", entry.strategy));
            }
            allocations.push(planned);
        }
        PlannedVault {
            name: format!("{}/{}", entry.asset.to_lowercase(), class_name(class)),
            key: address::vault(&mint.address, class),
            asset_mint: mint.address,
            unit: mint.unit,
            params,
            allocations,
        }
    }

    fn limits(&mut self, place: &str, entry: &LimitsEntry, unit: &Unit) -> VaultLimits {
        let at = |key: &str| format!("{place}.{key}");
        let limits = VaultLimits {
            deposit_cap_atoms: self.atoms(&at("deposit_cap"), &entry.deposit_cap, unit),
            min_move_atoms: self.atoms(&at("min_move"), &entry.min_move, unit),
            turnover_window_secs: self.secs(&at("turnover_window"), &entry.turnover_window),
            loss_window_secs: self.secs(&at("loss_window"), &entry.loss_window),
            cooldown_secs: self.secs(&at("cooldown"), &entry.cooldown),
            profit_unlock_secs: self.secs(&at("profit_unlock"), &entry.profit_unlock),
            min_horizon_secs: self.secs(&at("min_horizon"), &entry.min_horizon),
            idle_buffer_bps: self.bps(&at("idle_buffer"), &entry.idle_buffer),
            turnover_cap_bps: self.bps(&at("turnover_cap"), &entry.turnover_cap),
            loss_call_bps: self.bps(&at("loss_per_call"), &entry.loss_per_call),
            loss_window_bps: self.bps(&at("loss_per_window"), &entry.loss_per_window),
            min_liquidity_bps: self.bps(&at("min_liquidity"), &entry.min_liquidity),
            max_utilisation_bps: self.bps(&at("max_utilisation"), &entry.max_utilisation),
            settle_secs: self.secs(&at("settle"), &entry.settle),
            decision_ttl_secs: self.secs(&at("decision_life"), &entry.decision_life),
            inflow_window_secs: self.secs(&at("inflow_window"), &entry.inflow_window),
            reduction_rest_secs: self.secs(&at("reduction_rest"), &entry.reduction_rest),
            inflow_cap_bps: self.bps(&at("inflow_cap"), &entry.inflow_cap),
            latch_bps: self.bps(&at("rate_fall"), &entry.rate_fall),
            dead_band_bps: self.bps(&at("dead_band"), &entry.dead_band),
            reserved: 0,
        };
        // Only where every figure could be read: the program's verdict on stand-ins would mislead.
        if !self.problems.iter().any(|problem| problem.place.starts_with(place)) {
            self.program_agrees(place, limits.validate());
        }
        limits
    }

    fn allocation(
        &mut self,
        place: &str,
        entry: &AllocationEntry,
        mint: &PlannedMint,
        mask: u32,
    ) -> PlannedAllocation {
        let strategy = match self.strategies.get(&entry.strategy).cloned() {
            Some(strategy) => strategy,
            None => {
                self.problem(
                    &format!("{place}.strategy"),
                    format!("no [[strategy]] is called {}", entry.strategy),
                );
                return PlannedAllocation {
                    name: entry.strategy.clone(),
                    strategy: Pubkey::default(),
                    absolute_cap_atoms: 0,
                    relative_cap_bps: 0,
                };
            }
        };
        if strategy.asset_mint != mint.address {
            let problem = format!("{} is for another asset than {}", entry.strategy, mint.unit.symbol);
            self.problem(&format!("{place}.strategy"), problem);
        }
        let class = Adapter::from_kind(strategy.params.adapter).map(Adapter::asset_class).unwrap_or(0);
        if class & !mask != 0 {
            let problem = format!("{} is outside the vault's asset_classes", entry.strategy);
            self.problem(&format!("{place}.strategy"), problem);
        }
        PlannedAllocation {
            name: entry.strategy.clone(),
            strategy: strategy.key,
            absolute_cap_atoms: self.atoms(&format!("{place}.absolute_cap"), &entry.absolute_cap, &mint.unit),
            relative_cap_bps: self.bps(&format!("{place}.relative_cap"), &entry.relative_cap),
        }
    }
}
