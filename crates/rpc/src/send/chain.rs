//! What sending needs from a chain, and the chain behind a JSON-RPC URL.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use solana_commitment_config::CommitmentConfig;
use solana_hash::Hash;
use solana_pubkey::Pubkey;
use solana_rpc_client::rpc_client::RpcClient;
use solana_rpc_client_api::client_error::Error as RpcError;
use solana_rpc_client_api::config::{RpcSendTransactionConfig, RpcSimulateTransactionConfig};
use solana_rpc_client_api::request::RpcRequest;
use solana_rpc_client_api::response::{Response, RpcBlockhash};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

use super::answer::is_answer;
use super::budget::MAX_UNITS;

/// The newest transaction format that is read here (SIMD-0385). Nodes refuse to show newer ones than asked for,
/// and anybody may put any account into a transaction of any format.
pub const MAX_TRANSACTION_VERSION: u8 = 1;

/// For how many blocks a new blockhash is valid.
const BLOCKHASH_BLOCKS: u64 = 150;

/// Outcome of a simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulation {
    /// Why it would fail, if it would.
    pub error: Option<TransactionError>,
    /// Program logs.
    pub logs: Vec<String>,
    /// Compute units it used.
    pub units_consumed: u64,
}

/// What is known of a transaction that reached a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The block's slot.
    pub slot: u64,
    /// Why it failed, if it did.
    pub error: Option<TransactionError>,
    /// Whether the block is confirmed; one that is not may still vanish.
    pub confirmed: bool,
}

/// One block by both of its numbers: heights skip the slots that have no block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    /// Its slot.
    pub slot: u64,
    /// Its height.
    pub height: u64,
}

/// What a node knows of a transaction, and how far that node has come: an address may stand for several
/// nodes, and one that is behind knows nothing of what has landed since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The last slot of the node that answered.
    pub node_slot: u64,
    /// What it knows; `None` when no block it has seen holds the transaction.
    pub status: Option<Status>,
}

/// Where a node looks for a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Among the recent ones only: cheap, and blind to what landed minutes ago.
    Recent,
    /// In its whole history.
    History,
}

/// A chain that transactions are sent to. All answers are as of `confirmed`.
pub trait Chain {
    /// A blockhash to sign with, and the last block height at which it is valid.
    fn latest_blockhash(&self) -> Result<(Hash, u64), RpcError>;
    /// The last block.
    fn tip(&self) -> Result<Tip, RpcError>;
    /// The last slot.
    fn slot(&self) -> Result<u64, RpcError>;
    /// Data of an account; `None` when there is none.
    fn account_data(&self, address: &Pubkey) -> Result<Option<Vec<u8>>, RpcError>;
    /// Runs a transaction without its signatures and on a current blockhash, leaving no trace.
    fn simulate(&self, transaction: &VersionedTransaction) -> Result<Simulation, RpcError>;
    /// Priority fees (micro-lamports a unit) that lately bought a place beside writers of `accounts`.
    fn recent_fees(&self, accounts: &[Pubkey]) -> Result<Vec<u64>, RpcError>;
    /// Hands over the bytes: no preflight, no retries by the node.
    fn send_once(&self, transaction: &VersionedTransaction) -> Result<(), RpcError>;
    /// What is known of a transaction, and by how recent a node.
    fn status(&self, signature: &Signature, depth: Depth) -> Result<Sighting, RpcError>;
    /// Program logs of a transaction in a block.
    fn logs(&self, signature: &Signature) -> Result<Vec<String>, RpcError>;
    /// Lets time pass.
    fn wait(&self, time: Duration) {
        thread::sleep(time);
    }
}

impl Chain for RpcClient {
    fn latest_blockhash(&self) -> Result<(Hash, u64), RpcError> {
        self.get_latest_blockhash_with_commitment(CommitmentConfig::confirmed())
    }

    fn tip(&self) -> Result<Tip, RpcError> {
        // The question that answers both numbers from one block.
        match self.get_epoch_info_with_commitment(CommitmentConfig::confirmed()) {
            Ok(info) => Ok(Tip { slot: info.absolute_slot, height: info.block_height }),
            // Not every node takes it. All that send transactions tell blockhashes, and with them the same.
            Err(error) if is_answer(&error) => {
                let commitment = json!([{ "commitment": "confirmed" }]);
                let latest: Response<RpcBlockhash> =
                    RpcClient::send(self, RpcRequest::GetLatestBlockhash, commitment)?;
                let height = latest.value.last_valid_block_height.saturating_sub(BLOCKHASH_BLOCKS);
                Ok(Tip { slot: latest.context.slot, height })
            }
            Err(error) => Err(error),
        }
    }

    fn slot(&self) -> Result<u64, RpcError> {
        self.get_slot_with_commitment(CommitmentConfig::confirmed())
    }

    fn account_data(&self, address: &Pubkey) -> Result<Option<Vec<u8>>, RpcError> {
        let answer = self.get_account_with_commitment(address, CommitmentConfig::confirmed())?;
        Ok(answer.value.map(|account| account.data))
    }

    fn simulate(&self, transaction: &VersionedTransaction) -> Result<Simulation, RpcError> {
        let config = RpcSimulateTransactionConfig {
            sig_verify: false,
            replace_recent_blockhash: true,
            commitment: Some(CommitmentConfig::confirmed()),
            ..RpcSimulateTransactionConfig::default()
        };
        let outcome = self.simulate_transaction_with_config(transaction, config)?.value;
        Ok(Simulation {
            error: outcome.err.map(TransactionError::from),
            logs: outcome.logs.unwrap_or_default(),
            // A node that does not count leaves the most there is.
            units_consumed: outcome.units_consumed.unwrap_or(u64::from(MAX_UNITS)),
        })
    }

    fn recent_fees(&self, accounts: &[Pubkey]) -> Result<Vec<u64>, RpcError> {
        let recent = self.get_recent_prioritization_fees(accounts)?;
        Ok(recent.iter().map(|slot| slot.prioritization_fee).collect())
    }

    fn send_once(&self, transaction: &VersionedTransaction) -> Result<(), RpcError> {
        let config = RpcSendTransactionConfig {
            skip_preflight: true,
            max_retries: Some(0),
            ..RpcSendTransactionConfig::default()
        };
        self.send_transaction_with_config(transaction, config).map(drop)
    }

    fn status(&self, signature: &Signature, depth: Depth) -> Result<Sighting, RpcError> {
        let answer = match depth {
            Depth::Recent => self.get_signature_statuses(&[*signature])?,
            Depth::History => self.get_signature_statuses_with_history(&[*signature])?,
        };
        let status = answer.value.into_iter().flatten().next().map(|status| Status {
            slot: status.slot,
            confirmed: status.satisfies_commitment(CommitmentConfig::confirmed()),
            error: status.err,
        });
        Ok(Sighting { node_slot: answer.context.slot, status })
    }

    fn logs(&self, signature: &Signature) -> Result<Vec<String>, RpcError> {
        // As plain JSON: only the logs are wanted, and nodes differ in the rest.
        let config = json!({
            "encoding": "base64",
            "commitment": "confirmed",
            "maxSupportedTransactionVersion": MAX_TRANSACTION_VERSION,
        });
        let answer: Value =
            RpcClient::send(self, RpcRequest::GetTransaction, json!([signature.to_string(), config]))?;
        let lines = answer.pointer("/meta/logMessages").and_then(Value::as_array);
        Ok(lines.into_iter().flatten().filter_map(|line| line.as_str().map(str::to_owned)).collect())
    }
}
