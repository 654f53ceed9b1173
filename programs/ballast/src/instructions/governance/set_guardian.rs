use anchor_lang::prelude::*;

use crate::error::BallastError;
use crate::events::GuardianSet;
use crate::seeds;
use crate::state::{require_somebody, Config, Versioned};

/// Sets who may make things safer.
///
/// Specification
/// 1. Governance signs: the guardian has no say in who it is.
/// 2. It cannot be the default key.
#[event_cpi]
#[derive(Accounts)]
pub struct SetGuardian<'info> {
    /// Governance.
    pub governance: Signer<'info>,
    /// Names governance.
    #[account(
        mut, seeds = [seeds::CONFIG], bump = config.bump, has_one = governance @ BallastError::NotGovernance,
        constraint = config.is_known() @ BallastError::UnknownVersion
    )]
    pub config: Account<'info, Config>,
}

/// See [`SetGuardian`].
pub(crate) fn set_guardian(ctx: Context<SetGuardian>, guardian: Pubkey) -> Result<()> {
    require_somebody(&guardian)?;
    let before = core::mem::replace(&mut ctx.accounts.config.guardian, guardian);
    emit_cpi!(GuardianSet { before, after: guardian });
    Ok(())
}
