//! Deploying a program through the upgradeable loader: fill a buffer, then deploy or upgrade from it.
//!
//! The buffer's address follows from the authority and the bytecode, so that whoever was interrupted finds it again
//! and writes only what is missing. Any program at any address: [`crate::migrate`] deploys Ballast by it.

pub mod buffer;
pub mod carry_out;
pub mod cost;
pub mod loader;

use solana_keypair::Keypair;
use solana_pubkey::Pubkey;

pub use carry_out::{deploy, upgrade};
pub use cost::{Cost, RentRate};
pub use loader::Deployed;

/// What should run at an address.
#[derive(Clone, Copy, Debug)]
pub struct Release<'a> {
    /// Address of the program.
    pub program: Pubkey,
    /// Who may upgrade it; signs.
    pub authority: Pubkey,
    /// The program's file.
    pub bytecode: &'a [u8],
    /// Room for later versions, in basis points of the file.
    pub headroom_bps: u16,
}

impl Release<'_> {
    /// Most bytes of bytecode that the program will have room for.
    pub fn capacity(&self) -> usize {
        let room = self.bytecode.len().saturating_mul(usize::from(self.headroom_bps)).div_ceil(10_000);
        self.bytecode.len().saturating_add(room)
    }
}

/// Who signs.
#[derive(Clone, Copy)]
pub struct Signers<'a> {
    /// Pays, and gets back what the buffer cost.
    pub payer: &'a Keypair,
    /// The release's authority.
    pub authority: &'a Keypair,
    /// The program's own key, which its first deployment takes.
    pub program: Option<&'a Keypair>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headroom_is_rounded_up() {
        let key = Pubkey::default();
        let release =
            |headroom_bps| Release { program: key, authority: key, bytecode: &[1; 101], headroom_bps };
        assert_eq!([0, 1, 2_500, 10_000].map(|bps| release(bps).capacity()), [101, 102, 127, 202]);
    }
}
