//! The send path on a scripted chain: nothing is lost silently, and nothing runs twice.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;

use solana_instruction::AccountMeta;
use solana_instruction::error::InstructionError;
use solana_keypair::Keypair;
use solana_transaction_error::TransactionError;

use super::chain::Simulation;
use super::scripted_chain::{ScriptedChain, VALIDITY_BLOCKS};
use super::*;

const WRITTEN: Pubkey = Pubkey::new_from_array([4; 32]);

/// Sends one small instruction to the chain.
fn send(chain: &ScriptedChain, policy: SendPolicy) -> Result<Sent, SendError> {
    send_data(chain, policy, &[1, 2, 3])
}

fn send_data(chain: &ScriptedChain, policy: SendPolicy, data: &[u8]) -> Result<Sent, SendError> {
    let payer = Keypair::new();
    let instruction = Instruction::new_with_bytes(
        Pubkey::new_from_array([7; 32]),
        data,
        vec![
            AccountMeta::new(WRITTEN, false),
            AccountMeta::new(WRITTEN, false),
            AccountMeta::new_readonly(Pubkey::new_from_array([5; 32]), false),
        ],
    );
    Sender::new(chain, policy).send(&Request {
        payer: &payer,
        signers: &[&payer],
        instructions: &[instruction],
        tables: &[],
    })
}

/// Different transactions among those that were sent.
fn distinct(chain: &ScriptedChain) -> usize {
    let sent = chain.sent.borrow();
    sent.iter().map(|transaction| transaction.signatures[0]).collect::<HashSet<_>>().len()
}

fn custom(index: u8, code: u32) -> TransactionError {
    TransactionError::InstructionError(index, InstructionError::Custom(code))
}

#[test]
fn what_is_known_is_not_simulated() {
    let chain = ScriptedChain::default();
    let bad = Simulation { error: Some(custom(0, 1)), logs: Vec::new(), units_consumed: 0 };
    chain.simulations.borrow_mut().push_back(bad);
    let policy = SendPolicy { known_units: Some(2_000), ..SendPolicy::default() };
    let sent = send(&chain, policy).unwrap();
    assert_eq!((sent.simulated_units, sent.unit_limit, sent.sends), (2_000, 7_300, 1));
    assert_eq!(chain.simulations.borrow().len(), 1, "nobody asked");
}

#[test]
fn one_that_lands_at_once_is_sent_once() {
    let chain = ScriptedChain::default();
    let sent = send(&chain, SendPolicy::default()).unwrap();
    assert_eq!((sent.sends, sent.signings), (1, 1));
    assert_eq!(sent.simulated_units, 10_000);
    assert_eq!(sent.unit_limit, 16_500);
    assert!(sent.bytes < MAX_TRANSACTION_BYTES);
    let transaction = &chain.sent.borrow()[0];
    assert_eq!(sent.signature, transaction.signatures[0]);
}

#[test]
fn limit_and_price_are_in_front_and_fees_are_asked_for_written_accounts() {
    let chain = ScriptedChain { fees: vec![500; 4], ..ScriptedChain::default() };
    let sent = send(&chain, SendPolicy::default()).unwrap();
    assert_eq!(sent.unit_price_micro_lamports, 500);
    let transaction = &chain.sent.borrow()[0];
    let data: Vec<_> = transaction.message.instructions().iter().map(|ix| ix.data.clone()).collect();
    let limit = [&[2][..], &16_500_u32.to_le_bytes()].concat();
    let price = [&[3][..], &500_u64.to_le_bytes()].concat();
    assert_eq!(data, [limit, price, vec![1, 2, 3]]);
    let payer = transaction.message.static_account_keys()[0];
    assert_eq!(*chain.asked.borrow(), [payer, WRITTEN]);
}

#[test]
fn what_is_lost_is_sent_again_with_the_same_bytes() {
    let chain = ScriptedChain { lost_sends: 2, ..ScriptedChain::default() };
    let sent = send(&chain, SendPolicy::default()).unwrap();
    assert_eq!((sent.sends, sent.signings), (3, 1));
    assert_eq!(distinct(&chain), 1);
}

