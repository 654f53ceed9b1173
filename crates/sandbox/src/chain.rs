//! Anything whose accounts can be read and written directly: a sandbox, or a local validator's cheat code.

use solana_account::Account;
use solana_pubkey::Pubkey;

/// Why accounts could not be read, made or written.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// No account at this address.
    #[error("{what} {key} does not exist")]
    Missing {
        /// What was expected there.
        what: &'static str,
        /// Where.
        key: Pubkey,
    },
    /// Bytes could not be made or read.
    #[error("{what}: {why}")]
    Data {
        /// What was being made or read.
        what: &'static str,
        /// The cause.
        why: String,
    },
    /// The chain refused.
    #[error("the chain refused to write {key}: {why}")]
    Refused {
        /// Which account.
        key: Pubkey,
        /// The cause.
        why: String,
    },
}

impl ChainError {
    /// A failure to make or read bytes.
    pub fn data(what: &'static str, why: impl std::fmt::Display) -> Self {
        Self::Data { what, why: why.to_string() }
    }
}

/// Direct access to accounts.
pub trait Chain {
    /// The account at `key`.
    fn account(&self, key: &Pubkey) -> Result<Option<Account>, ChainError>;

    /// Writes the account at `key`.
    fn set_account(&mut self, key: &Pubkey, account: Account) -> Result<(), ChainError>;

    /// The account at `key`, which must exist.
    fn expect_account(&self, key: &Pubkey, what: &'static str) -> Result<Account, ChainError> {
        self.account(key)?.ok_or(ChainError::Missing { what, key: *key })
    }

    /// Writes `data` owned by `owner` at `key`, with at least the rent it needs.
    fn set_data(&mut self, key: &Pubkey, owner: &Pubkey, data: Vec<u8>) -> Result<(), ChainError> {
        let account = Account {
            lamports: rent_exempt(data.len()),
            data,
            owner: *owner,
            executable: false,
            rent_epoch: u64::MAX,
        };
        self.set_account(key, account)
    }

    /// Changes the data at `key` in place.
    fn edit<T>(
        &mut self,
        key: &Pubkey,
        what: &'static str,
        change: impl FnOnce(&mut [u8]) -> Result<T, ChainError>,
    ) -> Result<T, ChainError>
    where
        Self: Sized,
    {
        let mut account = self.expect_account(key, what)?;
        let result = change(&mut account.data)?;
        self.set_account(key, account)?;
        Ok(result)
    }
}

/// Lamports that make an account of `len` bytes exempt from rent: 6,960 for each byte and 128 more bytes.
pub fn rent_exempt(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX).saturating_add(128).saturating_mul(6_960)
}
