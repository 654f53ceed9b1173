use anchor_lang::prelude::*;

use crate::error::BallastError;
use crate::events::GovernanceAccepted;
use crate::seeds;
use crate::state::{Config, Versioned};

/// Takes governance over from who offered it.
///
/// Specification
/// 1. Whoever it was offered to signs, and nobody else.
/// 2. The offer is used up. The last governance can do nothing from then on.
#[event_cpi]
#[derive(Accounts)]
pub struct AcceptGovernance<'info> {
    /// To whom it was offered.
    pub offered_governance: Signer<'info>,
    /// Names them.
    #[account(
        mut, seeds = [seeds::CONFIG], bump = config.bump,
        has_one = offered_governance @ BallastError::NotOfferedGovernance,
        constraint = config.is_known() @ BallastError::UnknownVersion
    )]
    pub config: Account<'info, Config>,
}

/// See [`AcceptGovernance`].
pub(crate) fn accept_governance(ctx: Context<AcceptGovernance>) -> Result<()> {
    let config = &mut ctx.accounts.config;
    let before = config.governance;
    config.governance = core::mem::take(&mut config.offered_governance);
    let after = config.governance;
    emit_cpi!(GovernanceAccepted { before, after });
    Ok(())
}
