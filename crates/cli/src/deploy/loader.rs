//! Accounts of the upgradeable loader, as far as a deployment reads them.

use anchor_lang::solana_program::bpf_loader_upgradeable;
use ballast_client::{ChainAccount, ChainClient, address};
use sha2::{Digest, Sha256};
use solana_pubkey::Pubkey;

use crate::error::CliError;

/// The loader.
pub const LOADER: Pubkey = address::UPGRADEABLE_LOADER;
/// Bytes of a program account: u32 state, then the program data account's key.
pub const PROGRAM_LEN: usize = 36;
/// Bytes before the bytecode in a buffer: u32 state, then an optional key.
pub const BUFFER_HEAD: usize = 37;
/// Bytes before the bytecode in a program data account: u32 state, u64 slot, then an optional key.
pub const DATA_HEAD: usize = 45;

const IS_BUFFER: u32 = 1;
const IS_DATA: u32 = 3;

/// A program as it is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// Who may upgrade it; nobody where it is final.
    pub authority: Option<Pubkey>,
    /// Its bytecode, and zeros up to what it has room for.
    pub code: Vec<u8>,
    /// What its account holds.
    pub lamports: u64,
}

impl Deployed {
    /// The upgradeable program at `program`; `None` where there is none.
    pub fn read(chain: &dyn ChainClient, program: &Pubkey) -> Result<Option<Self>, CliError> {
        let data = bpf_loader_upgradeable::get_program_data_address(program);
        let found = chain.accounts(&[*program, data])?;
        let [Some(program), Some(data)] = found.as_slice() else { return Ok(None) };
        Ok(if program.executable { Self::decode(data) } else { None })
    }

    fn decode(account: &ChainAccount) -> Option<Self> {
        if account.owner != LOADER || state(&account.data)? != IS_DATA {
            return None;
        }
        const AUTHORITY: usize = 12;
        Some(Self {
            authority: optional_key(&account.data, AUTHORITY),
            code: account.data.get(DATA_HEAD..)?.to_vec(),
            lamports: account.lamports,
        })
    }

    /// Whether it runs exactly `bytecode`.
    pub fn runs(&self, bytecode: &[u8]) -> bool {
        self.code.strip_prefix(bytecode).is_some_and(|room| room.iter().all(|byte| *byte == 0))
    }
}

/// Who may write a buffer, and what is in it.
pub fn read_buffer(account: &ChainAccount) -> Option<(Option<Pubkey>, &[u8])> {
    if account.owner != LOADER || state(&account.data)? != IS_BUFFER {
        return None;
    }
    const AUTHORITY: usize = 4;
    Some((optional_key(&account.data, AUTHORITY), account.data.get(BUFFER_HEAD..)?))
}

/// SHA-256 of bytecode without the zeros behind it, in hex: what `solana-verify` prints.
pub fn hash(code: &[u8]) -> String {
    let end = code.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
    hex::encode(Sha256::digest(code.get(..end).unwrap_or(code)))
}

fn state(data: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(*data.first_chunk()?))
}

fn optional_key(data: &[u8], at: usize) -> Option<Pubkey> {
    if data.get(at) != Some(&1) {
        return None;
    }
    Some(Pubkey::new_from_array(*data.get(at.saturating_add(1)..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn account(head: &[u8], code: &[u8]) -> ChainAccount {
        ChainAccount { lamports: 5, owner: LOADER, executable: false, data: [head, code].concat() }
    }

    #[test]
    fn program_data_is_read_or_refused() {
        let mut head = [0u8; DATA_HEAD];
        head[0] = 3;
        assert_eq!(Deployed::decode(&account(&head, &[])).unwrap().authority, None);
        head[12] = 1;
        head[13..].fill(7);
        let found = Deployed::decode(&account(&head, &[1, 2, 0, 0])).unwrap();
        assert_eq!(found.authority, Some(Pubkey::new_from_array([7; 32])));
        assert!(found.runs(&[1, 2]) && found.runs(&[1, 2, 0]));
        assert!(!found.runs(&[1]) && !found.runs(&[1, 2, 0, 0, 0]) && !found.runs(&[1, 3]));
        head[0] = 1;
        assert_eq!(Deployed::decode(&account(&head, &[])), None);
        let foreign = ChainAccount { owner: Pubkey::default(), ..account(&head, &[]) };
        assert_eq!(Deployed::decode(&foreign), None);
    }

    #[test]
    fn a_buffer_is_read_or_refused() {
        let mut head = [0u8; BUFFER_HEAD];
        (head[0], head[4]) = (1, 1);
        head[5..].fill(9);
        let buffer = account(&head, &[4, 5]);
        assert_eq!(read_buffer(&buffer), Some((Some(Pubkey::new_from_array([9; 32])), [4, 5].as_slice())));
        assert_eq!(read_buffer(&account(&[0; BUFFER_HEAD], &[])), None);
        assert_eq!(read_buffer(&account(&head[..20], &[])), None);
    }

    #[test]
    fn zeros_behind_the_bytecode_do_not_count() {
        assert_eq!(hash(&[1, 2, 0, 0]), hash(&[1, 2]));
        assert_ne!(hash(&[1, 2]), hash(&[1]));
        assert_eq!(hash(&[0, 0]), hex::encode(Sha256::digest([])));
    }
}
