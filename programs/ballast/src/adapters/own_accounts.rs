//! What a venue may not touch although the vault signs for it.
//!
//! The vault signs the venue's instruction, so a venue that turned bad could use that signature on every token
//! account in the instruction whose owner is the vault: take tokens, leave itself a delegate or a close
//! authority, give the account away. All of them are read before the call and compared after it, to the byte.

use anchor_lang::prelude::*;
use solana_sha256_hasher::hash;

use super::account_data::{read_key, read_u64};
use super::token_amount;
use crate::error::BallastError;

/// Fields of a token account, which both token programs lay out alike.
mod at {
    pub const MINT: usize = 0;
    pub const OWNER: usize = 32;
    pub const AMOUNT: usize = 64;
    pub const BEHIND_AMOUNT: usize = 72;
    /// Bytes without extensions.
    pub const LEN: usize = 165;
}

/// An account that the move is meant to change.
pub struct Moving<'a, 'info> {
    /// The account.
    pub account: &'a AccountInfo<'info>,
    /// Its mint.
    pub mint: Pubkey,
    /// Its token program.
    pub token_program: Pubkey,
}

impl Moving<'_, '_> {
    /// Errors unless it is the vault's token account of this mint and token program.
    fn require_vaults(&self, vault: &Pubkey) -> Result<()> {
        require_keys_eq!(*self.account.owner, self.token_program, BallastError::WrongTokenProgram);
        let data = self.account.try_borrow_data()?;
        require_keys_eq!(read_key(&data, at::MINT)?, self.mint, BallastError::WrongMint);
        require_keys_eq!(read_key(&data, at::OWNER)?, *vault, BallastError::WrongTokenAccount);
        Ok(())
    }
}

/// A token account as it was: all of it but the amount, and the amount where that may not fall.
struct TokenBefore<'a, 'info> {
    account: &'a AccountInfo<'info>,
    program: Pubkey,
    head: Vec<u8>,
    tail: Vec<u8>,
    least_amount: Option<u64>,
}

/// A PDA of the vault that holds no tokens: the vault itself, or its funder.
struct PlainBefore<'a, 'info> {
    account: &'a AccountInfo<'info>,
    owner: Pubkey,
    lamports: u64,
    data: [u8; 32],
}

/// Everything of the vault's in an instruction, as it was before the venue was called.
pub struct OwnAccounts<'a, 'info> {
    tokens: Vec<TokenBefore<'a, 'info>>,
    plain: Vec<PlainBefore<'a, 'info>>,
}

impl<'a, 'info> OwnAccounts<'a, 'info> {
    /// Reads the vault, its `funder` where it is passed, and every token account of the vault's among `moving`
    /// and `passed`.
    ///
    /// Errors when an account of `moving` is not what it should be.
    pub fn read(
        vault: &'a AccountInfo<'info>,
        funder: &Pubkey,
        moving: &[Moving<'a, 'info>],
        passed: &'a [AccountInfo<'info>],
    ) -> Result<Self> {
        let mut own = Self { tokens: Vec::new(), plain: vec![PlainBefore::read(vault)?] };
        for moving in moving {
            moving.require_vaults(vault.key)?;
            own.add_token(moving.account, None)?;
        }
        for account in passed {
            if account.key == funder {
                own.plain.push(PlainBefore::read(account)?);
            } else if is_token_account_of(account, vault.key)? {
                own.add_token(account, Some(token_amount(account)?))?;
            }
        }
        Ok(own)
    }

    /// One account may stand in several places; the first counts.
    fn add_token(&mut self, account: &'a AccountInfo<'info>, least_amount: Option<u64>) -> Result<()> {
        if self.tokens.iter().all(|before| before.account.key != account.key) {
            let data = account.try_borrow_data()?;
            let (head, tail) = around_amount(&data).ok_or(BallastError::WrongTokenAccount)?;
            self.tokens.push(TokenBefore {
                account,
                program: *account.owner,
                head: head.to_vec(),
                tail: tail.to_vec(),
                least_amount,
            });
        }
        Ok(())
    }

    /// Errors unless everything but the amounts of the moving accounts is what it was.
    ///
    /// `VaultAccountChanged`: program, mint, owner, delegate, delegated amount, close authority, state or an
    /// extension of a token account, or the lamports, owner or data of the vault or its funder.
    /// `OtherBalanceTaken`: the amount of a token account that is no part of the move fell.
    pub fn require_unchanged(&self) -> Result<()> {
        for before in &self.tokens {
            let data = before.account.try_borrow_data()?;
            let same =
                around_amount(&data).is_some_and(|(head, tail)| head == before.head && tail == before.tail);
            require!(same && *before.account.owner == before.program, BallastError::VaultAccountChanged);
            // A gift is nobody's loss, and refusing it would let whoever names the account block the vault.
            let amount = read_u64(&data, at::AMOUNT)?;
            let taken = before.least_amount.is_some_and(|least| amount < least);
            require!(!taken, BallastError::OtherBalanceTaken);
        }
        for before in &self.plain {
            let now = PlainBefore::read(before.account)?;
            let same = (now.owner, now.lamports, now.data) == (before.owner, before.lamports, before.data);
            require!(same, BallastError::VaultAccountChanged);
        }
        Ok(())
    }
}

impl<'a, 'info> PlainBefore<'a, 'info> {
    fn read(account: &'a AccountInfo<'info>) -> Result<Self> {
        let data = hash(&account.try_borrow_data()?).to_bytes();
        Ok(Self { account, owner: *account.owner, lamports: account.lamports(), data })
    }
}

fn around_amount(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let tail = data.get(at::BEHIND_AMOUNT..).filter(|_| data.len() >= at::LEN)?;
    Some((data.get(..at::AMOUNT)?, tail))
}

fn is_token_account_of(account: &AccountInfo, vault: &Pubkey) -> Result<bool> {
    let by_token_program =
        *account.owner == anchor_spl::token::ID || *account.owner == anchor_spl::token_2022::ID;
    let data = account.try_borrow_data()?;
    Ok(by_token_program && data.len() >= at::LEN && read_key(&data, at::OWNER)? == *vault)
}
