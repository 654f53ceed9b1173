//! What failed: which instruction, which program, which rule, which account; and the logs.

use std::fmt;

use solana_instruction::error::InstructionError;
use solana_message::VersionedMessage;
use solana_pubkey::Pubkey;
use solana_transaction_error::TransactionError;

use super::Request;
use super::budget::ADDED_INSTRUCTIONS;

/// A failed execution or simulation, read as far as the chain tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The runtime's verdict.
    pub error: TransactionError,
    /// Index in the request's instructions. `None` when no instruction is at fault.
    pub instruction: Option<usize>,
    /// The program that raised the error: the innermost one, when programs call programs.
    pub program: Option<Pubkey>,
    /// Code of that program's own error.
    pub custom_code: Option<u32>,
    /// Name of the broken rule, as Anchor logs it.
    pub name: Option<String>,
    /// The rule in words, as Anchor logs it.
    pub message: Option<String>,
    /// The account at fault: its name in the program, or its address.
    pub account: Option<String>,
    /// Program logs, whole.
    pub logs: Vec<String>,
}

/// What Anchor prints about an error.
#[derive(Debug, Default, PartialEq, Eq)]
struct AnchorLog {
    name: Option<String>,
    number: Option<u32>,
    message: Option<String>,
    account: Option<String>,
}

impl Failure {
    pub(super) fn new(
        error: TransactionError,
        logs: Vec<String>,
        request: &Request<'_>,
        message: &VersionedMessage,
    ) -> Self {
        let instruction = match &error {
            TransactionError::InstructionError(index, _) => {
                usize::from(*index).checked_sub(ADDED_INSTRUCTIONS)
            }
            TransactionError::DuplicateInstruction(index) => {
                usize::from(*index).checked_sub(ADDED_INSTRUCTIONS)
            }
            _ => None,
        };
        let custom_code = match &error {
            TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(*code),
            _ => None,
        };
        // The last one of this number: an earlier error may have been caught by the program above it.
        let anchor = logs
            .iter()
            .rev()
            .filter_map(|line| parse_anchor(line))
            .find(|anchor| anchor.number == custom_code)
            .unwrap_or_default();
        let program = failing_program(&logs).or_else(|| {
            let index = instruction?;
            Some(request.instructions.get(index)?.program_id)
        });
        let account =
            anchor.account.or_else(|| account_at_fault(&error, request, message).map(|key| key.to_string()));
        Self {
            error,
            instruction,
            program,
            custom_code,
            name: anchor.name,
            message: anchor.message,
            account,
            logs,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, &self.message) {
            (Some(name), Some(message)) => write!(f, "{name}: {}", message.trim_end_matches('.'))?,
            (Some(name), None) => write!(f, "{name}")?,
            (None, _) => write!(f, "{}", self.error)?,
        }
        let mut details = Vec::new();
        if let Some(account) = &self.account {
            details.push(format!("account {account}"));
        }
        if let Some(code) = self.custom_code {
            details.push(format!("code {code}"));
        }
        if let Some(index) = self.instruction {
            details.push(format!("instruction {index}"));
        }
        if let Some(program) = self.program {
            details.push(format!("program {program}"));
        }
        if details.is_empty() {
            return Ok(());
        }
        write!(f, " [{}]", details.join(", "))
    }
}

/// The first program that logs that it failed: the ones above it log the same error afterwards. Logs of
/// a caught error are skipped by taking the last unbroken run of such lines.
fn failing_program(logs: &[String]) -> Option<Pubkey> {
    let failed = |line: &String| -> Option<Pubkey> {
        let rest = line.strip_prefix("Program ")?;
        let (program, verdict) = rest.split_once(' ')?;
        verdict.starts_with("failed: ").then_some(())?;
        program.parse().ok()
    };
    let mut found = None;
    for line in logs.iter().rev() {
        match failed(line) {
            Some(program) => found = Some(program),
            None if found.is_some() && !is_aside(line) => break,
            None => {}
        }
    }
    found
}

/// Lines that stand between the failure of a program and that of its caller.
fn is_aside(line: &str) -> bool {
    line.starts_with("Program ") && line.contains(" consumed ")
}

