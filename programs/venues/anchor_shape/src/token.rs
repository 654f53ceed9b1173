//! SPL Token and Token-2022: reading their accounts and calling them.
//!
//! Only the layout that both programs share is read (mint 82 bytes, token account 165 bytes), and
//! the instructions are built by hand: the venues need four of them.

use crate::accounts::{read_foreign_owner, require_key};
use crate::error::AnchorError;
use crate::extensions::BASE_LEN;
use solana_program::{
    account_info::AccountInfo,
    instruction::{AccountMeta, Instruction},
    program::invoke_signed,
    program_error::ProgramError,
    pubkey,
    pubkey::Pubkey,
};

/// The SPL Token program.
pub const TOKEN_ID: Pubkey = pubkey!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// The Token-2022 program.
pub const TOKEN_2022_ID: Pubkey = pubkey!("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
/// Either token program.
pub const TOKEN_PROGRAMS: [Pubkey; 2] = [TOKEN_ID, TOKEN_2022_ID];

const MINT_LEN: usize = 82;
const ACCOUNT_KIND_MINT: u8 = 1;
const ACCOUNT_KIND_TOKEN: u8 = 2;

const TAG_MINT_TO: u8 = 7;
const TAG_BURN: u8 = 8;
const TAG_TRANSFER_CHECKED: u8 = 12;

/// What the venues read of a token account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenAccount {
    /// The mint the account holds.
    pub mint: Pubkey,
    /// Who may spend from it.
    pub owner: Pubkey,
    /// Balance, in the mint's smallest unit.
    pub amount_atoms: u64,
}

/// What the venues read of a mint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mint {
    /// Decimal places of the token.
    pub decimals: u8,
}

impl TokenAccount {
    /// First pass: a token account of either token program.
    pub fn read(account: &AccountInfo) -> Result<Self, ProgramError> {
        read_foreign_owner(account, &TOKEN_PROGRAMS)?;
        Self::parse(&account.try_borrow_data()?)
    }

    /// Reads the bytes of a token account.
    ///
    /// Errors: `InvalidAccountData` if they are of another kind, `UninitializedAccount` if the
    /// account was never initialised.
    pub fn parse(data: &[u8]) -> Result<Self, ProgramError> {
        check_length(data, BASE_LEN, ACCOUNT_KIND_TOKEN)?;
        if byte(data, 108)? == 0 {
            return Err(ProgramError::UninitializedAccount);
        }
        Ok(Self {
            mint: key(data, 0)?,
            owner: key(data, 32)?,
            amount_atoms: u64::from_le_bytes(array(data, 64)?),
        })
    }

    /// Second pass: the account is of `mint`.
    pub fn require_mint(&self, mint: &Pubkey) -> Result<(), ProgramError> {
        require_key(&self.mint, mint, AnchorError::ConstraintTokenMint)
    }

    /// Second pass: the account belongs to `owner`.
    pub fn require_owner(&self, owner: &Pubkey) -> Result<(), ProgramError> {
        require_key(&self.owner, owner, AnchorError::ConstraintTokenOwner)
    }
}

impl Mint {
    /// First pass: a mint of either token program.
    pub fn read(account: &AccountInfo) -> Result<Self, ProgramError> {
        read_foreign_owner(account, &TOKEN_PROGRAMS)?;
        let data = account.try_borrow_data()?;
        check_length(&data, MINT_LEN, ACCOUNT_KIND_MINT)?;
        if byte(&data, 45)? == 0 {
            return Err(ProgramError::UninitializedAccount);
        }
        Ok(Self { decimals: byte(&data, 44)? })
    }
}

/// The balance of a token account whose kind was checked before.
pub fn balance_atoms(account: &AccountInfo) -> Result<u64, ProgramError> {
    Ok(u64::from_le_bytes(array(&account.try_borrow_data()?, 64)?))
}

/// `TransferChecked` of `amount_atoms`, signed by `authority` or by the PDA of `seeds`.
#[allow(clippy::too_many_arguments)]
pub fn transfer_checked<'info>(
    program: &AccountInfo<'info>,
    from: &AccountInfo<'info>,
    mint: &AccountInfo<'info>,
    to: &AccountInfo<'info>,
    authority: &AccountInfo<'info>,
    amount_atoms: u64,
    decimals: u8,
    seeds: &[&[&[u8]]],
) -> Result<(), ProgramError> {
    let mut data = Vec::with_capacity(10);
    data.push(TAG_TRANSFER_CHECKED);
    data.extend_from_slice(&amount_atoms.to_le_bytes());
    data.push(decimals);
    let metas = vec![
        AccountMeta::new(*from.key, false),
        AccountMeta::new_readonly(*mint.key, false),
        AccountMeta::new(*to.key, false),
        AccountMeta::new_readonly(*authority.key, true),
    ];
    call(program, metas, data, &[from.clone(), mint.clone(), to.clone(), authority.clone()], seeds)
}

