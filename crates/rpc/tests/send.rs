//! The send path over real JSON-RPC, on the local chain.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::thread;
use std::time::Duration;

use ballast_localnet::{LocalNet, LocalNetConfig};
use ballast_rpc::send::chain::Depth;
use ballast_rpc::send::lookup_table::{ensure, fetch};
use ballast_rpc::send::{Chain, Request, SendError, SendPolicy, Sender};
use solana_commitment_config::CommitmentConfig;
use solana_instruction::Instruction;
use solana_instruction::error::InstructionError;
use solana_keypair::Keypair;
use solana_message::{VersionedMessage, v0};
use solana_pubkey::Pubkey;
use solana_rpc_client::rpc_client::RpcClient;
use solana_signer::Signer;
use solana_system_interface::instruction::transfer;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

const SOL: u64 = 1_000_000_000;

/// A chain, a client of it, and somebody with money.
struct World {
    _net: LocalNet,
    rpc: RpcClient,
    payer: Keypair,
}

fn world() -> World {
    let net = LocalNet::start(LocalNetConfig {
        port: 0,
        slot_time_ms: 100,
        app_dir: None,
        ..LocalNetConfig::default()
    })
    .expect("the local chain starts");
    let rpc = RpcClient::new_with_timeout_and_commitment(
        net.rpc_url(),
        Duration::from_secs(30),
        CommitmentConfig::confirmed(),
    );
    let payer = Keypair::new();
    net.airdrop(&payer.pubkey(), 10 * SOL).unwrap();
    World { _net: net, rpc, payer }
}

fn policy() -> SendPolicy {
    SendPolicy { poll_every: Duration::from_millis(50), ..SendPolicy::default() }
}

fn addresses(count: usize) -> Vec<Pubkey> {
    (0..count).map(|_| Pubkey::new_unique()).collect()
}

#[test]
fn a_transfer_lands_and_costs_what_was_bid() {
    let World { _net, rpc, payer } = world();
    let (to, second) = (Pubkey::new_unique(), Keypair::new());
    let fund = transfer(&payer.pubkey(), &second.pubkey(), SOL);
    let forward = transfer(&second.pubkey(), &to, SOL / 2);
    let sent = Sender::new(&rpc, policy())
        .send(&Request { payer: &payer, signers: &[&second], instructions: &[fund, forward], tables: &[] })
        .unwrap();
    assert_eq!(rpc.get_balance(&to).unwrap(), SOL / 2);
    assert_eq!(rpc.get_balance(&second.pubkey()).unwrap(), SOL / 2);
    assert_eq!(sent.signings, 1);
    assert!(sent.slot > 0);
    // Two transfers and two budget instructions, 150 units each.
    assert_eq!(sent.simulated_units, 600);
    assert_eq!(sent.unit_limit, 5_690);
    // 5,000 lamports a signature, and a priority fee of one lamport at most at the least price.
    let left = rpc.get_balance(&payer.pubkey()).unwrap();
    assert!((9 * SOL - 10_001..=9 * SOL - 10_000).contains(&left), "{left}");
}

#[test]
fn what_would_fail_costs_nothing_and_names_the_instruction() {
    let World { _net, rpc, payer } = world();
    let to = Pubkey::new_unique();
    let error = Sender::new(&rpc, policy())
        .send(&Request {
            payer: &payer,
            signers: &[],
            instructions: &[transfer(&payer.pubkey(), &to, SOL), transfer(&payer.pubkey(), &to, 100 * SOL)],
            tables: &[],
        })
        .unwrap_err();
    let SendError::Rejected(failure) = &error else {
        panic!("{error}");
    };
    assert_eq!(failure.instruction, Some(1));
    assert_eq!(failure.custom_code, Some(1));
    assert_eq!(failure.program, Some(solana_system_interface::program::ID));
    assert!(failure.logs.iter().any(|line| line.contains("insufficient lamports")), "{:?}", failure.logs);
    assert_eq!(rpc.get_balance(&payer.pubkey()).unwrap(), 10 * SOL);
}

