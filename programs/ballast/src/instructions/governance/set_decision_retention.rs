use anchor_lang::prelude::*;

use crate::error::BallastError;
use crate::events::DecisionRetentionSet;
use crate::seeds;
use crate::state::{Config, Versioned, DECISION_RETENTION_SECS};

/// Sets how long the accounts of decisions are kept.
///
/// Specification
/// 1. Governance signs.
/// 2. The time is a day to ten years.
#[event_cpi]
#[derive(Accounts)]
pub struct SetDecisionRetention<'info> {
    /// Governance.
    pub governance: Signer<'info>,
    /// Names governance.
    #[account(
        mut, seeds = [seeds::CONFIG], bump = config.bump, has_one = governance @ BallastError::NotGovernance,
        constraint = config.is_known() @ BallastError::UnknownVersion
    )]
    pub config: Account<'info, Config>,
}

/// See [`SetDecisionRetention`].
pub(crate) fn set_decision_retention(ctx: Context<SetDecisionRetention>, secs: u32) -> Result<()> {
    require!(DECISION_RETENTION_SECS.contains(&secs), BallastError::RetentionOutOfBounds);
    ctx.accounts.config.decision_retention_secs = secs;
    emit_cpi!(DecisionRetentionSet { secs });
    Ok(())
}
