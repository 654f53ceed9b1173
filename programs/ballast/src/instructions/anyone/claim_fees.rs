use anchor_lang::prelude::*;

use crate::error::BallastError;
use crate::events::{FeesAccrued, FeesClaimed};
use crate::seeds;
use crate::state::{LoadKnown, Position, StalePolicy, Vault};

/// Moves accrued fee shares to the recipient's position.
///
/// Specification
/// 1. Anyone may call it; shares go to the recipient named in the vault and nobody else.
/// 2. Fees are accrued up to now first, which needs every allocation refreshed in this slot.
/// 3. The total of shares changes only by what accrues.
#[event_cpi]
#[derive(Accounts)]
pub struct ClaimFees<'info> {
    /// Pays for the position, where it is new.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The vault.
    #[account(mut)]
    pub vault: AccountLoader<'info, Vault>,
    /// CHECK: must be the vault's fee recipient.
    #[account(address = vault.load_known()?.fee_recipient @ BallastError::NotOwner)]
    pub recipient: UncheckedAccount<'info>,
    /// The recipient's position.
    #[account(
        init_if_needed, payer = payer, space = 8 + Position::INIT_SPACE,
        seeds = [seeds::POSITION, vault.key().as_ref(), recipient.key().as_ref()], bump
    )]
    pub position: Account<'info, Position>,
    /// System program.
    pub system_program: Program<'info, System>,
}

/// See [`ClaimFees`].
pub(crate) fn claim_fees(ctx: Context<ClaimFees>) -> Result<()> {
    let clock = Clock::get()?;
    let mut vault = ctx.accounts.vault.load_known_mut()?;
    let nav = vault.nav(clock.slot, clock.unix_timestamp, StalePolicy::Reject)?;
    let accrued = vault.accrue_fees(&nav, clock.unix_timestamp)?;
    let shares = core::mem::take(&mut vault.fee_shares);
    require!(shares > 0, BallastError::NothingToClaim);
    vault.invariant()?;
    drop(vault);
    let (vault, recipient, bump) =
        (ctx.accounts.vault.key(), ctx.accounts.recipient.key(), ctx.bumps.position);
    let position = &mut ctx.accounts.position;
    position.open(vault, recipient, bump)?;
    position.shares = position.shares.checked_add(shares).ok_or(BallastError::MathOverflow)?;
    if accrued > 0 {
        emit_cpi!(FeesAccrued { vault, shares: accrued, nav_low: nav.low, slot: clock.slot });
    }
    emit_cpi!(FeesClaimed { vault, recipient, shares });
    Ok(())
}
