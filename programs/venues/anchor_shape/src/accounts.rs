//! Account checks, split as Anchor splits them.
//!
//! Anchor reads every account of an instruction first, in order (owner, discriminator, contents),
//! and only then evaluates the constraints, again in order. Keeping the two passes apart gives the
//! same error as the real program when several things are wrong at once.

use crate::error::AnchorError;
use solana_program::{account_info::AccountInfo, program_error::ProgramError, pubkey::Pubkey};

/// Length of an Anchor account discriminator, in bytes.
pub const DISCRIMINATOR_LEN: usize = 8;

/// Owner of accounts that do not exist.
const SYSTEM_PROGRAM_ID: Pubkey = Pubkey::new_from_array([0; 32]);

/// Walks an instruction's accounts in order.
pub struct AccountCursor<'a, 'info> {
    rest: core::slice::Iter<'a, AccountInfo<'info>>,
}

impl<'a, 'info> AccountCursor<'a, 'info> {
    /// Starts at the first account.
    pub fn new(accounts: &'a [AccountInfo<'info>]) -> Self {
        Self { rest: accounts.iter() }
    }

    /// The next account, or `AccountNotEnoughKeys`.
    pub fn required(&mut self) -> Result<&'a AccountInfo<'info>, ProgramError> {
        self.rest.next().ok_or_else(|| AnchorError::AccountNotEnoughKeys.into())
    }

    /// The next account if one is left.
    pub fn maybe(&mut self) -> Option<&'a AccountInfo<'info>> {
        self.rest.next()
    }

    /// The next account in an optional position: the program's own id stands for `None`. The position
    /// itself may not be left out.
    pub fn optional(&mut self, program_id: &Pubkey) -> Result<Option<&'a AccountInfo<'info>>, ProgramError> {
        Ok(Some(self.required()?).filter(|account| account.key != program_id))
    }
}

/// First pass: the account signed.
pub fn read_signer(account: &AccountInfo) -> Result<(), ProgramError> {
    if account.is_signer { Ok(()) } else { Err(AnchorError::AccountNotSigner.into()) }
}

/// First pass: the account belongs to `program_id` and carries `discriminator`.
pub fn read_state(
    account: &AccountInfo,
    program_id: &Pubkey,
    discriminator: &[u8; DISCRIMINATOR_LEN],
) -> Result<(), ProgramError> {
    if account.owner != program_id {
        return Err(AnchorError::AccountOwnedByWrongProgram.into());
    }
    let data = account.try_borrow_data()?;
    match data.get(..DISCRIMINATOR_LEN) {
        None => Err(AnchorError::AccountDiscriminatorNotFound.into()),
        Some(found) if found != discriminator => Err(AnchorError::AccountDiscriminatorMismatch.into()),
        Some(_) => Ok(()),
    }
}

/// First pass: the account is one of `programs`.
pub fn read_program(account: &AccountInfo, programs: &[Pubkey]) -> Result<(), ProgramError> {
    if !programs.contains(account.key) {
        return Err(AnchorError::InvalidProgramId.into());
    }
    if !account.executable {
        return Err(AnchorError::InvalidProgramExecutable.into());
    }
    Ok(())
}

/// First pass, for accounts of another program: the account exists and belongs to one of `owners`.
pub fn read_foreign_owner(account: &AccountInfo, owners: &[Pubkey]) -> Result<(), ProgramError> {
    if account.owner == &SYSTEM_PROGRAM_ID && account.lamports() == 0 {
        return Err(AnchorError::AccountNotInitialized.into());
    }
    if !owners.contains(account.owner) {
        return Err(AnchorError::AccountOwnedByWrongProgram.into());
    }
    Ok(())
}

/// Second pass: the account is writable.
pub fn require_mut(account: &AccountInfo) -> Result<(), ProgramError> {
    if account.is_writable { Ok(()) } else { Err(AnchorError::ConstraintMut.into()) }
}

/// Second pass: `found` equals `expected`, else `error`.
pub fn require_key(
    found: &Pubkey,
    expected: &Pubkey,
    error: impl Into<ProgramError>,
) -> Result<(), ProgramError> {
    if found == expected { Ok(()) } else { Err(error.into()) }
}

/// Second pass: the account's address is derived from `seeds` (bump included).
pub fn require_seeds(
    account: &AccountInfo,
    seeds: &[&[u8]],
    program_id: &Pubkey,
) -> Result<(), ProgramError> {
    match Pubkey::create_program_address(seeds, program_id) {
        Ok(derived) if derived == *account.key => Ok(()),
        _ => Err(AnchorError::ConstraintSeeds.into()),
    }
}
