//! One signed transaction: sent until it is confirmed or can no longer land.

use solana_rpc_client_api::client_error::{Error as RpcError, ErrorKind};
use solana_rpc_client_api::request;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use super::Request;
use super::budget::SendPolicy;
use super::chain::{Chain, Status};
use super::error::SendError;
use super::failure::Failure;

/// JSON-RPC's "invalid params": the bytes are no transaction to this node.
const INVALID_PARAMS: i64 = -32_602;

/// A node's "signature verification failed".
const BAD_SIGNATURE: i64 = -32_003;

/// A signed transaction on its way.
pub(super) struct Delivery<'a, C: Chain> {
    pub(super) chain: &'a C,
    pub(super) policy: &'a SendPolicy,
    pub(super) transaction: &'a VersionedTransaction,
    pub(super) signature: Signature,
    /// Block height after which the transaction is invalid.
    pub(super) last_valid_height: u64,
}

impl<C: Chain> Delivery<'_, C> {
    /// The slot it landed in, or `None` when it has expired without landing. Adds to `sends`.
    pub(super) fn run(&self, sends: &mut u32, request: &Request<'_>) -> Result<Option<u64>, SendError> {
        let mut unanswered = 0_u32;
        for poll in 0_u64.. {
            if poll.is_multiple_of(u64::from(self.policy.polls_per_resend.max(1))) {
                *sends = sends.saturating_add(1);
                match self.chain.send_once(self.transaction) {
                    Err(error) if poll == 0 && is_refusal(&error) => {
                        return Err(SendError::Refused { source: Box::new(error) });
                    }
                    // Lost, or known already: the status tells.
                    Ok(()) | Err(_) => {}
                }
            }
            self.chain.wait(self.policy.poll_every);
            match self.look() {
                Ok(Progress::Confirmed(status)) => return self.conclude(status, request).map(Some),
                Ok(Progress::Expired) => return Ok(None),
                Ok(Progress::Pending) => unanswered = 0,
                Err(error) => {
                    unanswered = unanswered.saturating_add(1);
                    if unanswered > self.policy.max_unanswered {
                        return Err(SendError::Unknown {
                            signature: self.signature,
                            source: Box::new(error),
                        });
                    }
                }
            }
        }
        Ok(None)
    }

    fn look(&self) -> Result<Progress, RpcError> {
        if let Some(status) = self.chain.status(&self.signature)? {
            return Ok(Progress::of(status));
        }
        if self.chain.block_height()? <= self.last_valid_height {
            return Ok(Progress::Pending);
        }
        // It may have landed between the two questions; from now on it cannot.
        Ok(match self.chain.status(&self.signature)? {
            Some(status) => Progress::of(status),
            None => Progress::Expired,
        })
    }

    fn conclude(&self, status: Status, request: &Request<'_>) -> Result<u64, SendError> {
        let Some(error) = status.error else {
            return Ok(status.slot);
        };
        // The verdict stands without the logs.
        let logs = self.chain.logs(&self.signature).unwrap_or_default();
        let failure = Failure::new(error, logs, request, &self.transaction.message);
        Err(SendError::Failed { signature: self.signature, slot: status.slot, failure: Box::new(failure) })
    }
}

/// What a look at the chain tells.
enum Progress {
    /// In a confirmed block, well or not.
    Confirmed(Status),
    /// Not yet, or in a block that may vanish.
    Pending,
    /// In no block, and no block can take it any more.
    Expired,
}

impl Progress {
    fn of(status: Status) -> Self {
        if status.confirmed { Self::Confirmed(status) } else { Self::Pending }
    }
}

/// Whether the node says that these bytes will never do, whatever the moment.
fn is_refusal(error: &RpcError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::RpcError(request::RpcError::RpcResponseError { code: INVALID_PARAMS | BAD_SIGNATURE, .. })
    )
}
