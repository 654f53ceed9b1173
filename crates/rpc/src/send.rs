//! Sending a transaction so that it lands, or so that one knows that it did not.
//!
//! 1. Simulate. What would fail is not sent; what it costs becomes the compute limit, with a margin.
//! 2. Offer the fee that lately bought a place on the accounts it writes, under a cap. A node that does not
//!    tell recent fees is no obstacle: the least price it is.
//! 3. Sign, send without preflight and without the node's own retries, and send the same bytes again
//!    until the transaction is confirmed or its blockhash has run out.
//! 4. Only then, when it can no longer land, sign anew: an instruction never runs twice. That it can no longer
//!    land is known from a node that has seen every slot in which it could have; from any other, the outcome is
//!    unknown, and nothing is signed.
//!
//! Everything asks for `confirmed`: a `processed` blockhash may belong to a fork that dies, and
//! `finalized` is half a minute late.
//!
//! The chain is behind the trait [`Chain`], so that loss, expiry and bad nodes are tested without one.

pub mod answer;
pub mod budget;
pub mod chain;
mod delivery;
pub mod error;
pub mod failure;
pub mod lookup_table;
#[cfg(test)]
mod scripted_chain;

use solana_instruction::Instruction;
use solana_message::{AddressLookupTableAccount, VersionedMessage, v0};
use solana_pubkey::Pubkey;
use solana_rpc_client::rpc_client::RpcClient;
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

pub use budget::SendPolicy;
pub use chain::Chain;
pub use error::{SendError, UnknownWhy};
pub use failure::Failure;

use delivery::Delivery;

/// Largest transaction a validator accepts: one IPv6 packet.
pub const MAX_TRANSACTION_BYTES: usize = 1_232;

/// A transaction that landed and did what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its signature.
    pub signature: Signature,
    /// Slot it landed in.
    pub slot: u64,
    /// Compute units the simulation used.
    pub simulated_units: u64,
    /// Compute units it was allowed.
    pub unit_limit: u32,
    /// Priority fee, in millionths of a lamport for each compute unit allowed.
    pub unit_price_micro_lamports: u64,
    /// Size in bytes.
    pub bytes: usize,
    /// How often it was signed: 1 unless a blockhash ran out.
    pub signings: u32,
    /// How often bytes were sent, over all signings.
    pub sends: u32,
}

/// What to put into one transaction, and who signs.
pub struct Request<'a> {
    /// Pays the fees, and signs.
    pub payer: &'a dyn Signer,
    /// Other signers, in any order.
    pub signers: &'a [&'a dyn Signer],
    /// Instructions, without compute limit and price: those are added in front.
    pub instructions: &'a [Instruction],
    /// Lookup tables that exist on chain.
    pub tables: &'a [AddressLookupTableAccount],
}

/// Sends transactions to one chain under one policy.
#[derive(Debug)]
pub struct Sender<'a, C: Chain = RpcClient> {
    chain: &'a C,
    policy: SendPolicy,
}

/// A transaction ready to sign, but for its blockhash.
struct Prepared {
    instructions: Vec<Instruction>,
    simulated_units: u64,
    unit_limit: u32,
    unit_price_micro_lamports: u64,
}

impl<'a, C: Chain> Sender<'a, C> {
    /// A sender with this policy.
    pub fn new(chain: &'a C, policy: SendPolicy) -> Self {
        Self { chain, policy }
    }

