use anchor_lang::prelude::*;
use ballast_math::mul_div::mul_div_ceil;

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
    /// What the shares still held were bought for, atoms; a withdrawal takes its part of it, rounded down.
    pub cost_atoms: u64,
    /// Slot in which shares were last entered.
    pub entered_slot: u64,
    /// Shares entered in that slot: they cannot leave in it.
    pub entered_shares: u64,
    /// Room for later versions.
    pub reserved: [u8; 40],
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

    /// Adds `shares` that were paid for with `atoms` in `slot`.
    pub fn enter(&mut self, shares: u64, atoms: u64, slot: u64) -> Result<()> {
        let overflow = BallastError::MathOverflow;
        if self.entered_slot != slot {
            self.entered_shares = 0;
        }
        self.entered_slot = slot;
        self.entered_shares = self.entered_shares.checked_add(shares).ok_or(overflow)?;
        self.shares = self.shares.checked_add(shares).ok_or(overflow)?;
        self.cost_atoms = self.cost_atoms.checked_add(atoms).ok_or(overflow)?;
        self.deposited_atoms = self.deposited_atoms.saturating_add(atoms);
        Ok(())
    }

    /// Errors unless `shares` are held and may leave in `slot`.
    pub fn require_may_leave(&self, shares: u64, slot: u64) -> Result<()> {
        require_gte!(self.shares, shares, BallastError::InsufficientShares);
        let locked = if self.entered_slot == slot { self.entered_shares } else { 0 };
        let free = self.shares.saturating_sub(locked);
        require_gte!(free, shares, BallastError::SharesEnteredInSameSlot);
        Ok(())
    }

    /// Takes `shares` away, against `atoms` paid out.
    pub fn take(&mut self, shares: u64, atoms: u64) -> Result<()> {
        let left = self.shares.checked_sub(shares).ok_or(BallastError::InsufficientShares)?;
        self.cost_atoms = if self.shares == 0 {
            0
        } else {
            mul_div_ceil(self.cost_atoms, left, self.shares).ok_or(BallastError::MathOverflow)?
        };
        self.shares = left;
        self.withdrawn_atoms = self.withdrawn_atoms.saturating_add(atoms);
        Ok(())
    }
}
