use anchor_lang::prelude::*;

use crate::error::BallastError;
use crate::events::PauseLevelSet;
use crate::seeds;
use crate::state::{pause_level, Config, LoadKnown, StalePolicy, Vault, Versioned};

/// Sets a vault's pause level.
///
/// Specification
/// 1. The guardian may only raise it; governance may set any level.
/// 2. No level stops a withdrawal.
/// 3. No fee is taken for the time in which a vault is wound down: neither then nor after it.
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
    if before >= pause_level::WIND_DOWN {
        // What was earned until now is free of fees, also what was not accrued yet.
        let clock = Clock::get()?;
        let nav = vault.nav(clock.slot, clock.unix_timestamp, StalePolicy::LastKnown)?;
        vault.accrue_fees(&nav, clock.unix_timestamp)?;
    }
    vault.pause_level = level;
    drop(vault);
    emit_cpi!(PauseLevelSet { vault: ctx.accounts.vault.key(), authority, before, after: level });
    Ok(())
}
