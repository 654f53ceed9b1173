//! Decoding accounts, with the discriminator, size and version checked.

use anchor_lang::{AccountDeserialize, Discriminator};
use ballast::state::{
    Config, Decision, History, Model, Position, PriceGuard, Profile, Strategy, Vault, Versioned,
};
use bytemuck::Pod;

/// Why an account could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Another account type, or another program's.
    #[error("not a {0} account")]
    WrongType(&'static str),
    /// Right type, wrong length: another version of the program wrote it.
    #[error("{kind} account has {found} bytes, expected {expected}")]
    WrongSize {
        /// Account type.
        kind: &'static str,
        /// Bytes found.
        found: usize,
        /// Bytes expected.
        expected: usize,
    },
    /// Right type, but a layout that is not known here.
    #[error("{kind} account has version {found}, which is unknown here")]
    UnknownVersion {
        /// Account type.
        kind: &'static str,
        /// Version found.
        found: u8,
    },
}

fn known<T: Versioned>(account: T, kind: &'static str) -> Result<T, AccountError> {
    match account.is_known() {
        true => Ok(account),
        false => Err(AccountError::UnknownVersion { kind, found: account.version() }),
    }
}

fn pod<T: Pod + Discriminator + Versioned>(data: &[u8], kind: &'static str) -> Result<T, AccountError> {
    let body = data.strip_prefix(T::DISCRIMINATOR).ok_or(AccountError::WrongType(kind))?;
    let expected = core::mem::size_of::<T>();
    if body.len() != expected {
        return Err(AccountError::WrongSize {
            kind,
            found: data.len(),
            expected: expected.saturating_add(8),
        });
    }
    known(bytemuck::pod_read_unaligned(body), kind)
}

fn borsh<T: AccountDeserialize + Versioned>(mut data: &[u8], kind: &'static str) -> Result<T, AccountError> {
    let account = T::try_deserialize(&mut data).map_err(|_| AccountError::WrongType(kind))?;
    known(account, kind)
}

/// Decodes a vault.
pub fn decode_vault(data: &[u8]) -> Result<Vault, AccountError> {
    pod(data, "vault")
}

/// Decodes a strategy.
pub fn decode_strategy(data: &[u8]) -> Result<Strategy, AccountError> {
    pod(data, "strategy")
}

/// Decodes a decision.
pub fn decode_decision(data: &[u8]) -> Result<Decision, AccountError> {
    pod(data, "decision")
}

/// Decodes the history of a vault: an incomplete one is of the wrong type.
pub fn decode_history(data: &[u8]) -> Result<Box<History>, AccountError> {
    pod(data, "history").map(Box::new)
}

/// Decodes a price guard.
pub fn decode_price_guard(data: &[u8]) -> Result<PriceGuard, AccountError> {
    pod(data, "price guard")
}

/// Decodes the config.
pub fn decode_config(data: &[u8]) -> Result<Config, AccountError> {
    borsh(data, "config")
}

/// Decodes a model.
pub fn decode_model(data: &[u8]) -> Result<Model, AccountError> {
    borsh(data, "model")
}

/// Decodes a profile.
pub fn decode_profile(data: &[u8]) -> Result<Profile, AccountError> {
    borsh(data, "profile")
}

/// Decodes a position.
pub fn decode_position(data: &[u8]) -> Result<Position, AccountError> {
    borsh(data, "position")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_accounts_are_named() {
        assert_eq!(decode_vault(&[0; 64]).err(), Some(AccountError::WrongType("vault")));
        let short = [Vault::DISCRIMINATOR, &[0; 8]].concat();
        assert!(matches!(decode_vault(&short), Err(AccountError::WrongSize { found: 16, .. })));
        assert_eq!(decode_config(&[]).err(), Some(AccountError::WrongType("config")));
    }

    /// Data of an account of `len` bytes, all zero behind the version.
    fn data(discriminator: &[u8], version: u8, len: usize) -> Vec<u8> {
        let mut data = [discriminator, &[version]].concat();
        data.resize(len.saturating_add(8), 0);
        data
    }

    #[test]
    fn an_unknown_version_is_named_for_every_account() {
        fn found<T>(decoded: Result<T, AccountError>) -> Option<AccountError> {
            decoded.err()
        }
        let size = core::mem::size_of::<Vault>();
        let cases = [
            (found(decode_vault(&data(Vault::DISCRIMINATOR, 2, size))), "vault"),
            (
                found(decode_strategy(&data(Strategy::DISCRIMINATOR, 2, core::mem::size_of::<Strategy>()))),
                "strategy",
            ),
            (
                found(decode_decision(&data(Decision::DISCRIMINATOR, 2, core::mem::size_of::<Decision>()))),
                "decision",
            ),
            (
                found(decode_price_guard(&data(
                    PriceGuard::DISCRIMINATOR,
                    2,
                    core::mem::size_of::<PriceGuard>(),
                ))),
                "price guard",
            ),
            (found(decode_config(&data(Config::DISCRIMINATOR, 2, 512))), "config"),
            (found(decode_model(&data(Model::DISCRIMINATOR, 2, 512))), "model"),
            (found(decode_profile(&data(Profile::DISCRIMINATOR, 2, 512))), "profile"),
            (found(decode_position(&data(Position::DISCRIMINATOR, 2, 512))), "position"),
        ];
        for (error, kind) in cases {
            assert_eq!(error, Some(AccountError::UnknownVersion { kind, found: 2 }));
        }
        assert!(decode_vault(&data(Vault::DISCRIMINATOR, 1, size)).is_ok());
        assert!(decode_position(&data(Position::DISCRIMINATOR, 1, 512)).is_ok());
    }
}
