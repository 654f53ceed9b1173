//! A LiteSVM with Ballast and the venues, sending transactions and moving time.

use std::path::Path;

use ballast_client::{Refusal, address};
use litesvm::LiteSVM;
use litesvm::types::TransactionMetadata;
use solana_account::Account;
use solana_address_lookup_table_interface::state::{AddressLookupTable, LookupTableMeta};
use solana_clock::Clock;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::error::InstructionError;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::{AddressLookupTableAccount, VersionedMessage, v0};
use solana_pubkey::{Pubkey, pubkey};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

use crate::chain::{Chain, ChainError, rent_exempt};
use crate::elf::Programs;

const LOOKUP_TABLE_PROGRAM: Pubkey = pubkey!("AddressLookupTab1e1111111111111111111111111");
/// Most compute units of a transaction.
pub const MAX_COMPUTE_UNITS: u32 = 1_400_000;
/// Most bytes of a transaction.
pub const MAX_TRANSACTION_BYTES: usize = 1_232;
const SLOT_MILLIS: u64 = 400;
/// Slots of a mainnet epoch.
const EPOCH_SLOTS: u64 = 432_000;

/// An in-process chain.
pub struct World {
    /// The machine, for what this type does not offer.
    pub svm: LiteSVM,
    /// Pays for every transaction; the upgrade authority of Ballast.
    pub payer: Keypair,
    tables: Vec<AddressLookupTableAccount>,
    through: Option<Pubkey>,
}

/// A transaction that went through.
#[derive(Clone, Debug)]
pub struct Done {
    /// Compute units used.
    pub compute_units: u64,
    /// Size on the wire, bytes.
    pub bytes: usize,
    /// Accounts it names, lookups included.
    pub accounts: usize,
    /// Program logs.
    pub logs: Vec<String>,
    /// What the last program returned.
    pub return_data: Vec<u8>,
    /// Data of inner instructions, in order: events among them.
    pub inner: Vec<Vec<u8>>,
}

impl Done {
    /// Compute units of the first call of `program` at any depth; zero where it was not called.
    pub fn venue_units(&self, program: &Pubkey) -> u64 {
        let head = format!("Program {program} consumed ");
        let used = self.logs.iter().find_map(|line| line.strip_prefix(&head));
        used.and_then(|used| used.split(' ').next()?.parse().ok()).unwrap_or(0)
    }

    /// Compute units of each top-level call of `program`, what it called included, in order.
    pub fn compute_units_of(&self, program: &Pubkey) -> Vec<u64> {
        let name = program.to_string();
        let (mut depth, mut units) = (0u32, Vec::new());
        for line in &self.logs {
            let Some(rest) = line.strip_prefix("Program ") else { continue };
            if rest.contains(" invoke [") {
                depth = depth.saturating_add(1);
            } else if rest.ends_with(" success") || rest.contains(" failed: ") {
                depth = depth.saturating_sub(1);
            } else if let Some(used) =
                rest.strip_prefix(&name).and_then(|rest| rest.strip_prefix(" consumed "))
                && depth == 1
            {
                units.extend(used.split(' ').next().and_then(|used| used.parse::<u64>().ok()));
            }
        }
        units
    }
}

/// A transaction that did not.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{error:?}{}", refusal.as_ref().map(|refusal| format!(": {refusal}")).unwrap_or_default())]
pub struct Failed {
    /// What the runtime says.
    pub error: TransactionError,
    /// Custom error code, if a program gave one.
    pub code: Option<u32>,
    /// The refusal behind the code, if it is Ballast's.
    pub refusal: Option<Refusal>,
    /// Program logs.
    pub logs: Vec<String>,
}

impl Failed {
    fn new(error: TransactionError, logs: Vec<String>) -> Self {
        let code = match &error {
            TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(*code),
            _ => None,
        };
        // Codes overlap between programs: it is Ballast's refusal only if Ballast says it failed first.
        let failing = logs.iter().find(|line| line.contains(" failed: "));
        let ours = failing.is_some_and(|line| line.contains(&address::PROGRAM.to_string()));
        let refusal = code.filter(|_| ours).and_then(Refusal::from_code);
        Self { error, code, refusal, logs }
    }
}

impl Chain for World {
    fn account(&self, key: &Pubkey) -> Result<Option<Account>, ChainError> {
        Ok(self.svm.get_account(key))
    }

    fn set_account(&mut self, key: &Pubkey, account: Account) -> Result<(), ChainError> {
        self.svm
            .set_account(*key, account)
            .map_err(|why| ChainError::Refused { key: *key, why: why.to_string() })
    }
}

