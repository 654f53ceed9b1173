//! What the cToken path reads of a lending market.

use crate::error::LendingError;
use crate::layout::{market, seeds};
use anchor_shape::accounts::require_seeds;
use anchor_shape::bytes::{read, read_u64};
use solana_program::{account_info::AccountInfo, program_error::ProgramError};

/// A lending market's relevant settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
    /// Bump of the authority PDA.
    pub bump: u8,
    /// Referrers' part of the protocol's take.
    pub referral_fee_bps: u16,
    /// Whether every operation is switched off.
    pub emergency_mode: bool,
    /// Share of the maximum price age after which a refresh reads the oracle again, percent.
    pub price_refresh_trigger_pct: u8,
}

impl Market {
    /// Reads a market account's bytes.
    pub fn load(data: &[u8]) -> Result<Self, ProgramError> {
        let [emergency_mode] = read(data, market::EMERGENCY_MODE)?;
        let [price_refresh_trigger_pct] = read(data, market::PRICE_REFRESH_TRIGGER_PCT)?;
        Ok(Self {
            // klend, too, uses the low byte only.
            bump: read_u64(data, market::BUMP)?.to_le_bytes()[0],
            referral_fee_bps: u16::from_le_bytes(read(data, market::REFERRAL_FEE_BPS)?),
            emergency_mode: emergency_mode != 0,
            price_refresh_trigger_pct,
        })
    }

    /// Fails with `GlobalEmergencyMode` while the market is switched off.
    pub fn require_normal_mode(&self) -> Result<(), LendingError> {
        if self.emergency_mode { Err(LendingError::GlobalEmergencyMode) } else { Ok(()) }
    }

    /// The account is this market's authority.
    pub fn require_authority(
        &self,
        authority: &AccountInfo,
        market: &AccountInfo,
    ) -> Result<(), ProgramError> {
        require_seeds(authority, &[seeds::MARKET_AUTHORITY, market.key.as_ref(), &[self.bump]], &crate::ID)
    }
}
