//! Which layout an account has: its first byte behind the discriminator. Nothing of an account is relied on
//! before that byte is known.

use core::cell::{Ref, RefMut};

use anchor_lang::prelude::*;
use anchor_lang::ZeroCopy;

use super::{Config, Decision, History, Model, Position, PriceGuard, Profile, Strategy, Vault};
use crate::error::BallastError;

/// Version that every account of this program carries in its first byte.
pub const ACCOUNT_VERSION: u8 = 1;

/// An account that says which layout it has.
pub trait Versioned {
    /// The version it carries; zero while it is new.
    fn version(&self) -> u8;

    /// Whether this program knows it.
    fn is_known(&self) -> bool {
        self.version() == ACCOUNT_VERSION
    }
}

macro_rules! versioned {
    ($($account:ty),*) => {$(
        impl Versioned for $account {
            fn version(&self) -> u8 {
                self.version
            }
        }
    )*};
}
versioned!(Config, Decision, History, Model, Position, PriceGuard, Profile, Strategy, Vault);

/// Loading zero-copy accounts of a known version only. `clippy.toml` keeps Anchor's own `load` out of the
/// program.
pub trait LoadKnown<T> {
    /// To read.
    fn load_known(&self) -> Result<Ref<'_, T>>;
    /// To change.
    fn load_known_mut(&self) -> Result<RefMut<'_, T>>;
}

#[allow(clippy::disallowed_methods)]
impl<T: ZeroCopy + Owner + Versioned> LoadKnown<T> for AccountLoader<'_, T> {
    fn load_known(&self) -> Result<Ref<'_, T>> {
        let account = self.load()?;
        require!(account.is_known(), BallastError::UnknownVersion);
        Ok(account)
    }

    fn load_known_mut(&self) -> Result<RefMut<'_, T>> {
        let account = self.load_mut()?;
        require!(account.is_known(), BallastError::UnknownVersion);
        Ok(account)
    }
}

/// Writes the version into an account that may be new, and refuses one of a version that is not known.
pub fn stamp(version: &mut u8) -> Result<()> {
    require!(matches!(*version, 0 | ACCOUNT_VERSION), BallastError::UnknownVersion);
    *version = ACCOUNT_VERSION;
    Ok(())
}
