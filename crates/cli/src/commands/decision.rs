//! `ballast decision`

use ballast_client::state::Decision;
use ballast_client::{ChainClient, address, decode_decision};
use ballast_keeper::VaultSetup;
use clap::Subcommand;
use serde::Serialize;
use solana_pubkey::Pubkey;

use crate::amount::Unit;
use crate::error::CliError;
use crate::names::{short, vault_name};
use crate::output::{Align, fields, show, table};
use crate::ratio::percent;
use crate::session::Session;
use crate::when;

/// What to see of decisions.
#[derive(Clone, Debug, Subcommand)]
pub enum DecisionCommand {
    /// The last decisions of a vault
    List {
        /// Vault, such as usdc/conservative
        vault: String,
        /// How many
        #[arg(long, default_value_t = 10)]
        limit: u64,
    },
    /// One decision, with the state it was made on
    Show {
        /// Vault, such as usdc/conservative
        vault: String,
        /// Its number; the last when not given
        number: Option<u64>,
    },
}

/// A decision, for machines.
#[derive(Debug, Serialize)]
struct Shown {
    vault: String,
    number: u64,
    address: String,
    slot: u64,
    unix_ts: i64,
    keeper: String,
    model: String,
    input_hash: String,
    snapshot_hash: String,
    /// Whether the recorded state hashes to the recorded hash.
    snapshot_verified: bool,
    turnover_bps: u16,
    idle_bps: u16,
    idle_atoms: u64,
    net_low_atoms: u64,
    net_high_atoms: u64,
    total_shares: u64,
    turnover_used_bps: u64,
    loss_used_atoms: u64,
    slots: Vec<Slot>,
}

#[derive(Debug, Serialize)]
struct Slot {
    index: u8,
    strategy: String,
    weight_bps: u16,
    previous_target_bps: u16,
    target_bps: u16,
    value_low_atoms: u64,
    value_high_atoms: u64,
    withdrawable_atoms: u64,
}

/// Runs it.
pub fn run(session: &mut Session, command: DecisionCommand) -> Result<(), CliError> {
    match command {
        DecisionCommand::List { vault, limit } => list(session, &vault, limit),
        DecisionCommand::Show { vault, number } => show_one(session, &vault, number),
    }
}

fn list(session: &Session, vault: &str, limit: u64) -> Result<(), CliError> {
    let setup = session.load_vault(vault)?;
    let last = setup.vault.decision_sequence;
    let numbers: Vec<u64> = (last.saturating_sub(limit).saturating_add(1)..=last).rev().collect();
    let keys: Vec<Pubkey> = numbers.iter().map(|number| address::decision(&setup.key, *number)).collect();
    let accounts = session.chain.accounts(&keys)?;
    let mut decisions = Vec::with_capacity(numbers.len());
    for (key, account) in keys.iter().zip(accounts) {
        let account = account.ok_or_else(|| CliError::environment(format!("decision {key} is missing")))?;
        let decision = decode_decision(&account.data).map_err(CliError::environment)?;
        decisions.push(shown(&setup, key, &decision));
    }
    show(session.json, &decisions, |decisions| {
        if decisions.is_empty() {
            return "no decisions yet".to_owned();
        }
        let columns = [
            ("No", Align::Right),
            ("When", Align::Left),
            ("Targets", Align::Left),
            ("Idle", Align::Right),
            ("Turnover", Align::Right),
            ("Model", Align::Left),
        ];
        let rows = decisions.iter().map(|decision| {
            let targets: Vec<String> =
                decision.slots.iter().map(|slot| percent(u64::from(slot.target_bps))).collect();
            let model: Option<Pubkey> = decision.model.parse().ok();
            vec![
                decision.number.to_string(),
                when::format(decision.unix_ts),
                targets.join(" "),
                percent(u64::from(decision.idle_bps)),
                percent(u64::from(decision.turnover_bps)),
                model.map_or_else(String::new, |key| short(&key)),
            ]
        });
        table(&columns, rows)
    })
}