/// Reads `Program log: AnchorError … Error Code: X. Error Number: N. Error Message: M.`
fn parse_anchor(line: &str) -> Option<AnchorLog> {
    let text = line.strip_prefix("Program log: ")?;
    let text = text.strip_prefix("AnchorError ")?;
    let field = |label: &str, end: &str| -> Option<String> {
        let (_, rest) = text.split_once(label)?;
        let value = match rest.split_once(end) {
            Some((value, _)) => value,
            None => rest.trim_end_matches('.'),
        };
        Some(value.to_owned())
    };
    Some(AnchorLog {
        name: field("Error Code: ", ". Error Number"),
        number: field("Error Number: ", ". Error Message").and_then(|number| number.parse().ok()),
        // To the end of the line: messages have full stops of their own.
        message: text.split_once("Error Message: ").map(|(_, message)| message.to_owned()),
        account: text
            .strip_prefix("caused by account: ")
            .and_then(|rest| rest.split_once(". "))
            .map(|(account, _)| account.to_owned()),
    })
}

/// The account an error of the runtime points at by index.
fn account_at_fault(
    error: &TransactionError,
    request: &Request<'_>,
    message: &VersionedMessage,
) -> Option<Pubkey> {
    let index = match error {
        TransactionError::InsufficientFundsForRent { account_index }
        | TransactionError::ProgramExecutionTemporarilyRestricted { account_index } => {
            usize::from(*account_index)
        }
        TransactionError::AccountNotFound
        | TransactionError::InsufficientFundsForFee
        | TransactionError::InvalidAccountForFee => 0,
        _ => return None,
    };
    all_keys(request, message).nth(index)
}

