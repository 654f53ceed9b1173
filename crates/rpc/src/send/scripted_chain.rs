//! A chain that plays a script: loss, expiry, forks and nodes that do not answer, without a network.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use solana_hash::Hash;
use solana_pubkey::Pubkey;
use solana_rpc_client_api::client_error::{Error as RpcError, ErrorKind};
use solana_rpc_client_api::request::{self, RpcResponseErrorData};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

use super::chain::{Chain, Depth, Sighting, Simulation, Status, Tip};

/// Blocks a blockhash stays valid for here.
pub(super) const VALIDITY_BLOCKS: u64 = 20;

/// The scripted chain. One block passes with every wait.
#[derive(Default)]
pub(super) struct ScriptedChain {
    /// Sends that arrive nowhere, before one that lands.
    pub(super) lost_sends: usize,
    /// Blockhashes whose transactions never land: the first so many that are handed out.
    pub(super) lost_blockhashes: u8,
    /// What becomes of the transaction that lands.
    pub(super) verdict: Option<TransactionError>,
    /// Waits between landing and confirmation.
    pub(super) blocks_to_confirm: u64,
    /// Outcomes of simulations, in order; well when it runs out.
    pub(super) simulations: RefCell<VecDeque<Simulation>>,
    /// Recent fees.
    pub(super) fees: Vec<u64>,
    /// Error code of the question about fees, if it is refused.
    pub(super) fee_code: Option<i64>,
    /// Slot in which the node that tells what has landed stands still, if it does.
    pub(super) stuck_slot: Option<u64>,
    /// Whether that node forgets a transaction once its blockhash has run out, except in its history.
    pub(super) is_forgetful: bool,
    /// Error code of every send, if they are refused.
    pub(super) send_code: Option<i64>,
    /// From this many sends on, questions about statuses go unanswered.
    pub(super) silent_after_sends: Option<usize>,
    /// Everything that was sent.
    pub(super) sent: RefCell<Vec<VersionedTransaction>>,
    /// Accounts whose fees were asked for.
    pub(super) asked: RefCell<Vec<Pubkey>>,
    /// What landed, and at which height.
    pub(super) landed: Cell<Option<(Signature, u64)>>,
    /// Height of the last block.
    pub(super) height: Cell<u64>,
    /// Blockhashes handed out; the n-th is made of the byte n.
    pub(super) blockhashes: Cell<u8>,
}

fn no_answer() -> RpcError {
    RpcError { request: None, kind: Box::new(ErrorKind::Io(io::Error::from(io::ErrorKind::TimedOut))) }
}

fn answer_with(code: i64) -> RpcError {
    RpcError {
        request: None,
        kind: Box::new(ErrorKind::RpcError(request::RpcError::RpcResponseError {
            code,
            message: "scripted".to_owned(),
            data: RpcResponseErrorData::Empty,
        })),
    }
}

impl Chain for ScriptedChain {
    fn latest_blockhash(&self) -> Result<(Hash, u64), RpcError> {
        self.blockhashes.set(self.blockhashes.get() + 1);
        let hash = Hash::new_from_array([self.blockhashes.get(); 32]);
        Ok((hash, self.height.get() + VALIDITY_BLOCKS))
    }

    fn tip(&self) -> Result<Tip, RpcError> {
        Ok(Tip { slot: self.height.get() + 1_000, height: self.height.get() })
    }

    fn slot(&self) -> Result<u64, RpcError> {
        Ok(self.height.get() + 1_000)
    }

    fn account_data(&self, _: &Pubkey) -> Result<Option<Vec<u8>>, RpcError> {
        Ok(None)
    }

    fn simulate(&self, _: &VersionedTransaction) -> Result<Simulation, RpcError> {
        let next = self.simulations.borrow_mut().pop_front();
        Ok(next.unwrap_or(Simulation { error: None, logs: vec![], units_consumed: 10_000 }))
    }

    fn recent_fees(&self, accounts: &[Pubkey]) -> Result<Vec<u64>, RpcError> {
        if let Some(code) = self.fee_code {
            return Err(answer_with(code));
        }
        *self.asked.borrow_mut() = accounts.to_vec();
        Ok(self.fees.clone())
    }

    fn send_once(&self, transaction: &VersionedTransaction) -> Result<(), RpcError> {
        let mut sent = self.sent.borrow_mut();
        sent.push(transaction.clone());
        if let Some(code) = self.send_code {
            return Err(answer_with(code));
        }
        if sent.len() <= self.lost_sends {
            return Err(no_answer());
        }
        let doomed = transaction.message.recent_blockhash().as_ref()[0] <= self.lost_blockhashes;
        if !doomed && self.landed.get().is_none() {
            self.landed.set(Some((transaction.signatures[0], self.height.get())));
        }
        Ok(())
    }

    fn status(&self, signature: &Signature, depth: Depth) -> Result<Sighting, RpcError> {
        if self.silent_after_sends.is_some_and(|sends| self.sent.borrow().len() >= sends) {
            return Err(no_answer());
        }
        let node_slot = self.stuck_slot.unwrap_or(self.height.get() + 1_000);
        let is_seen = |height: u64| {
            let is_forgotten = self.is_forgetful && depth == Depth::Recent;
            height + 1_000 <= node_slot && !is_forgotten
        };
        let landed = self.landed.get().filter(|(landed, height)| landed == signature && is_seen(*height));
        let status = landed.map(|(_, height)| Status {
            slot: height + 1_000,
            error: self.verdict.clone(),
            confirmed: self.height.get() > height + self.blocks_to_confirm,
        });
        Ok(Sighting { node_slot, status })
    }

    fn logs(&self, _: &Signature) -> Result<Vec<String>, RpcError> {
        Ok(vec!["Program log: scripted".to_owned()])
    }

    fn wait(&self, _: Duration) {
        self.height.set(self.height.get() + 1);
    }
}
