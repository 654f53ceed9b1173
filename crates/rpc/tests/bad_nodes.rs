//! The send path behind nodes that lag, lose, repeat and refuse: an instruction never runs twice, and nobody is told
//! what is not known.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/between.rs"]
mod between;

use std::time::Duration;

use ballast_client::{CallError, ChainClient};
use ballast_localnet::{LocalNet, LocalNetConfig};
use ballast_rpc::RpcChain;
use ballast_rpc::send::{Chain, Request, SendError, SendPolicy, Sender, Sent, UnknownWhy};
use between::{Answer, Between, Upstream, refusal};
use serde_json::{Value, json};
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_rpc_client::rpc_client::RpcClient;
use solana_signer::Signer;
use solana_system_interface::instruction::transfer;

const SOL: u64 = 1_000_000_000;

fn chain() -> LocalNet {
    // A blockhash is valid for 150 slots.
    let config = LocalNetConfig { port: 0, slot_time_ms: 50, app_dir: None, ..LocalNetConfig::default() };
    LocalNet::start(config).expect("the local chain starts")
}

fn policy() -> SendPolicy {
    SendPolicy { poll_every: Duration::from_millis(25), ..SendPolicy::default() }
}

/// Pays one SOL through whatever is in between. The outcome, and what arrived.
fn pay(rule: impl FnMut(&Value, &Upstream) -> Answer + Send + 'static) -> (Result<Sent, SendError>, u64) {
    let net = chain();
    let (payer, to) = (Keypair::new(), Pubkey::new_unique());
    net.airdrop(&payer.pubkey(), 10 * SOL).unwrap();
    let between = Between::start(&net.rpc_url(), rule);
    let confirmed = CommitmentConfig::confirmed();
    let rpc = RpcClient::new_with_commitment(between.url.clone(), confirmed);
    let outcome = Sender::new(&rpc, policy()).send(&Request {
        payer: &payer,
        signers: &[],
        instructions: &[transfer(&payer.pubkey(), &to, SOL)],
        tables: &[],
    });
    // Whatever is still on its way has arrived by then.
    std::thread::sleep(Duration::from_millis(500));
    let healthy = RpcClient::new_with_commitment(net.rpc_url(), confirmed);
    let arrived = healthy.get_balance_with_commitment(&to, confirmed).unwrap().value;
    (outcome, arrived)
}

fn is(ask: &Value, method: &str) -> bool {
    ask["method"] == method
}

#[test]
fn a_status_node_that_stands_still_leaves_the_outcome_unknown_and_nothing_is_signed_anew() {
    let mut stuck: Option<u64> = None;
    let (outcome, arrived) = pay(move |ask, node| {
        let (status, mut answer) = node.ask(ask);
        if is(ask, "getSignatureStatuses") {
            let now = answer["result"]["context"]["slot"].as_u64().unwrap();
            let slot = *stuck.get_or_insert(now.saturating_sub(3));
            answer["result"] = json!({ "context": { "slot": slot }, "value": [null] });
        }
        (status, answer)
    });
    let error = outcome.unwrap_err();
    assert!(matches!(&error, SendError::Unknown { why: UnknownWhy::NodeBehind { .. }, .. }), "{error}");
    assert!(error.to_string().contains("look transaction"), "{error}");
    assert_eq!(arrived, SOL, "it landed, once");
}

#[test]
fn one_that_really_never_lands_is_signed_anew_and_lands_once() {
    let mut first: Option<Value> = None;
    let (outcome, arrived) = pay(move |ask, node| {
        if is(ask, "sendTransaction") && *first.get_or_insert(ask["params"][0].clone()) == ask["params"][0] {
            // Taken, and forgotten. The client checks the signature against what it sent: an error is no answer.
            return (502, Value::Null);
        }
        node.ask(ask)
    });
    let sent = outcome.unwrap();
    assert_eq!((sent.signings, arrived), (2, SOL));
}

