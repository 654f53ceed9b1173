//! What people do and see, through the real command on the demo's chain: looking, putting in, taking out.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../../rpc/tests/support/between.rs"]
mod between;
mod support;

use std::process::Output;

use between::{Between, refusal};
use serde_json::Value;
use support::{Running, ballast, complaint, own_dir};

/// Somebody at a terminal beside the demo.
struct Terminal {
    url: String,
    home: String,
    wallet: Option<String>,
}

impl Terminal {
    fn run(&self, words: &[&str]) -> Output {
        let mut command = ballast(&["-u", &self.url, "--json"]);
        command.args(words).env("HOME", &self.home).env_remove("BALLAST_KEYPAIR");
        if let Some(wallet) = &self.wallet {
            command.env("BALLAST_KEYPAIR", wallet);
        }
        command.output().unwrap()
    }

    fn done(&self, words: &[&str]) -> Value {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", complaint(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn refused(&self, words: &[&str], code: i32) -> String {
        let output = self.run(words);
        let said = complaint(&output);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
        let said: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
        said["message"].as_str().unwrap().to_owned()
    }
}

#[test]
fn people_look_put_in_and_take_out() {
    let dir = own_dir("people");
    // Rounds of a minute: the market stands still meanwhile.
    let mut demo = Running::start(&["demo", "--port", "0", "--dir", &dir, "--speed", "60"]);
    let chain = demo.wait_for("JSON-RPC http://127.0.0.1");
    let url = chain.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    let url = url.trim_end_matches(',').to_owned();
    demo.wait_for("sol/balanced: moved");

    let nobody = Terminal { url: url.clone(), home: dir.clone(), wallet: None };
    let person = Terminal { wallet: Some(format!("{dir}/wallet.json")), ..nobody_at(&nobody) };
    looking_needs_no_wallet(&nobody, &person);
    a_node_without_recent_fees(&person);
    the_whole_worth_is_all_of_it(&person);
    a_part_of_a_position(&person);
    positions_and_earnings(&nobody, &person);
    std::fs::remove_dir_all(&dir).unwrap();
}

fn nobody_at(terminal: &Terminal) -> Terminal {
    Terminal { url: terminal.url.clone(), home: terminal.home.clone(), wallet: None }
}

fn looking_needs_no_wallet(nobody: &Terminal, person: &Terminal) {
    // A wallet that holds nothing cannot stand in as payer either.
    let poor = format!("{}/poor.json", nobody.home);
    let keypair = solana_keypair::Keypair::new();
    std::fs::write(&poor, serde_json::to_string(&keypair.to_bytes().to_vec()).unwrap()).unwrap();
    let poor = Terminal { wallet: Some(poor), ..nobody_at(nobody) };
    for vault in ["usdc/conservative", "usdc/balanced", "usdc/growth", "sol/balanced"] {
        let figures = |terminal: &Terminal| {
            let shown = terminal.done(&["vault", "show", vault]);
            assert!(
                shown["slots"].as_array().unwrap().iter().all(|slot| slot["problem"].is_null()),
                "{shown}"
            );
            (shown["net_low_atoms"].as_u64().unwrap(), shown["share_price_e15"].as_u64().unwrap())
        };
        let (with, without, with_nothing) = (figures(person), figures(nobody), figures(&poor));
        for other in [without, with_nothing] {
            assert!(other.0.abs_diff(with.0) < with.0 / 10_000, "{vault}: {with:?} {other:?}");
            assert!(other.1.abs_diff(with.1) < with.1 / 10_000, "{vault}: {with:?} {other:?}");
        }
        assert!(with.1 > 990_000_000_000, "{vault}: {with:?}");
    }
    let said = nobody.refused(&["deposit", "usdc/growth", "1 USDC"], 2);
    assert!(said.contains("--keypair") && said.contains("BALLAST_KEYPAIR"), "{said}");
}

