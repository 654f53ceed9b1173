//! `ballast vault`

use anchor_lang::Discriminator;
use ballast_client::state::{Nav, StalePolicy, Vault};
use ballast_client::{address, decode_vault};
use ballast_keeper::{FreshVault, VaultSetup};
use ballast_math::portfolio::weight_bps_floor;
use ballast_math::shares::share_price_e15;
use clap::Subcommand;
use serde::Serialize;
use solana_pubkey::Pubkey;
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};

use crate::amount::Unit;
use crate::error::CliError;
use crate::names::{adapter_name, asset_class_names, pause_name, short, vault_name};
use crate::output::{Align, fields, figure, show, table};
use crate::ratio::percent;
use crate::session::Session;
use crate::when;

/// What to see of vaults.
#[derive(Clone, Debug, Subcommand)]
pub enum VaultCommand {
    /// Every vault, as of its last transaction
    List,
    /// One vault, as it is now
    Show {
        /// Vault, such as usdc/conservative
        vault: String,
    },
}

/// Runs it.
pub fn run(session: &mut Session, command: VaultCommand) -> Result<(), CliError> {
    match command {
        VaultCommand::List => list(session),
        VaultCommand::Show { vault } => show_one(session, &vault),
    }
}

/// A line of the list.
#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    address: String,
    asset_mint: String,
    /// Idle plus allocations as last valued, atoms.
    assets_atoms: u64,
    idle_atoms: u64,
    allocations: u8,
    pause: &'static str,
    decisions: u64,
    #[serde(skip)]
    unit: Unit,
}

fn list(session: &Session) -> Result<(), CliError> {
    let is_vault = RpcFilterType::Memcmp(Memcmp::new_raw_bytes(0, Vault::DISCRIMINATOR.to_vec()));
    let found = session.chain.program_accounts(&address::PROGRAM, vec![is_vault])?;
    let mut listed = Vec::with_capacity(found.len());
    for (key, account) in found {
        let vault =
            decode_vault(&account.data).map_err(|error| CliError::environment(format!("{key}: {error}")))?;
        listed.push(Listed {
            name: vault_name(&vault.asset_mint, vault.class),
            address: key.to_string(),
            asset_mint: vault.asset_mint.to_string(),
            assets_atoms: assets(&vault),
            idle_atoms: vault.idle_atoms,
            allocations: vault.allocation_count,
            pause: pause_name(vault.pause_level),
            decisions: vault.decision_sequence,
            unit: Unit {
                symbol: crate::names::symbol_or_address(&vault.asset_mint),
                decimals: vault.asset_decimals,
            },
        });
    }
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    show(session.json, &listed, |listed| {
        if listed.is_empty() {
            return "no vaults on this chain".to_owned();
        }
        let columns = [
            ("Vault", Align::Left),
            ("Assets", Align::Right),
            ("Idle", Align::Right),
            ("Slots", Align::Right),
            ("Decisions", Align::Right),
            ("Paused", Align::Left),
            ("Address", Align::Left),
        ];
        let rows = listed.iter().map(|vault| {
            vec![
                vault.name.clone(),
                vault.unit.format(vault.assets_atoms),
                vault.unit.number(vault.idle_atoms),
                vault.allocations.to_string(),
                vault.decisions.to_string(),
                vault.pause.to_owned(),
                vault.address.clone(),
            ]
        });
        table(&columns, rows)
    })
}

/// Idle plus allocations as last valued.
fn assets(vault: &Vault) -> u64 {
    vault.active().fold(vault.idle_atoms, |sum, slot| sum.saturating_add(slot.value_low))
}

