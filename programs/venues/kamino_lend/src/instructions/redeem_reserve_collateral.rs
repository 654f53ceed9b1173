//! `redeem_reserve_collateral`: cTokens in, liquidity out, at the rate of the current slot.
//!
//! Works on obsolete reserves and with `block_ctoken_usage` set: neither locks anyone in. What stops it
//! is a lack of freely available liquidity and the withdrawal cap.

use super::{liquidity_token, now, vault_check};
use crate::error::LendingError;
use crate::layout::{MARKET_DISCRIMINATOR, RESERVE_DISCRIMINATOR, seeds};
use crate::market::Market;
use crate::reserve::Reserve;
use anchor_shape::AnchorError;
use anchor_shape::accounts::{
    AccountCursor, read_program, read_signer, read_state, require_key, require_mut,
};
use anchor_shape::token::{
    Mint, TOKEN_ID, TOKEN_PROGRAMS, TokenAccount, balance_atoms, burn, transfer_checked,
};
use solana_program::{
    account_info::AccountInfo, entrypoint::ProgramResult, program_error::ProgramError, sysvar::instructions,
};
use vault_check::{Balances, Moved};

struct Accounts<'a, 'info> {
    owner: &'a AccountInfo<'info>,
    market: &'a AccountInfo<'info>,
    reserve: &'a AccountInfo<'info>,
    market_authority: &'a AccountInfo<'info>,
    liquidity_mint: &'a AccountInfo<'info>,
    collateral_mint: &'a AccountInfo<'info>,
    liquidity_vault: &'a AccountInfo<'info>,
    user_collateral: &'a AccountInfo<'info>,
    user_liquidity: &'a AccountInfo<'info>,
    token_program: &'a AccountInfo<'info>,
    liquidity_token_program: &'a AccountInfo<'info>,
    instructions_sysvar: &'a AccountInfo<'info>,
}

/// Redeems `collateral_atoms` cTokens.
pub fn process(accounts: &[AccountInfo], collateral_atoms: u64) -> ProgramResult {
    let accounts = Accounts::read(accounts)?;
    let liquidity_mint = Mint::read(accounts.liquidity_mint)?;
    let (mut reserve, market) = accounts.validate()?;

    let now = now()?;
    reserve.refresh(now, market.referral_fee_bps)?;
    let before = Balances {
        vault_atoms: balance_atoms(accounts.liquidity_vault)?,
        available_atoms: reserve.available_atoms,
    };
    let liquidity_atoms = reserve.redeem(collateral_atoms, now)?;
    reserve.store(&mut accounts.reserve.try_borrow_mut_data()?)?;

    burn(
        accounts.token_program,
        accounts.user_collateral,
        accounts.collateral_mint,
        accounts.owner,
        collateral_atoms,
    )?;
    transfer_checked(
        accounts.liquidity_token_program,
        accounts.liquidity_vault,
        accounts.liquidity_mint,
        accounts.user_liquidity,
        accounts.market_authority,
        liquidity_atoms,
        liquidity_mint.decimals,
        &[&[seeds::MARKET_AUTHORITY, accounts.market.key.as_ref(), &[market.bump]]],
    )?;

    let after = Balances {
        vault_atoms: balance_atoms(accounts.liquidity_vault)?,
        available_atoms: reserve.available_atoms,
    };
    Ok(vault_check::require_moved(before, after, Moved::Out(liquidity_atoms))?)
}

impl<'a, 'info> Accounts<'a, 'info> {
    /// First pass: every account is of the right kind.
    fn read(accounts: &'a [AccountInfo<'info>]) -> Result<Self, ProgramError> {
        let mut cursor = AccountCursor::new(accounts);
        let owner = cursor.required()?;
        read_signer(owner)?;
        let market = cursor.required()?;
        read_state(market, &crate::ID, &MARKET_DISCRIMINATOR)?;
        let reserve = cursor.required()?;
        read_state(reserve, &crate::ID, &RESERVE_DISCRIMINATOR)?;
        let market_authority = cursor.required()?;
        let liquidity_mint = cursor.required()?;
        Mint::read(liquidity_mint)?;
        let collateral_mint = cursor.required()?;
        Mint::read(collateral_mint)?;
        let liquidity_vault = cursor.required()?;
        TokenAccount::read(liquidity_vault)?;
        let user_collateral = cursor.required()?;
        TokenAccount::read(user_collateral)?;
        let user_liquidity = cursor.required()?;
        TokenAccount::read(user_liquidity)?;
        let token_program = cursor.required()?;
        read_program(token_program, &[TOKEN_ID])?;
        let liquidity_token_program = cursor.required()?;
        read_program(liquidity_token_program, &TOKEN_PROGRAMS)?;
        let instructions_sysvar = cursor.required()?;
        Ok(Self {
            owner,
            market,
            reserve,
            market_authority,
            liquidity_mint,
            collateral_mint,
            liquidity_vault,
            user_collateral,
            user_liquidity,
            token_program,
            liquidity_token_program,
            instructions_sysvar,
        })
    }

    /// Second pass, then the instruction's own preconditions.
    fn validate(&self) -> Result<(Reserve, Market), ProgramError> {
        require_mut(self.reserve)?;
        let reserve = Reserve::load(&self.reserve.try_borrow_data()?)?;
        require_key(&reserve.market, self.market.key, AnchorError::ConstraintHasOne)?;
        let market = Market::load(&self.market.try_borrow_data()?)?;
        market.require_authority(self.market_authority, self.market)?;
        // klend before 1.9 demands this, 1.16 no longer does: an adapter must satisfy both.
        require_mut(self.liquidity_mint)?;
        require_key(self.liquidity_mint.key, &reserve.liquidity_mint, AnchorError::ConstraintAddress)?;
        require_key(
            self.liquidity_mint.owner,
            self.liquidity_token_program.key,
            AnchorError::ConstraintMintTokenProgram,
        )?;
        require_mut(self.collateral_mint)?;
        require_key(self.collateral_mint.key, &reserve.collateral_mint, AnchorError::ConstraintAddress)?;
        require_mut(self.liquidity_vault)?;
        require_key(self.liquidity_vault.key, &reserve.liquidity_vault, AnchorError::ConstraintAddress)?;
        require_mut(self.user_collateral)?;
        TokenAccount::read(self.user_collateral)?.require_mint(self.collateral_mint.key)?;
        require_mut(self.user_liquidity)?;
        let user_liquidity = TokenAccount::read(self.user_liquidity)?;
        user_liquidity.require_owner(self.owner.key)?;
        user_liquidity.require_mint(&reserve.liquidity_mint)?;
        require_key(self.instructions_sysvar.key, &instructions::ID, AnchorError::ConstraintAddress)?;

        market.require_normal_mode()?;
        if *self.user_collateral.key == reserve.collateral_vault
            || *self.user_liquidity.key == reserve.liquidity_vault
        {
            return Err(LendingError::InvalidAccountInput.into());
        }
        reserve.require_version()?;
        liquidity_token::require_supported(self.liquidity_mint, self.user_liquidity)?;
        Ok((reserve, market))
    }
}
