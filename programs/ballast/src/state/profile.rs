use anchor_lang::prelude::*;
use ballast_math::BPS;

use super::{asset_class, class, Vault};
use crate::error::BallastError;

/// A user's mandate: what they let the program do with their money.
#[account]
#[derive(InitSpace)]
pub struct Profile {
    /// [`super::ACCOUNT_VERSION`].
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// Whose mandate this is.
    pub owner: Pubkey,
    /// The mandate itself.
    pub mandate: Mandate,
    /// Room for later versions.
    pub reserved: [u8; 64],
}

/// What a person states.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// Highest [`class`] accepted.
    pub tolerance: u8,
    /// Accepted asset classes, a mask of [`asset_class`] bits.
    pub asset_classes: u32,
    /// Unix time at which the money may be needed.
    pub horizon_ts: i64,
    /// Wanted split over the classes, bps; sums to 10,000 and is zero above the tolerance.
    pub mix_bps: [u16; 3],
    /// Largest fall from a peak the person accepts, bps.
    pub max_drawdown_bps: u16,
    /// Consent to being moved to a safer class as the horizon nears.
    pub glide: bool,
}

impl Mandate {
    /// Bounds that make sense on their own, whatever the vault.
    pub fn validate(&self, now_ts: i64) -> Result<()> {
        require!(self.tolerance < class::COUNT, BallastError::InvalidClass);
        let mask = self.asset_classes;
        require!(mask != 0 && mask & !asset_class::ALL == 0, BallastError::InvalidAssetClass);
        let sum: u64 = self.mix_bps.iter().map(|bps| u64::from(*bps)).fold(0, u64::saturating_add);
        let above_tolerance =
            self.mix_bps.iter().zip(0u8..).any(|(bps, class)| class > self.tolerance && *bps > 0);
        require!(
            sum == BPS
                && !above_tolerance
                && u64::from(self.max_drawdown_bps) <= BPS
                && self.horizon_ts > now_ts,
            BallastError::InvalidProfile
        );
        Ok(())
    }
}

impl Profile {
    /// The suitability check of a deposit.
    pub fn require_suits(&self, vault: &Vault, now_ts: i64) -> Result<()> {
        require_gte!(self.mandate.tolerance, vault.class, BallastError::ClassAboveTolerance);
        require!(
            vault.asset_class_mask & !self.mandate.asset_classes == 0,
            BallastError::AssetClassNotAccepted
        );
        let earliest =
            now_ts.checked_add(i64::from(vault.limits.min_horizon_secs)).ok_or(BallastError::MathOverflow)?;
        require!(self.mandate.horizon_ts > earliest, BallastError::HorizonTooShort);
        Ok(())
    }
}
