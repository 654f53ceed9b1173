#![allow(clippy::unwrap_used)]
use solana_keypair::Keypair;

use super::*;

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/localnet.toml")
}

fn text() -> String {
    std::fs::read_to_string(path()).unwrap()
}

fn keys() -> KeyRing {
    let mut ring = KeyRing::new(Keypair::new_from_array([1; 32]));
    for (name, seed) in [("governance", 2), ("guardian", 3), ("keeper", 4), ("treasury", 5)] {
        ring.add(name, Keypair::new_from_array([seed; 32]));
    }
    ring
}

fn resolve_text(text: &str) -> Result<Plan, Vec<PlanProblem>> {
    resolve(&PlanFile::parse(text, &path()).unwrap(), &path(), &mut keys())
}

/// The problems of the committed plan with `from` replaced by `to`, the first time it stands there.
fn problems_with(from: &str, to: &str) -> String {
    let text = text();
    assert!(text.contains(from), "{from}");
    let problems = resolve_text(&text.replacen(from, to, 1)).unwrap_err();
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_committed_plan_says_what_it_means() {
    let plan = resolve_text(&text()).unwrap();
    assert_eq!(plan.vaults.len(), 4);
    let vault = &plan.vaults[0];
    assert_eq!(vault.name, "usdc/conservative");
    assert_eq!(vault.params.limits.deposit_cap_atoms, 10_000_000_000_000);
    assert_eq!((vault.params.limits.idle_buffer_bps, vault.params.limits.cooldown_secs), (500, 10));
    assert_eq!(vault.params.seed_atoms, 10_000_000);
    assert_eq!(vault.key, address::vault(&vault.asset_mint, 0));
    let strategy = &plan.strategies[0];
    assert_eq!(vault.allocations[0].strategy, strategy.key);
    assert_eq!(strategy.venue, local_address("kamino-usdc-main"));
    assert_eq!(strategy.params.risk_factors[0], risk_factor_id("venue:kamino"));
}

#[test]
fn the_devnet_example_is_a_plan() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/devnet.toml.example");
    let file = PlanFile::parse(&std::fs::read_to_string(&path).unwrap(), &path).unwrap();
    let plan = resolve(&file, &path, &mut keys()).unwrap();
    assert_eq!(plan.vaults.len(), 1);
}

#[test]
fn every_problem_names_file_table_and_key() {
    for (from, to, place, problem) in [
        ("key:guardian", "key:nobody", "authorities.guardian", "--keys DIR"),
        ("symbol = \"SOL\"", "symbol = \"USDC\"", "mint[1].symbol", "there twice"),
        ("max_age = \"1h\"", "max_age = \"1 fortnight\"", "price_guard[0].max_age", "not a length of time"),
        ("max_age = \"1h\"", "max_age = \"2h\"", "price_guard[0]", "price guard is out of bounds"),
        ("feed_id = \"ea", "feed_id = \"zz", "price_guard[0].feed_id", "32 bytes in hex"),
        ("../models/engine-v1.toml", "../models/none.toml", "model[0].file", "none.toml"),
        ("adapter = \"kamino-lend\"", "adapter = \"kamino\"", "strategy[0].adapter", "is not an adapter"),
        ("name = \"kamino-usdc-prime\"", "name = \"kamino-usdc-main\"", "strategy[1].name", "there twice"),
        (
            "venue = \"local:kamino-usdc-prime\"",
            "venue = \"local:kamino-usdc-main\"",
            "strategy[1].venue",
            "strategy kamino-usdc-main has the same",
        ),
        ("max_slippage = \"1%\"\n", "", "strategy[3].max_slippage", "needed for a liquidity pool"),
        ("max_divergence = \"2%\"", "max_divergence = \"20%\"", "strategy[3].max_divergence", "hard bound"),
        ("class = \"conservative\"", "class = \"safe\"", "vault[0].class", "is not a risk class"),
        ("seed = \"10 USDC\"", "seed = \"0.0001 USDC\"", "vault[0].seed", "must be at least 0.001 USDC"),
        ("seed = \"10 USDC\"", "seed = \"10 SOL\"", "vault[0].seed", "unknown unit \"SOL\""),
        ("management_fee = \"0.5%\"", "management_fee = \"3%\"", "vault[0].management_fee", "hard cap"),
        ("idle_buffer = \"5%\"", "idle_buffer = \"5\"", "vault[0].limits.idle_buffer", "not a share"),
        ("loss_per_call = \"0.1%\"", "loss_per_call = \"4%\"", "vault[0].limits", "hard bounds"),
        (
            "strategy = \"kamino-usdc-main\"",
            "strategy = \"kamino\"",
            "vault[0].allocation[0].strategy",
            "no [[strategy]] is called kamino",
        ),
        (
            "strategy = \"kamino-usdc-main\"",
            "strategy = \"kamino-usdc-prime\"",
            "vault[0].allocation[1].strategy",
            "there twice",
        ),
        (
            "strategy = \"kamino-usdc-main\"",
            "strategy = \"raydium-sol-usdc\"",
            "vault[0].allocation[0].strategy",
            "outside the vault's asset_classes",
        ),
        (
            "strategy = \"kamino-usdc-main\"",
            "strategy = \"stake-pool\"",
            "vault[0].allocation[0].strategy",
            "for another asset than USDC",
        ),
        ("class = \"balanced\"", "class = \"conservative\"", "vault[1]", "usdc/conservative is there twice"),
    ] {
        let found = problems_with(from, to);
        assert!(found.contains("localnet.toml: ") && found.contains(&format!("{place}: ")), "{found}");
        assert!(found.contains(problem), "{problem} is not in {found}");
    }
}

#[test]
fn all_problems_are_found_at_once() {
    let text =
        text().replace("idle_buffer = \"5%\"", "idle_buffer = \"five\"").replace("key:keeper", "nobody");
    let problems = resolve_text(&text).unwrap_err();
    assert_eq!(problems.iter().filter(|problem| problem.place.ends_with(".keeper")).count(), 4);
    assert!(problems.iter().any(|problem| problem.place.ends_with(".idle_buffer")));
}

#[test]
fn names_for_local_addresses_are_for_local_chains() {
    let found = problems_with("name = \"localnet\"", "name = \"mainnet\"");
    assert!(found.contains("strategy[0].venue: \"local:NAME\" is for plans of the cluster"), "{found}");
}

#[test]
fn a_stated_model_hash_must_be_the_files() {
    let zeros = "0".repeat(64);
    let file = "file = \"../models/engine-v1.toml\"";
    let found = problems_with(file, &format!("{file}\nhash = \"{zeros}\""));
    assert!(found.contains("model[0].hash: the file hashes to "), "{found}");
}
