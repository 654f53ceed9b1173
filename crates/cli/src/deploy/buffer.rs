//! The buffer that a program is deployed from.

use anchor_lang::solana_program::bpf_loader_upgradeable;
use anchor_lang::solana_program::system_instruction::{
    allocate_with_seed, assign_with_seed, create_account_with_seed, transfer,
};
use ballast_client::{ChainAccount, ChainClient, address};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::loader::{BUFFER_HEAD, LOADER, hash, read_buffer};
use super::{Release, RentRate, Signers};
use crate::error::CliError;

/// Bytecode in one transaction: with two signers, compute limit and price it still fits a packet.
pub const CHUNK_BYTES: usize = 840;

/// How often what did not land is written again.
const ROUNDS: usize = 3;

/// A piece of bytecode that a buffer lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Where it belongs.
    pub offset: usize,
    /// What belongs there.
    pub bytes: &'a [u8],
}

impl<'a> Piece<'a> {
    /// What `buffer` lacks of `bytecode`; all that is not zero where there is no buffer yet.
    pub fn missing(buffer: Option<&ChainAccount>, bytecode: &'a [u8]) -> Vec<Self> {
        let written = buffer.and_then(read_buffer).map_or(&[][..], |(_, written)| written);
        let chunks = bytecode.chunks(CHUNK_BYTES).zip((0usize..).step_by(CHUNK_BYTES));
        let pieces = chunks.map(|(bytes, offset)| Self { offset, bytes });
        let lacks =
            |piece: &Self| match written.get(piece.offset..).and_then(|rest| rest.get(..piece.bytes.len())) {
                Some(found) => found != piece.bytes,
                None => piece.bytes.iter().any(|byte| *byte != 0),
            };
        pieces.filter(lacks).collect()
    }
}

/// Seed of the buffer's address: the bytecode's hash, as much of it as a seed takes.
fn seed(release: &Release<'_>) -> String {
    const SEED_CHARS: usize = 32;
    hash(release.bytecode).chars().take(SEED_CHARS).collect()
}

/// Where the buffer for `release` is: it follows from authority and bytecode.
pub fn address(release: &Release<'_>) -> Result<Pubkey, CliError> {
    Pubkey::create_with_seed(&release.authority, &seed(release), &LOADER)
        .map_err(|error| CliError::environment(format!("the buffer has no address: {error}")))
}

/// Makes the buffer where it is missing, and writes what it lacks. Returns its address.
pub fn fill(
    chain: &mut dyn ChainClient,
    release: &Release<'_>,
    signers: &Signers<'_>,
    progress: &mut dyn FnMut(&str),
) -> Result<Pubkey, CliError> {
    let key = address(release)?;
    make(chain, release, signers, &key, progress)?;
    for _ in 0..ROUNDS {
        let account = chain.account(&key)?;
        let missing = Piece::missing(account.as_ref(), release.bytecode);
        if missing.is_empty() {
            return Ok(key);
        }
        let total = missing.len();
        let writes = missing.iter().map(|piece| write(&key, release, piece));
        let writes: Vec<Vec<Instruction>> = writes.collect::<Result<_, _>>()?;
        let every = total.div_ceil(10);
        chain.send_all(&writes, &[signers.payer, signers.authority], &mut |landed| {
            if landed.is_multiple_of(every) || landed == total {
                progress(&format!("wrote {landed} of {total} pieces to buffer {key}"));
            }
        })?;
    }
    let left = Piece::missing(chain.account(&key)?.as_ref(), release.bytecode).len();
    match left {
        0 => Ok(key),
        _ => Err(CliError::refused(format!("buffer {key} still lacks {left} pieces: run this again"))),
    }
}

fn make(
    chain: &mut dyn ChainClient,
    release: &Release<'_>,
    signers: &Signers<'_>,
    key: &Pubkey,
    progress: &mut dyn FnMut(&str),
) -> Result<(), CliError> {
    let found = chain.account(key)?;
    if let Some(account) = found.as_ref().filter(|account| account.owner != address::SYSTEM) {
        let (authority, room) = read_buffer(account)
            .ok_or_else(|| CliError::refused(format!("{key} should be a buffer and is something else")))?;
        if authority != Some(release.authority) || room.len() < release.bytecode.len() {
            return Err(CliError::refused(format!(
                "buffer {key} belongs to {} and has room for {} bytes: it is not one for {}",
                authority.map_or("nobody".to_owned(), |key| key.to_string()),
                room.len(),
                release.authority
            )));
        }
        progress(&format!("goes on with buffer {key}"));
        return Ok(());
    }
    let rent = RentRate::read(chain)?.exempt(BUFFER_HEAD.saturating_add(release.bytecode.len()));
    let held = found.map_or(0, |account| account.lamports);
    let instructions = creation(release, &signers.payer.pubkey(), key, rent, held)?;
    chain.send(&instructions, &[signers.payer, signers.authority])?;
    progress(&format!("made buffer {key}"));
    Ok(())
}