fn show_one(session: &Session, vault: &str, number: Option<u64>) -> Result<(), CliError> {
    let setup = session.load_vault(vault)?;
    let unit = session.unit(&setup.vault.asset_mint)?;
    let last = setup.vault.decision_sequence;
    let number = number.unwrap_or(last);
    if number == 0 || number > last {
        return Err(CliError::input(format!("there is no decision {number}: the last is {last}")));
    }
    let key = address::decision(&setup.key, number);
    let account = session
        .chain
        .account(&key)?
        .ok_or_else(|| CliError::environment(format!("decision {key} is missing")))?;
    let decision = decode_decision(&account.data).map_err(CliError::environment)?;
    show(session.json, &shown(&setup, &key, &decision), |shown| human(shown, &unit))
}

fn shown(setup: &VaultSetup, key: &Pubkey, decision: &Decision) -> Shown {
    let snapshot = &decision.snapshot;
    let used = snapshot.slots.iter().take_while(|slot| slot.strategy != Pubkey::default());
    let weights = decision.weights_bps.iter().zip(decision.targets_bps);
    let slots = (0u8..).zip(used.zip(weights)).map(|(index, (slot, (weight, target)))| Slot {
        index,
        strategy: slot.strategy.to_string(),
        weight_bps: *weight,
        previous_target_bps: slot.target_bps,
        target_bps: target,
        value_low_atoms: slot.value_low,
        value_high_atoms: slot.value_high,
        withdrawable_atoms: slot.withdrawable,
    });
    Shown {
        vault: vault_name(&setup.vault.asset_mint, setup.vault.class),
        number: snapshot.sequence,
        address: key.to_string(),
        slot: snapshot.slot,
        unix_ts: snapshot.unix_ts,
        keeper: decision.keeper.to_string(),
        model: decision.model.to_string(),
        input_hash: hex::encode(decision.input_hash),
        snapshot_hash: hex::encode(decision.snapshot_hash),
        snapshot_verified: snapshot.hash() == decision.snapshot_hash,
        turnover_bps: decision.turnover_bps,
        idle_bps: decision.idle_bps,
        idle_atoms: snapshot.idle_atoms,
        net_low_atoms: snapshot.nav_low,
        net_high_atoms: snapshot.nav_high,
        total_shares: snapshot.total_shares,
        turnover_used_bps: snapshot.turnover_used_bps,
        loss_used_atoms: snapshot.loss_used_atoms,
        slots: slots.collect(),
    }
}

fn human(shown: &Shown, unit: &Unit) -> String {
    let bps = |value: u16| percent(u64::from(value));
    let verdict =
        if shown.snapshot_verified { "recorded state matches" } else { "DOES NOT MATCH the recorded state" };
    let head = fields(&[
        ("Decision", format!("{} of {}", shown.number, shown.vault)),
        ("Address", shown.address.clone()),
        ("When", format!("slot {}, {}", shown.slot, when::format(shown.unix_ts))),
        ("Keeper", shown.keeper.clone()),
        ("Model", shown.model.clone()),
        ("Input hash", shown.input_hash.clone()),
        ("Snapshot hash", format!("{} ({verdict})", shown.snapshot_hash)),
        (
            "Net assets",
            format!("{} to {}", unit.number(shown.net_low_atoms), unit.format(shown.net_high_atoms)),
        ),
        ("Idle", format!("{}; {} afterwards", unit.format(shown.idle_atoms), bps(shown.idle_bps))),
        (
            "Turnover",
            format!("{}, after {} used before", bps(shown.turnover_bps), percent(shown.turnover_used_bps)),
        ),
    ]);
    let columns = [
        ("Slot", Align::Right),
        ("Strategy", Align::Left),
        ("Value", Align::Right),
        ("Weight", Align::Right),
        ("Target before", Align::Right),
        ("Target", Align::Right),
    ];
    let rows = shown.slots.iter().map(|slot| {
        let strategy: Option<Pubkey> = slot.strategy.parse().ok();
        vec![
            slot.index.to_string(),
            strategy.map_or_else(String::new, |key| short(&key)),
            unit.number(slot.value_low_atoms),
            bps(slot.weight_bps),
            bps(slot.previous_target_bps),
            bps(slot.target_bps),
        ]
    });
    format!("{head}\n\n{}", table(&columns, rows))
}
