//! A chain as the keeper and the command line see it: read accounts, simulate, send.
//!
//! No RPC types here, so that the same keeper runs against a node, a local chain and the sandbox.

use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signature::Signature;
use solana_signer::Signer;

use crate::address;
use crate::refusal::Refusal;

/// An account as read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainAccount {
    /// Balance.
    pub lamports: u64,
    /// Program that owns it.
    pub owner: Pubkey,
    /// Whether it is a program.
    pub executable: bool,
    /// Content.
    pub data: Vec<u8>,
}

/// The cluster's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainClock {
    /// Slot.
    pub slot: u64,
    /// Epoch.
    pub epoch: u64,
    /// Unix time, seconds.
    pub unix_ts: i64,
}

/// What a simulated transaction did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulated {
    /// Compute units used.
    pub units: u64,
    /// What the last program that returned something returned.
    pub return_data: Vec<u8>,
    /// The watched accounts afterwards, in the order asked for.
    pub accounts: Vec<Option<ChainAccount>>,
}

/// A transaction that landed and succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landed {
    /// Its signature.
    pub signature: Signature,
    /// Slot it landed in.
    pub slot: u64,
    /// Compute units it used, as far as known.
    pub units: u64,
}

/// Why a transaction failed, in a program's own words where there are any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejection {
    /// The program's refusal, where it is one of Ballast's.
    pub refusal: Option<Refusal>,
    /// Custom error code of whichever program failed.
    pub code: Option<u32>,
    /// What went wrong, in words.
    pub message: String,
    /// The account that caused it: its name in the instruction, or its address.
    pub account: Option<String>,
    /// Index of the instruction at fault among those given.
    pub instruction: Option<usize>,
    /// Program that raised the error.
    pub program: Option<Pubkey>,
    /// Program logs.
    pub logs: Vec<String>,
    /// The transaction, where it landed and its fee is paid.
    pub signature: Option<Signature>,
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.refusal {
            Some(refusal) => write!(f, "{refusal}")?,
            None => write!(f, "{}", self.message)?,
        }
        if let Some(account) = &self.account {
            write!(f, "; account: {account}")?;
        }
        match self.program {
            Some(program) if program != address::PROGRAM => write!(f, "; program: {program}")?,
            _ => {}
        }
        match &self.signature {
            Some(signature) => write!(f, "; transaction: {signature}"),
            None => Ok(()),
        }
    }
}

/// Why the chain could not be asked, or said no.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// A transaction fails: in simulation, or on chain when the rejection carries a signature.
    #[error("{0}")]
    Rejected(Box<Rejection>),
    /// The instructions do not fit one transaction, lookup tables included.
    #[error("the transaction has {bytes} bytes, which is more than fit: a lookup table is needed")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It did not land and never will.
    #[error("{0}")]
    Expired(String),
    /// It may have landed: look it up before trying again.
    #[error("{0}")]
    Unknown(String),
    /// The request itself is at fault: a missing signer, say.
    #[error("the transaction cannot be made: {0}")]
    Request(String),
    /// The chain could not be asked: nobody answered.
    #[error("{0}")]
    Unreachable(String),
    /// A node answered, and its answer is no, or of no use: it lacks a method, say.
    #[error("{0}")]
    NodeRefused(String),
}

impl CallError {
    /// The rejection, where it is one.
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Rejected(rejection) => Some(rejection),
            _ => None,
        }
    }

    /// Custom error code, where a program gave one.
    pub fn code(&self) -> Option<u32> {
        self.rejection().and_then(|rejection| rejection.code)
    }
}

/// A chain that can be read and written.
pub trait ChainClient {
    /// Accounts at `keys`, in that order, read together.
    fn accounts(&self, keys: &[Pubkey]) -> Result<Vec<Option<ChainAccount>>, CallError>;

    /// The clock.
    fn clock(&self) -> Result<ChainClock, CallError>;

    /// Runs `instructions` as one transaction paid by `payer`, forgets what they did, and shows the
    /// `watched` accounts as they would be. Nobody signs.
    fn simulate(
        &mut self,
        payer: &Pubkey,
        instructions: &[Instruction],
        watched: &[Pubkey],
    ) -> Result<Simulated, CallError>;

    /// Sends `instructions` as one transaction and waits until it is confirmed. The first of `signers` pays.
    fn send(&mut self, instructions: &[Instruction], signers: &[&dyn Signer]) -> Result<Landed, CallError>;

    /// Sends each of `transactions` on its own, in no particular order, where the chain allows it several at a time.
    /// They are alike: what the first one costs, the others do.
    /// Tells `landed` how many are confirmed so far; ends at the first that fails.
    fn send_all(
        &mut self,
        transactions: &[Vec<Instruction>],
        signers: &[&(dyn Signer + Sync)],
        landed: &mut dyn FnMut(usize),
    ) -> Result<(), CallError> {
        let signers: Vec<&dyn Signer> = signers.iter().map(|signer| *signer as &dyn Signer).collect();
        for (transaction, count) in transactions.iter().zip(1usize..) {
            self.send(transaction, &signers)?;
            landed(count);
        }
        Ok(())
    }

    /// Lets a moment pass before something is asked again; nothing where time stands still by itself.
    fn pause(&self) {}

    /// The account at `key`.
    fn account(&self, key: &Pubkey) -> Result<Option<ChainAccount>, CallError> {
        Ok(self.accounts(std::slice::from_ref(key))?.pop().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_speaks_in_the_programs_words() {
        let rejection = Rejection {
            refusal: Refusal::from_code(6_033),
            code: Some(6_033),
            message: "custom program error: 0x1791".to_owned(),
            account: Some("profile".to_owned()),
            program: Some(address::PROGRAM),
            ..Rejection::default()
        };
        assert_eq!(
            rejection.to_string(),
            "vault's risk class is above the profile's tolerance (ClassAboveTolerance, 6033); account: profile"
        );
        let foreign = Rejection {
            message: "insufficient funds".to_owned(),
            program: Some(address::TOKEN),
            ..Rejection::default()
        };
        assert_eq!(foreign.to_string(), format!("insufficient funds; program: {}", address::TOKEN));
    }
}