/// `MintTo` of `amount_atoms`, signed by the PDA of `seeds`.
pub fn mint_to<'info>(
    program: &AccountInfo<'info>,
    mint: &AccountInfo<'info>,
    to: &AccountInfo<'info>,
    authority: &AccountInfo<'info>,
    amount_atoms: u64,
    seeds: &[&[&[u8]]],
) -> Result<(), ProgramError> {
    let metas = vec![
        AccountMeta::new(*mint.key, false),
        AccountMeta::new(*to.key, false),
        AccountMeta::new_readonly(*authority.key, true),
    ];
    call(
        program,
        metas,
        tagged(TAG_MINT_TO, amount_atoms),
        &[mint.clone(), to.clone(), authority.clone()],
        seeds,
    )
}

/// `Burn` of `amount_atoms`, signed by `authority`.
pub fn burn<'info>(
    program: &AccountInfo<'info>,
    from: &AccountInfo<'info>,
    mint: &AccountInfo<'info>,
    authority: &AccountInfo<'info>,
    amount_atoms: u64,
) -> Result<(), ProgramError> {
    let metas = vec![
        AccountMeta::new(*from.key, false),
        AccountMeta::new(*mint.key, false),
        AccountMeta::new_readonly(*authority.key, true),
    ];
    call(
        program,
        metas,
        tagged(TAG_BURN, amount_atoms),
        &[from.clone(), mint.clone(), authority.clone()],
        &[],
    )
}

fn call<'info>(
    program: &AccountInfo<'info>,
    accounts: Vec<AccountMeta>,
    data: Vec<u8>,
    infos: &[AccountInfo<'info>],
    seeds: &[&[&[u8]]],
) -> Result<(), ProgramError> {
    invoke_signed(&Instruction { program_id: *program.key, accounts, data }, infos, seeds)
}

fn tagged(tag: u8, amount_atoms: u64) -> Vec<u8> {
    let mut data = Vec::with_capacity(9);
    data.push(tag);
    data.extend_from_slice(&amount_atoms.to_le_bytes());
    data
}

/// Base length exactly, or longer with the byte that names the kind of account.
fn check_length(data: &[u8], base_len: usize, kind: u8) -> Result<(), ProgramError> {
    if data.len() == base_len || (data.len() > BASE_LEN && data.get(BASE_LEN) == Some(&kind)) {
        Ok(())
    } else {
        Err(ProgramError::InvalidAccountData)
    }
}

fn array<const N: usize>(data: &[u8], offset: usize) -> Result<[u8; N], ProgramError> {
    data.get(offset..)
        .and_then(|rest| rest.first_chunk::<N>())
        .copied()
        .ok_or(ProgramError::InvalidAccountData)
}

fn byte(data: &[u8], offset: usize) -> Result<u8, ProgramError> {
    data.get(offset).copied().ok_or(ProgramError::InvalidAccountData)
}

fn key(data: &[u8], offset: usize) -> Result<Pubkey, ProgramError> {
    Ok(Pubkey::new_from_array(array(data, offset)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn account(state: u8, amount_atoms: u64) -> Vec<u8> {
        let mut data = vec![0u8; BASE_LEN];
        data[..32].copy_from_slice(&[1; 32]);
        data[32..64].copy_from_slice(&[2; 32]);
        data[64..72].copy_from_slice(&amount_atoms.to_le_bytes());
        data[108] = state;
        data
    }

    #[test]
    fn reads_a_token_account() {
        let parsed = TokenAccount::parse(&account(1, 77)).unwrap();
        assert_eq!(
            parsed,
            TokenAccount {
                mint: Pubkey::new_from_array([1; 32]),
                owner: Pubkey::new_from_array([2; 32]),
                amount_atoms: 77
            }
        );
        assert_eq!(parsed.require_mint(&parsed.owner), Err(AnchorError::ConstraintTokenMint.into()));
        assert_eq!(parsed.require_owner(&parsed.mint), Err(AnchorError::ConstraintTokenOwner.into()));
    }

    #[test]
    fn refuses_other_bytes() {
        assert_eq!(TokenAccount::parse(&account(0, 1)), Err(ProgramError::UninitializedAccount));
        assert_eq!(TokenAccount::parse(&[1; MINT_LEN]), Err(ProgramError::InvalidAccountData));
        let mut mint_2022 = account(1, 1);
        mint_2022.push(ACCOUNT_KIND_MINT);
        assert_eq!(TokenAccount::parse(&mint_2022), Err(ProgramError::InvalidAccountData));
    }
}
