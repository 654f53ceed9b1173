//! The chain behind a JSON-RPC URL, as a [`ChainClient`] on top of [`crate::send`].

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use ballast_client::{
    CallError, ChainAccount, ChainClient, ChainClock, Landed, Rejection, Simulated, address,
};
use serde_json::{Value, json};
use solana_account_decoder_client_types::{UiAccount, UiAccountData, UiAccountEncoding};
use solana_commitment_config::CommitmentConfig;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_message::{AddressLookupTableAccount, VersionedMessage, v0};
use solana_pubkey::{Pubkey, pubkey};
use solana_rpc_client::rpc_client::RpcClient;
use solana_rpc_client_api::config::{
    RpcAccountInfoConfig, RpcProgramAccountsConfig, RpcSimulateTransactionAccountsConfig,
    RpcSimulateTransactionConfig,
};
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};
use solana_rpc_client_api::request::RpcRequest;
use solana_signature::Signature;
use solana_signer::Signer;
use solana_signer::null_signer::NullSigner;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

use crate::landed::program_calls;
use crate::rpc_failure::{call_error, rpc_error};
use crate::send::budget::{MAX_UNITS, with_budget};
use crate::send::chain::MAX_TRANSACTION_VERSION;
use crate::send::{self, Request, SendPolicy, Sender};

const CLOCK: Pubkey = pubkey!("SysvarC1ock11111111111111111111111111111111");

/// Compute units that a venue's own accrual may take in each of our instructions. A simulation may miss it:
/// somebody else's transaction had it run in the slot that was simulated, and not in the one that comes.
const ACCRUAL_UNITS: u32 = 25_000;

/// A slot and a bit: what another node, or this one a moment later, may see differently.
const PAUSE: Duration = Duration::from_millis(600);

/// Transactions on their way together: what a public node bears.
const SENT_AT_ONCE: usize = 16;

/// How often a node is asked for a transaction that has landed: the next one may be a few slots behind.
const LOOKS_FOR_LANDED: u32 = 10;

/// What a payer must hold in a simulation: the rent of an account without data, and fees to spare.
const STAND_IN_LAMPORTS: u64 = 1_000_000;

/// Most accounts a node returns at once.
const MAX_ACCOUNTS_ASKED: usize = 100;

/// A node, a send policy, and the lookup tables in use.
pub struct RpcChain {
    rpc: RpcClient,
    policy: SendPolicy,
    tables: Vec<AddressLookupTableAccount>,
}

impl RpcChain {
    /// The chain at `url`; everything is as of `confirmed`.
    pub fn new(url: &str, policy: SendPolicy) -> Self {
        let rpc = RpcClient::new_with_commitment(url.to_owned(), CommitmentConfig::confirmed());
        Self { rpc, policy, tables: Vec::new() }
    }

    /// The chain's identity: the hash of its first block, base58.
    pub fn genesis_hash(&self) -> Result<String, CallError> {
        let hash = self.rpc.get_genesis_hash().map_err(|error| rpc_error(&error))?;
        Ok(hash.to_string())
    }

    /// Lets transactions use the table at `key`.
    pub fn use_table(&mut self, key: &Pubkey) -> Result<(), CallError> {
        let table = send::lookup_table::fetch(&self.rpc, key).map_err(|error| call_error(error, &[]))?;
        self.keep_table(table.account);
        Ok(())
    }

    /// Looks for a table that `authority` owns and that holds `addresses`, or most of them, and uses it.
    /// Tells whether there is one.
    ///
    /// Errors where the node does not search accounts: many public ones do not.
    pub fn find_table(&mut self, authority: &Pubkey, addresses: &[Pubkey]) -> Result<bool, CallError> {
        const AUTHORITY_OFFSET: usize = 22;
        let program = solana_address_lookup_table_interface::program::id();
        let filter = Memcmp::new_raw_bytes(AUTHORITY_OFFSET, authority.to_bytes().to_vec());
        let found = self.program_accounts(&program, vec![RpcFilterType::Memcmp(filter)])?;
        let mut best: Option<(usize, AddressLookupTableAccount)> = None;
        for (key, _) in found {
            // Tables being closed are refused here, and are of no use.
            let Ok(table) = send::lookup_table::fetch(&self.rpc, &key) else { continue };
            let held = addresses.iter().filter(|key| table.account.addresses.contains(key)).count();
            if best.as_ref().is_none_or(|(most, _)| held > *most) {
                best = Some((held, table.account));
            }
        }
        // A table that lacks half of what is needed would not make a transaction fit.
        let useful = best.filter(|(held, _)| held.saturating_mul(2) >= addresses.len());
        let is_found = useful.is_some();
        if let Some((_, table)) = useful {
            self.keep_table(table);
        }
        Ok(is_found)
    }

