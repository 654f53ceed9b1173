//! The world as a [`ChainClient`], so that the keeper and migrations run on it as they do on a node. The
//! world pays every fee; whoever pays elsewhere just signs.

use ballast_client::{
    CallError, ChainAccount, ChainClient, ChainClock, Landed, Refusal, Rejection, Simulated, address, blame,
    venue_error,
};
use litesvm::types::FailedTransactionMetadata;
use solana_account::ReadableAccount;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;
use solana_instruction::error::InstructionError;
use solana_message::{VersionedMessage, v0};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

use crate::world::{MAX_COMPUTE_UNITS, World};

/// The instructions put in front: the compute limit.
const ADDED: usize = 1;

impl World {
    /// Nothing is looked up in a table: a world takes transactions of any size.
    fn message(&self, instructions: &[Instruction]) -> Result<VersionedMessage, CallError> {
        let limit = ComputeBudgetInstruction::set_compute_unit_limit(MAX_COMPUTE_UNITS);
        let all = [&[limit], instructions].concat();
        v0::Message::try_compile(&self.payer.pubkey(), &all, &[], self.svm.latest_blockhash())
            .map(VersionedMessage::V0)
            .map_err(|error| CallError::Request(error.to_string()))
    }
}

impl ChainClient for World {
    fn accounts(&self, keys: &[Pubkey]) -> Result<Vec<Option<ChainAccount>>, CallError> {
        Ok(keys.iter().map(|key| self.svm.get_account(key).as_ref().map(seen)).collect())
    }

    fn clock(&self) -> Result<ChainClock, CallError> {
        let clock = World::clock(self);
        Ok(ChainClock { slot: clock.slot, epoch: clock.epoch, unix_ts: clock.unix_timestamp })
    }

    fn simulate(
        &mut self,
        _payer: &Pubkey,
        instructions: &[Instruction],
        watched: &[Pubkey],
    ) -> Result<Simulated, CallError> {
        let message = self.message(instructions)?;
        let signatures = vec![Default::default(); usize::from(message.header().num_required_signatures)];
        let transaction = VersionedTransaction { signatures, message };
        let outcome = self.svm.simulate_transaction(transaction);
        let info = outcome.map_err(|failed| rejected(failed, instructions))?;
        let after = |key: &Pubkey| match info.post_accounts.iter().find(|(found, _)| found == key) {
            Some((_, account)) => Some(seen(account)),
            None => self.svm.get_account(key).as_ref().map(seen),
        };
        Ok(Simulated {
            units: info.meta.compute_units_consumed,
            accounts: watched.iter().map(after).collect(),
            return_data: info.meta.return_data.data,
        })
    }

    fn send(&mut self, instructions: &[Instruction], signers: &[&dyn Signer]) -> Result<Landed, CallError> {
        let message = self.message(instructions)?;
        let mut keys: Vec<&dyn Signer> = vec![&self.payer];
        for signer in signers {
            if keys.iter().all(|key| key.pubkey() != signer.pubkey()) {
                keys.push(*signer);
            }
        }
        let transaction = VersionedTransaction::try_new(message, &keys)
            .map_err(|error| CallError::Request(error.to_string()))?;
        let outcome = self.svm.send_transaction(transaction);
        let meta = outcome.map_err(|failed| rejected(failed, instructions))?;
        let slot = World::clock(self).slot;
        Ok(Landed { signature: meta.signature, slot, units: meta.compute_units_consumed })
    }
}

fn seen(account: &impl ReadableAccount) -> ChainAccount {
    ChainAccount {
        lamports: account.lamports(),
        owner: *account.owner(),
        executable: account.executable(),
        data: account.data().to_vec(),
    }
}

fn rejected(failed: FailedTransactionMetadata, instructions: &[Instruction]) -> CallError {
    let (index, code) = match &failed.err {
        TransactionError::InstructionError(index, InstructionError::Custom(code)) => {
            (Some(*index), Some(*code))
        }
        TransactionError::InstructionError(index, _) => (Some(*index), None),
        _ => (None, None),
    };
    let instruction = index.and_then(|index| usize::from(index).checked_sub(ADDED));
    // The first to say that it failed is the innermost.
    let program = failed.meta.logs.iter().find_map(|line| {
        let (program, _) = line.strip_prefix("Program ")?.split_once(" failed: ")?;
        program.parse::<Pubkey>().ok()
    });
    let ours = code.filter(|_| program == Some(address::PROGRAM));
    let blamed = ours.zip(instruction.and_then(|index| instructions.get(index)));
    let account = blamed.and_then(|(code, instruction)| blame::account_at_fault(instruction, code));
    let known = program.zip(code).and_then(|(program, code)| venue_error(&program, code));
    CallError::Rejected(Box::new(Rejection {
        refusal: ours.and_then(Refusal::from_code),
        code,
        message: match known {
            Some(known) => format!("{known} ({})", failed.err),
            None => failed.err.to_string(),
        },
        account: account.map(|(name, address)| format!("{name} {address}")),
        instruction,
        program,
        logs: failed.meta.logs,
        signature: None,
    }))
}
