use anchor_lang::prelude::*;

use crate::error::BallastError;
use crate::events::KeeperSet;
use crate::seeds;
use crate::state::{Config, LoadKnown, Vault, Versioned};

/// Sets who signs a vault's decisions.
///
/// Specification
/// 1. Governance may name anyone; the guardian may only take the keeper away (the default key).
/// 2. With the keeper goes what he decided: increases wait for the next decision.
#[event_cpi]
#[derive(Accounts)]
pub struct SetKeeper<'info> {
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

/// See [`SetKeeper`].
pub(crate) fn set_keeper(ctx: Context<SetKeeper>, keeper: Pubkey) -> Result<()> {
    let authority = ctx.accounts.authority.key();
    let is_governance = ctx.accounts.config.require_guardian(&authority)?;
    require!(is_governance || keeper == Pubkey::default(), BallastError::GuardianMayOnlyReduce);
    {
        let mut vault = ctx.accounts.vault.load_known_mut()?;
        if vault.keeper != keeper {
            vault.end_decision();
        }
        vault.keeper = keeper;
    }
    emit_cpi!(KeeperSet { vault: ctx.accounts.vault.key(), authority, keeper });
    Ok(())
}
