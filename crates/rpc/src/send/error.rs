//! Why a transaction was not sent, did not land, or failed.

use solana_pubkey::Pubkey;
use solana_rpc_client_api::client_error::Error as RpcError;
use solana_signature::Signature;

use super::answer::RpcWords;
use super::failure::Failure;

/// Why [`Sender::send`](super::Sender::send) did not return a landed transaction.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The request brings its own compute limit or price.
    #[error("instruction {index} sets a compute limit or price: leave that to the sender")]
    OwnBudget {
        /// Index in the request's instructions.
        index: usize,
    },

    /// It does not fit one transaction.
    #[error(
        "the transaction has {bytes} bytes, {} at most: use a lookup table or fewer instructions",
        super::MAX_TRANSACTION_BYTES
    )]
    TooLarge {
        /// Its size.
        bytes: usize,
    },

    /// It cannot be compiled.
    #[error("the transaction cannot be built: {0}")]
    Compile(String),

    /// A key is missing or refuses.
    #[error("the transaction cannot be signed: {0}")]
    Sign(String),

    /// It would fail: nothing was sent, nothing is paid.
    #[error("{0}")]
    Rejected(Box<Failure>),

    /// It landed and failed: the fee is paid.
    #[error("{failure} (transaction {signature} in slot {slot})")]
    Failed {
        /// Its signature.
        signature: Signature,
        /// Slot it landed in.
        slot: u64,
        /// What failed.
        failure: Box<Failure>,
    },

    /// It did not land, and its blockhashes have run out: it never will.
    #[error("the transaction did not land: {sends} sends over {} blockhashes; nothing has happened, try later", signatures.len())]
    Expired {
        /// Every signature it had.
        signatures: Vec<Signature>,
        /// How often bytes were sent.
        sends: u32,
    },

    /// It was sent, and nobody here can tell what became of it: it may have landed.
    #[error("outcome unknown: {why}; look transaction {signature} up before trying again")]
    Unknown {
        /// The signature to look up.
        signature: Signature,
        /// Why nobody knows.
        #[source]
        why: UnknownWhy,
    },

    /// A node refused the bytes themselves.
    #[error("the node refuses the transaction: {}", RpcWords(source))]
    Refused {
        /// Its words.
        #[source]
        source: Box<RpcError>,
    },

    /// A question went unanswered before anything was sent.
    #[error("{doing}: {}", RpcWords(source))]
    Rpc {
        /// What was being done.
        doing: &'static str,
        /// What went wrong.
        #[source]
        source: Box<RpcError>,
    },

    /// A lookup table that does not hold what it should.
    #[error("lookup table {table} {problem}")]
    LookupTable {
        /// Its address.
        table: Pubkey,
        /// What is wrong.
        problem: String,
    },
}

/// Why the outcome of a sent transaction is unknown.
#[derive(Debug, thiserror::Error)]
pub enum UnknownWhy {
    /// The node stopped answering.
    #[error("{}", RpcWords(.0))]
    NoAnswer(#[source] Box<RpcError>),
    /// The node that tells what has landed has not seen all slots in which it could have.
    #[error(
        "the node has not seen it, but is at slot {node_slot}, and only slot {needed_slot} would prove anything"
    )]
    NodeBehind {
        /// Where that node is.
        node_slot: u64,
        /// From where on its answer counts.
        needed_slot: u64,
    },
}

impl SendError {
    /// Says what was being done.
    pub(super) fn rpc(doing: &'static str) -> impl FnOnce(RpcError) -> Self {
        move |source| Self::Rpc { doing, source: Box::new(source) }
    }

    /// What failed in the program, if it came to that.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Rejected(failure) | Self::Failed { failure, .. } => Some(failure),
            _ => None,
        }
    }

    /// Code of the program's own error, if it came to that.
    pub fn custom_code(&self) -> Option<u32> {
        self.failure().and_then(|failure| failure.custom_code)
    }

    /// Whether the same request may be sent again without asking anybody: nothing of it has happened,
    /// and the cause is not in the request.
    pub fn is_worth_retrying(&self) -> bool {
        matches!(self, Self::Expired { .. } | Self::Rpc { .. })
    }
}
