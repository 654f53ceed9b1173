//! Venues that turned bad: each does what its stand-in does, and then something with the vault's signature that
//! no venue has any business doing. For tests only, deployed at the venue's own id.
//!
//! What it does is written in the last bytes of the venue's root account ([`Order`]), which no venue uses: the
//! instruction's data is the adapter's. Without an order it is the stand-in.

mod attack;
mod stake_pool;

pub use attack::{Attack, Order};

use solana_program::account_info::AccountInfo;
use solana_program::entrypoint::ProgramResult;
use solana_program::pubkey::Pubkey;

/// The program's entry.
pub fn process_instruction(program_id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let order = Order::find(program_id, accounts);
    if order.is_some_and(|(order, _)| order.attack == Attack::Nothing) {
        return Ok(());
    }
    match *program_id {
        kamino_lend::ID => kamino_lend::process_instruction(program_id, accounts, data)?,
        raydium_cpmm::ID => raydium_cpmm::process_instruction(program_id, accounts, data)?,
        _ => stake_pool::process(program_id, accounts, data)?,
    }
    match order {
        Some((order, root)) => order.carry_out(program_id, root, accounts),
        None => Ok(()),
    }
}

// Host builds link this crate beside Ballast, whose entrypoint has the same symbol.
#[cfg(all(target_os = "solana", not(feature = "no-entrypoint")))]
solana_program::entrypoint!(process_instruction);
