use anchor_lang::prelude::*;

use crate::error::BallastError;
use crate::events::PauseLevelSet;
use crate::seeds;
use crate::state::{pause_level, Config, LoadKnown, Vault, Versioned};

/// Sets a vault's pause level.
///
/// Specification
/// 1. The guardian may only raise it; governance may set any level.
/// 2. No level stops a withdrawal.
/// 3. No management fee is taken for the time in which a vault is wound down: neither then nor after it.
#[event_cpi]
#[derive(Accounts)]
pub struct SetPauseLevel<'info> {
    /// Governance or guardian.
    pub authority: Signer<'info>,
    /// Names both.
    #[account(
        seeds = [seeds::CONFIG], bump = config.bump,
        constraint = config.is_known() @ BallastError::UnknownVersion
    )]
    pub config: Account<'info, Config>,
    /// The vault.
    #[account(mut)]
    pub vault: AccountLoader<'info, Vault>,
}

/// See [`SetPauseLevel`].
pub(crate) fn set_pause_level(ctx: Context<SetPauseLevel>, level: u8) -> Result<()> {
    require_gte!(pause_level::WIND_DOWN, level, BallastError::InvalidPauseLevel);
    let authority = ctx.accounts.authority.key();
    let is_governance = ctx.accounts.config.require_guardian(&authority)?;
    let mut vault = ctx.accounts.vault.load_known_mut()?;
    let before = vault.pause_level;
    require!(is_governance || level >= before, BallastError::GuardianMayOnlyReduce);
    vault.pause_level = level;
    if before >= pause_level::WIND_DOWN {
        vault.fees_accrued_ts = Clock::get()?.unix_timestamp;
    }
    drop(vault);
    emit_cpi!(PauseLevelSet { vault: ctx.accounts.vault.key(), authority, before, after: level });
    Ok(())
}
