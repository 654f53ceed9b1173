use anchor_lang::prelude::*;
use ballast_math::shares::share_price_e15;
use static_assertions::const_assert_eq;

use super::{Nav, Vault};
use crate::error::BallastError;

/// Days that a history remembers.
pub const HISTORY_DAYS: usize = 400;

/// What a vault was worth, day by day: nodes forget, and nobody can read ninety days of a vault from one.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct History {
    /// [`super::ACCOUNT_VERSION`].
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// Keeps the next field aligned.
    pub padding: [u8; 6],
    /// The vault.
    pub vault: Pubkey,
    /// The last sample of each day, that of a day at its number modulo [`HISTORY_DAYS`].
    pub samples: [DailySample; HISTORY_DAYS],
    /// Room for later versions.
    pub reserved: [u64; 8],
}
const_assert_eq!(core::mem::size_of::<History>(), 40 + HISTORY_DAYS * 48 + 64);

/// A vault at one moment, everything refreshed. Amounts are atoms of its asset.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DailySample {
    /// Unix time; zero where nothing was written yet.
    pub unix_ts: i64,
    /// Atoms per share at the low side, net of locked profit, times 1e15, rounded down.
    pub share_price_e15: u64,
    /// Net assets at the low side.
    pub net_assets: u64,
    /// Losses that reached the share price over the vault's life.
    pub recorded_loss: u64,
    /// What the same shares would be worth had the assets been held and nothing done with them.
    pub plain_holding: u64,
    /// All shares.
    pub total_shares: u64,
}

impl History {
    /// Writes what `vault` is worth now over what was written earlier in the same day.
    pub fn record(&mut self, vault: &Vault, nav: &Nav, now_ts: i64) -> Result<()> {
        const DAY: u64 = 86_400;
        const DAYS: u64 = HISTORY_DAYS as u64;
        let overflow = BallastError::MathOverflow;
        let day = u64::try_from(now_ts).ok().and_then(|ts| ts.checked_div(DAY)).ok_or(overflow)?;
        let at = day.checked_rem(DAYS).and_then(|at| usize::try_from(at).ok()).ok_or(overflow)?;
        let sample = self.samples.get_mut(at).ok_or(overflow)?;
        // A clock that steps back does not rewrite what is newer.
        if sample.unix_ts <= now_ts {
            *sample = DailySample {
                unix_ts: now_ts,
                share_price_e15: share_price_e15(nav.low, vault.total_shares).ok_or(overflow)?,
                net_assets: nav.low,
                recorded_loss: vault.recorded_loss_atoms,
                plain_holding: vault.plain_holding_atoms,
                total_shares: vault.total_shares,
            };
        }
        Ok(())
    }
}
