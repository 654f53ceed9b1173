//! `withdraw`: an exact amount of LP tokens in, both tokens out, in the pool's proportion.

use super::liquidity_accounts::{LiquidityAccounts, TokensOf, Way};
use super::{now, side_token, with_authority};
use crate::curve::tokens_for_lp_floor;
use crate::error::CpmmError;
use crate::layout::status;
use anchor_shape::AnchorError;
use anchor_shape::accounts::{AccountCursor, require_key};
use anchor_shape::token::{TokenAccount, burn};
use solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey, pubkey::Pubkey};

/// The memo program, the last account.
pub const MEMO_ID: Pubkey = pubkey!("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

/// Burns `lp_atoms` for at least `min_atoms` of each token; token amounts round down.
pub fn process(accounts: &[AccountInfo], [lp_atoms, min_atoms @ ..]: [u64; 3]) -> ProgramResult {
    let mut cursor = AccountCursor::new(accounts);
    let accounts = LiquidityAccounts::read(&mut cursor)?;
    let memo = cursor.required()?;
    let mut pool = accounts.validate(TokensOf::Anyone)?;
    require_key(memo.key, &MEMO_ID, AnchorError::ConstraintAddress)?;
    if lp_atoms == 0 {
        return Err(AnchorError::RequireGtViolated.into());
    }
    if TokenAccount::read(accounts.owner_lp)?.amount_atoms < lp_atoms {
        return Err(AnchorError::RequireGteViolated.into());
    }
    pool.require_on(status::WITHDRAW_OFF)?;
    let reserves = pool.reserves(accounts.vault_atoms()?)?;
    if pool.lp_supply == 0 {
        return Err(CpmmError::ZeroTradingTokens.into());
    }
    let mut amounts = [0; 2];
    for (amount, reserve) in amounts.iter_mut().zip(reserves) {
        let share = tokens_for_lp_floor(lp_atoms, pool.lp_supply, reserve).ok_or(CpmmError::MathOverflow)?;
        *amount = share.min(reserve);
    }
    if amounts.contains(&0) {
        return Err(CpmmError::ZeroTradingTokens.into());
    }
    for mint in accounts.mints {
        side_token::require_no_transfer_fee(mint)?;
    }
    if amounts.iter().zip(min_atoms).any(|(amount, min)| *amount < min) {
        return Err(CpmmError::ExceededSlippage.into());
    }

    pool.lp_supply = pool.lp_supply.checked_sub(lp_atoms).ok_or(CpmmError::MathOverflow)?;
    burn(accounts.token_program, accounts.owner_lp, accounts.lp_mint, accounts.owner, lp_atoms)?;
    with_authority(pool.authority_bump, |seeds| {
        for (index, amount) in amounts.into_iter().enumerate() {
            accounts.transfer(index, Way::Out)?.send(amount, seeds)?;
        }
        Ok(())
    })?;
    (_, pool.recent_epoch) = now()?;
    pool.store(&mut accounts.pool.try_borrow_mut_data()?)
}
