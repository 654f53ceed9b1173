use anchor_lang::prelude::*;
use ballast_math::BPS;

use crate::error::BallastError;

/// The risk limits of a vault, set by governance within hard bounds.
#[zero_copy]
#[derive(borsh::BorshSerialize, borsh::BorshDeserialize, Debug, Default, PartialEq, Eq)]
#[borsh(crate = "anchor_lang::prelude::borsh")]
pub struct VaultLimits {
    /// Most assets that deposits may bring the vault to, atoms.
    pub deposit_cap_atoms: u64,
    /// Smallest move of `allocate`, atoms; an allocation may always be emptied.
    pub min_move_atoms: u64,
    /// Window of the turnover budget, seconds.
    pub turnover_window_secs: u32,
    /// Window of the loss budget, seconds.
    pub loss_window_secs: u32,
    /// Least time between decisions, seconds.
    pub cooldown_secs: u32,
    /// Time over which profit unlocks, seconds.
    pub profit_unlock_secs: u32,
    /// Least time to a depositor's horizon, seconds.
    pub min_horizon_secs: u32,
    /// Share of assets that stays idle, bps.
    pub idle_buffer_bps: u16,
    /// Sum of weight increases that decisions may order in a window, bps of assets.
    pub turnover_cap_bps: u16,
    /// Most value one move may lose, bps of the amount moved.
    pub loss_call_bps: u16,
    /// Most value that moves may lose in a window, bps of assets.
    pub loss_window_bps: u16,
    /// Zero: room for a later limit.
    pub reserved: u32,
}

impl VaultLimits {
    /// Hard bounds that not even governance can leave.
    pub fn validate(&self) -> Result<()> {
        const DAY: u32 = 86_400;
        require!(
            (3_600..=31 * DAY).contains(&self.turnover_window_secs)
                && (3_600..=31 * DAY).contains(&self.loss_window_secs)
                && self.cooldown_secs <= 7 * DAY
                && self.profit_unlock_secs <= 31 * DAY
                && u64::from(self.idle_buffer_bps) <= BPS
                && self.turnover_cap_bps <= 60_000
                && self.loss_call_bps <= 300
                && self.loss_window_bps <= 500
                && self.min_move_atoms > 0
                && self.reserved == 0,
            BallastError::InvalidLimits
        );
        Ok(())
    }
}
