use anchor_lang::prelude::*;

use crate::error::BallastError;
use crate::events::ModelApproved;
use crate::seeds;
use crate::state::{stamp, Config, Model, Versioned};

/// Lets keepers record decisions under a model, named by the hash of its file.
///
/// Specification
/// 1. Governance signs.
/// 2. A revoked model may be approved again: only governance can do that.
#[event_cpi]
#[derive(Accounts)]
#[instruction(hash: [u8; 32])]
pub struct ApproveModel<'info> {
    /// Pays for the account.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Governance.
    pub governance: Signer<'info>,
    /// Names governance.
    #[account(
        seeds = [seeds::CONFIG], bump = config.bump, has_one = governance @ BallastError::NotGovernance,
        constraint = config.is_known() @ BallastError::UnknownVersion
    )]
    pub config: Account<'info, Config>,
    /// The model.
    #[account(init_if_needed, payer = payer, space = 8 + Model::INIT_SPACE, seeds = [seeds::MODEL, &hash], bump)]
    pub model: Account<'info, Model>,
    /// System program.
    pub system_program: Program<'info, System>,
}

/// See [`ApproveModel`].
pub(crate) fn approve_model(ctx: Context<ApproveModel>, hash: [u8; 32]) -> Result<()> {
    let slot = Clock::get()?.slot;
    let model = &mut ctx.accounts.model;
    stamp(&mut model.version)?;
    model.bump = ctx.bumps.model;
    model.hash = hash;
    model.approved = true;
    model.approved_slot = slot;
    emit_cpi!(ModelApproved { model: ctx.accounts.model.key(), hash, slot });
    Ok(())
}
