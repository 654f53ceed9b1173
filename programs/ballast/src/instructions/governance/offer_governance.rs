use anchor_lang::prelude::*;

use crate::error::BallastError;
use crate::events::GovernanceOffered;
use crate::seeds;
use crate::state::{require_somebody, Config, Versioned};

/// Offers governance to somebody, who has it once they accept: a key that nobody holds can never get it.
///
/// Specification
/// 1. Governance signs, and stays governance until the offer is accepted.
/// 2. There is one offer: a new one takes the place of the last. Offering it to itself takes an offer back.
/// 3. It cannot be offered to the default key.
#[event_cpi]
#[derive(Accounts)]
pub struct OfferGovernance<'info> {
    /// Governance.
    pub governance: Signer<'info>,
    /// Names governance.
    #[account(
        mut, seeds = [seeds::CONFIG], bump = config.bump, has_one = governance @ BallastError::NotGovernance,
        constraint = config.is_known() @ BallastError::UnknownVersion
    )]
    pub config: Account<'info, Config>,
}

/// See [`OfferGovernance`].
pub(crate) fn offer_governance(ctx: Context<OfferGovernance>, to: Pubkey) -> Result<()> {
    require_somebody(&to)?;
    ctx.accounts.config.offered_governance = to;
    emit_cpi!(GovernanceOffered { from: ctx.accounts.governance.key(), to });
    Ok(())
}
