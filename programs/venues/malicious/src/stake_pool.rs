//! The little of a stake pool's business that a bad one needs: SOL in for tokens at the books' rate, and out again,
//! without fees or checks. The real program is no stand-in that could be extended.

use anchor_shape::bytes::read_u64;
use anchor_shape::token::{burn, mint_to};
use solana_program::account_info::AccountInfo;
use solana_program::entrypoint::ProgramResult;
use solana_program::instruction::{AccountMeta, Instruction};
use solana_program::program::{invoke, invoke_signed};
use solana_program::program_error::ProgramError;
use solana_program::pubkey::{Pubkey, pubkey};

/// The stake pool program.
pub const ID: Pubkey = pubkey!("SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy");
const TOTAL_LAMPORTS: usize = 258;
const SUPPLY: usize = 266;
const UPDATE_BALANCE: u8 = 7;
const DEPOSIT_SOL: u8 = 14;
const WITHDRAW_SOL: u8 = 16;

/// `DepositSol`, `WithdrawSol`, and an update that does nothing.
pub fn process(program_id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let pool = accounts.first().ok_or(ProgramError::NotEnoughAccountKeys)?;
    let (_, bump) = Pubkey::find_program_address(&[pool.key.as_ref(), b"withdraw"], program_id);
    let seeds: &[&[u8]] = &[pool.key.as_ref(), b"withdraw", &[bump]];
    let (lamports, supply) = {
        let books = pool.try_borrow_data()?;
        (read_u64(&books, TOTAL_LAMPORTS)?, read_u64(&books, SUPPLY)?)
    };
    let scaled = |amount: u64, by: u64, of: u64| {
        let product = u128::from(amount) * u128::from(by);
        u64::try_from(product / u128::from(of.max(1))).map_err(|_| ProgramError::ArithmeticOverflow)
    };
    match (data.first().copied(), accounts) {
        (Some(UPDATE_BALANCE), _) => Ok(()),
        (
            Some(DEPOSIT_SOL),
            [_, authority, reserve, funder, receipts, _, _, mint, system, token_program, ..],
        ) => {
            let atoms = read_u64(data, 1)?;
            transfer(system, funder, reserve, atoms)?;
            let minted = scaled(atoms, supply, lamports)?;
            mint_to(token_program, mint, receipts, authority, minted, &[seeds])
        }
        (
            Some(WITHDRAW_SOL),
            [_, authority, vault, receipts, reserve, to, _, mint, clock, history, _, token_program, ..],
        ) => {
            let tokens = read_u64(data, 1)?;
            burn(token_program, receipts, mint, vault, tokens)?;
            let paid = scaled(tokens, lamports, supply)?;
            withdraw_stake([reserve, to, clock, history, authority], accounts, paid, seeds)
        }
        _ => Err(ProgramError::InvalidInstructionData),
    }
}

fn transfer<'info>(
    system: &AccountInfo<'info>,
    from: &AccountInfo<'info>,
    to: &AccountInfo<'info>,
    lamports: u64,
) -> ProgramResult {
    let data = [2u32.to_le_bytes().as_slice(), &lamports.to_le_bytes()].concat();
    let metas = vec![AccountMeta::new(*from.key, true), AccountMeta::new(*to.key, false)];
    invoke(&Instruction { program_id: *system.key, accounts: metas, data }, &[from.clone(), to.clone()])
}

/// The stake program's `Withdraw`.
fn withdraw_stake(
    [reserve, to, clock, history, authority]: [&AccountInfo; 5],
    accounts: &[AccountInfo],
    lamports: u64,
    seeds: &[&[u8]],
) -> ProgramResult {
    let data = [4u32.to_le_bytes().as_slice(), &lamports.to_le_bytes()].concat();
    let metas = vec![
        AccountMeta::new(*reserve.key, false),
        AccountMeta::new(*to.key, false),
        AccountMeta::new_readonly(*clock.key, false),
        AccountMeta::new_readonly(*history.key, false),
        AccountMeta::new_readonly(*authority.key, true),
    ];
    invoke_signed(&Instruction { program_id: *reserve.owner, accounts: metas, data }, accounts, &[seeds])
}