#[test]
fn a_payer_without_money_is_said() {
    let World { _net, rpc, payer } = world();
    let poor = Keypair::new();
    let error = Sender::new(&rpc, policy())
        .send(&Request {
            payer: &poor,
            signers: &[&payer],
            instructions: &[transfer(&payer.pubkey(), &Pubkey::new_unique(), SOL)],
            tables: &[],
        })
        .unwrap_err();
    let failure = error.failure().expect("the chain's verdict");
    assert_eq!(failure.instruction, None);
    assert_eq!(failure.account, Some(poor.pubkey().to_string()));
}

#[test]
fn one_that_fails_in_its_block_has_a_status_and_logs() {
    let World { _net, rpc, payer } = world();
    let (blockhash, last_valid) = rpc.latest_blockhash().unwrap();
    assert!(last_valid > rpc.tip().unwrap().height);
    let too_much = transfer(&payer.pubkey(), &Pubkey::new_unique(), 100 * SOL);
    let message = v0::Message::try_compile(&payer.pubkey(), &[too_much], &[], blockhash).unwrap();
    let transaction = VersionedTransaction::try_new(VersionedMessage::V0(message), &[&payer]).unwrap();
    // Some nodes answer a transaction that fails with an error; what counts is that it is in a block.
    let _ = rpc.send_once(&transaction);
    let signature = transaction.signatures[0];
    let status = (0..200)
        .find_map(|_| {
            thread::sleep(Duration::from_millis(50));
            rpc.status(&signature, Depth::Recent).unwrap().status.filter(|status| status.confirmed)
        })
        .expect("it lands");
    assert_eq!(status.error, Some(TransactionError::InstructionError(0, InstructionError::Custom(1))));
    let logs = rpc.logs(&signature).unwrap();
    assert!(logs.iter().any(|line| line.contains("insufficient lamports")), "{logs:?}");
}

#[test]
fn a_lookup_table_is_made_extended_and_used() {
    let World { _net, rpc, payer } = world();
    let sender = Sender::new(&rpc, policy());
    let authority = Keypair::new();
    let recipients = addresses(30);
    let transfers: Vec<Instruction> =
        recipients.iter().map(|to| transfer(&payer.pubkey(), to, SOL / 100)).collect();
    let request = |tables| Request { payer: &payer, signers: &[], instructions: &transfers, tables };
    let without = sender.send(&request(&[])).unwrap_err();
    assert!(matches!(without, SendError::TooLarge { .. }), "{without}");

    let table = ensure(&sender, &payer, &authority, None, &recipients).unwrap();
    assert_eq!(table.addresses, recipients);
    let tables = [table.clone()];
    sender.send(&request(&tables)).unwrap();
    for to in &recipients {
        assert_eq!(rpc.get_balance(to).unwrap(), SOL / 100);
    }

    // What is there is not added again, and keeps its place.
    let more = [recipients[3..8].to_vec(), addresses(2)].concat();
    let extended = ensure(&sender, &payer, &authority, Some(table.key), &more).unwrap();
    assert_eq!(extended.addresses[..30], recipients);
    assert_eq!(extended.addresses[30..], more[5..]);
    let same = ensure(&sender, &payer, &authority, Some(table.key), &more).unwrap();
    assert_eq!(same, extended);
    let fetched = fetch(&rpc, &table.key).unwrap();
    assert_eq!(fetched.authority, Some(authority.pubkey()));

    let absent = fetch(&rpc, &Pubkey::new_unique()).unwrap_err();
    assert!(absent.to_string().contains("does not exist"), "{absent}");
    let no_table = fetch(&rpc, &solana_system_interface::program::ID).unwrap_err();
    assert!(no_table.to_string().contains("cannot be read"), "{no_table}");
}
