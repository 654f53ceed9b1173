//! Failed transactions in the words of whoever failed them, with the account they are about.

use ballast_client::{CallError, Refusal, Rejection, address, blame, venue_error};
use solana_instruction::Instruction;
use solana_rpc_client_api::client_error::Error as RpcError;
use solana_signature::Signature;

use crate::send::answer::{RpcWords, is_answer};
use crate::send::{Failure, SendError};

/// A failure in the program's own words.
fn rejection(failure: &Failure, signature: Option<Signature>, instructions: &[Instruction]) -> Rejection {
    // Codes overlap between programs.
    let ours = failure.program == Some(address::PROGRAM);
    let refusal = failure.custom_code.filter(|_| ours).and_then(Refusal::from_code);
    let named = failure.message.as_ref().zip(failure.name.as_ref());
    let message = match named {
        Some((message, name)) => format!("{} ({name})", message.trim_end_matches('.')),
        None => {
            let known = failure
                .program
                .zip(failure.custom_code)
                .and_then(|(program, code)| venue_error(&program, code));
            let words = last_words(&failure.logs).unwrap_or_else(|| failure.error.to_string());
            known.map_or_else(|| words.clone(), |known| format!("{known} ({words})"))
        }
    };
    Rejection {
        refusal,
        code: failure.custom_code,
        message,
        account: account(failure, instructions),
        instruction: failure.instruction,
        program: failure.program,
        logs: failure.logs.clone(),
        signature,
    }
}

/// The account at fault with its address: named by the chain, or by what the refusal is about.
fn account(failure: &Failure, instructions: &[Instruction]) -> Option<String> {
    let instruction = failure.instruction.and_then(|index| instructions.get(index));
    match &failure.account {
        Some(name) => {
            let address = instruction.and_then(|instruction| blame::address_of(instruction, name));
            Some(address.map_or_else(|| name.clone(), |address| format!("{name} {address}")))
        }
        None => {
            let code = failure.custom_code.filter(|_| failure.program == Some(address::PROGRAM))?;
            let (name, address) = blame::account_at_fault(instruction?, code)?;
            Some(format!("{name} {address}"))
        }
    }
}

/// How the innermost program says that it failed.
fn last_words(logs: &[String]) -> Option<String> {
    let (_, words) = logs
        .iter()
        .rev()
        .find_map(|line| line.strip_prefix("Program ").and_then(|rest| rest.split_once(" failed: ")))?;
    Some(words.to_owned())
}

/// A failed question to a node: no answer, or the answer no.
pub(crate) fn rpc_error(error: &RpcError) -> CallError {
    let words = RpcWords(error).to_string();
    if is_answer(error) { CallError::NodeRefused(words) } else { CallError::Unreachable(words) }
}

/// What became of a transaction, for whoever asked for it.
pub(crate) fn call_error(error: SendError, instructions: &[Instruction]) -> CallError {
    match error {
        SendError::Rejected(failure) => {
            CallError::Rejected(Box::new(rejection(&failure, None, instructions)))
        }
        SendError::Failed { signature, failure, .. } => {
            CallError::Rejected(Box::new(rejection(&failure, Some(signature), instructions)))
        }
        SendError::TooLarge { bytes } => CallError::TooLarge { bytes },
        error @ SendError::Expired { .. } => CallError::Expired(error.to_string()),
        error @ SendError::Unknown { .. } => CallError::Unknown(error.to_string()),
        SendError::Rpc { doing, source } => match rpc_error(&source) {
            CallError::Unreachable(words) => CallError::Unreachable(format!("{doing}: {words}")),
            CallError::NodeRefused(words) => CallError::NodeRefused(format!("{doing}: {words}")),
            other => other,
        },
        error => CallError::Request(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use solana_pubkey::Pubkey;
    use solana_transaction_error::TransactionError;

    use super::*;
    use crate::send::UnknownWhy;

    fn failure(program: Pubkey) -> Failure {
        Failure {
            error: TransactionError::AccountInUse,
            instruction: Some(1),
            program: Some(program),
            custom_code: Some(6_037),
            name: Some("StaleAllocation".to_owned()),
            message: Some("refresh first.".to_owned()),
            account: Some("vault".to_owned()),
            logs: vec![],
        }
    }

    #[test]
    fn what_became_of_a_transaction_is_said_once() {
        let expired = SendError::Expired { signatures: vec![Signature::default(); 3], sends: 9 };
        let said = call_error(expired, &[]).to_string();
        assert_eq!(said.matches("did not land").count(), 1, "{said}");
        assert!(!said.contains("fee cap"), "there is no option for one: {said}");
        let why = UnknownWhy::NodeBehind { node_slot: 5, needed_slot: 40 };
        let unknown = call_error(SendError::Unknown { signature: Signature::default(), why }, &[]);
        assert!(matches!(unknown, CallError::Unknown(_)));
        let said = unknown.to_string();
        assert_eq!(said.matches("outcome unknown").count(), 1, "{said}");
        assert!(said.contains(&Signature::default().to_string()) && said.contains("slot 5"), "{said}");
    }

    #[test]
    fn only_our_own_codes_are_our_refusals() {
        let ours = rejection(&failure(address::PROGRAM), None, &[]);
        assert_eq!(ours.refusal.map(|refusal| refusal.name).as_deref(), Some("StaleAllocation"));
        let other = rejection(&failure(address::KAMINO_LEND), None, &[]);
        assert_eq!((other.refusal, other.message.as_str()), (None, "refresh first (StaleAllocation)"));
    }

    #[test]
    fn a_failure_without_a_name_is_in_the_runtimes_words() {
        let line = format!("Program {} failed: exceeded CUs meter at BPF instruction", address::PROGRAM);
        let nameless = Failure { name: None, message: None, logs: vec![line], ..failure(address::TOKEN) };
        assert_eq!(rejection(&nameless, None, &[]).message, "exceeded CUs meter at BPF instruction");
    }
}
