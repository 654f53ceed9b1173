//! What the chain does, over its real JSON-RPC and WebSocket: the facts the demo relies on.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::time::Duration;

use ballast_localnet::{LocalNet, LocalNetError, ProgramDeploy};
use solana_commitment_config::CommitmentConfig;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::{Message, VersionedMessage};
use solana_pubsub_client::pubsub_client::PubsubClient;
use solana_rpc_client::rpc_client::RpcClient;
use solana_rpc_client_api::config::RpcAccountInfoConfig;
use solana_signer::Signer;
use solana_transaction::Address as Pubkey;
use solana_transaction::versioned::VersionedTransaction;

const NOTIFIED_WITHIN: Duration = Duration::from_secs(30);

/// Spl Memo 3, whose whole bytecode is in its account: a small real program to copy.
const MEMO: &str = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";

fn client(net: &LocalNet) -> RpcClient {
    RpcClient::new_with_timeout_and_commitment(
        net.rpc_url(),
        Duration::from_secs(30),
        CommitmentConfig::confirmed(),
    )
}

/// Calls `program_id` as a memo and waits until the chain has it.
fn send_memo(net: &LocalNet, program_id: Pubkey) {
    let rpc = client(net);
    let payer = Keypair::new();
    net.airdrop(&payer.pubkey(), 1_000_000_000).unwrap();
    let memo = Instruction::new_with_bytes(
        program_id,
        b"hello",
        vec![AccountMeta::new_readonly(payer.pubkey(), true)],
    );
    let blockhash = rpc.get_latest_blockhash().unwrap();
    let message = Message::new_with_blockhash(&[memo], Some(&payer.pubkey()), &blockhash);
    let transaction = VersionedTransaction::try_new(VersionedMessage::Legacy(message), &[&payer]).unwrap();
    rpc.send_and_confirm_transaction(&transaction).unwrap();
}

#[test]
fn slots_pass_and_the_programs_of_mainnet_are_there() {
    let net = support::start();
    let rpc = client(&net);
    let first = rpc.get_slot().unwrap();
    assert!(support::eventually(|| rpc.get_slot().unwrap() > first));
    for program in [
        "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
        "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb",
        "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL",
        "Stake11111111111111111111111111111111111111",
        "AddressLookupTab1e1111111111111111111111111",
        "ComputeBudget111111111111111111111111111111",
        MEMO,
    ] {
        let account = rpc.get_account(&program.parse().unwrap()).unwrap();
        assert!(account.executable, "{program}");
    }
}

#[test]
fn slots_and_accounts_are_announced_over_the_websocket() {
    let net = support::start();
    for url in [net.ws_url(), net.rpc_url().replace("http", "ws") + "/ws"] {
        let (_slots, received) = PubsubClient::slot_subscribe(&url).unwrap();
        let first = received.recv_timeout(NOTIFIED_WITHIN).unwrap().slot;
        let second = received.recv_timeout(NOTIFIED_WITHIN).unwrap().slot;
        assert!(second > first);
    }

    let address = Pubkey::new_unique();
    let owner = Pubkey::new_unique();
    let (subscription, received) = PubsubClient::account_subscribe(
        net.ws_url(),
        &address,
        Some(RpcAccountInfoConfig {
            encoding: Some(solana_rpc_client_api::config::UiAccountEncoding::Base64),
            commitment: Some(CommitmentConfig::confirmed()),
            ..RpcAccountInfoConfig::default()
        }),
    )
    .unwrap();
    net.set_account(&address, 5_000_000, &owner, &[1, 2, 3], false).unwrap();
    let seen = received.recv_timeout(NOTIFIED_WITHIN).unwrap().value;
    assert_eq!(seen.lamports, 5_000_000);
    assert_eq!(seen.owner, owner.to_string());
    assert_eq!(seen.data.decode(), Some(vec![1, 2, 3]));
    // This client's destructor waits for one more message, and none will come.
    std::mem::forget(subscription);
}

#[test]
fn accounts_are_replaced_whole_and_removed() {
    let net = support::start();
    let rpc = client(&net);
    let (address, owner) = (Pubkey::new_unique(), Pubkey::new_unique());
    let data: Vec<u8> = (0..=255).cycle().take(8_624).collect();
    net.set_account(&address, 42, &owner, &data, false).unwrap();
    let account = rpc.get_account(&address).unwrap();
    assert_eq!((account.lamports, account.owner, account.executable), (42, owner, false));
    assert_eq!(account.data, data);

    net.set_account(&address, 7, &owner, &[], false).unwrap();
    assert!(rpc.get_account(&address).unwrap().data.is_empty());
    net.set_account(&address, 0, &Pubkey::default(), &[], false).unwrap();
    let gone = rpc.get_account_with_commitment(&address, CommitmentConfig::confirmed()).unwrap();
    assert_eq!(gone.value, None);
}