#[test]
fn the_last_block_is_known_also_without_epoch_info() {
    let net = chain();
    let between = Between::start(&net.rpc_url(), |ask, node| {
        if is(ask, "getEpochInfo") { refusal(ask, -32_601, "Method not found") } else { node.ask(ask) }
    });
    let confirmed = CommitmentConfig::confirmed();
    let before = RpcClient::new_with_commitment(net.rpc_url(), confirmed).tip().unwrap();
    let tip = RpcClient::new_with_commitment(between.url.clone(), confirmed).tip().unwrap();
    let (slots, heights) = (tip.slot.abs_diff(before.slot), tip.height.abs_diff(before.height));
    assert!(slots < 50 && heights < 50, "{before:?} {tip:?}");
}

#[test]
fn a_lost_response_does_not_pay_twice() {
    let (outcome, arrived) = pay(|ask, node| {
        let answer = node.ask(ask);
        if is(ask, "sendTransaction") { (502, Value::Null) } else { answer }
    });
    assert_eq!((outcome.unwrap().signings, arrived), (1, SOL));
}

#[test]
fn bytes_delivered_twice_do_not_pay_twice() {
    let (outcome, arrived) = pay(|ask, node| {
        if is(ask, "sendTransaction") {
            node.ask(ask);
        }
        node.ask(ask)
    });
    assert_eq!((outcome.unwrap().signings, arrived), (1, SOL));
}

#[test]
fn a_node_that_is_behind_or_busy_is_insisted_on() {
    for (code, message) in [(-32_002, "Blockhash not found"), (-32_005, "Node is behind by 42 slots")] {
        let mut refused = 0;
        let (outcome, arrived) = pay(move |ask, node| {
            if is(ask, "sendTransaction") && refused < 3 {
                refused += 1;
                return refusal(ask, code, message);
            }
            node.ask(ask)
        });
        assert_eq!((outcome.unwrap().signings, arrived), (1, SOL), "{message}");
    }
    let mut busy = 0;
    let (outcome, arrived) = pay(move |ask, node| {
        if is(ask, "sendTransaction") && busy < 2 {
            busy += 1;
            return (429, Value::Null);
        }
        node.ask(ask)
    });
    assert_eq!((outcome.unwrap().signings, arrived), (1, SOL));
}

#[test]
fn a_node_without_recent_fees_is_no_obstacle() {
    let without: [fn(&Value) -> Answer; 3] = [
        |ask| refusal(ask, -32_601, "Method not found"),
        |ask| (400, refusal(ask, -32_602, "Unsupported method").1),
        |_| (403, Value::Null),
    ];
    for answer in without {
        let (outcome, arrived) =
            pay(
                move |ask, node| {
                    if is(ask, "getRecentPrioritizationFees") { answer(ask) } else { node.ask(ask) }
                },
            );
        let sent = outcome.unwrap();
        assert_eq!((sent.unit_price_micro_lamports, arrived), (1, SOL));
    }
}

#[test]
fn no_answer_and_the_answer_no_are_told_apart_by_method() {
    let net = chain();
    let lacking = |answer: fn(&Value) -> Answer| {
        Between::start(&net.rpc_url(), move |ask, node| {
            if is(ask, "getMultipleAccounts") { answer(ask) } else { node.ask(ask) }
        })
    };
    let ask = |url: &str| RpcChain::new(url, SendPolicy::default()).clock().unwrap_err();

    let between = lacking(|ask| refusal(ask, -32_601, "Method not found"));
    let error = ask(&between.url);
    assert!(matches!(error, CallError::NodeRefused(_)));
    let expected = "the node refuses getMultipleAccounts: Method not found (code -32601)";
    assert_eq!(error.to_string(), expected);

    let between = lacking(|_| (403, Value::Null));
    let error = ask(&between.url);
    assert!(matches!(error, CallError::NodeRefused(_)));
    assert_eq!(error.to_string(), "the node refuses getMultipleAccounts: HTTP 403 Forbidden");

    let error = ask("http://127.0.0.1:1/a-key-in-the-path");
    assert!(matches!(error, CallError::Unreachable(_)));
    let said = error.to_string();
    assert!(said.starts_with("the node does not answer getMultipleAccounts: "), "{said}");
    assert!(!said.contains("a-key-in-the-path"), "{said}");
}
