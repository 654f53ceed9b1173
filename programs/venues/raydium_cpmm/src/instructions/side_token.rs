//! Moving one side of a pool, under whichever token program its mint belongs to.

use crate::error::CpmmError;
use anchor_shape::extensions::{TRANSFER_FEE_CONFIG, all_extensions};
use anchor_shape::token::{TOKEN_ID, transfer_checked};
use solana_program::{account_info::AccountInfo, program_error::ProgramError};

/// Fails with `NotSupportMint` for a mint that charges transfer fees: cp-swap handles them, but no
/// Ballast vault takes such a mint, so the stand-in has no code for it.
pub fn require_no_transfer_fee(mint: &AccountInfo) -> Result<(), ProgramError> {
    if mint.owner == &TOKEN_ID
        || all_extensions(&mint.try_borrow_data()?, |kind| kind != TRANSFER_FEE_CONFIG)?
    {
        Ok(())
    } else {
        Err(CpmmError::NotSupportMint.into())
    }
}

/// A transfer to make; none is made for zero atoms.
pub struct Transfer<'a, 'info> {
    /// Token program of the mint.
    pub program: &'a AccountInfo<'info>,
    /// Who pays.
    pub from: &'a AccountInfo<'info>,
    /// What.
    pub mint: &'a AccountInfo<'info>,
    /// Who receives.
    pub to: &'a AccountInfo<'info>,
    /// Who signs for the payer.
    pub authority: &'a AccountInfo<'info>,
    /// Decimals of the mint.
    pub decimals: u8,
}

impl Transfer<'_, '_> {
    /// Makes the transfer, signed by the PDA of `seeds` if any.
    pub fn send(&self, amount_atoms: u64, seeds: &[&[&[u8]]]) -> Result<(), ProgramError> {
        if amount_atoms == 0 {
            return Ok(());
        }
        transfer_checked(
            self.program,
            self.from,
            self.mint,
            self.to,
            self.authority,
            amount_atoms,
            self.decimals,
            seeds,
        )
    }
}