/// One vault, for machines.
#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    address: String,
    asset_mint: String,
    class: &'static str,
    asset_classes: Vec<&'static str>,
    pause: &'static str,
    keeper: String,
    slot: u64,
    unix_ts: i64,
    /// Net assets at both sides, atoms: what withdrawals and deposits are priced on. None where the worth
    /// of a slot is not known: a part is not the whole.
    net_low_atoms: Option<u64>,
    net_high_atoms: Option<u64>,
    idle_atoms: u64,
    total_shares: u64,
    /// Atoms per share times 1e15, low side; none as above.
    share_price_e15: Option<u64>,
    management_fee_bps: u16,
    performance_fee_bps: u16,
    limits: Limits,
    decisions: u64,
    last_decision_ts: Option<i64>,
    turnover_used_bps: Option<u64>,
    loss_used_atoms: Option<u64>,
    slots: Vec<Slot>,
}

#[derive(Debug, Serialize)]
struct Limits {
    deposit_cap_atoms: u64,
    min_move_atoms: u64,
    idle_buffer_bps: u16,
    turnover_cap_bps: u16,
    turnover_window_secs: u32,
    cooldown_secs: u32,
    loss_call_bps: u16,
    loss_window_bps: u16,
    loss_window_secs: u32,
    profit_unlock_secs: u32,
    min_horizon_secs: u32,
}

#[derive(Debug, Serialize)]
struct Slot {
    index: u8,
    strategy: String,
    adapter: &'static str,
    /// None where its worth is not known now; so are the next two.
    value_low_atoms: Option<u64>,
    value_high_atoms: Option<u64>,
    withdrawable_atoms: Option<u64>,
    receipts: u64,
    /// Share of the whole; none where the whole is not known.
    weight_bps: Option<u16>,
    target_bps: u16,
    relative_cap_bps: u16,
    absolute_cap_atoms: u64,
    /// Why its worth is not known, or why it cannot be refreshed; none when all is well.
    problem: Option<String>,
}

fn show_one(session: &mut Session, name: &str) -> Result<(), CliError> {
    let setup = session.load_vault(name)?;
    let unit = session.unit(&setup.vault.asset_mint)?;
    let fresh = session.look(&setup)?;
    let nav = match fresh.unpriced().first() {
        Some(_) => None,
        None => Some(fresh.nav(&setup.key, StalePolicy::Reject)?),
    };
    let shown = shown(&setup, &fresh, nav.as_ref());
    show(session.json, &shown, |shown| human(shown, &unit))
}

fn shown(setup: &VaultSetup, fresh: &FreshVault, nav: Option<&Nav>) -> Shown {
    let vault = &fresh.vault;
    let (limits, now_ts) = (&vault.limits, fresh.clock.unix_ts);
    let unpriced = fresh.unpriced();
    let slots = setup.slots.iter().zip(&vault.allocations).map(|(slot, allocation)| {
        let unpriced = unpriced.iter().find(|unpriced| unpriced.index == slot.index);
        // One that holds nothing is worth nothing, whatever its venue says; that it cannot be refreshed is told.
        let problem = unpriced
            .map(|unpriced| unpriced.why.clone())
            .or_else(|| fresh.problem(slot.index).map(|problem| format!("cannot be refreshed: {problem}")));
        let known = |atoms: u64| unpriced.is_none().then_some(atoms);
        Slot {
            index: slot.index,
            strategy: slot.strategy_key.to_string(),
            adapter: adapter_name(allocation.adapter),
            value_low_atoms: known(allocation.value_low),
            value_high_atoms: known(allocation.value_high),
            withdrawable_atoms: known(allocation.withdrawable),
            receipts: allocation.receipts,
            weight_bps: nav.and_then(|nav| weight_bps_floor(allocation.value_low, nav.gross_low)),
            target_bps: allocation.target_bps,
            relative_cap_bps: allocation.relative_cap_bps,
            absolute_cap_atoms: allocation.absolute_cap_atoms,
            problem,
        }
    });
    Shown {
        name: vault_name(&vault.asset_mint, vault.class),
        address: setup.key.to_string(),
        asset_mint: vault.asset_mint.to_string(),
        class: crate::names::class_name(vault.class),
        asset_classes: asset_class_names(vault.asset_class_mask),
        pause: pause_name(vault.pause_level),
        keeper: vault.keeper.to_string(),
        slot: fresh.clock.slot,
        unix_ts: now_ts,
        net_low_atoms: nav.map(|nav| nav.low),
        net_high_atoms: nav.map(|nav| nav.high),
        idle_atoms: vault.idle_atoms,
        total_shares: vault.total_shares,
        share_price_e15: nav.and_then(|nav| share_price_e15(nav.low, vault.total_shares)),
        management_fee_bps: vault.management_fee_bps,
        performance_fee_bps: vault.performance_fee_bps,
        limits: Limits {
            deposit_cap_atoms: limits.deposit_cap_atoms,
            min_move_atoms: limits.min_move_atoms,
            idle_buffer_bps: limits.idle_buffer_bps,
            turnover_cap_bps: limits.turnover_cap_bps,
            turnover_window_secs: limits.turnover_window_secs,
            cooldown_secs: limits.cooldown_secs,
            loss_call_bps: limits.loss_call_bps,
            loss_window_bps: limits.loss_window_bps,
            loss_window_secs: limits.loss_window_secs,
            profit_unlock_secs: limits.profit_unlock_secs,
            min_horizon_secs: limits.min_horizon_secs,
        },
        decisions: vault.decision_sequence,
        last_decision_ts: (vault.decision_sequence > 0).then_some(vault.decision_ts),
        turnover_used_bps: vault.turnover.used(now_ts, limits.turnover_window_secs),
        loss_used_atoms: vault.losses.used(now_ts, limits.loss_window_secs),
        slots: slots.collect(),
    }
}