#[test]
fn it_is_signed_anew_only_after_its_blockhash_ran_out() {
    let chain = ScriptedChain { lost_blockhashes: 1, ..ScriptedChain::default() };
    let sent = send(&chain, SendPolicy::default()).unwrap();
    assert_eq!(sent.signings, 2);
    assert_eq!(distinct(&chain), 2);
    // Every fifth look while the first was valid, once more for the second.
    let first = u32::try_from(VALIDITY_BLOCKS).unwrap() / 5 + 1;
    assert_eq!(sent.sends, first + 1);
    let sent = chain.sent.borrow();
    assert_ne!(
        sent.first().unwrap().message.recent_blockhash(),
        sent.last().unwrap().message.recent_blockhash()
    );
}

#[test]
fn giving_up_names_every_signature() {
    let chain = ScriptedChain { lost_blockhashes: 99, ..ScriptedChain::default() };
    let error = send(&chain, SendPolicy::default()).unwrap_err();
    assert!(error.is_worth_retrying());
    match error {
        SendError::Expired { signatures, sends } => {
            assert_eq!(signatures.len(), 3);
            assert_eq!(usize::try_from(sends).unwrap(), chain.sent.borrow().len());
        }
        other => panic!("{other}"),
    }
    assert_eq!(distinct(&chain), 3);
}

#[test]
fn one_in_an_unconfirmed_block_is_waited_for_beyond_its_blockhash() {
    let chain = ScriptedChain { blocks_to_confirm: VALIDITY_BLOCKS * 2, ..ScriptedChain::default() };
    let sent = send(&chain, SendPolicy::default()).unwrap();
    assert_eq!(sent.signings, 1);
    assert_eq!(distinct(&chain), 1);
}

#[test]
fn what_would_fail_is_not_sent() {
    let chain = ScriptedChain::default();
    chain.simulations.borrow_mut().push_back(Simulation {
        error: Some(custom(2, 6_003)),
        logs: vec!["Program log: AnchorError caused by account: vault. Error Code: Paused. Error Number: 6003. Error Message: The vault is paused.".to_owned()],
        units_consumed: 900,
    });
    let error = send(&chain, SendPolicy::default()).unwrap_err();
    assert!(matches!(error, SendError::Rejected(_)));
    assert_eq!(error.custom_code(), Some(6_003));
    assert_eq!(error.failure().unwrap().account.as_deref(), Some("vault"));
    assert!(!error.is_worth_retrying());
    assert!(error.to_string().starts_with("Paused: The vault is paused ["), "{error}");
    assert!(chain.sent.borrow().is_empty());
}

#[test]
fn one_that_lands_and_fails_is_not_repeated() {
    let chain = ScriptedChain { verdict: Some(custom(2, 1)), ..ScriptedChain::default() };
    let error = send(&chain, SendPolicy::default()).unwrap_err();
    match &error {
        SendError::Failed { failure, slot, .. } => {
            assert_eq!(failure.instruction, Some(0));
            assert_eq!(failure.custom_code, Some(1));
            assert_eq!(failure.logs, ["Program log: scripted"]);
            assert_eq!(*slot, 1_000);
        }
        other => panic!("{other}"),
    }
    assert_eq!(chain.sent.borrow().len(), 1);
}

#[test]
fn a_node_that_falls_silent_leaves_the_outcome_unknown() {
    let chain = ScriptedChain { silent_after_sends: Some(1), ..ScriptedChain::default() };
    let error = send(&chain, SendPolicy::default()).unwrap_err();
    let signature = chain.sent.borrow()[0].signatures[0];
    assert!(matches!(&error, SendError::Unknown { signature: named, .. } if *named == signature));
    assert!(!error.is_worth_retrying(), "it may have landed");
    assert_eq!(distinct(&chain), 1);
}

