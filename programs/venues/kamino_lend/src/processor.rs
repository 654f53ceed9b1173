//! Finds the instruction by its discriminator and reads its arguments.

use crate::instructions::{
    deposit_reserve_liquidity, redeem_reserve_collateral, refresh_reserve, refresh_reserves_batch,
};
use crate::layout::discriminator;
use anchor_shape::AnchorError;
use solana_program::{
    account_info::AccountInfo, entrypoint::ProgramResult, program_error::ProgramError, pubkey::Pubkey,
};

/// The program's entry.
pub fn process_instruction(_program_id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let (name, arguments) = data.split_first_chunk::<8>().ok_or(AnchorError::InstructionMissing)?;
    match *name {
        discriminator::DEPOSIT_RESERVE_LIQUIDITY => {
            deposit_reserve_liquidity::process(accounts, amount(arguments)?)
        }
        discriminator::REDEEM_RESERVE_COLLATERAL => {
            redeem_reserve_collateral::process(accounts, amount(arguments)?)
        }
        discriminator::REFRESH_RESERVE => refresh_reserve::process(accounts),
        discriminator::REFRESH_RESERVES_BATCH => refresh_reserves_batch::process(accounts, flag(arguments)?),
        _ => Err(AnchorError::InstructionFallbackNotFound.into()),
    }
}

/// A u64; bytes after it are ignored, as Anchor ignores them.
fn amount(arguments: &[u8]) -> Result<u64, ProgramError> {
    let bytes = arguments.first_chunk::<8>().ok_or(AnchorError::InstructionDidNotDeserialize)?;
    Ok(u64::from_le_bytes(*bytes))
}

fn flag(arguments: &[u8]) -> Result<bool, ProgramError> {
    match arguments.first() {
        Some(0) => Ok(false),
        Some(1) => Ok(true),
        _ => Err(AnchorError::InstructionDidNotDeserialize.into()),
    }
}
