//! Decoding accounts, with the discriminator and size checked.

use anchor_lang::{AccountDeserialize, Discriminator};
use ballast::state::{Config, Decision, Model, Position, PriceGuard, Profile, Strategy, Vault};
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
}

fn pod<T: Pod + Discriminator>(data: &[u8], kind: &'static str) -> Result<T, AccountError> {
    let body = data.strip_prefix(T::DISCRIMINATOR).ok_or(AccountError::WrongType(kind))?;
    let expected = core::mem::size_of::<T>();
    if body.len() != expected {
        return Err(AccountError::WrongSize {
            kind,
            found: data.len(),
            expected: expected.saturating_add(8),
        });
    }
    Ok(bytemuck::pod_read_unaligned(body))
}

fn borsh<T: AccountDeserialize>(mut data: &[u8], kind: &'static str) -> Result<T, AccountError> {
    T::try_deserialize(&mut data).map_err(|_| AccountError::WrongType(kind))
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
}
