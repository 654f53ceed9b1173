//! `deposit`: both tokens in, in the pool's proportion, for an exact amount of LP tokens.

use super::liquidity_accounts::{LiquidityAccounts, TokensOf, Way};
use super::{now, side_token, with_authority};
use crate::curve::tokens_for_lp_ceil;
use crate::error::CpmmError;
use crate::layout::status;
use anchor_shape::AnchorError;
use anchor_shape::accounts::AccountCursor;
use anchor_shape::token::mint_to;
use solana_program::{account_info::AccountInfo, entrypoint::ProgramResult};

/// Mints `lp_atoms` for at most `max_atoms` of each token; token amounts round up.
pub fn process(accounts: &[AccountInfo], [lp_atoms, max_atoms @ ..]: [u64; 3]) -> ProgramResult {
    let accounts = LiquidityAccounts::read(&mut AccountCursor::new(accounts))?;
    let mut pool = accounts.validate(TokensOf::Owner)?;
    if lp_atoms == 0 {
        return Err(AnchorError::RequireGtViolated.into());
    }
    pool.require_on(status::DEPOSIT_OFF)?;
    let reserves = pool.reserves(accounts.vault_atoms()?)?;
    if pool.lp_supply == 0 {
        return Err(CpmmError::ZeroTradingTokens.into());
    }
    let mut amounts = [0; 2];
    for (amount, reserve) in amounts.iter_mut().zip(reserves) {
        *amount = tokens_for_lp_ceil(lp_atoms, pool.lp_supply, reserve).ok_or(CpmmError::MathOverflow)?;
    }
    if amounts.contains(&0) {
        return Err(CpmmError::ZeroTradingTokens.into());
    }
    for mint in accounts.mints {
        side_token::require_no_transfer_fee(mint)?;
    }
    if amounts.iter().zip(max_atoms).any(|(amount, max)| *amount > max) {
        return Err(CpmmError::ExceededSlippage.into());
    }

    for (index, amount) in amounts.into_iter().enumerate() {
        accounts.transfer(index, Way::In)?.send(amount, &[])?;
    }
    pool.lp_supply = pool.lp_supply.checked_add(lp_atoms).ok_or(CpmmError::MathOverflow)?;
    with_authority(pool.authority_bump, |seeds| {
        mint_to(
            accounts.token_program,
            accounts.lp_mint,
            accounts.owner_lp,
            accounts.authority,
            lp_atoms,
            seeds,
        )
    })?;
    (_, pool.recent_epoch) = now()?;
    pool.store(&mut accounts.pool.try_borrow_mut_data()?)
}
