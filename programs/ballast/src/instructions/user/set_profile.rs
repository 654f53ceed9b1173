use anchor_lang::prelude::*;

use crate::events::ProfileSet;
use crate::seeds;
use crate::state::{stamp, Mandate, Profile};

/// States, or changes, a person's mandate. Money already deposited is not touched.
///
/// Specification
/// 1. The owner signs.
/// 2. The mandate is within bounds: known class and asset classes, mix of 100%, horizon in the future.
#[event_cpi]
#[derive(Accounts)]
pub struct SetProfile<'info> {
    /// Whose mandate it is; pays for the account.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The profile.
    #[account(
        init_if_needed, payer = owner, space = 8 + Profile::INIT_SPACE,
        seeds = [seeds::PROFILE, owner.key().as_ref()], bump
    )]
    pub profile: Account<'info, Profile>,
    /// System program.
    pub system_program: Program<'info, System>,
}

/// See [`SetProfile`].
pub(crate) fn set_profile(ctx: Context<SetProfile>, mandate: Mandate) -> Result<()> {
    mandate.validate(Clock::get()?.unix_timestamp)?;
    let owner = ctx.accounts.owner.key();
    let profile = &mut ctx.accounts.profile;
    stamp(&mut profile.version)?;
    profile.bump = ctx.bumps.profile;
    profile.owner = owner;
    profile.mandate = mandate;
    emit_cpi!(ProfileSet { owner, mandate });
    Ok(())
}
