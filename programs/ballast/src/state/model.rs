use anchor_lang::prelude::*;

use crate::error::BallastError;

/// A model whose decisions a keeper may record. Its address is its file's hash.
#[account]
#[derive(InitSpace)]
pub struct Model {
    /// [`super::ACCOUNT_VERSION`].
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// SHA-256 of the model file in its canonical encoding.
    pub hash: [u8; 32],
    /// Whether decisions under it may be recorded and executed.
    pub approved: bool,
    /// Slot of the last approval.
    pub approved_slot: u64,
    /// Slot of the last revocation; zero if never.
    pub revoked_slot: u64,
    /// Room for later versions.
    pub reserved: [u8; 64],
}

impl Model {
    /// Errors unless the model is live.
    pub fn require_live(&self) -> Result<()> {
        if self.approved {
            return Ok(());
        }
        Err(if self.revoked_slot > 0 { BallastError::ModelRevoked } else { BallastError::ModelNotApproved }
            .into())
    }
}
