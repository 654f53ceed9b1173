use anchor_lang::prelude::*;

use crate::error::BallastError;

/// The program's authorities. One per deployment.
#[account]
#[derive(InitSpace)]
pub struct Config {
    /// [`super::ACCOUNT_VERSION`].
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// Signs everything that raises risk: an SPL Governance treasury or a Squads vault.
    pub governance: Pubkey,
    /// May only make things safer.
    pub guardian: Pubkey,
    /// Room for later versions.
    pub reserved: [u8; 128],
}

impl Config {
    /// Errors unless `key` is governance or guardian; tells whether it is governance.
    pub fn require_guardian(&self, key: &Pubkey) -> Result<bool> {
        let is_governance = *key == self.governance;
        require!(is_governance || *key == self.guardian, BallastError::NotGuardian);
        Ok(is_governance)
    }
}
