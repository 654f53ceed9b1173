use anchor_lang::prelude::*;
use ballast_math::fees::{MAX_MANAGEMENT_FEE_BPS, MAX_PERFORMANCE_FEE_BPS};

use crate::error::BallastError;
use crate::events::{FeesAccrued, FeesSet};
use crate::seeds;
use crate::state::{require_somebody, Config, LoadKnown, StalePolicy, Vault, Versioned};

/// Changes a vault's fees and who receives them.
///
/// Specification
/// 1. Governance signs.
/// 2. Fees are inside the program's hard caps, and somebody receives them.
/// 3. Fees so far are accrued at the old rates first, which needs every allocation refreshed in this slot.
#[event_cpi]
#[derive(Accounts)]
pub struct SetFees<'info> {
    /// Governance.
    pub governance: Signer<'info>,
    /// Names governance.
    #[account(
        seeds = [seeds::CONFIG], bump = config.bump, has_one = governance @ BallastError::NotGovernance,
        constraint = config.is_known() @ BallastError::UnknownVersion
    )]
    pub config: Account<'info, Config>,
    /// The vault.
    #[account(mut)]
    pub vault: AccountLoader<'info, Vault>,
}

/// Errors when a fee is above its hard cap.
pub fn validate_fees(management_fee_bps: u16, performance_fee_bps: u16) -> Result<()> {
    require_gte!(MAX_MANAGEMENT_FEE_BPS, management_fee_bps, BallastError::FeeTooHigh);
    require_gte!(MAX_PERFORMANCE_FEE_BPS, performance_fee_bps, BallastError::FeeTooHigh);
    Ok(())
}

/// See [`SetFees`]. Fee shares accrued so far stay with whoever the recipient is when they are claimed.
pub(crate) fn set_fees(
    ctx: Context<SetFees>,
    management_fee_bps: u16,
    performance_fee_bps: u16,
    fee_recipient: Pubkey,
) -> Result<()> {
    validate_fees(management_fee_bps, performance_fee_bps)?;
    require_somebody(&fee_recipient)?;
    let clock = Clock::get()?;
    let mut vault = ctx.accounts.vault.load_known_mut()?;
    let nav = vault.nav(clock.slot, clock.unix_timestamp, StalePolicy::Reject)?;
    let accrued = vault.accrue_fees(&nav, clock.unix_timestamp)?;
    vault.fees_accrued_ts = clock.unix_timestamp;
    vault.management_fee_bps = management_fee_bps;
    vault.performance_fee_bps = performance_fee_bps;
    vault.fee_recipient = fee_recipient;
    vault.invariant()?;
    drop(vault);
    if accrued > 0 {
        let vault = ctx.accounts.vault.key();
        emit_cpi!(FeesAccrued { vault, shares: accrued, nav_low: nav.low, slot: clock.slot });
    }
    emit_cpi!(FeesSet {
        vault: ctx.accounts.vault.key(),
        management_fee_bps,
        performance_fee_bps,
        fee_recipient
    });
    Ok(())
}
