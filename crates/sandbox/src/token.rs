//! Mints and token accounts as bytes.

use ballast_client::address;
use solana_account::Account;
use solana_pubkey::Pubkey;

use crate::chain::{Chain, ChainError, rent_exempt};

const ACCOUNT_LEN: usize = 165;
const AMOUNT: core::ops::Range<usize> = 64..72;
const SUPPLY: core::ops::Range<usize> = 36..44;

/// Data of an SPL Token mint.
pub fn mint_data(
    authority: Option<&Pubkey>,
    supply: u64,
    decimals: u8,
    freeze_authority: Option<&Pubkey>,
) -> Vec<u8> {
    let option = |key: Option<&Pubkey>| match key {
        Some(key) => [&[1, 0, 0, 0], key.as_ref()].concat(),
        None => vec![0; 36],
    };
    [option(authority), supply.to_le_bytes().to_vec(), vec![decimals, 1], option(freeze_authority)].concat()
}

/// Data of an SPL Token account; a wrapped SOL account when `native_rent` is given.
pub fn account_data(mint: &Pubkey, owner: &Pubkey, atoms: u64, native_rent: Option<u64>) -> Vec<u8> {
    const INITIALIZED: u8 = 1;
    let native = match native_rent {
        Some(rent) => [&[1, 0, 0, 0], rent.to_le_bytes().as_slice()].concat(),
        None => vec![0; 12],
    };
    [
        mint.as_ref(),
        owner.as_ref(),
        &atoms.to_le_bytes(),
        &[0; 36],
        &[INITIALIZED],
        &native,
        &[0; 8],
        &[0; 36],
    ]
    .concat()
}

/// Writes a mint of the Token program.
pub fn set_mint(
    chain: &mut impl Chain,
    key: &Pubkey,
    authority: Option<&Pubkey>,
    supply: u64,
    decimals: u8,
) -> Result<(), ChainError> {
    chain.set_data(key, &address::TOKEN, mint_data(authority, supply, decimals, None))
}

/// Writes a token account at `key` with `atoms`, wrapped SOL included.
pub fn set_token_account(
    chain: &mut impl Chain,
    key: &Pubkey,
    mint: &Pubkey,
    owner: &Pubkey,
    atoms: u64,
) -> Result<(), ChainError> {
    let rent = rent_exempt(ACCOUNT_LEN);
    let native = (*mint == address::WRAPPED_SOL).then_some(rent);
    let lamports = if native.is_some() { rent.saturating_add(atoms) } else { rent };
    let data = account_data(mint, owner, atoms, native);
    chain.set_account(
        key,
        Account { lamports, data, owner: address::TOKEN, executable: false, rent_epoch: u64::MAX },
    )
}

/// Gives `owner` an associated token account of the Token program with exactly `atoms`. Returns its address.
pub fn fund(chain: &mut impl Chain, owner: &Pubkey, mint: &Pubkey, atoms: u64) -> Result<Pubkey, ChainError> {
    let key = address::token_account(owner, mint, &address::TOKEN);
    set_token_account(chain, &key, mint, owner, atoms)?;
    Ok(key)
}

/// Sets the balance of an existing token account, wrapped SOL included.
pub fn set_balance(chain: &mut impl Chain, key: &Pubkey, atoms: u64) -> Result<(), ChainError> {
    let mut account = chain.expect_account(key, "token account")?;
    let before = balance_of(&account)?;
    if account.data.get(..32) == Some(address::WRAPPED_SOL.as_ref()) {
        account.lamports = account.lamports.saturating_sub(before).saturating_add(atoms);
    }
    write_u64(&mut account.data, AMOUNT, atoms)?;
    chain.set_account(key, account)
}

/// Balance of a token account; zero where there is none.
pub fn balance(chain: &impl Chain, key: &Pubkey) -> Result<u64, ChainError> {
    chain.account(key)?.map_or(Ok(0), |account| balance_of(&account))
}

fn balance_of(account: &Account) -> Result<u64, ChainError> {
    read_u64(&account.data, AMOUNT)
}

/// Supply of a mint.
pub fn supply(chain: &impl Chain, mint: &Pubkey) -> Result<u64, ChainError> {
    read_u64(&chain.expect_account(mint, "mint")?.data, SUPPLY)
}

/// Sets the supply of a mint.
pub fn set_supply(chain: &mut impl Chain, mint: &Pubkey, atoms: u64) -> Result<(), ChainError> {
    chain.edit(mint, "mint", |data| write_u64(data, SUPPLY, atoms))
}

/// Writes the wrapped SOL mint, which a fresh world lacks.
pub fn set_wrapped_sol(chain: &mut impl Chain) -> Result<(), ChainError> {
    chain.set_data(&address::WRAPPED_SOL, &address::TOKEN, mint_data(None, 0, 9, None))
}

pub(crate) fn read_u64(data: &[u8], range: core::ops::Range<usize>) -> Result<u64, ChainError> {
    data.get(range)
        .and_then(|bytes| bytes.try_into().ok())
        .map(u64::from_le_bytes)
        .ok_or_else(|| ChainError::data("account data", "too short"))
}

pub(crate) fn write_u64(
    data: &mut [u8],
    range: core::ops::Range<usize>,
    value: u64,
) -> Result<(), ChainError> {
    data.get_mut(range)
        .ok_or_else(|| ChainError::data("account data", "too short"))?
        .copy_from_slice(&value.to_le_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_the_programs() {
        let key = Pubkey::default();
        assert_eq!(mint_data(Some(&key), 1, 6, None).len(), 82);
        assert_eq!(account_data(&key, &key, 1, Some(1)).len(), ACCOUNT_LEN);
        assert_eq!(account_data(&key, &key, 1, None).len(), ACCOUNT_LEN);
        assert_eq!(rent_exempt(ACCOUNT_LEN), 2_039_280);
    }
}