    /// Makes a table of `owner`'s that holds `addresses`, and uses it. `owner` pays its rent.
    pub fn make_table(&mut self, owner: &dyn Signer, addresses: &[Pubkey]) -> Result<Pubkey, CallError> {
        let sender = Sender::new(&self.rpc, self.policy.clone());
        let table = send::lookup_table::ensure(&sender, owner, owner, None, addresses)
            .map_err(|error| call_error(error, &[]))?;
        let key = table.key;
        self.keep_table(table);
        Ok(key)
    }

    /// Accounts of `program` that pass `filters`.
    pub fn program_accounts(
        &self,
        program: &Pubkey,
        filters: Vec<RpcFilterType>,
    ) -> Result<Vec<(Pubkey, ChainAccount)>, CallError> {
        let config = RpcProgramAccountsConfig {
            filters: Some(filters),
            account_config: RpcAccountInfoConfig {
                encoding: Some(UiAccountEncoding::Base64),
                commitment: Some(CommitmentConfig::confirmed()),
                ..RpcAccountInfoConfig::default()
            },
            ..RpcProgramAccountsConfig::default()
        };
        let found = self
            .rpc
            .get_program_ui_accounts_with_config(program, config)
            .map_err(|error| rpc_error(&error))?;
        found.into_iter().map(|(key, account)| Ok((key, read_account(account)?))).collect()
    }

