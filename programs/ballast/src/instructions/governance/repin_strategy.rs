use anchor_lang::prelude::*;

use crate::adapters::Adapter;
use crate::error::BallastError;
use crate::events::StrategyRepinned;
use crate::seeds;
use crate::state::{Config, LoadKnown, Strategy, Versioned};

/// Pins a strategy's venue accounts again, where the venue moved to others.
///
/// Specification
/// 1. Governance signs.
/// 2. The keys come out of the same root account, and none from the caller.
/// 3. Mints and token programs stay what they were: vaults hold receipts and legs of them.
/// 4. A venue that is switched off may be pinned again: otherwise nobody could leave it.
#[event_cpi]
#[derive(Accounts)]
pub struct RepinStrategy<'info> {
    /// Governance.
    pub governance: Signer<'info>,
    /// Names governance.
    #[account(
        seeds = [seeds::CONFIG], bump = config.bump, has_one = governance @ BallastError::NotGovernance,
        constraint = config.is_known() @ BallastError::UnknownVersion
    )]
    pub config: Account<'info, Config>,
    /// The strategy.
    #[account(mut)]
    pub strategy: AccountLoader<'info, Strategy>,
    /// CHECK: must be the root account that the strategy was listed with; the adapter checks owner and type.
    #[account(address = strategy.load_known()?.root() @ BallastError::PinnedAccountMismatch)]
    pub venue: UncheckedAccount<'info>,
}

/// See [`RepinStrategy`].
pub(crate) fn repin_strategy(ctx: Context<RepinStrategy>) -> Result<()> {
    let accounts = &ctx.accounts;
    let mut strategy = accounts.strategy.load_known_mut()?;
    let listing = Adapter::from_kind(strategy.adapter)?.read(&accounts.venue, &strategy.asset_mint)?;
    let same_mints = listing.receipt_mint == strategy.receipt_mint
        && listing.receipt_token_program == strategy.receipt_token_program
        && listing.leg_mint == strategy.leg_mint
        && listing.leg_token_program == strategy.leg_token_program;
    require!(same_mints, BallastError::RepinChangesMint);
    strategy.pin(&listing.pinned)?;
    drop(strategy);
    emit_cpi!(StrategyRepinned {
        strategy: accounts.strategy.key(),
        venue: accounts.venue.key(),
        slot: Clock::get()?.slot,
    });
    Ok(())
}
