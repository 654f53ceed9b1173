use anchor_lang::prelude::*;
use anchor_spl::token_interface::Mint;

use crate::error::BallastError;
use crate::events::PriceGuardSet;
use crate::seeds;
use crate::state::{account_size, Config, LoadKnown, PriceGuard, PriceGuardParams, Versioned};

/// Sets how a mint is priced: which account, which feed, and how good a price must be.
///
/// Specification
/// 1. Governance signs.
/// 2. Parameters are inside the program's hard bounds.
/// 3. The newest publish time seen is kept unless the source changes.
#[event_cpi]
#[derive(Accounts)]
pub struct SetPriceGuard<'info> {
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
    /// The mint to price.
    pub mint: InterfaceAccount<'info, Mint>,
    /// The guard.
    #[account(
        init_if_needed, payer = payer, space = account_size::<PriceGuard>(),
        seeds = [seeds::PRICE, mint.key().as_ref()], bump
    )]
    pub guard: AccountLoader<'info, PriceGuard>,
    /// System program.
    pub system_program: Program<'info, System>,
}

/// See [`SetPriceGuard`].
pub(crate) fn set_price_guard(ctx: Context<SetPriceGuard>, params: PriceGuardParams) -> Result<()> {
    params.validate()?;
    let accounts = &ctx.accounts;
    // A new account has no discriminator yet, and only then may it be loaded as one to initialise.
    let mut guard = match accounts.guard.load_init() {
        Ok(guard) => guard,
        Err(_) => accounts.guard.load_known_mut()?,
    };
    guard.bump = ctx.bumps.guard;
    guard.mint = accounts.mint.key();
    guard.decimals = accounts.mint.decimals;
    guard.apply(&params);
    drop(guard);
    emit_cpi!(PriceGuardSet { guard: accounts.guard.key(), mint: accounts.mint.key(), params });
    Ok(())
}
