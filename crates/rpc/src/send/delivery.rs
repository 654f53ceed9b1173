//! One signed transaction: sent until it is confirmed or can no longer land.

use solana_rpc_client_api::client_error::{Error as RpcError, ErrorKind};
use solana_rpc_client_api::request;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use super::Request;
use super::budget::SendPolicy;
use super::chain::{Chain, Depth, Status};
use super::error::{SendError, UnknownWhy};
use super::failure::Failure;

/// JSON-RPC's "invalid params": the bytes are no transaction to this node.
const INVALID_PARAMS: i64 = -32_602;

/// A node's "signature verification failed".
const BAD_SIGNATURE: i64 = -32_003;

/// How far beyond the last possible slot a node must be: what it answers is of its own fork, and one that lost
/// is left after 32 slots at the latest, when the votes on it can no longer be taken back.
pub(super) const FORK_SLOTS: u64 = 32;

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
        let (mut unanswered, mut behind) = (0_u32, 0_u32);
        let mut too_late = None;
        for poll in 0_u64.. {
            let is_due = poll.is_multiple_of(u64::from(self.policy.polls_per_resend.max(1)));
            if is_due && too_late.is_none() {
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
            match self.look(&mut too_late) {
                Ok(Progress::Confirmed(status)) => return self.conclude(status, request).map(Some),
                Ok(Progress::Expired) => return Ok(None),
                Ok(Progress::Pending) => unanswered = 0,
                Ok(Progress::Behind { node_slot, needed_slot }) => {
                    unanswered = 0;
                    behind = behind.saturating_add(1);
                    if behind > self.policy.max_behind {
                        let why = UnknownWhy::NodeBehind { node_slot, needed_slot };
                        return Err(SendError::Unknown { signature: self.signature, why });
                    }
                }
                Err(error) => {
                    unanswered = unanswered.saturating_add(1);
                    if unanswered > self.policy.max_unanswered {
                        let why = UnknownWhy::NoAnswer(Box::new(error));
                        return Err(SendError::Unknown { signature: self.signature, why });
                    }
                }
            }
        }
        Ok(None)
    }

    /// One look. `too_late` remembers the first slot that was seen to be past the last valid height.
    ///
    /// That a node knows nothing of the transaction proves something only if that node has seen every slot in
    /// which it could have landed: another one, at the same address, may have told the height.
    fn look(&self, too_late: &mut Option<u64>) -> Result<Progress, RpcError> {
        if too_late.is_none() {
            if let Some(status) = self.chain.status(&self.signature, Depth::Recent)?.status {
                return Ok(Progress::of(status));
            }
            let tip = self.chain.tip()?;
            if tip.height <= self.last_valid_height {
                return Ok(Progress::Pending);
            }
            *too_late = Some(tip.slot);
        }
        // In the whole history: what landed minutes ago, while this machine slept, is not recent any more.
        let seen = self.chain.status(&self.signature, Depth::History)?;
        let needed_slot = too_late.unwrap_or_default().saturating_add(FORK_SLOTS);
        Ok(match seen.status {
            Some(status) => Progress::of(status),
            None if seen.node_slot >= needed_slot => Progress::Expired,
            None => Progress::Behind { node_slot: seen.node_slot, needed_slot },
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
    /// It can no longer land, but the node that was asked has not seen all slots in which it could have.
    Behind { node_slot: u64, needed_slot: u64 },
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
