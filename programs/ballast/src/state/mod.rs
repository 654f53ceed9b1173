//! Accounts of the program, one file a type.

mod allocation;
mod config;
mod decision;
mod history;
#[cfg(feature = "idl-build")]
mod idl_of_maths;
mod limits;
mod model;
mod position;
mod price_guard;
mod profile;
mod strategy;
mod vault;
mod version;

pub use allocation::*;
pub use config::*;
pub use decision::*;
pub use history::*;
pub use limits::*;
pub use model::*;
pub use position::*;
pub use price_guard::*;
pub use profile::*;
pub use strategy::*;
pub use vault::*;
pub use version::*;

/// Bytes of the zero-copy account `T`, discriminator included.
pub const fn account_size<T>() -> usize {
    8usize.saturating_add(core::mem::size_of::<T>())
}

/// Risk-factor tags a strategy can carry.
pub const MAX_RISK_FACTORS: usize = 8;

/// Risk classes of vaults, in rising order of risk.
pub mod class {
    /// Lending of the vault's own asset, above all.
    pub const CONSERVATIVE: u8 = 0;
    /// Lending and staking.
    pub const BALANCED: u8 = 1;
    /// Everything that governance lists.
    pub const GROWTH: u8 = 2;
    /// Number of classes.
    pub const COUNT: u8 = 3;
}

/// Asset classes, as bits of a mask.
pub mod asset_class {
    /// Supplying an asset to a lending market.
    pub const LENDING: u32 = 1;
    /// Providing liquidity to an exchange.
    pub const LIQUIDITY: u32 = 1 << 1;
    /// Liquid staking.
    pub const STAKING: u32 = 1 << 2;
    /// Every class known to this version.
    pub const ALL: u32 = LENDING | LIQUIDITY | STAKING;
}

/// Pause levels of a vault. Withdrawals never pause.
pub mod pause_level {
    /// Nothing is paused.
    pub const NONE: u8 = 0;
    /// No allocation may be increased.
    pub const NO_INCREASES: u8 = 1;
    /// Deposits are refused too.
    pub const NO_DEPOSITS: u8 = 2;
    /// Anyone may unwind any allocation to idle.
    pub const ANYONE_MAY_UNWIND: u8 = 3;
    /// And the vault is being wound down: no management fee is taken for the time it lasts.
    pub const WIND_DOWN: u8 = 4;
}