/// Accounts in the order the runtime numbers them: the message's own, then the looked-up writable ones,
/// then the looked-up read-only ones.
fn all_keys<'a>(
    request: &'a Request<'_>,
    message: &'a VersionedMessage,
) -> impl Iterator<Item = Pubkey> + 'a {
    let lookups = message.address_table_lookups().unwrap_or_default();
    let resolve = move |table: &Pubkey, index: u8| {
        let table = request.tables.iter().find(|given| given.key == *table)?;
        table.addresses.get(usize::from(index)).copied()
    };
    let writable = lookups.iter().flat_map(move |lookup| {
        let key = lookup.account_key;
        lookup.writable_indexes.iter().map(move |i| resolve(&key, *i))
    });
    let readonly = lookups.iter().flat_map(move |lookup| {
        let key = lookup.account_key;
        lookup.readonly_indexes.iter().map(move |i| resolve(&key, *i))
    });
    // An address that cannot be resolved keeps its place, as the default address.
    let looked_up = writable.chain(readonly).map(Option::unwrap_or_default);
    message.static_account_keys().iter().copied().chain(looked_up)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use solana_hash::Hash;
    use solana_instruction::{AccountMeta, Instruction};
    use solana_keypair::Keypair;
    use solana_message::{AddressLookupTableAccount, v0};
    use solana_signer::Signer;

    use super::*;

    fn program(byte: u8) -> Pubkey {
        Pubkey::new_from_array([byte; 32])
    }

    fn read(error: TransactionError, logs: &[String]) -> Failure {
        let payer = Keypair::new();
        let instruction = Instruction::new_with_bytes(program(7), &[], vec![]);
        let request = Request { payer: &payer, signers: &[], instructions: &[instruction], tables: &[] };
        let message = VersionedMessage::V0(v0::Message::default());
        Failure::new(error, logs.to_vec(), &request, &message)
    }

    fn custom(index: u8, code: u32) -> TransactionError {
        TransactionError::InstructionError(index, InstructionError::Custom(code))
    }

    #[test]
    fn anchor_errors_name_rule_and_account() {
        let outer = program(7);
        let logs = [
            format!("Program {outer} invoke [1]"),
            "Program log: AnchorError caused by account: vault. Error Code: StaleAllocation. Error Number: 6012. Error Message: Refresh first. All of them..".to_owned(),
            format!("Program {outer} consumed 900 of 1000 compute units"),
            format!("Program {outer} failed: custom program error: 0x177c"),
        ];
        let failure = read(custom(2, 6_012), &logs);
        assert_eq!(failure.instruction, Some(0));
        assert_eq!(failure.program, Some(outer));
        assert_eq!(failure.custom_code, Some(6_012));
        assert_eq!(failure.name.as_deref(), Some("StaleAllocation"));
        assert_eq!(failure.account.as_deref(), Some("vault"));
        assert_eq!(failure.logs, logs);
        let text = failure.to_string();
        assert!(
            text.starts_with(
                "StaleAllocation: Refresh first. All of them [account vault, code 6012, instruction 0"
            ),
            "{text}"
        );
    }

    #[test]
    fn thrown_errors_have_no_account() {
        let line = "Program log: AnchorError thrown in programs/x/src/lib.rs:12. Error Code: Paused. Error Number: 6001. Error Message: Paused.";
        let anchor = parse_anchor(line).unwrap();
        assert_eq!(anchor.name.as_deref(), Some("Paused"));
        assert_eq!(anchor.number, Some(6_001));
        assert_eq!(anchor.account, None);
        assert_eq!(parse_anchor("Program log: hello"), None);
        assert_eq!(parse_anchor("AnchorError"), None);
        assert_eq!(parse_anchor("Program log: AnchorError "), Some(AnchorLog::default()));
    }

    #[test]
    fn the_innermost_program_is_named() {
        let (outer, inner) = (program(7), program(8));
        let logs = [
            format!("Program {outer} invoke [1]"),
            format!("Program {inner} invoke [2]"),
            format!("Program {inner} consumed 5 of 1000 compute units"),
            format!("Program {inner} failed: custom program error: 0x1"),
            format!("Program {outer} consumed 9 of 1000 compute units"),
            format!("Program {outer} failed: custom program error: 0x1"),
        ];
        let failure = read(custom(2, 1), &logs);
        assert_eq!(failure.program, Some(inner));
        assert_eq!(failure.name, None);
    }

    #[test]
    fn an_error_that_was_caught_before_is_not_blamed() {
        let (outer, caught) = (program(7), program(8));
        let logs = [
            format!("Program {outer} invoke [1]"),
            format!("Program {caught} failed: custom program error: 0x1"),
            "Program log: going on".to_owned(),
            "Program log: AnchorError thrown in a.rs:1. Error Code: First. Error Number: 1. Error Message: First.".to_owned(),
            "Program log: AnchorError thrown in a.rs:2. Error Code: Second. Error Number: 2. Error Message: Second.".to_owned(),
            format!("Program {outer} failed: custom program error: 0x2"),
        ];
        let failure = read(custom(2, 2), &logs);
        assert_eq!(failure.program, Some(outer));
        assert_eq!(failure.name.as_deref(), Some("Second"));
    }

    #[test]
    fn without_logs_the_instructions_own_program_is_named() {
        let failure = read(custom(2, 9), &[]);
        assert_eq!(failure.program, Some(program(7)));
        // In the instructions that were put in front: no index of the caller's.
        assert_eq!(read(custom(0, 9), &[]).instruction, None);
        let fee = read(TransactionError::InsufficientFundsForFee, &[]);
        assert_eq!((fee.instruction, fee.program), (None, None));
    }

    #[test]
    fn accounts_are_numbered_as_the_runtime_does() {
        let payer = Keypair::new();
        let (written, readonly) = (program(1), program(2));
        let table =
            AddressLookupTableAccount { key: program(3), addresses: vec![program(9), readonly, written] };
        let instruction = Instruction::new_with_bytes(
            program(7),
            &[],
            vec![AccountMeta::new_readonly(readonly, false), AccountMeta::new(written, false)],
        );
        let tables = [table];
        let instructions = [instruction];
        let message =
            v0::Message::try_compile(&payer.pubkey(), &instructions, &tables, Hash::default()).unwrap();
        let request = Request { payer: &payer, signers: &[], instructions: &instructions, tables: &tables };
        let message = VersionedMessage::V0(message);
        let keys: Vec<Pubkey> = all_keys(&request, &message).collect();
        assert_eq!(keys, [payer.pubkey(), program(7), written, readonly]);
        let failure = Failure::new(
            TransactionError::InsufficientFundsForRent { account_index: 2 },
            vec![],
            &request,
            &message,
        );
        assert_eq!(failure.account, Some(written.to_string()));
    }
}
