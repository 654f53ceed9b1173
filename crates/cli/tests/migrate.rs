//! The committed plan of the local chain, carried out on the real bytecode.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use ballast_cli::migrate::resolve::resolve;
use ballast_cli::migrate::{KeyRing, Plan, PlanFile, Status, local_address, migrate};
use ballast_client::{ChainClient, address, decode_config, decode_vault, instruction as build};
use ballast_sandbox::stake_pool::Fees;
use ballast_sandbox::{Programs, World, kamino, raydium, stake_pool, token};
use kamino_lend::fixture::ReserveBuilder;
use raydium_cpmm::fixture::ConfigBuilder;
use solana_keypair::Keypair;
use solana_pubkey::{Pubkey, pubkey};
use solana_signer::Signer;

const USDC: Pubkey = pubkey!("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
const NAMES: [&str; 4] = ["governance", "guardian", "keeper", "treasury"];

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../migrations/localnet.toml")
}

fn keys(world: &World) -> KeyRing {
    let mut keys = KeyRing::new(world.payer.insecure_clone());
    for (name, seed) in NAMES.into_iter().zip(10u8..) {
        keys.add(name, Keypair::new_from_array([seed; 32]));
    }
    keys
}

fn plan(text: &str, keys: &mut KeyRing) -> Plan {
    resolve(&PlanFile::parse(text, &path()).unwrap(), &path(), keys).unwrap()
}

fn text() -> String {
    std::fs::read_to_string(path()).unwrap()
}

/// Mints and venues where the plan says they are, and nothing of ours.
fn world() -> World {
    let programs = Programs::load().expect("bytecode: run cargo xtask build");
    let mut world = World::new(&programs, 1_700_000_000).unwrap();
    token::set_mint(&mut world, &USDC, None, 0, 6).unwrap();
    let payer = world.payer.pubkey();
    token::fund(&mut world, &payer, &USDC, 100_000_000).unwrap();
    for name in ["kamino-usdc-main", "kamino-usdc-prime", "kamino-usdc-altcoins"] {
        let key = local_address(name);
        let mut builder = ReserveBuilder::new(key, local_address("market"), USDC, 6);
        builder.last_slot = world.clock().slot;
        builder.available_atoms = 1_000_000_000_000;
        builder.collateral_supply = 1_000_000_000_000;
        kamino::create(&mut world, key, &builder).unwrap();
    }
    let tokens = [(USDC, 6, 15_000_000_000_000), (address::WRAPPED_SOL, 9, 100_000_000_000_000)];
    raydium::create(&mut world, &ConfigBuilder::new(), tokens).unwrap();
    let fees = Fees { epoch: (5, 100), sol_deposit: (0, 1), sol_withdrawal: (1, 1_000) };
    let epoch = world.clock().epoch;
    stake_pool::create(
        &mut world,
        local_address("stake-pool"),
        1_000_000_000_000,
        1_000_000_000_000,
        epoch,
        fees,
    )
    .unwrap();
    world
}

fn run(world: &mut World, text: &str, dry_run: bool) -> Result<(usize, usize), String> {
    let mut keys = keys(world);
    let plan = plan(text, &mut keys);
    let done = migrate(world, &plan, &keys, dry_run, &mut |_| {}).map_err(|error| error.to_string())?;
    let todo = done.items.iter().filter(|item| item.action.is_some()).count();
    Ok((todo, done.applied.len()))
}

#[test]
fn an_empty_chain_comes_to_what_the_plan_says_and_stays_there() {
    let mut world = world();
    let (todo, sent) = run(&mut world, &text(), true).unwrap();
    assert!(todo > 20 && sent == 0);
    assert!(world.account_data(&address::config()).is_none(), "a dry run does nothing");

    let (carried_out, sent) = run(&mut world, &text(), false).unwrap();
    assert!(carried_out == todo && sent > 0 && sent < todo, "{sent} transactions for {todo} steps");
    let config = decode_config(&world.account_data(&address::config()).unwrap()).unwrap();
    assert_eq!(config.governance, Keypair::new_from_array([10; 32]).pubkey());
    let vault = world.account_data(&address::vault(&address::WRAPPED_SOL, 1)).unwrap();
    assert_eq!(decode_vault(&vault).unwrap().idle_atoms, 100_000_000, "the seed was wrapped");

    assert_eq!(run(&mut world, &text(), false), Ok((0, 0)));
}