#[test]
fn a_node_that_is_behind_proves_nothing() {
    // It lands at once, but the node that is asked for it stands still before that slot.
    for stuck_slot in [0, 999] {
        let chain = ScriptedChain { stuck_slot: Some(stuck_slot), ..ScriptedChain::default() };
        let error = send(&chain, SendPolicy::default()).unwrap_err();
        let signature = chain.sent.borrow()[0].signatures[0];
        match &error {
            SendError::Unknown { signature: named, why: UnknownWhy::NodeBehind { node_slot, .. } } => {
                assert_eq!((*named, *node_slot), (signature, stuck_slot));
            }
            other => panic!("{other}"),
        }
        assert!(error.to_string().starts_with("outcome unknown: "), "{error}");
        assert!(error.to_string().contains(&signature.to_string()), "{error}");
        assert!(!error.is_worth_retrying());
        assert_eq!(distinct(&chain), 1, "nothing is signed anew");
    }
    // Just past the last valid height, but on a fork that may still lose.
    let last = 1_000 + VALIDITY_BLOCKS + 1;
    let chain = ScriptedChain { lost_blockhashes: 99, stuck_slot: Some(last), ..ScriptedChain::default() };
    assert!(matches!(send(&chain, SendPolicy::default()), Err(SendError::Unknown { .. })));
    assert_eq!(distinct(&chain), 1);
}

#[test]
fn what_landed_while_nobody_looked_is_found_in_the_history() {
    let chain = ScriptedChain { is_forgetful: true, ..ScriptedChain::default() };
    let sent = send(&chain, SendPolicy::default()).unwrap();
    assert_eq!((sent.signings, distinct(&chain)), (1, 1));
}

#[test]
fn a_node_without_recent_fees_gets_the_least_price() {
    for code in [-32_601, -32_602] {
        let chain = ScriptedChain { fee_code: Some(code), ..ScriptedChain::default() };
        let sent = send(&chain, SendPolicy::default()).unwrap();
        assert_eq!((sent.unit_price_micro_lamports, sent.sends), (1, 1));
    }
}

#[test]
fn bytes_that_the_node_refuses_are_not_insisted_on() {
    for code in [-32_602, -32_003] {
        let chain = ScriptedChain { send_code: Some(code), ..ScriptedChain::default() };
        let error = send(&chain, SendPolicy::default()).unwrap_err();
        assert!(matches!(error, SendError::Refused { .. }), "{error}");
        assert_eq!(chain.sent.borrow().len(), 1);
    }
    // A node that lags or is overloaded is another matter.
    let chain = ScriptedChain { send_code: Some(-32_005), ..ScriptedChain::default() };
    let error = send(&chain, SendPolicy::default()).unwrap_err();
    assert!(matches!(error, SendError::Expired { .. }), "{error}");
}

#[test]
fn one_that_does_not_fit_is_refused_before_anything() {
    let chain = ScriptedChain::default();
    let error = send_data(&chain, SendPolicy::default(), &[0; 1_100]).unwrap_err();
    assert!(matches!(error, SendError::TooLarge { bytes } if bytes > MAX_TRANSACTION_BYTES));
    assert!(error.to_string().contains("lookup table"), "{error}");
    assert!(chain.sent.borrow().is_empty());
}

#[test]
fn the_largest_that_fits_is_measured_as_it_is_sent() {
    let chain = ScriptedChain::default();
    let fits = (800..1_100)
        .rev()
        .find_map(|length| send_data(&chain, SendPolicy::default(), &vec![0; length]).ok())
        .unwrap();
    assert_eq!(fits.bytes, MAX_TRANSACTION_BYTES);
}

#[test]
fn a_missing_key_is_said() {
    let chain = ScriptedChain::default();
    let payer = Keypair::new();
    let stranger = Pubkey::new_from_array([9; 32]);
    let instruction = Instruction::new_with_bytes(
        Pubkey::new_from_array([7; 32]),
        &[],
        vec![AccountMeta::new_readonly(stranger, true)],
    );
    let outcome = Sender::new(&chain, SendPolicy::default()).send(&Request {
        payer: &payer,
        signers: &[],
        instructions: &[instruction],
        tables: &[],
    });
    assert!(matches!(outcome, Err(SendError::Sign(_))), "{outcome:?}");
    assert!(chain.sent.borrow().is_empty());
}
