use anchor_lang::prelude::*;

use crate::error::BallastError;
use crate::events::LimitsSet;
use crate::seeds;
use crate::state::{Config, LoadKnown, Vault, VaultLimits, VenueReadings, Versioned};

/// Changes a vault's risk limits.
///
/// Specification
/// 1. Governance signs.
/// 2. Limits are inside the program's hard bounds.
/// 3. Changing a window's length frees none of the budget already used.
#[event_cpi]
#[derive(Accounts)]
pub struct SetLimits<'info> {
    /// Governance.
    pub governance: Signer<'info>,
    /// Names governance.
    #[account(
        seeds = [seeds::CONFIG], bump = config.bump, has_one = governance @ BallastError::NotGovernance,
        constraint = config.is_known() @ BallastError::UnknownVersion
    )]
    pub config: Account<'info, Config>,
    /// The vault.
    #[account(mut)]
    pub vault: AccountLoader<'info, Vault>,
}

/// See [`SetLimits`].
pub(crate) fn set_limits(ctx: Context<SetLimits>, limits: VaultLimits) -> Result<()> {
    limits.validate()?;
    let now = Clock::get()?.unix_timestamp;
    let mut vault = ctx.accounts.vault.load_known_mut()?;
    let old = vault.limits;
    if limits.turnover_window_secs != old.turnover_window_secs {
        vault
            .turnover
            .rescale(now, old.turnover_window_secs, limits.turnover_window_secs)
            .ok_or(BallastError::MathOverflow)?;
    }
    if limits.loss_window_secs != old.loss_window_secs {
        vault
            .losses
            .rescale(now, old.loss_window_secs, limits.loss_window_secs)
            .ok_or(BallastError::MathOverflow)?;
    }
    if limits.settle_secs != old.settle_secs {
        vault
            .young_deposits
            .rescale(now, old.settle_secs, limits.settle_secs)
            .ok_or(BallastError::MathOverflow)?;
    }
    for allocation in &mut vault.allocations {
        if limits.inflow_window_secs != old.inflow_window_secs {
            allocation
                .inflow
                .rescale(now, old.inflow_window_secs, limits.inflow_window_secs)
                .ok_or(BallastError::MathOverflow)?;
        }
        if limits.settle_secs != old.settle_secs {
            // Periods of another length: what was read in the old ones says nothing.
            allocation.readings = VenueReadings::default();
        }
    }
    vault.limits = limits;
    vault.invariant()?;
    drop(vault);
    emit_cpi!(LimitsSet { vault: ctx.accounts.vault.key(), limits });
    Ok(())
}
