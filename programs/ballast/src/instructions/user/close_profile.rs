use anchor_lang::prelude::*;

use crate::error::BallastError;
use crate::events::ProfileClosed;
use crate::seeds;
use crate::state::{Profile, Versioned};

/// Closes a person's profile and gives its rent back. Their positions stay theirs to withdraw.
///
/// Specification
/// 1. The owner signs, and gets the rent.
#[event_cpi]
#[derive(Accounts)]
pub struct CloseProfile<'info> {
    /// Whose profile it is.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The profile.
    #[account(
        mut, close = owner, seeds = [seeds::PROFILE, owner.key().as_ref()], bump = profile.bump,
        constraint = profile.is_known() @ BallastError::UnknownVersion
    )]
    pub profile: Account<'info, Profile>,
}

/// See [`CloseProfile`].
pub(crate) fn close_profile(ctx: Context<CloseProfile>) -> Result<()> {
    emit_cpi!(ProfileClosed { owner: ctx.accounts.owner.key() });
    Ok(())
}