fn human(shown: &Shown, unit: &Unit) -> String {
    let limits = &shown.limits;
    let bps = |value: u16| percent(u64::from(value));
    let secs = |value: u32| when::duration(u64::from(value));
    // A share is a thousandth of an atom at the start: people see the growth since.
    let price = figure(shown.share_price_e15, |price| format!("{:.6} (1 at the start)", price as f64 / 1e12));
    let decision = match shown.last_decision_ts {
        Some(ts) => format!("{} so far, the last on {}", shown.decisions, when::format(ts)),
        None => "none yet".to_owned(),
    };
    let head = fields(&[
        ("Vault", shown.name.clone()),
        ("Address", shown.address.clone()),
        ("May hold", shown.asset_classes.join(", ")),
        (
            "Net assets",
            figure(shown.net_low_atoms.zip(shown.net_high_atoms), |(low, high)| {
                format!("{} to {}", unit.number(low), unit.format(high))
            }),
        ),
        ("Idle", format!("{} (buffer {})", unit.format(shown.idle_atoms), bps(limits.idle_buffer_bps))),
        ("Share price", price),
        ("Deposit cap", unit.format(limits.deposit_cap_atoms)),
        (
            "Fees",
            format!("{} a year, {} of gains", bps(shown.management_fee_bps), bps(shown.performance_fee_bps)),
        ),
        ("Paused", shown.pause.to_owned()),
        ("Keeper", shown.keeper.clone()),
        ("Decisions", decision),
        (
            "Turnover",
            format!(
                "{} used of {} in {}",
                figure(shown.turnover_used_bps, percent),
                bps(limits.turnover_cap_bps),
                secs(limits.turnover_window_secs)
            ),
        ),
        (
            "Loss budget",
            format!(
                "{} used; {} a move, {} of the vault in {}",
                figure(shown.loss_used_atoms, |atoms| unit.format(atoms)),
                bps(limits.loss_call_bps),
                bps(limits.loss_window_bps),
                secs(limits.loss_window_secs)
            ),
        ),
        ("Cooldown", secs(limits.cooldown_secs)),
        ("Min horizon", secs(limits.min_horizon_secs)),
        ("As of", format!("slot {}, {}", shown.slot, when::format(shown.unix_ts))),
    ]);
    let columns = [
        ("Slot", Align::Right),
        ("Venue", Align::Left),
        ("Strategy", Align::Left),
        ("Value", Align::Right),
        ("Weight", Align::Right),
        ("Target", Align::Right),
        ("Caps", Align::Right),
        ("Withdrawable", Align::Right),
    ];
    let rows = shown.slots.iter().map(|slot| {
        let strategy: Option<Pubkey> = slot.strategy.parse().ok();
        vec![
            slot.index.to_string(),
            slot.adapter.to_owned(),
            strategy.map_or_else(String::new, |key| short(&key)),
            figure(slot.value_low_atoms, |atoms| unit.number(atoms)),
            figure(slot.weight_bps, bps),
            bps(slot.target_bps),
            format!("{}, {}", bps(slot.relative_cap_bps), unit.number(slot.absolute_cap_atoms)),
            figure(slot.withdrawable_atoms, |atoms| unit.number(atoms)),
        ]
    });
    let mut text = format!("{head}\n\n{}", table(&columns, rows));
    for slot in &shown.slots {
        if let Some(problem) = &slot.problem {
            text.push_str(&format!("\nslot {} {problem}", slot.index));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ballast::oracle::status;
    use ballast_client::state::{Allocation, Strategy};
    use ballast_client::{ChainClock, Rejection, VenueAccounts};
    use ballast_keeper::setup::SlotSetup;
    use bytemuck::Zeroable;

    use super::*;

    /// A vault with 100 atoms idle and 900 in one slot, whose refresh ended with `problem`.
    fn look(problem: Option<Rejection>, oracle_status: u16, receipts: u64) -> Shown {
        let mut vault = Vault::zeroed();
        (vault.idle_atoms, vault.allocation_count, vault.total_shares) = (100, 1, 1_000_000);
        vault.allocations[0] = Allocation {
            receipts,
            value_low: receipts,
            value_high: receipts,
            withdrawable: receipts,
            refreshed_slot: 7,
            oracle_status,
            ..Allocation::default()
        };
        let slot = SlotSetup {
            index: 0,
            strategy_key: Pubkey::default(),
            strategy: Strategy::zeroed(),
            venue: VenueAccounts { refresh: vec![], movement: vec![] },
        };
        let setup = VaultSetup { key: Pubkey::default(), vault, slots: vec![slot], has_history: false };
        let clock = ChainClock { slot: 7, ..ChainClock::default() };
        let fresh = FreshVault { vault, clock, problems: vec![problem], watched: vec![] };
        let nav = fresh.unpriced().is_empty().then(|| fresh.nav(&setup.key, StalePolicy::Reject).unwrap());
        shown(&setup, &fresh, nav.as_ref())
    }

    #[test]
    fn a_part_is_not_shown_as_the_whole() {
        let problem = Rejection { message: "reserve is gone".to_owned(), ..Rejection::default() };
        for shown in [look(Some(problem.clone()), status::ALL, 900), look(None, 0, 900)] {
            let json = serde_json::to_value(&shown).unwrap();
            for figure in ["net_low_atoms", "net_high_atoms", "share_price_e15"] {
                assert!(json[figure].is_null(), "{figure}: {json}");
            }
            let slot = &json["slots"][0];
            for figure in ["value_low_atoms", "value_high_atoms", "withdrawable_atoms", "weight_bps"] {
                assert!(slot[figure].is_null(), "{figure}: {json}");
            }
            assert_eq!(json["idle_atoms"], 100);
            let text = human(&shown, &Unit::new("USDC", 0));
            assert!(
                text.contains("Net assets   not known") && text.contains("Share price  not known"),
                "{text}"
            );
            assert!(!text.contains("900") && text.contains("\nslot 0 "), "{text}");
        }
        assert!(
            look(Some(problem.clone()), status::ALL, 900).slots[0]
                .problem
                .clone()
                .unwrap()
                .contains("reserve is gone")
        );
        let whole = look(None, status::ALL, 900);
        assert_eq!((whole.net_low_atoms, whole.slots[0].weight_bps), (Some(1_000), Some(9_000)));
        // One that holds nothing takes nothing from the whole.
        let empty = look(Some(problem), 0, 0);
        assert_eq!((empty.net_low_atoms, empty.slots[0].value_low_atoms), (Some(100), Some(0)));
        assert!(empty.slots[0].problem.is_some());
    }
}
