use anchor_lang::prelude::*;
use anchor_spl::token_interface::{transfer_checked, TransferChecked};
use ballast_math::shares::to_shares_down;

use crate::adapters::token_amount;
use crate::error::BallastError;
use crate::events::{Deposited, FeesAccrued};
use crate::oracle::status;
use crate::seeds;
use crate::state::{pause_level, LoadKnown, Position, Profile, StalePolicy, Vault, Versioned};

/// Takes a person's assets for shares, if their mandate suits the vault.
///
/// Specification
/// 1. The owner signs; their profile accepts the vault's class, asset classes and horizon.
/// 2. Deposits are not paused, and all non-empty allocations are refreshed in this slot at good prices.
/// 3. Shares are priced at the high side, locked profit included, and rounded down; zero shares are refused.
///    They cannot leave in the slot in which they were entered.
/// 4. The vault's balance rises by exactly the amount; donations before or after change nothing.
#[event_cpi]
#[derive(Accounts)]
pub struct Deposit<'info> {
    /// Whose money it is.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// Their mandate.
    #[account(
        seeds = [seeds::PROFILE, owner.key().as_ref()], bump = profile.bump,
        constraint = profile.is_known() @ BallastError::UnknownVersion
    )]
    pub profile: Account<'info, Profile>,
    /// The vault.
    #[account(mut)]
    pub vault: AccountLoader<'info, Vault>,
    /// Their position, made if absent.
    #[account(
        init_if_needed, payer = owner, space = 8 + Position::INIT_SPACE,
        seeds = [seeds::POSITION, vault.key().as_ref(), owner.key().as_ref()], bump
    )]
    pub position: Account<'info, Position>,
    /// CHECK: the owner's tokens; the token program checks mint and authority.
    #[account(mut)]
    pub owner_tokens: UncheckedAccount<'info>,
    /// CHECK: must be the vault's idle account.
    #[account(mut, address = vault.load_known()?.idle_account @ BallastError::WrongTokenAccount)]
    pub idle_account: UncheckedAccount<'info>,
    /// CHECK: must be the vault's asset.
    #[account(address = vault.load_known()?.asset_mint @ BallastError::WrongMint)]
    pub asset_mint: UncheckedAccount<'info>,
    /// CHECK: must be the asset's token program.
    #[account(address = vault.load_known()?.token_program @ BallastError::WrongTokenProgram)]
    pub token_program: UncheckedAccount<'info>,
    /// System program.
    pub system_program: Program<'info, System>,
}

impl Deposit<'_> {
    fn validate(&self, amount: u64, now_ts: i64) -> Result<()> {
        let vault = self.vault.load_known()?;
        require!(amount > 0, BallastError::ZeroAmount);
        vault.require_below_pause(pause_level::NO_DEPOSITS)?;
        self.profile.require_suits(&vault, now_ts)?;
        require_keys_neq!(self.owner_tokens.key(), vault.idle_account, BallastError::DuplicateAccount);
        require_gte!(token_amount(&self.owner_tokens)?, amount, BallastError::InsufficientBalance);
        Ok(())
    }

    /// Transfers and measures: what arrives must be what was sent.
    fn take_tokens(&self, amount: u64) -> Result<()> {
        let before = token_amount(&self.idle_account)?;
        let transfer = TransferChecked {
            from: self.owner_tokens.to_account_info(),
            mint: self.asset_mint.to_account_info(),
            to: self.idle_account.to_account_info(),
            authority: self.owner.to_account_info(),
        };
        let decimals = self.vault.load_known()?.asset_decimals;
        transfer_checked(CpiContext::new(self.token_program.key(), transfer), amount, decimals)?;
        let received = token_amount(&self.idle_account)?.checked_sub(before);
        require!(received == Some(amount), BallastError::BalanceDeltaMismatch);
        Ok(())
    }
}

/// See [`Deposit`].
pub(crate) fn deposit(ctx: Context<Deposit>, amount: u64, min_shares_out: u64) -> Result<()> {
    let clock = Clock::get()?;
    let now = clock.unix_timestamp;
    ctx.accounts.validate(amount, now)?;
    let (shares, nav, fee_shares) = {
        let mut vault = ctx.accounts.vault.load_known_mut()?;
        let nav = vault.nav(clock.slot, now, StalePolicy::Reject)?;
        vault.require_oracle_bits(status::ALL)?;
        let fee_shares = vault.accrue_fees(&nav, now)?;
        let after = nav.gross_high.checked_add(amount).ok_or(BallastError::MathOverflow)?;
        require_gte!(vault.limits.deposit_cap_atoms, after, BallastError::DepositCapExceeded);
        let shares =
            to_shares_down(amount, nav.gross_high, vault.total_shares).ok_or(BallastError::MathOverflow)?;
        require!(shares > 0, BallastError::DustAmount);
        require_gte!(shares, min_shares_out, BallastError::MinSharesNotMet);
        vault.take_deposit(amount, now)?;
        vault.mint_shares(shares)?;
        vault.invariant()?;
        (shares, nav, fee_shares)
    };
    ctx.accounts.take_tokens(amount)?;

    let (vault, owner) = (ctx.accounts.vault.key(), ctx.accounts.owner.key());
    let position = &mut ctx.accounts.position;
    position.open(vault, owner, ctx.bumps.position)?;
    position.enter(shares, amount, clock.slot)?;
    if fee_shares > 0 {
        emit_cpi!(FeesAccrued { vault, shares: fee_shares, nav_low: nav.low, slot: clock.slot });
    }
    let gross_high = nav.gross_high;
    emit_cpi!(Deposited { vault, owner, atoms: amount, shares, gross_high, slot: clock.slot });
    Ok(())
}