    /// The chain it sends to.
    pub fn chain(&self) -> &'a C {
        self.chain
    }

    /// Sends, and returns when the transaction is confirmed.
    ///
    /// # Errors
    /// [`SendError::Rejected`]: it would fail; nothing was sent. [`SendError::Failed`]: it landed and
    /// failed; the fee is paid. [`SendError::Expired`]: it did not land, nor can it any more.
    /// [`SendError::Unknown`]: the node stopped answering, or is behind, so nobody here knows; look the
    /// signature up before trying again. Others name what is wrong with the request.
    pub fn send(&self, request: &Request<'_>) -> Result<Sent, SendError> {
        budget::refuse_own_budget(request.instructions)?;
        let mut sends = 0_u32;
        let mut expired = Vec::new();
        for signing in 1..=self.policy.max_signings.max(1) {
            let prepared = self.prepare(request)?;
            let (blockhash, last_valid_height) =
                self.chain.latest_blockhash().map_err(SendError::rpc("asking for a blockhash"))?;
            let message = self.compile(request, &prepared.instructions, blockhash)?;
            let transaction = sign(message, request)?;
            let signature = *transaction
                .signatures
                .first()
                .ok_or_else(|| SendError::Compile("it has no signer".to_owned()))?;
            let delivery = Delivery {
                chain: self.chain,
                policy: &self.policy,
                transaction: &transaction,
                signature,
                last_valid_height,
            };
            if let Some(slot) = delivery.run(&mut sends, request)? {
                return Ok(Sent {
                    signature,
                    slot,
                    simulated_units: prepared.simulated_units,
                    unit_limit: prepared.unit_limit,
                    unit_price_micro_lamports: prepared.unit_price_micro_lamports,
                    bytes: encoded_len(&transaction.message),
                    signings: signing,
                    sends,
                });
            }
            expired.push(signature);
        }
        Err(SendError::Expired { signatures: expired, sends })
    }

    /// Simulates only: the compute units it would use.
    ///
    /// # Errors
    /// As [`Sender::send`] up to the point of sending.
    pub fn simulate(&self, request: &Request<'_>) -> Result<u64, SendError> {
        budget::refuse_own_budget(request.instructions)?;
        // The largest limit, and a price, so that the message has its final shape and size.
        let trial = budget::with_budget(request.instructions, budget::MAX_UNITS, 1);
        let message = self.compile(request, &trial, solana_hash::Hash::default())?;
        // No blockhash and no signatures: the simulation puts in its own, and a hardware key is asked once.
        let unsigned = VersionedTransaction {
            signatures: vec![Signature::default(); usize::from(message.header().num_required_signatures)],
            message,
        };
        let length = encoded_len(&unsigned.message);
        if length > MAX_TRANSACTION_BYTES {
            return Err(SendError::TooLarge { bytes: length });
        }
        let outcome = self.chain.simulate(&unsigned).map_err(SendError::rpc("simulating"))?;
        match outcome.error {
            None => Ok(outcome.units_consumed),
            Some(error) => Err(SendError::Rejected(Box::new(Failure::new(
                error,
                outcome.logs,
                request,
                &unsigned.message,
            )))),
        }
    }

    fn prepare(&self, request: &Request<'_>) -> Result<Prepared, SendError> {
        let simulated_units = match self.policy.known_units {
            Some(units) => units,
            None => self.simulate(request)?,
        };
        let unit_limit = self.policy.unit_limit(simulated_units);
        let written = write_locked(request);
        // A hint, which not every node gives. One that does not answer at all is found out by the next question.
        let recent = self.chain.recent_fees(&written).unwrap_or_default();
        let unit_price_micro_lamports = self.policy.unit_price(recent, unit_limit);
        Ok(Prepared {
            instructions: budget::with_budget(request.instructions, unit_limit, unit_price_micro_lamports),
            simulated_units,
            unit_limit,
            unit_price_micro_lamports,
        })
    }

    fn compile(
        &self,
        request: &Request<'_>,
        instructions: &[Instruction],
        blockhash: solana_hash::Hash,
    ) -> Result<VersionedMessage, SendError> {
        v0::Message::try_compile(&request.payer.pubkey(), instructions, request.tables, blockhash)
            .map(VersionedMessage::V0)
            .map_err(|error| SendError::Compile(error.to_string()))
    }
}

/// Signs with those of the given keys that the message asks for; a missing one is an error.
fn sign(message: VersionedMessage, request: &Request<'_>) -> Result<VersionedTransaction, SendError> {
    let mut keys: Vec<&dyn Signer> = vec![request.payer];
    for signer in request.signers {
        // The payer is often given twice; signing refuses keys it does not need.
        if keys.iter().all(|key| key.pubkey() != signer.pubkey()) {
            keys.push(*signer);
        }
    }
    VersionedTransaction::try_new(message, &keys).map_err(|error| SendError::Sign(error.to_string()))
}

/// Accounts the transaction takes a write lock on: fees are bid for these.
fn write_locked(request: &Request<'_>) -> Vec<Pubkey> {
    /// What a node accepts in one question.
    const MAX_ASKED: usize = 128;
    let mut written = vec![request.payer.pubkey()];
    let metas = request.instructions.iter().flat_map(|ix| &ix.accounts);
    for meta in metas.filter(|meta| meta.is_writable) {
        if !written.contains(&meta.pubkey) {
            written.push(meta.pubkey);
        }
    }
    written.truncate(MAX_ASKED);
    written
}

/// Length on the wire, in bytes: a count, 64 for each signature, and the message.
fn encoded_len(message: &VersionedMessage) -> usize {
    const COUNT_BYTES: usize = 1;
    const SIGNATURE_BYTES: usize = 64;
    usize::from(message.header().num_required_signatures)
        .saturating_mul(SIGNATURE_BYTES)
        .saturating_add(COUNT_BYTES)
        .saturating_add(message.serialize().len())
}

#[cfg(test)]
mod tests;
