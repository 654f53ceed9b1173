use anchor_lang::prelude::*;

use crate::error::BallastError;

/// A user's shares in a vault.
#[account]
#[derive(InitSpace)]
pub struct Position {
    /// [`super::ACCOUNT_VERSION`].
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// The vault.
    pub vault: Pubkey,
    /// Who may withdraw.
    pub owner: Pubkey,
    /// Shares held.
    pub shares: u64,
    /// Atoms deposited over the position's life.
    pub deposited_atoms: u64,
    /// Atoms withdrawn over the position's life.
    pub withdrawn_atoms: u64,
    /// Room for later versions.
    pub reserved: [u8; 64],
}

impl Position {
    /// Writes what identifies a position; writing it again changes nothing, its address is made of it.
    pub fn open(&mut self, vault: Pubkey, owner: Pubkey, bump: u8) -> Result<()> {
        super::stamp(&mut self.version)?;
        self.bump = bump;
        self.vault = vault;
        self.owner = owner;
        Ok(())
    }

    /// Takes `shares` away, against `atoms` paid out.
    pub fn take(&mut self, shares: u64, atoms: u64) -> Result<()> {
        self.shares = self.shares.checked_sub(shares).ok_or(BallastError::InsufficientShares)?;
        self.withdrawn_atoms = self.withdrawn_atoms.saturating_add(atoms);
        Ok(())
    }
}
