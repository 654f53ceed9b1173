use anchor_lang::prelude::*;
use anchor_spl::token_interface::Mint;

use crate::adapters::{Adapter, Listing};
use crate::error::BallastError;
use crate::events::StrategyListed;
use crate::mint::require_mint_supported;
use crate::seeds;
use crate::state::{account_size, Config, Strategy, StrategyParams, Versioned, ACCOUNT_VERSION};

/// Lists one way to earn, pinning every account an adapter will ever use.
///
/// Specification
/// 1. Governance signs.
/// 2. The venue account belongs to the adapter's program, is of the right type, and serves the asset.
/// 3. Every pinned key comes out of the venue's account or is derived from it; none from the caller.
/// 4. A venue that refuses this kind of use, either way, is not listed.
/// 5. A pool's other leg is of a mint that could be a vault's asset: none that could take, block or tax a transfer.
#[event_cpi]
#[derive(Accounts)]
pub struct ListStrategy<'info> {
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
    pub config: Box<Account<'info, Config>>,
    /// The strategy to create.
    #[account(
        init, payer = payer, space = account_size::<Strategy>(),
        seeds = [seeds::STRATEGY, venue.key().as_ref(), asset_mint.key().as_ref()], bump
    )]
    pub strategy: AccountLoader<'info, Strategy>,
    /// CHECK: the reserve or pool; the adapter checks owner, type and content.
    pub venue: UncheckedAccount<'info>,
    /// CHECK: the venue's program; its key must be the adapter's.
    pub venue_program: UncheckedAccount<'info>,
    /// Asset of the vaults that may use it.
    pub asset_mint: Box<InterfaceAccount<'info, Mint>>,
    /// CHECK: must be the mint of a pool's other leg; absent where there is none; checked in the handler.
    pub leg_mint: Option<UncheckedAccount<'info>>,
    /// System program.
    pub system_program: Program<'info, System>,
}

impl ListStrategy<'_> {
    fn require_leg_supported(&self, listing: &Listing) -> Result<()> {
        if listing.leg_mint == Pubkey::default() {
            return Ok(());
        }
        let mint = self.leg_mint.as_ref().ok_or(BallastError::VenueAccountsMissing)?;
        require_keys_eq!(mint.key(), listing.leg_mint, BallastError::WrongMint);
        require_keys_eq!(*mint.owner, listing.leg_token_program, BallastError::WrongTokenProgram);
        require_mint_supported(mint)
    }
}

/// See [`ListStrategy`].
pub(crate) fn list_strategy(ctx: Context<ListStrategy>, params: StrategyParams) -> Result<()> {
    let accounts = &ctx.accounts;
    let adapter = Adapter::from_kind(params.adapter)?;
    require!(accounts.venue_program.executable, BallastError::WrongVenueProgram);
    require_keys_eq!(accounts.venue_program.key(), adapter.program_id(), BallastError::WrongVenueProgram);
    let slippage_and_divergence_bounded =
        params.max_slippage_bps <= 1_000 && params.max_divergence_bps <= 1_000;
    require!(slippage_and_divergence_bounded, BallastError::InvalidLimits);
    let asset_mint = accounts.asset_mint.key();
    let listing = adapter.list(&accounts.venue, &asset_mint)?;
    accounts.require_leg_supported(&listing)?;

    let clock = Clock::get()?;
    let mut strategy = accounts.strategy.load_init()?;
    strategy.version = ACCOUNT_VERSION;
    strategy.bump = ctx.bumps.strategy;
    strategy.adapter = params.adapter;
    strategy.asset_class = adapter.asset_class();
    strategy.venue_program = adapter.program_id();
    strategy.asset_mint = asset_mint;
    strategy.receipt_mint = listing.receipt_mint;
    strategy.receipt_token_program = listing.receipt_token_program;
    strategy.leg_mint = listing.leg_mint;
    strategy.leg_token_program = listing.leg_token_program;
    strategy.pin(&listing.pinned)?;
    strategy.risk_factors = params.risk_factors;
    strategy.max_slippage_bps = params.max_slippage_bps;
    strategy.max_divergence_bps = params.max_divergence_bps;
    strategy.listed_slot = clock.slot;
    strategy.listed_ts = clock.unix_timestamp;
    drop(strategy);
    emit_cpi!(StrategyListed {
        strategy: accounts.strategy.key(),
        adapter: params.adapter,
        venue: accounts.venue.key(),
        asset_mint,
        slot: clock.slot,
    });
    Ok(())
}
