use anchor_lang::prelude::*;

use crate::error::BallastError;
use crate::events::ModelRevoked;
use crate::seeds;
use crate::state::{Config, Model, Versioned};

/// Stops decisions under a model from being recorded, and recorded ones from increasing anything.
///
/// Specification
/// 1. Governance or guardian signs.
/// 2. It takes effect at once, on decisions already recorded too.
#[event_cpi]
#[derive(Accounts)]
pub struct RevokeModel<'info> {
    /// Governance or guardian.
    pub authority: Signer<'info>,
    /// Names both.
    #[account(
        seeds = [seeds::CONFIG], bump = config.bump,
        constraint = config.is_known() @ BallastError::UnknownVersion
    )]
    pub config: Account<'info, Config>,
    /// The model.
    #[account(
        mut, seeds = [seeds::MODEL, &model.hash], bump = model.bump,
        constraint = model.is_known() @ BallastError::UnknownVersion
    )]
    pub model: Account<'info, Model>,
}

/// See [`RevokeModel`].
pub(crate) fn revoke_model(ctx: Context<RevokeModel>) -> Result<()> {
    let authority = ctx.accounts.authority.key();
    ctx.accounts.config.require_guardian(&authority)?;
    let slot = Clock::get()?.slot;
    let model = &mut ctx.accounts.model;
    model.approved = false;
    model.revoked_slot = slot;
    emit_cpi!(ModelRevoked { model: ctx.accounts.model.key(), authority, slot });
    Ok(())
}
