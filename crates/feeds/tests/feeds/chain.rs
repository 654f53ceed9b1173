use ballast_feeds::chain::{
    Basis, HistoryQuery, Interface, Rpc, Side, base58_decode, base58_encode, fetch_history, share_prices,
};
use ballast_feeds::{FeedError, FindingKind, Findings};
use serde_json::{Value, json};

use crate::server::{Reply, Server, client, client_with, fixture};

const VAULT: &str = "k7FaK87WHGVXzkaoHb7CdVPgkKDQhZ29VLDeBVbDfYn";

fn query() -> HistoryQuery {
    HistoryQuery { address: VAULT.into(), program: None, from_ts: None, to_ts: None, most_transactions: 100 }
}

fn whole() -> Vec<Reply> {
    let transactions = (0..4).map(|number| Reply::fixture(&format!("chain_transaction_{number}.json")));
    std::iter::once(Reply::fixture("chain_signatures.json")).chain(transactions).collect()
}

fn run(
    server: &Server,
    query: &HistoryQuery,
) -> Result<ballast_feeds::Fetched<ballast_feeds::chain::ChainHistory>, FeedError> {
    let (http, _) = client_with(|config| config.attempts = 1);
    fetch_history(&Rpc::new(&http, server.base()), &Interface::own().unwrap(), query)
}

#[test]
fn a_vaults_events_are_read_in_order() {
    let server = Server::play(whole());
    let fetched = run(&server, &query()).unwrap();
    let history = &fetched.value;
    assert_eq!((history.transactions, history.failed_transactions), (4, 1));
    let names: Vec<Option<&str>> = history.events.iter().map(|event| event.name.as_deref()).collect();
    let expected = [
        Some("VaultCreated"),
        Some("Deposited"),
        Some("Deposited"),
        Some("DecisionRecorded"),
        Some("Withdrawn"),
        None,
    ];
    assert_eq!(names, expected);
    let decision = &history.events[3];
    assert_eq!((decision.slot, decision.block_time), (310_050_000, Some(1_732_406_400)));
    assert_eq!(decision.fields["targets_bps"], json!([4000, 3000, 2500, 0, 0, 0, 0, 0]));
    assert_eq!(decision.fields["snapshot"]["total_shares"], 50_900_000_000u64);
    assert_eq!(history.events[4].fields["unwound"], 2);
    assert_eq!(history.events[5].data_hex, format!("{}{}", "fa".repeat(8), "6c61746572"));
    let unknown: Vec<_> = fetched.findings.of(FindingKind::UnknownEvent).collect();
    assert_eq!((unknown.len(), unknown[0].from_ts), (1, Some(1_732_410_000)));
    let request: Value = serde_json::from_str(&server.asked()[0].body).unwrap();
    assert_eq!(request["method"], "getSignaturesForAddress");
    assert_eq!(request["params"], json!([VAULT, { "limit": 1000, "commitment": "finalized" }]));
    let request: Value = serde_json::from_str(&server.asked()[1].body).unwrap();
    assert_eq!(request["params"][1]["maxSupportedTransactionVersion"], 1);
}

#[test]
fn share_prices_are_the_programs() {
    let server = Server::play(whole());
    let fetched = run(&server, &query()).unwrap();
    let mut findings = Findings::default();
    let low = share_prices(&fetched.value, VAULT, Side::Low, &mut findings);
    let figures: Vec<_> = low.iter().map(|price| (price.ts, price.share_price_e15, price.basis)).collect();
    // Computed apart from this code: floor((assets + 1) * 1e15 / (shares + 1000)), and atoms over shares.
    let expected = [
        (1_732_320_000, 1_000_000_000_000, Basis::Exact),
        (1_732_406_400, 1_002_946_954_755, Basis::Exact),
        (1_732_410_000, 1_002_106_318_956, Basis::Implied),
    ];
    assert_eq!(figures, expected);
    let high = share_prices(&fetched.value, VAULT, Side::High, &mut findings);
    assert_eq!(high.len(), 1, "the other vault's deposit is not ours");
    assert_eq!((high[0].share_price_e15, high[0].nav_atoms), (1_002_004_008_016, 1_002_003));
    assert_eq!(findings, Findings::default());
}