    /// Whether `instructions` fit one transaction with the tables in use.
    pub fn fits(&self, payer: &Pubkey, instructions: &[Instruction]) -> Result<bool, CallError> {
        match self.trial(payer, instructions) {
            Ok(_) => Ok(true),
            Err(CallError::TooLarge { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Data of every call that the program got inside the landed transaction `signature`, in order: its events
    /// are among them. `None` where the node does not show the transaction, or not what happened inside it: that it
    /// landed is known all the same.
    pub fn landed_calls(&self, signature: &Signature) -> Option<Vec<Vec<u8>>> {
        for look in 0..LOOKS_FOR_LANDED {
            if look > 0 {
                self.pause();
            }
            let params = json!([signature.to_string(), {
                "encoding": "json",
                "commitment": "confirmed",
                "maxSupportedTransactionVersion": MAX_TRANSACTION_VERSION,
            }]);
            // One that lags does not have it yet.
            match self.rpc.send::<Value>(RpcRequest::GetTransaction, params) {
                Ok(shown) if !shown.is_null() => return program_calls(&shown, &address::PROGRAM),
                Ok(_) | Err(_) => {}
            }
        }
        None
    }

    /// The first of `candidates` that may stand in as payer of a simulation: an account of the system program
    /// with enough for the fee. `None` where there is none.
    pub fn stand_in_payer(&self, candidates: &[Pubkey]) -> Result<Option<Pubkey>, CallError> {
        let found = self.accounts(candidates)?;
        let can_pay = |account: &ChainAccount| {
            account.owner == address::SYSTEM
                && account.data.is_empty()
                && account.lamports >= STAND_IN_LAMPORTS
        };
        let able = candidates.iter().zip(found).find(|(_, account)| account.as_ref().is_some_and(can_pay));
        Ok(able.map(|(key, _)| *key))
    }

    fn send_one(
        &self,
        instructions: &[Instruction],
        signers: &[&dyn Signer],
        known_units: Option<u64>,
    ) -> Result<Landed, CallError> {
        let (payer, others) =
            signers.split_first().ok_or_else(|| CallError::Request("it has no signer".to_owned()))?;
        let request = Request { payer: *payer, signers: others, instructions, tables: &self.tables };
        let policy = SendPolicy { known_units, ..self.policy_for(instructions) };
        let sent =
            Sender::new(&self.rpc, policy).send(&request).map_err(|error| call_error(error, instructions))?;
        Ok(Landed { signature: sent.signature, slot: sent.slot, units: sent.simulated_units })
    }

    fn keep_table(&mut self, table: AddressLookupTableAccount) {
        self.tables.retain(|kept| kept.key != table.key);
        self.tables.push(table);
    }

    fn policy_for(&self, instructions: &[Instruction]) -> SendPolicy {
        let ours = instructions.iter().filter(|it| it.program_id == address::PROGRAM).count();
        let accruals = ACCRUAL_UNITS.saturating_mul(u32::try_from(ours).unwrap_or(u32::MAX));
        let flat = self.policy.unit_margin_flat.saturating_add(accruals);
        SendPolicy { unit_margin_flat: flat, ..self.policy.clone() }
    }

    fn trial(&self, payer: &Pubkey, instructions: &[Instruction]) -> Result<VersionedTransaction, CallError> {
        // As it will be sent: with a compute limit and a price.
        let all = with_budget(instructions, MAX_UNITS, 1);
        let message = v0::Message::try_compile(payer, &all, &self.tables, Hash::default())
            .map_err(|error| CallError::Request(error.to_string()))?;
        let message = VersionedMessage::V0(message);
        let signers = usize::from(message.header().num_required_signatures);
        // One byte counts the signatures: there are never more than 127.
        let bytes = signers.saturating_mul(64).saturating_add(1).saturating_add(message.serialize().len());
        if bytes > send::MAX_TRANSACTION_BYTES {
            return Err(CallError::TooLarge { bytes });
        }
        Ok(VersionedTransaction { signatures: vec![Signature::default(); signers], message })
    }

    /// Decodes watched accounts. Some nodes leave out those that the transaction does not name: these are as
    /// they were.
    fn with_untouched(
        &self,
        instructions: &[Instruction],
        watched: &[Pubkey],
        answered: Vec<Option<UiAccount>>,
    ) -> Result<Vec<Option<ChainAccount>>, CallError> {
        let is_named =
            |key: &Pubkey| instructions.iter().any(|one| one.accounts.iter().any(|meta| meta.pubkey == *key));
        let decoded = answered.into_iter().map(|account| account.map(read_account).transpose());
        let mut accounts: Vec<Option<ChainAccount>> = decoded.collect::<Result<_, _>>()?;
        let missing = |(key, account): (&Pubkey, &Option<ChainAccount>)| {
            (account.is_none() && !is_named(key)).then_some(*key)
        };
        let left_out: Vec<Pubkey> = watched.iter().zip(&accounts).filter_map(missing).collect();
        if left_out.is_empty() {
            return Ok(accounts);
        }
        let mut read = self.accounts(&left_out)?.into_iter();
        for (key, account) in watched.iter().zip(&mut accounts) {
            if account.is_none() && !is_named(key) {
                *account = read.next().flatten();
            }
        }
        Ok(accounts)
    }

    /// Reads a failed simulation as the sender does, which simulates again.
    fn explain(&self, payer: &Pubkey, instructions: &[Instruction], error: &TransactionError) -> CallError {
        let payer = NullSigner::new(payer);
        let request = Request { payer: &payer, signers: &[], instructions, tables: &self.tables };
        match Sender::new(&self.rpc, self.policy.clone()).simulate(&request) {
            Err(explained) => call_error(explained, instructions),
            // It succeeds now: the state moved on between the two.
            Ok(_) => CallError::Rejected(Box::new(Rejection {
                message: error.to_string(),
                ..Rejection::default()
            })),
        }
    }
}

impl ChainClient for RpcChain {
    fn accounts(&self, keys: &[Pubkey]) -> Result<Vec<Option<ChainAccount>>, CallError> {
        let mut all = Vec::with_capacity(keys.len());
        for keys in keys.chunks(MAX_ACCOUNTS_ASKED) {
            let found = self
                .rpc
                .get_multiple_accounts_with_commitment(keys, CommitmentConfig::confirmed())
                .map_err(|error| rpc_error(&error))?;
            all.extend(found.value.into_iter().map(|account| {
                account.map(|account| ChainAccount {
                    lamports: account.lamports,
                    owner: account.owner,
                    executable: account.executable,
                    data: account.data,
                })
            }));
        }
        Ok(all)
    }

    fn clock(&self) -> Result<ChainClock, CallError> {
        let account = self.account(&CLOCK)?;
        account
            .as_ref()
            .and_then(|account| read_clock(&account.data))
            .ok_or_else(|| CallError::NodeRefused("the node has no clock".to_owned()))
    }

    fn pause(&self) {
        std::thread::sleep(PAUSE);
    }

    fn simulate(
        &mut self,
        payer: &Pubkey,
        instructions: &[Instruction],
        watched: &[Pubkey],
    ) -> Result<Simulated, CallError> {
        let transaction = self.trial(payer, instructions)?;
        let config = RpcSimulateTransactionConfig {
            sig_verify: false,
            replace_recent_blockhash: true,
            commitment: Some(CommitmentConfig::confirmed()),
            accounts: Some(RpcSimulateTransactionAccountsConfig {
                encoding: Some(UiAccountEncoding::Base64),
                addresses: watched.iter().map(Pubkey::to_string).collect(),
            }),
            ..RpcSimulateTransactionConfig::default()
        };
        let outcome = self
            .rpc
            .simulate_transaction_with_config(&transaction, config)
            .map_err(|error| rpc_error(&error))?
            .value;
        if let Some(error) = outcome.err {
            return Err(self.explain(payer, instructions, &TransactionError::from(error)));
        }
        let accounts = outcome.accounts.unwrap_or_default();
        if accounts.len() != watched.len() {
            return Err(unreadable("accounts after a simulation"));
        }
        Ok(Simulated {
            // A node that does not count leaves the most there is.
            units: outcome.units_consumed.unwrap_or(u64::from(MAX_UNITS)),
            return_data: match outcome.return_data {
                Some(data) => UiAccountData::Binary(data.data.0, UiAccountEncoding::Base64)
                    .decode()
                    .ok_or_else(|| unreadable("return data"))?,
                None => Vec::new(),
            },
            accounts: self.with_untouched(instructions, watched, accounts)?,
        })
    }

    fn send(&mut self, instructions: &[Instruction], signers: &[&dyn Signer]) -> Result<Landed, CallError> {
        self.send_one(instructions, signers, None)
    }

    fn send_all(
        &mut self,
        transactions: &[Vec<Instruction>],
        signers: &[&(dyn Signer + Sync)],
        landed: &mut dyn FnMut(usize),
    ) -> Result<(), CallError> {
        let Some((first, rest)) = transactions.split_first() else { return Ok(()) };
        let all: Vec<&dyn Signer> = signers.iter().map(|signer| *signer as &dyn Signer).collect();
        // They are alike: what the first one costs, the others do.
        let units = self.send_one(first, &all, None)?.units;
        landed(1);
        let (this, next) = (&*self, AtomicUsize::new(0));
        let (report, outcomes) = channel();
        std::thread::scope(|scope| {
            for _ in 0..SENT_AT_ONCE.min(rest.len()) {
                let (report, next) = (report.clone(), &next);
                scope.spawn(move || {
                    let signers: Vec<&dyn Signer> =
                        signers.iter().map(|signer| *signer as &dyn Signer).collect();
                    while let Some(one) = rest.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let sent = this.send_one(one, &signers, Some(units));
                        // Nobody listens any more once one has failed.
                        if report.send(sent.map(drop)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(report);
            let mut count = 1usize;
            for outcome in outcomes {
                outcome?;
                count = count.saturating_add(1);
                landed(count);
            }
            Ok(())
        })
    }
}

fn read_account(account: UiAccount) -> Result<ChainAccount, CallError> {
    let data = account.data.decode().ok_or_else(|| unreadable("account data"))?;
    let owner = account.owner.parse().map_err(|_| unreadable("account owner"))?;
    Ok(ChainAccount { lamports: account.lamports, owner, executable: account.executable, data })
}

/// Slot, start of the epoch, epoch, next epoch with a leader schedule, unix time.
fn read_clock(data: &[u8]) -> Option<ChainClock> {
    let word = |index: usize| Some(*data.get(index.checked_mul(8)?..)?.first_chunk::<8>()?);
    Some(ChainClock {
        slot: u64::from_le_bytes(word(0)?),
        epoch: u64::from_le_bytes(word(2)?),
        unix_ts: i64::from_le_bytes(word(4)?),
    })
}

fn unreadable(what: &str) -> CallError {
    CallError::NodeRefused(format!("the node's answer has no readable {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_read_at_its_offsets() {
        let words = [10u64, 1, 2, 3, 1_700_000_000];
        let data: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let expected = ChainClock { slot: 10, epoch: 2, unix_ts: 1_700_000_000 };
        assert_eq!(read_clock(&data), Some(expected));
        assert_eq!(read_clock(&data[..39]), None);
    }

    #[test]
    fn a_transaction_that_does_not_fit_says_so_before_anything_is_asked() {
        let chain = RpcChain::new("http://127.0.0.1:1", SendPolicy::default());
        let payer = Pubkey::new_from_array([1; 32]);
        let long = Instruction { program_id: payer, accounts: vec![], data: vec![0; 1_200] };
        assert!(matches!(chain.trial(&payer, &[long]), Err(CallError::TooLarge { bytes }) if bytes > 1_232));
    }
}
