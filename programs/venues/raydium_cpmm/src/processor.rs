//! Finds the instruction by its discriminator and reads its arguments.

use crate::instructions::{deposit, swap_base_input, swap_base_output, withdraw};
use crate::layout::discriminator;
use anchor_shape::AnchorError;
use solana_program::{
    account_info::AccountInfo, entrypoint::ProgramResult, program_error::ProgramError, pubkey::Pubkey,
};

/// The program's entry.
pub fn process_instruction(_program_id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let (name, arguments) = data.split_first_chunk::<8>().ok_or(AnchorError::InstructionFallbackNotFound)?;
    match *name {
        discriminator::DEPOSIT => deposit::process(accounts, amounts(arguments)?),
        discriminator::WITHDRAW => withdraw::process(accounts, amounts(arguments)?),
        discriminator::SWAP_BASE_INPUT => swap_base_input::process(accounts, amounts(arguments)?),
        discriminator::SWAP_BASE_OUTPUT => swap_base_output::process(accounts, amounts(arguments)?),
        _ => Err(AnchorError::InstructionFallbackNotFound.into()),
    }
}

/// `N` u64; bytes after them are ignored, as Anchor ignores them.
fn amounts<const N: usize>(arguments: &[u8]) -> Result<[u64; N], ProgramError> {
    let mut amounts = [0; N];
    let mut rest = arguments;
    for amount in &mut amounts {
        let (bytes, after) =
            rest.split_first_chunk::<8>().ok_or(AnchorError::InstructionDidNotDeserialize)?;
        *amount = u64::from_le_bytes(*bytes);
        rest = after;
    }
    Ok(amounts)
}