#[test]
fn one_second_keeps_the_exact_price() {
    let server = Server::play(whole());
    let mut history = run(&server, &query()).unwrap().value;
    for event in &mut history.events {
        event.block_time = Some(1_732_406_400);
    }
    let mut findings = Findings::default();
    let low = share_prices(&history, VAULT, Side::Low, &mut findings);
    assert_eq!(low.iter().map(|price| price.event.as_str()).collect::<Vec<_>>(), ["DecisionRecorded"]);
    assert_eq!(findings.of(FindingKind::SameSecond).count(), 2);
}

#[test]
fn signatures_are_paged_until_the_window_begins() {
    let entry = |number: usize| {
        let (slot, time) = (10_000 - number, 1_732_320_000 - number as i64);
        let err = json!({ "InstructionError": [0, "X"] });
        json!({ "signature": format!("s{number}"), "slot": slot, "err": err, "blockTime": time })
    };
    let page = |from: usize, count: usize| {
        let entries: Vec<Value> = (from..from + count).map(entry).collect();
        Reply::ok(json!({ "jsonrpc": "2.0", "id": 1, "result": entries }).to_string())
    };
    let server = Server::play(vec![page(0, 1_000), page(1_000, 1_000), page(2_000, 3)]);
    let mut all = HistoryQuery { most_transactions: 5_000, ..query() };
    assert_eq!(run(&server, &all).unwrap().value.failed_transactions, 2_003);
    let second: Value = serde_json::from_str(&server.asked()[1].body).unwrap();
    assert_eq!(second["params"][1]["before"], "s999");

    let server = Server::play(vec![page(0, 1_000), page(1_000, 1_000)]);
    (all.from_ts, all.to_ts) = (Some(1_732_320_000 - 1_500), Some(1_732_320_000 - 9));
    // 10 to 1,500, and no third page.
    assert_eq!(run(&server, &all).unwrap().value.failed_transactions, 1_491);
    assert_eq!(server.asked().len(), 2);

    let server = Server::play(vec![page(0, 1_000)]);
    let error = run(&server, &query()).unwrap_err();
    assert!(error.is_setting() && error.to_string().contains("more than 100"), "{error}");
    let server = Server::play(vec![page(0, 1_000), page(0, 1_000)]);
    assert!(run(&server, &all).unwrap_err().to_string().contains("the node repeats a page"));
}

#[test]
fn what_the_node_lacks_is_reported() {
    let mut script = whole();
    script[1] = Reply::ok("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}");
    let mut bare: Value = serde_json::from_str(&fixture("chain_transaction_1.json")).unwrap();
    bare["result"]["meta"]["innerInstructions"] = Value::Null;
    script[2] = Reply::ok(bare.to_string());
    let server = Server::play(script);
    let fetched = run(&server, &query()).unwrap();
    let missing: Vec<_> =
        fetched.findings.of(FindingKind::MissingTransaction).map(|f| f.detail.as_str()).collect();
    let expected = [
        "slot 310000000: the node does not have it",
        "slot 310000100: the node kept no inner instructions of it",
    ];
    assert_eq!(missing, expected);
    assert_eq!(fetched.value.events.len(), 3);
}

/// The fixture's first deposit as a transaction of format 1: no lookup tables, and a budget in the message.
fn version_1() -> Value {
    let mut shown: Value = serde_json::from_str(&fixture("chain_transaction_1.json")).unwrap();
    let result = shown["result"].as_object_mut().unwrap();
    result.insert("version".into(), json!(1));
    result["meta"].as_object_mut().unwrap().remove("loadedAddresses");
    result["transaction"]["message"]["transactionConfig"] = json!({ "computeUnitLimit": 200_000 });
    shown
}

#[test]
fn a_transaction_of_format_1_is_read_like_any_other() {
    let mut script = whole();
    script[2] = Reply::ok(version_1().to_string());
    let fetched = run(&Server::play(script), &query()).unwrap();
    let whole = run(&Server::play(whole()), &query()).unwrap();
    assert_eq!(fetched.value.events, whole.value.events);
    assert_eq!(fetched.value.unreadable_transactions, 0);
}

