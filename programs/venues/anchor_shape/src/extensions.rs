//! Token-2022 extensions, read from the bytes of a mint or of a token account.
//!
//! Past the base state (padded to 165 bytes) comes one byte for the kind of account, then entries of
//! type u16, length u16, value.

use solana_program::program_error::ProgramError;

/// Length of a token account without extensions; a mint with extensions is padded to it.
pub const BASE_LEN: usize = 165;
/// `TransferFeeConfig` of a mint.
pub const TRANSFER_FEE_CONFIG: u16 = 1;
/// `MintCloseAuthority` of a mint.
pub const MINT_CLOSE_AUTHORITY: u16 = 3;
/// `ImmutableOwner` of a token account: every associated token account has it.
pub const IMMUTABLE_OWNER: u16 = 7;
/// `MetadataPointer` of a mint.
pub const METADATA_POINTER: u16 = 18;
/// `TokenMetadata` of a mint.
pub const TOKEN_METADATA: u16 = 19;

const UNINITIALIZED: u16 = 0;

/// Whether every extension in `data` satisfies `accept`. Data without extensions does.
///
/// Errors: `InvalidAccountData` if an entry runs past the end.
pub fn all_extensions(data: &[u8], mut accept: impl FnMut(u16) -> bool) -> Result<bool, ProgramError> {
    // One byte after the base state names the kind of account; the entries follow it.
    let mut rest = data.get(BASE_LEN + 1..).unwrap_or_default();
    while let Some((kind, value_len)) = entry_header(rest) {
        if kind == UNINITIALIZED {
            break;
        }
        if !accept(kind) {
            return Ok(false);
        }
        rest = rest.get(4 + value_len..).ok_or(ProgramError::InvalidAccountData)?;
    }
    Ok(true)
}

fn entry_header(data: &[u8]) -> Option<(u16, usize)> {
    let header = data.first_chunk::<4>()?;
    let kind = u16::from_le_bytes([header[0], header[1]]);
    let value_len = usize::from(u16::from_le_bytes([header[2], header[3]]));
    Some((kind, value_len))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn mint_with(entries: &[(u16, usize)]) -> Vec<u8> {
        let mut data = vec![0u8; BASE_LEN];
        data.push(1);
        for (kind, len) in entries {
            data.extend_from_slice(&kind.to_le_bytes());
            data.extend_from_slice(&(*len as u16).to_le_bytes());
            data.extend(std::iter::repeat_n(9u8, *len));
        }
        data
    }

    #[test]
    fn base_accounts_have_no_extensions() {
        assert!(all_extensions(&[0; 82], |_| false).unwrap());
        assert!(all_extensions(&[0; BASE_LEN], |_| false).unwrap());
    }

    #[test]
    fn every_entry_is_offered() {
        let data = mint_with(&[(METADATA_POINTER, 64), (TRANSFER_FEE_CONFIG, 108)]);
        let mut seen = Vec::new();
        assert!(
            all_extensions(&data, |kind| {
                seen.push(kind);
                true
            })
            .unwrap()
        );
        assert_eq!(seen, [METADATA_POINTER, TRANSFER_FEE_CONFIG]);
        assert!(!all_extensions(&data, |kind| kind != TRANSFER_FEE_CONFIG).unwrap());
    }

    #[test]
    fn an_entry_past_the_end_is_an_error() {
        let mut data = mint_with(&[(METADATA_POINTER, 64)]);
        data.truncate(data.len() - 1);
        assert_eq!(all_extensions(&data, |_| true), Err(ProgramError::InvalidAccountData));
    }
}