#[test]
fn only_what_differs_is_changed() {
    let mut world = world();
    run(&mut world, &text(), false).unwrap();
    let changed = text()
        .replacen("idle_buffer = \"5%\"", "idle_buffer = \"7%\"", 1)
        .replacen("management_fee = \"0.5%\"", "management_fee = \"0.25%\"", 1)
        .replacen("relative_cap = \"60%\"", "relative_cap = \"55%\"", 1)
        .replacen("max_age = \"1h\"", "max_age = \"30min\"", 1);
    let (todo, sent) = run(&mut world, &changed, false).unwrap();
    assert!(todo == 4 && sent >= 1);
    let vault = decode_vault(&world.account_data(&address::vault(&USDC, 0)).unwrap()).unwrap();
    assert_eq!((vault.limits.idle_buffer_bps, vault.management_fee_bps), (700, 25));
    assert_eq!(vault.allocations[0].relative_cap_bps, 5_500);
    assert_eq!(run(&mut world, &changed, false), Ok((0, 0)));
}

#[test]
fn with_one_conflict_nothing_at_all_is_done() {
    let mut world = world();
    run(&mut world, &text(), false).unwrap();
    let conflicting = text().replacen("idle_buffer = \"5%\"", "idle_buffer = \"7%\"", 1).replacen(
        "max_divergence = \"2%\"",
        "max_divergence = \"3%\"",
        1,
    );
    let error = run(&mut world, &conflicting, false).unwrap_err();
    assert!(error.contains("nothing was done") && error.contains("strategy raydium-sol-usdc"), "{error}");
    let vault = decode_vault(&world.account_data(&address::vault(&USDC, 0)).unwrap()).unwrap();
    assert_eq!(vault.limits.idle_buffer_bps, 500);
}

#[test]
fn a_revoked_model_stays_revoked_until_the_plan_says_otherwise() {
    let mut world = world();
    run(&mut world, &text(), false).unwrap();
    let mut keys = keys(&world);
    let model = address::model(&plan(&text(), &mut keys).models[0].hash);
    let guardian = Keypair::new_from_array([11; 32]);
    world.send(&[build::revoke_model(guardian.pubkey(), model)], &[&guardian]).unwrap();
    let error = run(&mut world, &text(), false).unwrap_err();
    assert!(error.contains("was revoked"), "{error}");
    let file = "file = \"../models/engine-v1.toml\"";
    let again = text().replacen(file, &format!("{file}\nreapprove = true"), 1);
    assert_eq!(run(&mut world, &again, false), Ok((1, 1)));
}

#[test]
fn a_payer_without_the_seeds_is_told_before_anything_is_sent() {
    let mut world = world();
    let payer = world.payer.pubkey();
    token::fund(&mut world, &payer, &USDC, 29_999_999).unwrap();
    let error = run(&mut world, &text(), false).unwrap_err();
    assert!(error.contains("holds 29.999999 USDC") && error.contains("come to 30 USDC"), "{error}");
    assert!(world.account_data(&address::config()).is_none());
}

#[test]
fn a_signer_that_is_missing_is_told_before_anything_is_sent() {
    let mut world = world();
    let stranger = Keypair::new_from_array([77; 32]).pubkey().to_string();
    let text = text().replacen("key:governance", &stranger, 1);
    let error = run(&mut world, &text, false).unwrap_err();
    assert!(error.contains("governance") && error.contains("has to sign"), "{error}");
    assert!(world.account_data(&address::config()).is_none());
}

#[test]
fn what_is_not_in_the_plan_is_left_alone_and_shown() {
    let mut world = world();
    run(&mut world, &text(), false).unwrap();
    // The last slot of the first vault leaves the plan.
    let slot = "[[vault.allocation]]\nstrategy = \"kamino-usdc-altcoins\"\nabsolute_cap = \"2,000,000 USDC\"\nrelative_cap = \"20%\"\n";
    let text = text();
    assert!(text.contains(slot));
    let mut keys = keys(&world);
    let plan = plan(&text.replacen(slot, "", 1), &mut keys);
    let done = migrate(&mut world, &plan, &keys, false, &mut |_| {}).unwrap();
    assert!(done.applied.is_empty());
    let unplanned: Vec<&str> = done
        .items
        .iter()
        .filter(|item| item.status == Status::Unplanned)
        .map(|item| item.what.as_str())
        .collect();
    assert_eq!(unplanned, ["vault usdc/conservative, slot kamino-usdc-altcoins"]);
}

/// Reading an account's data, as the tests here want it.
trait AccountData {
    fn account_data(&self, key: &Pubkey) -> Option<Vec<u8>>;
}

impl AccountData for World {
    fn account_data(&self, key: &Pubkey) -> Option<Vec<u8>> {
        ChainClient::account(self, key).unwrap().map(|account| account.data)
    }
}
