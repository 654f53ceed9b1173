//! The accounts that `deposit` and `withdraw` share, and what each checks of them.

use super::side_token::Transfer;
use crate::error::CpmmError;
use crate::layout::{POOL_DISCRIMINATOR, seeds};
use crate::state::Pool;
use anchor_shape::AnchorError;
use anchor_shape::accounts::{
    AccountCursor, read_program, read_signer, read_state, require_key, require_mut, require_seeds,
};
use anchor_shape::token::{Mint, TOKEN_2022_ID, TOKEN_ID, TokenAccount};
use solana_program::{account_info::AccountInfo, program_error::ProgramError};

/// Thirteen accounts, the two sides in arrays.
pub struct LiquidityAccounts<'a, 'info> {
    pub owner: &'a AccountInfo<'info>,
    pub authority: &'a AccountInfo<'info>,
    pub pool: &'a AccountInfo<'info>,
    pub owner_lp: &'a AccountInfo<'info>,
    pub owner_tokens: [&'a AccountInfo<'info>; 2],
    pub vaults: [&'a AccountInfo<'info>; 2],
    pub token_program: &'a AccountInfo<'info>,
    pub token_2022_program: &'a AccountInfo<'info>,
    pub mints: [&'a AccountInfo<'info>; 2],
    pub lp_mint: &'a AccountInfo<'info>,
}

/// Whose the two token accounts must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokensOf {
    /// The owner's: what a deposit spends.
    Owner,
    /// Anyone's: a withdrawal may pay into them.
    Anyone,
}

/// Which way tokens go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the owner into a vault.
    In,
    /// From a vault to the owner.
    Out,
}

impl<'a, 'info> LiquidityAccounts<'a, 'info> {
    /// First pass: every account is of the right kind.
    pub fn read(cursor: &mut AccountCursor<'a, 'info>) -> Result<Self, ProgramError> {
        let owner = cursor.required()?;
        read_signer(owner)?;
        let authority = cursor.required()?;
        let pool = cursor.required()?;
        read_state(pool, &crate::ID, &POOL_DISCRIMINATOR)?;
        let owner_lp = token_account(cursor)?;
        let owner_tokens = [token_account(cursor)?, token_account(cursor)?];
        let vaults = [token_account(cursor)?, token_account(cursor)?];
        let token_program = cursor.required()?;
        read_program(token_program, &[TOKEN_ID])?;
        let token_2022_program = cursor.required()?;
        read_program(token_2022_program, &[TOKEN_2022_ID])?;
        let mints = [mint(cursor)?, mint(cursor)?];
        let lp_mint = mint(cursor)?;
        Ok(Self {
            owner,
            authority,
            pool,
            owner_lp,
            owner_tokens,
            vaults,
            token_program,
            token_2022_program,
            mints,
            lp_mint,
        })
    }

    /// Second pass: the accounts belong together.
    pub fn validate(&self, tokens_of: TokensOf) -> Result<Pool, ProgramError> {
        require_seeds(self.authority, &[seeds::AUTHORITY, &[crate::AUTHORITY_BUMP]], &crate::ID)?;
        require_mut(self.pool)?;
        let pool = Pool::load(&self.pool.try_borrow_data()?)?;
        require_mut(self.owner_lp)?;
        TokenAccount::read(self.owner_lp)?.require_owner(self.owner.key)?;
        let vaults = [TokenAccount::read(self.vaults[0])?, TokenAccount::read(self.vaults[1])?];
        for (account, vault) in self.owner_tokens.into_iter().zip(&vaults) {
            require_mut(account)?;
            let token = TokenAccount::read(account)?;
            if tokens_of == TokensOf::Owner {
                token.require_owner(self.owner.key)?;
            }
            token.require_mint(&vault.mint)?;
        }
        for (account, token) in self.vaults.into_iter().zip(&pool.tokens) {
            require_mut(account)?;
            require_key(account.key, &token.vault, AnchorError::ConstraintRaw)?;
        }
        for (account, vault) in self.mints.into_iter().zip(&vaults) {
            require_key(account.key, &vault.mint, AnchorError::ConstraintAddress)?;
        }
        require_mut(self.lp_mint)?;
        require_key(self.lp_mint.key, &pool.lp_mint, CpmmError::IncorrectLpMint)?;
        Ok(pool)
    }

    /// Balances of the two vaults, atoms.
    pub fn vault_atoms(&self) -> Result<[u64; 2], ProgramError> {
        let [zero, one] = self.vaults;
        Ok([TokenAccount::read(zero)?.amount_atoms, TokenAccount::read(one)?.amount_atoms])
    }

    /// The transfer of side `index`, by the token program of its mint.
    pub fn transfer(&self, index: usize, way: Way) -> Result<Transfer<'a, 'info>, ProgramError> {
        let mint = self.mints[index];
        let (from, to, authority) = match way {
            Way::In => (self.owner_tokens[index], self.vaults[index], self.owner),
            Way::Out => (self.vaults[index], self.owner_tokens[index], self.authority),
        };
        Ok(Transfer {
            program: if mint.owner == self.token_program.key {
                self.token_program
            } else {
                self.token_2022_program
            },
            from,
            mint,
            to,
            authority,
            decimals: Mint::read(mint)?.decimals,
        })
    }
}

fn token_account<'a, 'info>(
    cursor: &mut AccountCursor<'a, 'info>,
) -> Result<&'a AccountInfo<'info>, ProgramError> {
    let account = cursor.required()?;
    TokenAccount::read(account)?;
    Ok(account)
}

fn mint<'a, 'info>(cursor: &mut AccountCursor<'a, 'info>) -> Result<&'a AccountInfo<'info>, ProgramError> {
    let account = cursor.required()?;
    Mint::read(account)?;
    Ok(account)
}
