//! Which liquidity tokens are admitted.

use crate::error::LendingError;
use anchor_shape::{
    extensions::{self, all_extensions},
    token::TOKEN_ID,
};
use solana_program::{account_info::AccountInfo, program_error::ProgramError};

/// Fails with `UnsupportedTokenExtension` for Token-2022 extensions beyond metadata, close authority
/// and immutable owner. klend also admits some that need looking into (a transfer fee of zero, a hook
/// without a program, ...); no Ballast vault takes such a mint, so the stand-in refuses them all.
pub fn require_supported(mint: &AccountInfo, token_account: &AccountInfo) -> Result<(), ProgramError> {
    const MINT: [u16; 3] =
        [extensions::MINT_CLOSE_AUTHORITY, extensions::METADATA_POINTER, extensions::TOKEN_METADATA];
    require(mint, |kind| MINT.contains(&kind))?;
    require(token_account, |kind| kind == extensions::IMMUTABLE_OWNER)
}

fn require(account: &AccountInfo, accept: impl FnMut(u16) -> bool) -> Result<(), ProgramError> {
    if account.owner == &TOKEN_ID || all_extensions(&account.try_borrow_data()?, accept)? {
        Ok(())
    } else {
        Err(LendingError::UnsupportedTokenExtension.into())
    }
}
