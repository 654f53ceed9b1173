use anchor_lang::prelude::*;
use ballast_math::BPS;

use super::ACCOUNT_VERSION;
use crate::error::BallastError;

/// Which price account a guard reads.
pub mod price_source {
    /// Pyth pull oracle, `PriceUpdateV2`.
    pub const PYTH_PULL: u8 = 0;
    /// Pyth push oracle, the legacy price account.
    pub const PYTH_LEGACY: u8 = 1;
}

/// How a mint is priced in US dollars, and when that price is good enough.
#[account(zero_copy)]
#[derive(Debug)]
pub struct PriceGuard {
    /// [`ACCOUNT_VERSION`].
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// A [`price_source`].
    pub source: u8,
    /// Decimals of the mint.
    pub decimals: u8,
    /// Oldest price that counts as live, seconds.
    pub max_age_secs: u32,
    /// The mint.
    pub mint: Pubkey,
    /// The pinned price account.
    pub account: Pubkey,
    /// The pinned feed; for a legacy account, its address again.
    pub feed_id: [u8; 32],
    /// Widest confidence interval, bps of the price.
    pub max_conf_bps: u16,
    /// Largest distance from the moving average, bps of the average.
    pub max_ema_divergence_bps: u16,
    /// Keeps the next field aligned.
    pub padding: [u8; 4],
    /// Newest publish time seen: prices may not go back in time.
    pub last_publish_ts: i64,
    /// Room for later versions.
    pub reserved: [u8; 64],
}

/// What governance sets of a [`PriceGuard`].
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceGuardParams {
    /// A [`price_source`].
    pub source: u8,
    /// The price account to pin.
    pub account: Pubkey,
    /// The feed to pin.
    pub feed_id: [u8; 32],
    /// Oldest price that counts as live, seconds; 1 to 3,600.
    pub max_age_secs: u32,
    /// Widest confidence interval, bps; 1 to 1,000.
    pub max_conf_bps: u16,
    /// Largest distance from the moving average, bps; 1 to 10,000.
    pub max_ema_divergence_bps: u16,
}

impl PriceGuardParams {
    /// Hard bounds.
    pub fn validate(&self) -> Result<()> {
        let bps = |value: u16, most: u64| value > 0 && u64::from(value) <= most;
        require!(
            self.source <= price_source::PYTH_LEGACY
                && (1..=3_600).contains(&self.max_age_secs)
                && bps(self.max_conf_bps, 1_000)
                && bps(self.max_ema_divergence_bps, BPS)
                && self.account != Pubkey::default(),
            BallastError::InvalidPriceGuard
        );
        Ok(())
    }
}

impl PriceGuard {
    /// Applies `params`; a change of source forgets the newest publish time of the old one.
    pub fn apply(&mut self, params: &PriceGuardParams) {
        let same_source =
            self.source == params.source && self.account == params.account && self.feed_id == params.feed_id;
        if !same_source {
            self.last_publish_ts = 0;
        }
        self.version = ACCOUNT_VERSION;
        self.source = params.source;
        self.account = params.account;
        self.feed_id = params.feed_id;
        self.max_age_secs = params.max_age_secs;
        self.max_conf_bps = params.max_conf_bps;
        self.max_ema_divergence_bps = params.max_ema_divergence_bps;
    }
}