impl World {
    /// A world at `start_ts` (unix seconds) with `programs` deployed.
    pub fn new(programs: &Programs, start_ts: i64) -> Result<Self, ChainError> {
        Self::with_payer(programs, start_ts, Keypair::new())
    }

    /// The same with a given payer, so that every address, and with it every figure, can be had again.
    pub fn with_payer(programs: &Programs, start_ts: i64, payer: Keypair) -> Result<Self, ChainError> {
        let svm =
            LiteSVM::new().with_sigverify(false).with_blockhash_check(false).with_transaction_history(0);
        let mut world = Self { svm, payer, tables: Vec::new(), through: None };
        let payer = world.payer.pubkey();
        for (key, elf) in [
            (address::PROGRAM, &programs.ballast),
            (address::KAMINO_LEND, &programs.kamino_lend),
            (address::RAYDIUM_CPMM, &programs.raydium_cpmm),
            (address::SPL_STAKE_POOL, &programs.spl_stake_pool),
        ] {
            world.deploy(&key, elf)?;
        }
        world.set_upgrade_authority(&payer)?;
        world.give_lamports(&payer, 1_000_000_000_000_000)?;
        crate::token::set_wrapped_sol(&mut world)?;
        world.set_clock(10_000, start_ts);
        Ok(world)
    }

    /// Deploys `elf` at `key`.
    pub fn deploy(&mut self, key: &Pubkey, elf: &[u8]) -> Result<(), ChainError> {
        self.svm.add_program(*key, elf).map_err(|why| ChainError::Refused { key: *key, why: why.to_string() })
    }

    /// Deploys the program in the file at `path`.
    pub fn deploy_file(&mut self, key: &Pubkey, path: &Path) -> Result<(), ChainError> {
        let elf = std::fs::read(path).map_err(|why| ChainError::data("program file", why))?;
        self.deploy(key, &elf)
    }

    /// Makes `authority` the upgrade authority of Ballast.
    pub fn set_upgrade_authority(&mut self, authority: &Pubkey) -> Result<(), ChainError> {
        self.edit(&address::program_data(), "program data", |data| {
            // u32 state, u64 slot, then an optional key.
            let field = data.get_mut(12..45).ok_or_else(|| ChainError::data("program data", "too short"))?;
            let (tag, key) = field.split_at_mut(1);
            tag.fill(1);
            key.copy_from_slice(authority.as_ref());
            Ok(())
        })
    }

    /// Sets the lamports of a system account.
    pub fn give_lamports(&mut self, key: &Pubkey, lamports: u64) -> Result<(), ChainError> {
        let mut account = self.account(key)?.unwrap_or_default();
        account.lamports = lamports;
        self.set_account(key, account)
    }

    /// The clock.
    pub fn clock(&self) -> Clock {
        self.svm.get_sysvar()
    }

    /// Unix time now.
    pub fn now(&self) -> i64 {
        self.clock().unix_timestamp
    }

    /// Sets slot and time; the epoch follows from the slot.
    pub fn set_clock(&mut self, slot: u64, unix_timestamp: i64) {
        let epoch = slot.checked_div(EPOCH_SLOTS).unwrap_or(0);
        let clock = Clock {
            slot,
            unix_timestamp,
            epoch,
            leader_schedule_epoch: epoch.saturating_add(1),
            ..self.clock()
        };
        self.svm.set_sysvar(&clock);
    }

    /// Lets `secs` pass, at 400 ms a slot and at least one slot.
    pub fn pass_secs(&mut self, secs: u64) {
        let clock = self.clock();
        let slots = secs.saturating_mul(1_000).checked_div(SLOT_MILLIS).unwrap_or(0).max(1);
        let ts = clock.unix_timestamp.saturating_add(i64::try_from(secs).unwrap_or(i64::MAX));
        self.set_clock(clock.slot.saturating_add(slots), ts);
    }

    /// Lets one slot pass, without the second hand moving.
    pub fn next_slot(&mut self) {
        let clock = self.clock();
        self.set_clock(clock.slot.saturating_add(1), clock.unix_timestamp);
    }