#[test]
fn an_unreadable_transaction_is_reported_and_the_rest_is_read() {
    let unsupported = "Transaction version (2) is not supported by the requesting client.";
    let refused = |code: i64| {
        json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": code, "message": unsupported } }).to_string()
    };
    let odd =
        json!({ "jsonrpc": "2.0", "id": 1, "result": { "slot": 5, "version": 2, "transaction": "AgAB" } });
    for (body, said) in [
        (refused(-32_015), "the node answers -32015: Transaction version (2)"),
        (refused(-32_603), "the node answers -32603"),
        (odd.to_string(), "its shape is not known (version 2)"),
    ] {
        let mut script = whole();
        script[2] = Reply::ok(body);
        let fetched = run(&Server::play(script), &query()).unwrap();
        let found: Vec<_> = fetched.findings.of(FindingKind::UnreadableTransaction).collect();
        assert_eq!((found.len(), found[0].from_ts), (1, Some(1_732_320_040)));
        assert!(
            found[0].detail.starts_with("slot 310000100: ") && found[0].detail.contains(said),
            "{found:?}"
        );
        let history = &fetched.value;
        assert_eq!((history.transactions, history.unreadable_transactions), (4, 1));
        assert!(history.events.iter().any(|event| event.name.as_deref() == Some("Withdrawn")));
    }
}

#[test]
fn a_node_that_shows_no_transaction_is_an_error() {
    let refused = |code: i64| {
        Reply::ok(
            json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": code, "message": "no" } }).to_string(),
        )
    };
    let mut script = whole();
    script[1] = refused(-32_601);
    let error = run(&Server::play(script), &query()).unwrap_err().to_string();
    assert!(error.contains("getTransaction: the node answers -32601"), "{error}");
    let script =
        std::iter::once(Reply::fixture("chain_signatures.json")).chain((0..4).map(|_| refused(-32_603)));
    let error = run(&Server::play(script.collect()), &query()).unwrap_err().to_string();
    assert!(error.contains("none of 4 can be read"), "{error}");
}

#[test]
fn answers_that_cannot_be_right_are_refused() {
    let change = |path: &str, value: Value| {
        let mut script = whole();
        let mut changed: Value = serde_json::from_str(&fixture("chain_transaction_0.json")).unwrap();
        *changed.pointer_mut(path).unwrap() = value;
        script[1] = Reply::ok(changed.to_string());
        run(&Server::play(script), &query()).unwrap_err().to_string()
    };
    let inner = "/result/meta/innerInstructions/0/instructions/1";
    let error = change(&format!("{inner}/data"), json!("0OIl"));
    assert!(error.contains("instruction data holds '0', which is not base58"), "{error}");
    let error = change(&format!("{inner}/programIdIndex"), json!(9));
    assert!(error.contains("program 9 of 4 accounts"), "{error}");
    let error = change("/result/meta/err", json!({"InstructionError": [0, "X"]}));
    assert!(error.contains("it failed, though"), "{error}");
    let error = change(&format!("{inner}/data"), json!("1".repeat(20_000)));
    assert!(error.contains("instruction data of 20000 letters"), "{error}");
    let busy = "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,\"message\":\"Invalid param\"}}";
    let error = run(&Server::play(vec![Reply::ok(busy)]), &query()).unwrap_err().to_string();
    assert!(error.contains("getSignaturesForAddress: the node answers -32602: Invalid param"), "{error}");
    let wrong = HistoryQuery { address: "not-an-address".into(), ..query() };
    let (http, _) = client();
    let rpc = Rpc::new(&http, ballast_feeds::Base::parse("http://127.0.0.1:9").unwrap());
    assert!(fetch_history(&rpc, &Interface::own().unwrap(), &wrong).unwrap_err().is_setting());
}

#[test]
fn the_fixtures_vault_is_an_address() {
    assert_eq!(base58_decode(VAULT).unwrap(), [11; 32]);
    assert_eq!(base58_encode(&[11; 32]), VAULT);
}
