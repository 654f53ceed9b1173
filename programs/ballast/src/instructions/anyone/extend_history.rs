use anchor_lang::prelude::*;
use anchor_lang::solana_program::entrypoint::MAX_PERMITTED_DATA_INCREASE;
use anchor_lang::system_program::{self, Allocate as AllocateSpace, Assign, Transfer};
use anchor_lang::Discriminator;

use crate::error::BallastError;
use crate::seeds;
use crate::state::{account_size, History, LoadKnown, Vault, ACCOUNT_VERSION};

/// Makes the history of a vault, in as many calls as it takes: an instruction may add so much to an account and no
/// more. It can be written to once it has its full size.
///
/// Specification
/// 1. Anyone may call it and pays for the space; the account is the vault's own.
/// 2. A call on a complete history is refused, and changes nothing of what is written.
/// 3. Lamports that somebody sent there before neither block it nor count.
#[derive(Accounts)]
pub struct ExtendHistory<'info> {
    /// Pays.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The vault.
    pub vault: AccountLoader<'info, Vault>,
    /// CHECK: the vault's history, complete or not; its address is checked.
    #[account(mut, seeds = [seeds::HISTORY, vault.key().as_ref()], bump)]
    pub history: UncheckedAccount<'info>,
    /// System program.
    pub system_program: Program<'info, System>,
}

/// See [`ExtendHistory`].
pub(crate) fn extend_history(ctx: Context<ExtendHistory>) -> Result<()> {
    let accounts = &ctx.accounts;
    // Only a vault has one.
    drop(accounts.vault.load_known()?);
    let (vault, bump) = (accounts.vault.key(), ctx.bumps.history);
    let full = account_size::<History>();
    let now = accounts.history.data_len();
    require_gt!(full, now, BallastError::HistoryComplete);
    let next = full.min(now.saturating_add(MAX_PERMITTED_DATA_INCREASE));
    let program = accounts.system_program.key();
    let history = accounts.history.to_account_info();
    let short = Rent::get()?.minimum_balance(next).saturating_sub(history.lamports());
    if short > 0 {
        let pay = Transfer { from: accounts.payer.to_account_info(), to: history.clone() };
        system_program::transfer(CpiContext::new(program, pay), short)?;
    }
    if now == 0 {
        let seeds: &[&[u8]] = &[seeds::HISTORY, vault.as_ref(), &[bump]];
        let signers = [seeds];
        let space = AllocateSpace { account_to_allocate: history.clone() };
        let space_len = u64::try_from(next).map_err(|_| BallastError::MathOverflow)?;
        system_program::allocate(CpiContext::new_with_signer(program, space, &signers), space_len)?;
        let own = Assign { account_to_assign: history.clone() };
        system_program::assign(CpiContext::new_with_signer(program, own, &signers), &crate::ID)?;
    } else {
        history.resize(next)?;
    }
    if next == full {
        let mut data = history.try_borrow_mut_data()?;
        let head: Vec<u8> =
            [History::DISCRIMINATOR, &[ACCOUNT_VERSION, bump], &[0; 6], vault.as_ref()].concat();
        let place = data.get_mut(..head.len()).ok_or(BallastError::MathOverflow)?;
        place.copy_from_slice(&head);
    }
    Ok(())
}