fn a_node_without_recent_fees(person: &Terminal) {
    let between = Between::start(&person.url, |ask, node| match ask["method"].as_str() {
        Some("getRecentPrioritizationFees") => (400, refusal(ask, -32_602, "Unsupported method").1),
        _ => node.ask(ask),
    });
    let wallet = person.wallet.clone();
    let behind = Terminal { url: between.url.clone(), home: person.home.clone(), wallet };
    let done = behind.done(&["deposit", "usdc/conservative", "10 USDC"]);
    assert_eq!(done["atoms"], 10_000_000, "{done}");
    assert!(done["shares"].as_u64().unwrap() > 9_900_000_000, "{done}");
}

fn the_whole_worth_is_all_of_it(person: &Terminal) {
    let vault = "usdc/growth";
    let left = person.done(&["withdraw", vault, "all", "--yes"]);
    assert_eq!(left["position_shares"], 0, "{left}");
    assert!(left["atoms"].as_u64().unwrap() > 199_000_000_000, "{left}");
    for amount in ["all", "0.000001 USDC", "50%"] {
        let said = person.refused(&["withdraw", vault, amount, "--yes"], 1);
        assert_eq!(said, "your position in usdc/growth is empty: nothing to withdraw");
    }
    for (command, amount) in
        [("deposit", "0 USDC"), ("withdraw", "0 USDC"), ("deposit", "-1 USDC"), ("withdraw", "-1 USDC")]
    {
        let said = person.refused(&[command, vault, amount], 2);
        assert!(said.contains(amount), "{said}");
    }
    person.done(&["deposit", vault, "1000 USDC"]);
    let said = person.refused(&["withdraw", vault, "99999999 USDC", "--yes"], 1);
    let worth = said.split("worth ").nth(1).unwrap().split(", less").next().unwrap();
    let left = person.done(&["withdraw", vault, worth, "--yes"]);
    assert_eq!(left["position_shares"], 0, "{worth}: {left}");
}

fn a_part_of_a_position(person: &Terminal) {
    let before = person.done(&["withdraw", "usdc/balanced", "1 USDC", "--yes"]);
    let held = before["position_shares"].as_u64().unwrap();
    let half = person.done(&["withdraw", "usdc/balanced", "50%", "--yes"]);
    let given: u64 = half["shares"].as_u64().unwrap();
    assert!(given.abs_diff(held / 2) < held / 10_000, "{held}: {half}");
    assert_eq!(half["position_shares"].as_u64().unwrap(), held - given, "{half}");
}

fn positions_and_earnings(nobody: &Terminal, person: &Terminal) {
    let all = person.done(&["positions"]);
    let all = all.as_array().unwrap();
    let names: Vec<&str> = all.iter().map(|one| one["vault"].as_str().unwrap()).collect();
    assert_eq!(names, ["sol/balanced", "usdc/balanced", "usdc/conservative", "usdc/growth"]);
    for one in all {
        let figure = |name: &str| one[name].as_i64().unwrap_or_else(|| panic!("{name}: {one}"));
        let earned = figure("worth_atoms") + figure("withdrawn_atoms") - figure("deposited_atoms");
        assert_eq!(figure("earned_atoms"), earned, "{one}");
        assert!(one["problem"].is_null(), "{one}");
    }
    assert_eq!(
        (all[3]["worth_atoms"].as_u64(), all[3]["deposited_atoms"].as_u64()),
        (Some(0), Some(201_000_000_000))
    );
    let said = nobody.refused(&["positions"], 2);
    assert!(said.contains("whose positions"), "{said}");

    // A node that does not search accounts is asked for those of the vaults known by name.
    let between = Between::start(&person.url, |ask, node| match ask["method"].as_str() {
        Some("getProgramAccounts") => refusal(ask, -32_601, "Method not found"),
        _ => node.ask(ask),
    });
    let wallet = person.wallet.clone();
    let behind = Terminal { url: between.url.clone(), home: person.home.clone(), wallet };
    let found = behind.done(&["positions"]);
    assert_eq!(found.as_array().unwrap().len(), 4, "{found}");
    let said = behind.refused(&["vault", "list"], 3);
    assert!(said.starts_with("the node refuses getProgramAccounts: Method not found"), "{said}");
}
