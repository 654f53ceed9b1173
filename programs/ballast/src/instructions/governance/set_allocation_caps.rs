use anchor_lang::prelude::*;
use ballast_math::BPS;

use crate::error::BallastError;
use crate::events::AllocationCapsSet;
use crate::seeds;
use crate::state::{Config, LoadKnown, Vault, Versioned};

/// Changes the caps of a slot.
///
/// Specification
/// 1. Governance may set any caps; the guardian may only lower them.
/// 2. Caps bind increases. What is above them may be reduced by anyone, through `allocate`.
#[event_cpi]
#[derive(Accounts)]
pub struct SetAllocationCaps<'info> {
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

/// Errors when a relative cap is more than the whole vault.
pub fn validate_cap(relative_cap_bps: u16) -> Result<()> {
    require_gte!(BPS, u64::from(relative_cap_bps), BallastError::InvalidCap);
    Ok(())
}

/// See [`SetAllocationCaps`].
pub(crate) fn set_allocation_caps(
    ctx: Context<SetAllocationCaps>,
    index: u8,
    absolute_cap_atoms: u64,
    relative_cap_bps: u16,
) -> Result<()> {
    validate_cap(relative_cap_bps)?;
    let authority = ctx.accounts.authority.key();
    let is_governance = ctx.accounts.config.require_guardian(&authority)?;
    let mut vault = ctx.accounts.vault.load_known_mut()?;
    let allocation = vault.allocation_mut(index)?;
    let lowers = absolute_cap_atoms <= allocation.absolute_cap_atoms
        && relative_cap_bps <= allocation.relative_cap_bps;
    require!(is_governance || lowers, BallastError::GuardianMayOnlyReduce);
    allocation.absolute_cap_atoms = absolute_cap_atoms;
    allocation.relative_cap_bps = relative_cap_bps;
    vault.invariant()?;
    drop(vault);
    emit_cpi!(AllocationCapsSet {
        vault: ctx.accounts.vault.key(),
        index,
        authority,
        absolute_cap_atoms,
        relative_cap_bps,
    });
    Ok(())
}
