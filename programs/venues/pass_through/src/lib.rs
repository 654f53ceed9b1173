//! Two test doubles in one program; for tests only.
//!
//! - Passing a call through: the first account is the program to call, the rest are its accounts, the data
//!   is its data. Old klend binaries take calls from other programs only below a top-level instruction of a
//!   program on their list (docs/venues.md): a test deploys this one at such an id.
//! - A venue that pretends: deployed at a venue's id, where the first account is no program, it does nothing
//!   and reports success.

use solana_program::account_info::AccountInfo;
use solana_program::entrypoint::ProgramResult;
use solana_program::instruction::{AccountMeta, Instruction};
use solana_program::program::invoke;
use solana_program::pubkey::Pubkey;

solana_program::declare_id!("XPK1ndTK1xrgRg99ifvdPP1exrx8D1mRXTuxBkkroCx");

/// The program's entry.
pub fn process_instruction(_program_id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let Some((target, rest)) = accounts.split_first().filter(|(first, _)| first.executable) else {
        return Ok(());
    };
    let meta = |account: &AccountInfo| AccountMeta {
        pubkey: *account.key,
        is_signer: account.is_signer,
        is_writable: account.is_writable,
    };
    let accounts = rest.iter().map(meta).collect();
    invoke(&Instruction { program_id: *target.key, accounts, data: data.to_vec() }, rest)
}

// Host builds link this crate beside Ballast, whose entrypoint has the same symbol.
#[cfg(all(target_os = "solana", not(feature = "no-entrypoint")))]
solana_program::entrypoint!(process_instruction);
