//! Fields of an account by their byte offset; integers are little-endian.

use solana_program::program_error::ProgramError;

/// Reads `N` bytes at `offset`.
pub fn read<const N: usize>(data: &[u8], offset: usize) -> Result<[u8; N], ProgramError> {
    data.get(offset..)
        .and_then(|rest| rest.first_chunk::<N>())
        .copied()
        .ok_or(ProgramError::InvalidAccountData)
}

/// Writes `bytes` at `offset`.
pub fn write(data: &mut [u8], offset: usize, bytes: &[u8]) -> Result<(), ProgramError> {
    data.get_mut(offset..)
        .and_then(|rest| rest.get_mut(..bytes.len()))
        .ok_or(ProgramError::AccountDataTooSmall)?
        .copy_from_slice(bytes);
    Ok(())
}

/// Reads a u64 at `offset`.
pub fn read_u64(data: &[u8], offset: usize) -> Result<u64, ProgramError> {
    Ok(u64::from_le_bytes(read(data, offset)?))
}

/// Reads a u128 at `offset`.
pub fn read_u128(data: &[u8], offset: usize) -> Result<u128, ProgramError> {
    Ok(u128::from_le_bytes(read(data, offset)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn fields_are_read_where_they_were_written_and_nowhere_beyond() {
        let mut data = [0u8; 24];
        write(&mut data, 3, &0x0102_0304_0506_0708u64.to_le_bytes()).unwrap();
        assert_eq!(read_u64(&data, 3), Ok(0x0102_0304_0506_0708));
        assert_eq!(read_u128(&data, 3), Ok(0x0102_0304_0506_0708));
        assert_eq!(read::<2>(&data, 3), Ok([0x08, 0x07]));
        assert_eq!(read_u64(&data, 17), Err(ProgramError::InvalidAccountData));
        assert_eq!(read_u64(&data, usize::MAX), Err(ProgramError::InvalidAccountData));
        let before = data;
        assert_eq!(write(&mut data, 20, &[1; 5]), Err(ProgramError::AccountDataTooSmall));
        assert_eq!(data, before);
    }
}
