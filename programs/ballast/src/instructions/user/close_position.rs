use anchor_lang::prelude::*;

use crate::error::BallastError;
use crate::events::PositionClosed;
use crate::seeds;
use crate::state::{Position, Vault, Versioned};

/// Closes an empty position and gives its rent back.
///
/// Specification
/// 1. The owner signs, and gets the rent.
/// 2. No shares are left in it.
#[event_cpi]
#[derive(Accounts)]
pub struct ClosePosition<'info> {
    /// Whose position it is.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The vault.
    pub vault: AccountLoader<'info, Vault>,
    /// The position.
    #[account(
        mut, close = owner, has_one = owner @ BallastError::NotOwner,
        seeds = [seeds::POSITION, vault.key().as_ref(), owner.key().as_ref()], bump = position.bump,
        constraint = position.is_known() @ BallastError::UnknownVersion,
        constraint = position.shares == 0 @ BallastError::PositionNotEmpty
    )]
    pub position: Account<'info, Position>,
}

/// See [`ClosePosition`].
pub(crate) fn close_position(ctx: Context<ClosePosition>) -> Result<()> {
    emit_cpi!(PositionClosed { vault: ctx.accounts.vault.key(), owner: ctx.accounts.owner.key() });
    Ok(())
}
