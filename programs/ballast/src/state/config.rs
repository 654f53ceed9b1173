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
    /// To whom governance is offered; default for nobody.
    pub offered_governance: Pubkey,
    /// How long a decision's account is kept before anyone may close it, seconds.
    pub decision_retention_secs: u32,
    /// Room for later versions.
    pub reserved: [u8; 92],
}

/// How long decisions are kept until governance says otherwise: 90 days, seconds.
pub const USUAL_DECISION_RETENTION_SECS: u32 = 90 * 86_400;
/// Shortest and longest time that decisions may be kept: a day to ten years, seconds.
pub const DECISION_RETENTION_SECS: core::ops::RangeInclusive<u32> = 86_400..=3_650 * 86_400;

/// Errors when `key`, which is to be an authority or to receive fees, is nobody's.
pub fn require_somebody(key: &Pubkey) -> Result<()> {
    require_keys_neq!(*key, Pubkey::default(), BallastError::DefaultKey);
    Ok(())
}

impl Config {
    /// Errors unless `key` is governance or guardian; tells whether it is governance.
    pub fn require_guardian(&self, key: &Pubkey) -> Result<bool> {
        let is_governance = *key == self.governance;
        require!(is_governance || *key == self.guardian, BallastError::NotGuardian);
        Ok(is_governance)
    }
}