#[test]
fn airdrops_are_there_on_return() {
    let net = support::start();
    let wallet = Pubkey::new_unique();
    net.airdrop(&wallet, 3_000_000_000).unwrap();
    net.airdrop(&wallet, 1_000_000_000).unwrap();
    assert_eq!(client(&net).get_balance(&wallet).unwrap(), 4_000_000_000);
    let refused = net.airdrop(&Pubkey::new_unique(), 1).unwrap_err();
    assert!(
        matches!(&refused, LocalNetError::Rpc { method: "requestAirdrop", message } if message.contains("rent")),
        "{refused}"
    );
}

#[test]
fn programs_are_deployed_anywhere_with_a_known_authority() {
    let net = support::start();
    let rpc = client(&net);
    let so_path = std::env::temp_dir().join(format!("ballast-memo-{}.so", std::process::id()));
    std::fs::write(&so_path, rpc.get_account(&MEMO.parse().unwrap()).unwrap().data).unwrap();
    let (program_id, other_id) = (Pubkey::new_unique(), Pubkey::new_unique());
    let (authority, successor) = (Pubkey::new_unique(), Pubkey::new_unique());
    let deploy = |program_id, upgrade_authority| ProgramDeploy {
        program_id,
        so_path: so_path.clone(),
        upgrade_authority,
    };

    net.deploy(&[deploy(program_id, Some(authority)), deploy(other_id, None)]).unwrap();
    let program = net.program_authority(&program_id).unwrap();
    assert_eq!(program.upgrade_authority, Some(authority));
    assert!(program.deployed_slot > 0);
    send_memo(&net, program_id);
    send_memo(&net, other_id);
    // Without an authority of ours, the chain's own default: the system program.
    let other = net.program_authority(&other_id).unwrap();
    assert_eq!(other.upgrade_authority, Some(Pubkey::default()));

    net.set_upgrade_authority(&program_id, &successor).unwrap();
    let changed = net.program_authority(&program_id).unwrap();
    assert_eq!(changed.upgrade_authority, Some(successor));
    assert_eq!(changed.programdata, program.programdata);
    send_memo(&net, program_id);

    // The ProgramData account itself, as a program reads it: state 3, slot, authority, then the bytecode.
    let data = rpc.get_account(&program.programdata).unwrap().data;
    assert_eq!(data[..4], [3, 0, 0, 0]);
    assert_eq!(data[12], 1);
    assert_eq!(data[13..45], successor.to_bytes());
    assert_eq!(&data[45..49], b"\x7fELF");
    std::fs::remove_file(&so_path).unwrap();
}

#[test]
fn files_that_are_no_programs_are_refused() {
    let net = support::start();
    let folder = std::env::temp_dir();
    let text = folder.join(format!("ballast-text-{}.so", std::process::id()));
    std::fs::write(&text, "not a program").unwrap();
    for (so_path, reason) in [
        (text.clone(), "not a Solana program"),
        (std::env::current_exe().unwrap(), "not a Solana program"),
        (folder.join("ballast-missing.so"), "No such file"),
    ] {
        let program = ProgramDeploy { program_id: Pubkey::new_unique(), so_path, upgrade_authority: None };
        let error = net.deploy(&[program]).unwrap_err();
        assert!(matches!(error, LocalNetError::Program { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    std::fs::remove_file(&text).unwrap();
    let absent = net.program_authority(&Pubkey::new_unique()).unwrap_err();
    assert!(matches!(absent, LocalNetError::Account { .. }), "{absent}");
}

#[test]
fn the_clock_follows_the_wall_and_jumps_forward_only() {
    let net = support::start();
    let start = net.clock().unwrap();
    let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let drift = i64::try_from(wall.as_secs()).unwrap() - start.unix_ts;
    assert!(drift.abs() < 30, "{drift} s from the wall clock");

    let later = net.time_travel_by(3_600).unwrap();
    assert!((start.unix_ts + 3_600..start.unix_ts + 3_660).contains(&later.unix_ts));
    assert!(later.slot > start.slot + 30_000, "slots of 100 ms jump along");
    send_memo(&net, MEMO.parse().unwrap());
    assert!(support::eventually(|| net.clock().unwrap().slot > later.slot));

    let epoch = net.time_travel_to_epoch(2).unwrap();
    assert_eq!(epoch.epoch, 2);
    assert!(epoch.slot >= 864_000 && epoch.unix_ts > later.unix_ts);
    send_memo(&net, MEMO.parse().unwrap());

    for backwards in [net.time_travel_to(start.unix_ts), net.time_travel_to_epoch(2)] {
        let error = backwards.unwrap_err();
        assert!(matches!(error, LocalNetError::TimeTravelBackwards { .. }), "{error}");
    }
}

#[test]
fn a_paused_clock_is_noticed_and_resumes() {
    let net = support::start();
    net.pause_clock().unwrap();
    let stalled = support::eventually(|| {
        let slot = net.slot().unwrap();
        std::thread::sleep(Duration::from_secs(1));
        net.slot().unwrap() == slot
    });
    assert!(stalled);
    net.resume_clock().unwrap();
    net.health().unwrap();
}
