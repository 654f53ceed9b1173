//! How the interface description shows the types of the maths crate that accounts contain. That crate knows
//! nothing of Anchor, so each type has a mirror here with the same fields; only `cargo xtask idl` compiles it.

use std::collections::BTreeMap;

use anchor_lang::idl::types::IdlTypeDef;
use anchor_lang::idl::IdlBuild;
use anchor_lang::prelude::*;
use static_assertions::{assert_eq_align, assert_eq_size};

/// What Anchor's generated code asks of a field's type.
pub trait DescribedByMirror {
    /// The mirror.
    type Mirror: IdlBuild;

    /// See [`IdlBuild::create_type`].
    fn create_type() -> Option<IdlTypeDef> {
        Self::Mirror::create_type()
    }

    /// See [`IdlBuild::insert_types`].
    fn insert_types(types: &mut BTreeMap<String, IdlTypeDef>) {
        Self::Mirror::insert_types(types)
    }

    /// See [`IdlBuild::get_full_path`].
    fn get_full_path() -> String {
        Self::Mirror::get_full_path()
    }
}

/// Amounts used lately, by bucket of time.
#[zero_copy]
pub struct RollingWindow {
    /// Amount by bucket.
    pub buckets: [u64; 8],
    /// Number of the newest bucket: `unix time / bucket length`.
    pub head: u64,
}

/// Profit earned and not yet released.
#[zero_copy]
pub struct LockedProfit {
    /// Atoms locked at `since_ts`.
    pub atoms: u64,
    /// Unix time from which `atoms` unlock linearly.
    pub since_ts: i64,
    /// Unix time at which nothing is locked any more.
    pub until_ts: i64,
}

assert_eq_size!(RollingWindow, ballast_math::window::RollingWindow);
assert_eq_align!(RollingWindow, ballast_math::window::RollingWindow);
assert_eq_size!(LockedProfit, ballast_math::linear_release::LockedProfit);
assert_eq_align!(LockedProfit, ballast_math::linear_release::LockedProfit);

impl DescribedByMirror for ballast_math::window::RollingWindow {
    type Mirror = RollingWindow;
}

impl DescribedByMirror for ballast_math::linear_release::LockedProfit {
    type Mirror = LockedProfit;
}
