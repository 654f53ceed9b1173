//! Wrapped SOL to lamports and back, for venues that take native SOL.
//!
//! A stake pool takes SOL by a system transfer, which only a system-owned account without data can sign:
//! the vault's funder PDA. Part of a wrapped balance can only be unwrapped through a token account that is
//! then closed: the unwrap PDA, which lives for one instruction.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::program::invoke_signed;
use anchor_lang::solana_program::program_pack::Pack;
use anchor_lang::solana_program::system_instruction;
use anchor_spl::token::spl_token::{self, state::Account as TokenAccount};

use super::VaultSide;
use crate::error::BallastError;
use crate::seeds;

/// The two PDAs with their bumps.
pub struct NativeAccounts<'info> {
    /// Holds lamports within the instruction.
    pub funder: &'info AccountInfo<'info>,
    /// Token account that is made and closed within the instruction.
    pub unwrap: &'info AccountInfo<'info>,
    /// Bumps of funder and unwrap.
    pub bumps: [u8; 2],
}

impl NativeAccounts<'_> {
    /// The funder's seeds for `vault`.
    pub fn funder_seeds<'s>(vault: &'s Pubkey, bump: &'s [u8; 1]) -> [&'s [u8]; 3] {
        [seeds::FUNDER, vault.as_ref(), bump]
    }
}

/// Writes lamports sent to the idle account into its balance, so that they cannot be taken for proceeds.
pub fn sync(side: &VaultSide) -> Result<()> {
    let instruction = spl_token::instruction::sync_native(side.token_program.key, side.idle_account.key)?;
    invoke_signed(&instruction, core::slice::from_ref(&side.idle_account), &[])?;
    Ok(())
}

/// Turns `atoms` of the idle account into lamports of the funder. Returns the lamports that are then with the
/// funder beyond them: the rent that the payer advanced, and whatever somebody had sent to the unwrap PDA.
pub fn unwrap_to_funder<'info>(
    side: &VaultSide<'_, 'info>,
    native: &NativeAccounts<'info>,
    atoms: u64,
) -> Result<u64> {
    let [_, unwrap_bump] = native.bumps.map(|bump| [bump]);
    let unwrap_seeds: [&[u8]; 3] = [seeds::UNWRAP, side.vault.key.as_ref(), &unwrap_bump];
    let (payer, unwrap, program) = (&side.payer, native.unwrap, side.token_program.key);
    // Not `create_account`: that would let anyone block the vault by sending the PDA a lamport.
    let rent = Rent::get()?.minimum_balance(TokenAccount::LEN).saturating_sub(unwrap.lamports());
    if rent > 0 {
        invoke_signed(
            &system_instruction::transfer(payer.key, unwrap.key, rent),
            &[payer.clone(), unwrap.clone()],
            &[],
        )?;
    }
    let beyond = unwrap.lamports();
    let len = u64::try_from(TokenAccount::LEN).map_err(|_| BallastError::MathOverflow)?;
    invoke_signed(
        &system_instruction::allocate(unwrap.key, len),
        core::slice::from_ref(unwrap),
        &[&unwrap_seeds],
    )?;
    invoke_signed(
        &system_instruction::assign(unwrap.key, program),
        core::slice::from_ref(unwrap),
        &[&unwrap_seeds],
    )?;
    let mint = side.asset_mint.key;
    invoke_signed(
        &spl_token::instruction::initialize_account3(program, unwrap.key, mint, side.vault.key)?,
        &[unwrap.clone(), side.asset_mint.clone()],
        &[],
    )?;
    let signer = side.signer.seeds();
    let vault = &side.vault;
    invoke_signed(
        &spl_token::instruction::transfer(program, side.idle_account.key, unwrap.key, vault.key, &[], atoms)?,
        &[side.idle_account.clone(), unwrap.clone(), vault.clone()],
        &[&signer],
    )?;
    invoke_signed(
        &spl_token::instruction::close_account(program, unwrap.key, native.funder.key, vault.key, &[])?,
        &[unwrap.clone(), native.funder.clone(), vault.clone()],
        &[&signer],
    )?;
    Ok(beyond)
}

/// Sends `lamports` of the funder to `to`.
pub fn pay_from_funder<'info>(
    side: &VaultSide<'_, 'info>,
    native: &NativeAccounts<'info>,
    to: &AccountInfo<'info>,
    lamports: u64,
) -> Result<()> {
    if lamports == 0 {
        return Ok(());
    }
    let [funder_bump, _] = native.bumps.map(|bump| [bump]);
    invoke_signed(
        &system_instruction::transfer(native.funder.key, to.key, lamports),
        &[native.funder.clone(), to.clone()],
        &[&NativeAccounts::funder_seeds(side.vault.key, &funder_bump)],
    )?;
    Ok(())
}
