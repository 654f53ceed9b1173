use anchor_lang::prelude::*;
use anchor_spl::token_interface::{transfer_checked, TransferChecked};

use crate::adapters::token_amount;
use crate::error::BallastError;
use crate::events::{FeesAccrued, Withdrawn};
use crate::oracle::status;
use crate::seeds;
use crate::state::{LoadKnown, Nav, Position, StalePolicy, Vault, VaultSigner, Versioned};

/// Pays a person out of idle assets.
///
/// Specification
/// 1. The owner signs. No pause, flag or silent keeper stops it; only shares entered in this slot stay.
/// 2. Shares are priced at the low side and rounded down.
/// 3. All non-empty allocations are refreshed in this slot at live prices, or the owner chooses to count
///    those that are not as nothing, with the locked profit that is theirs (`min_assets_out` protects them).
/// 4. The vault's balance falls by exactly what is paid.
#[event_cpi]
#[derive(Accounts)]
pub struct Withdraw<'info> {
    /// Whose money it is.
    pub owner: Signer<'info>,
    /// The vault.
    #[account(mut)]
    pub vault: AccountLoader<'info, Vault>,
    /// Their position.
    #[account(
        mut, has_one = owner @ BallastError::NotOwner,
        seeds = [seeds::POSITION, vault.key().as_ref(), owner.key().as_ref()], bump = position.bump,
        constraint = position.is_known() @ BallastError::UnknownVersion
    )]
    pub position: Account<'info, Position>,
    /// CHECK: where to pay; the token program checks its mint.
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
}

/// What a leaver is owed, atoms; the assets it was priced on; and the fee shares taken before.
pub(super) type Owed = (u64, Nav, u64);

/// Prices `shares` for a leaver, after the fees.
pub(super) fn price_exit(
    vault: &mut Vault,
    position: &Position,
    shares: u64,
    accept_stale: bool,
    clock: &Clock,
) -> Result<Owed> {
    require!(shares > 0, BallastError::ZeroAmount);
    position.require_may_leave(shares, clock.slot)?;
    let now = clock.unix_timestamp;
    let (nav, fee_shares) = if accept_stale {
        // A leaver may forgo what cannot be priced, not the fees due on it.
        let booked = vault.nav(clock.slot, now, StalePolicy::LastKnown)?;
        let fee_shares = vault.accrue_fees(&booked, now)?;
        (vault.nav(clock.slot, now, StalePolicy::CountAsZero)?, fee_shares)
    } else {
        let nav = vault.nav(clock.slot, now, StalePolicy::Reject)?;
        vault.require_oracle_bits(status::EXIT)?;
        let fee_shares = vault.accrue_fees(&nav, now)?;
        (nav, fee_shares)
    };
    let owed = vault.redeem_value(shares, &nav)?;
    require!(owed > 0, BallastError::DustAmount);
    Ok((owed, nav, fee_shares))
}

/// Accounts of a payment out of idle.
pub(super) struct Payout<'a, 'info> {
    pub vault: &'a AccountLoader<'info, Vault>,
    pub idle_account: AccountInfo<'info>,
    pub owner_tokens: AccountInfo<'info>,
    pub asset_mint: AccountInfo<'info>,
    pub token_program: AccountInfo<'info>,
}

impl Payout<'_, '_> {
    /// Transfers and measures: what leaves must be what is owed.
    pub fn pay(&self, atoms: u64) -> Result<()> {
        require_keys_neq!(*self.owner_tokens.key, *self.idle_account.key, BallastError::DuplicateAccount);
        let (signer, decimals) = {
            let vault = self.vault.load_known()?;
            (VaultSigner::new(&vault), vault.asset_decimals)
        };
        let before = token_amount(&self.idle_account)?;
        let transfer = TransferChecked {
            from: self.idle_account.clone(),
            mint: self.asset_mint.clone(),
            to: self.owner_tokens.clone(),
            authority: self.vault.to_account_info(),
        };
        let seeds = [&signer.seeds()[..]];
        transfer_checked(
            CpiContext::new_with_signer(*self.token_program.key, transfer, &seeds),
            atoms,
            decimals,
        )?;
        let paid = before.checked_sub(token_amount(&self.idle_account)?);
        require!(paid == Some(atoms), BallastError::BalanceDeltaMismatch);
        Ok(())
    }
}

/// See [`Withdraw`].
pub(crate) fn withdraw(
    ctx: Context<Withdraw>,
    shares: u64,
    min_assets_out: u64,
    accept_stale: bool,
) -> Result<()> {
    let clock = Clock::get()?;
    let (atoms, nav, fee_shares) = {
        let mut vault = ctx.accounts.vault.load_known_mut()?;
        let (owed, nav, fee_shares) =
            price_exit(&mut vault, &ctx.accounts.position, shares, accept_stale, &clock)?;
        require_gte!(owed, min_assets_out, BallastError::MinAssetsNotMet);
        vault.pay_withdrawal(owed, clock.unix_timestamp)?;
        vault.burn_shares(shares)?;
        vault.invariant()?;
        (owed, nav, fee_shares)
    };
    ctx.accounts.position.take(shares, atoms)?;
    let accounts = &ctx.accounts;
    let payout = Payout {
        vault: &accounts.vault,
        idle_account: accounts.idle_account.to_account_info(),
        owner_tokens: accounts.owner_tokens.to_account_info(),
        asset_mint: accounts.asset_mint.to_account_info(),
        token_program: accounts.token_program.to_account_info(),
    };
    payout.pay(atoms)?;
    if fee_shares > 0 {
        let vault = accounts.vault.key();
        emit_cpi!(FeesAccrued { vault, shares: fee_shares, nav_low: nav.low, slot: clock.slot });
    }
    emit_cpi!(Withdrawn {
        vault: accounts.vault.key(),
        owner: accounts.owner.key(),
        atoms,
        shares,
        nav_low: nav.low,
        unwound: None,
        loss_atoms: 0,
        slot: clock.slot,
    });
    Ok(())
}
