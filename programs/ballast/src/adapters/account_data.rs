//! Reading integers and keys out of foreign account data, without trusting its length.

use anchor_lang::prelude::*;

use crate::error::BallastError;

fn read<const N: usize>(data: &[u8], offset: usize) -> Result<[u8; N]> {
    Ok(data
        .get(offset..)
        .and_then(|rest| rest.first_chunk::<N>())
        .copied()
        .ok_or(BallastError::VenueAccountInvalid)?)
}

/// Byte at `offset`.
pub fn read_u8(data: &[u8], offset: usize) -> Result<u8> {
    Ok(u8::from_le_bytes(read(data, offset)?))
}

/// Little-endian u64 at `offset`.
pub fn read_u64(data: &[u8], offset: usize) -> Result<u64> {
    Ok(u64::from_le_bytes(read(data, offset)?))
}

/// Little-endian i64 at `offset`.
pub fn read_i64(data: &[u8], offset: usize) -> Result<i64> {
    Ok(i64::from_le_bytes(read(data, offset)?))
}

/// Little-endian u128 at `offset`.
pub fn read_u128(data: &[u8], offset: usize) -> Result<u128> {
    Ok(u128::from_le_bytes(read(data, offset)?))
}

/// Key at `offset`.
pub fn read_key(data: &[u8], offset: usize) -> Result<Pubkey> {
    Ok(Pubkey::new_from_array(read(data, offset)?))
}

/// Errors unless the account belongs to `owner`, is `len` bytes long and starts with `discriminator`.
pub fn require_account(
    account: &AccountInfo,
    owner: &Pubkey,
    len: usize,
    discriminator: &[u8],
) -> Result<()> {
    require_keys_eq!(*account.owner, *owner, BallastError::VenueAccountOwner);
    let data = account.try_borrow_data()?;
    let shape = data.len() == len && data.starts_with(discriminator);
    require!(shape, BallastError::VenueAccountInvalid);
    Ok(())
}

/// Balance of a token account of either token program, atoms.
///
/// Whose account it is has been settled by its address; this only refuses something that is no token account.
pub fn token_amount(account: &AccountInfo) -> Result<u64> {
    let owned = *account.owner == anchor_spl::token::ID || *account.owner == anchor_spl::token_2022::ID;
    require!(owned, BallastError::WrongTokenAccount);
    read_u64(&account.try_borrow_data()?, 64)
}