    /// Puts `keys` into a lookup table that later transactions use.
    pub fn add_lookup_table(&mut self, keys: &[Pubkey]) -> Result<Pubkey, ChainError> {
        let key = Pubkey::new_unique();
        let meta = LookupTableMeta { deactivation_slot: u64::MAX, ..LookupTableMeta::default() };
        let table = AddressLookupTable { meta, addresses: std::borrow::Cow::Borrowed(keys) };
        let data = table.serialize_for_tests().map_err(|why| ChainError::data("lookup table", why))?;
        let lamports = rent_exempt(data.len());
        self.set_account(
            &key,
            Account { lamports, data, owner: LOOKUP_TABLE_PROGRAM, executable: false, rent_epoch: u64::MAX },
        )?;
        self.tables.push(AddressLookupTableAccount { key, addresses: keys.to_vec() });
        Ok(key)
    }

    /// Sends every later call of Ballast through `program`, which takes the program to call as its first
    /// account and passes on the rest: some old venue binaries ask who is at the top (docs/venues.md).
    pub fn call_through(&mut self, program: Pubkey) {
        self.through = Some(program);
    }

    /// `instruction` as it is sent.
    fn routed(&self, instruction: &Instruction) -> Instruction {
        match self.through {
            Some(program_id) if instruction.program_id == address::PROGRAM => {
                let target = AccountMeta::new_readonly(address::PROGRAM, false);
                let accounts = [&[target], instruction.accounts.as_slice()].concat();
                Instruction { program_id, accounts, data: instruction.data.clone() }
            }
            _ => instruction.clone(),
        }
    }

    /// Sends `instructions` in one transaction, paid by the world, signed by `signers` too.
    ///
    /// A transaction that would not fit a packet fails like one that the chain refused.
    pub fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Done, Box<Failed>> {
        let transaction = self.transaction(instructions, signers)?;
        let (bytes, accounts) = measure(&transaction);
        match self.svm.send_transaction(transaction) {
            Ok(meta) => Ok(done(meta, bytes, accounts)),
            Err(failed) => Err(Box::new(Failed::new(failed.err, failed.meta.logs))),
        }
    }

    /// Runs `instructions` and forgets what they did.
    pub fn simulate(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Done, Box<Failed>> {
        let transaction = self.transaction(instructions, signers)?;
        let (bytes, accounts) = measure(&transaction);
        match self.svm.simulate_transaction(transaction) {
            Ok(info) => Ok(done(info.meta, bytes, accounts)),
            Err(failed) => Err(Box::new(Failed::new(failed.err, failed.meta.logs))),
        }
    }

    fn transaction(
        &self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<VersionedTransaction, Box<Failed>> {
        let refuse = |error| Box::new(Failed::new(error, Vec::new()));
        let budget = [
            ComputeBudgetInstruction::set_compute_unit_limit(MAX_COMPUTE_UNITS),
            ComputeBudgetInstruction::request_heap_frame(256 * 1024),
        ];
        let all: Vec<Instruction> =
            budget.into_iter().chain(instructions.iter().map(|one| self.routed(one))).collect();
        let payer = self.payer.pubkey();
        let blockhash = self.svm.latest_blockhash();
        let message = v0::Message::try_compile(&payer, &all, &self.tables, blockhash)
            .map_err(|_| refuse(TransactionError::SanitizeFailure))?;
        let mut keys: Vec<&Keypair> = vec![&self.payer];
        for signer in signers {
            if keys.iter().all(|key| key.pubkey() != signer.pubkey()) {
                keys.push(signer);
            }
        }
        let transaction = VersionedTransaction::try_new(VersionedMessage::V0(message), &keys)
            .map_err(|_| refuse(TransactionError::SignatureFailure))?;
        Ok(transaction)
    }
}

/// Size on the wire and number of accounts.
fn measure(transaction: &VersionedTransaction) -> (usize, usize) {
    let message = &transaction.message;
    let looked_up: usize = message
        .address_table_lookups()
        .unwrap_or_default()
        .iter()
        .map(|lookup| lookup.writable_indexes.len().saturating_add(lookup.readonly_indexes.len()))
        .sum();
    // One length byte before the signatures: there are never more than 127.
    let signatures = transaction.signatures.len().saturating_mul(64).saturating_add(1);
    let bytes = signatures.saturating_add(message.serialize().len());
    (bytes, message.static_account_keys().len().saturating_add(looked_up))
}

fn done(meta: TransactionMetadata, bytes: usize, accounts: usize) -> Done {
    let inner =
        meta.inner_instructions.iter().flatten().map(|inner| inner.instruction.data.clone()).collect();
    Done {
        compute_units: meta.compute_units_consumed,
        bytes,
        accounts,
        logs: meta.logs,
        return_data: meta.return_data.data,
        inner,
    }
}