/// Makes the account and initialises it. Somebody may have sent lamports there, which keeps nobody from it.
fn creation(
    release: &Release<'_>,
    payer: &Pubkey,
    key: &Pubkey,
    rent: u64,
    held: u64,
) -> Result<Vec<Instruction>, CliError> {
    let len = release.bytecode.len();
    let (base, seed) = (&release.authority, seed(release));
    let space = u64::try_from(BUFFER_HEAD.saturating_add(len)).unwrap_or(u64::MAX);
    // Of the loader's pair only the second: the first would make the account by a key of its own.
    let initialise = bpf_loader_upgradeable::create_buffer(payer, key, base, rent, len)
        .ok()
        .and_then(|mut pair| pair.pop())
        .ok_or_else(|| CliError::environment("the loader's instructions cannot be made"))?;
    let mut all = match held {
        0 => vec![create_account_with_seed(payer, key, base, &seed, rent, space, &LOADER)],
        held => vec![
            transfer(payer, key, rent.saturating_sub(held)),
            allocate_with_seed(key, base, &seed, space, &LOADER),
            assign_with_seed(key, base, &seed, &LOADER),
        ],
    };
    all.push(initialise);
    Ok(all)
}

fn write(key: &Pubkey, release: &Release<'_>, piece: &Piece<'_>) -> Result<Vec<Instruction>, CliError> {
    let offset = u32::try_from(piece.offset).map_err(|_| CliError::input("the bytecode is too long"))?;
    Ok(vec![bpf_loader_upgradeable::write(key, &release.authority, offset, piece.bytes.to_vec())])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use solana_message::{VersionedMessage, v0};

    use super::*;

    fn buffer(code: &[u8]) -> ChainAccount {
        let mut data = vec![0; BUFFER_HEAD];
        (data[0], data[4]) = (1, 1);
        data.extend_from_slice(code);
        ChainAccount { owner: LOADER, data, ..ChainAccount::default() }
    }

    #[test]
    fn only_what_is_missing_is_written() {
        let mut bytecode = vec![7u8; CHUNK_BYTES * 3 + 5];
        bytecode[CHUNK_BYTES..2 * CHUNK_BYTES].fill(0);
        let offsets = |account: Option<&ChainAccount>| -> Vec<usize> {
            Piece::missing(account, &bytecode).iter().map(|piece| piece.offset).collect()
        };
        assert_eq!(offsets(None), [0, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES], "zeros need no writing");
        let mut half = bytecode.clone();
        half[3 * CHUNK_BYTES..].fill(0);
        assert_eq!(offsets(Some(&buffer(&half))), [3 * CHUNK_BYTES]);
        assert!(offsets(Some(&buffer(&bytecode))).is_empty());
        half[CHUNK_BYTES] = 1;
        assert_eq!(offsets(Some(&buffer(&half))), [CHUNK_BYTES, 3 * CHUNK_BYTES], "wrong bytes are replaced");
    }

    #[test]
    fn the_address_follows_from_authority_and_bytecode() {
        let key = |byte| Pubkey::new_from_array([byte; 32]);
        let of = |authority, bytecode: &[u8]| {
            address(&Release { program: key(9), authority, bytecode, headroom_bps: 0 }).unwrap()
        };
        assert_eq!(of(key(1), &[1, 2]), of(key(1), &[1, 2]));
        assert_ne!(of(key(1), &[1, 2]), of(key(2), &[1, 2]));
        assert_ne!(of(key(1), &[1, 2]), of(key(1), &[1, 3]));
    }

    #[test]
    fn instructions_are_the_loaders() {
        let key = |byte| Pubkey::new_from_array([byte; 32]);
        let release = Release { program: key(9), authority: key(2), bytecode: &[5; 300], headroom_bps: 0 };
        let buffer = address(&release).unwrap();
        let all = creation(&release, &key(1), &buffer, 1_000, 0).unwrap();
        assert_eq!(all.len(), 2);
        // InitializeBuffer: tag 0, the buffer, its authority.
        assert_eq!((all[1].program_id, all[1].data.as_slice()), (LOADER, &[0, 0, 0, 0][..]));
        let metas: Vec<_> = all[1].accounts.iter().map(|meta| (meta.pubkey, meta.is_writable)).collect();
        assert_eq!(metas, [(buffer, true), (key(2), false)]);
        let all = creation(&release, &key(1), &buffer, 1_000, 400).unwrap();
        assert_eq!(all.len(), 4);
        assert_eq!(all[0].data, [&2u32.to_le_bytes()[..], &600u64.to_le_bytes()].concat());
        // Write: tag 1, offset, length, bytes; the authority signs.
        let piece = Piece { offset: 840, bytes: &[6, 7] };
        let write = &write(&buffer, &release, &piece).unwrap()[0];
        let expected =
            [&1u32.to_le_bytes()[..], &840u32.to_le_bytes(), &2u64.to_le_bytes(), &[6, 7]].concat();
        assert_eq!(write.data, expected);
        assert!(write.accounts[0].is_writable && write.accounts[1].is_signer);
    }

    #[test]
    fn a_piece_with_two_signers_fits_a_packet() {
        let key = |byte| Pubkey::new_from_array([byte; 32]);
        let bytecode = [1; CHUNK_BYTES];
        let release = Release { program: key(9), authority: key(2), bytecode: &bytecode, headroom_bps: 0 };
        let piece = Piece { offset: 0, bytes: &bytecode };
        let instructions = write(&address(&release).unwrap(), &release, &piece).unwrap();
        let all = ballast_rpc::send::budget::with_budget(&instructions, 100_000, 1);
        let message = v0::Message::try_compile(&key(1), &all, &[], Default::default()).unwrap();
        let bytes = 1 + 2 * 64 + VersionedMessage::V0(message).serialize().len();
        assert!(bytes <= ballast_rpc::send::MAX_TRANSACTION_BYTES, "{bytes}");
    }
}
