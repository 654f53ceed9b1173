use std::ops::RangeInclusive;

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
    /// Share of what an allocation would hold that its venue must be able to pay out before an increase, bps.
    pub min_liquidity_bps: u16,
    /// Highest utilisation of a lending venue at which an allocation may be increased, bps.
    pub max_utilisation_bps: u16,
    /// Age at which deposits count toward what limits are shares of, and readings of a venue's liquidity toward
    /// what it can pay, seconds.
    pub settle_secs: u32,
    /// How long a decision may be executed, seconds. Decreases never expire.
    pub decision_ttl_secs: u32,
    /// Window of an allocation's inflow budget, seconds.
    pub inflow_window_secs: u32,
    /// Rest of an allocation after somebody other than keeper and guardian reduced it at a loss, seconds.
    pub reduction_rest_secs: u32,
    /// Most net inflow of an allocation in a window, bps of assets; half of it is the keeper's alone.
    pub inflow_cap_bps: u16,
    /// Fall of a venue's own exchange rate since the decision that ends increases until the next, bps.
    pub latch_bps: u16,
    /// Excess over its ceiling at which somebody other than keeper and guardian may reduce an allocation, bps of
    /// the ceiling: interest alone is no reason.
    pub dead_band_bps: u16,
    /// Zero: keeps the struct a multiple of eight.
    pub reserved: u16,
}

/// A day, seconds.
const DAY: u32 = 86_400;
/// Shortest and longest window of a budget, seconds.
pub const WINDOW_SECS: RangeInclusive<u32> = 3_600..=31 * DAY;
/// Longest cooldown between decisions, seconds.
pub const MAX_COOLDOWN_SECS: u32 = 7 * DAY;
/// Longest time over which profit unlocks, seconds.
pub const MAX_PROFIT_UNLOCK_SECS: u32 = 31 * DAY;
/// Largest turnover budget, bps of assets.
pub const MAX_TURNOVER_CAP_BPS: u16 = 60_000;
/// Most that one move may ever be allowed to lose, bps of its size.
pub const MAX_LOSS_CALL_BPS: u16 = 300;
/// Most that moves may ever be allowed to lose in a window, bps of assets.
pub const MAX_LOSS_WINDOW_BPS: u16 = 500;
/// Shortest and longest time after which deposits and readings count, seconds. Never zero: what came in a slot must
/// not count in it.
pub const SETTLE_SECS: RangeInclusive<u32> = 30..=7 * DAY;
/// Shortest and longest life of a decision, seconds.
pub const DECISION_TTL_SECS: RangeInclusive<u32> = 3_600..=31 * DAY;
/// Longest rest after a reduction, seconds.
pub const MAX_REDUCTION_REST_SECS: u32 = DAY;
/// Largest inflow budget, bps of assets.
pub const MAX_INFLOW_CAP_BPS: u16 = 60_000;
/// Largest fall of an exchange rate that may be overlooked, bps.
pub const MAX_LATCH_BPS: u16 = 1_000;
/// Widest dead band, bps.
pub const MAX_DEAD_BAND_BPS: u16 = 1_000;

impl VaultLimits {
    /// Hard bounds that not even governance can leave; each has its own error.
    pub fn validate(&self) -> Result<()> {
        use BallastError as E;
        let bps = |value: u16| u64::from(value) <= BPS;
        require!(self.min_move_atoms > 0, E::MinMoveOutOfBounds);
        require!(WINDOW_SECS.contains(&self.turnover_window_secs), E::TurnoverWindowOutOfBounds);
        require!(WINDOW_SECS.contains(&self.loss_window_secs), E::LossWindowOutOfBounds);
        require!(WINDOW_SECS.contains(&self.inflow_window_secs), E::InflowWindowOutOfBounds);
        require!(self.cooldown_secs <= MAX_COOLDOWN_SECS, E::CooldownOutOfBounds);
        require!(self.profit_unlock_secs <= MAX_PROFIT_UNLOCK_SECS, E::ProfitUnlockOutOfBounds);
        require!(bps(self.idle_buffer_bps), E::IdleBufferOutOfBounds);
        require!(self.turnover_cap_bps <= MAX_TURNOVER_CAP_BPS, E::TurnoverCapOutOfBounds);
        require!(self.loss_call_bps <= MAX_LOSS_CALL_BPS, E::LossPerCallOutOfBounds);
        require!(self.loss_window_bps <= MAX_LOSS_WINDOW_BPS, E::LossBudgetOutOfBounds);
        require!(bps(self.min_liquidity_bps), E::MinLiquidityOutOfBounds);
        require!(bps(self.max_utilisation_bps), E::MaxUtilisationOutOfBounds);
        require!(SETTLE_SECS.contains(&self.settle_secs), E::SettleTimeOutOfBounds);
        // A decision that expires before the next may be made would leave deposits idle for ever.
        let ttl = DECISION_TTL_SECS.contains(&self.decision_ttl_secs);
        require!(ttl && self.decision_ttl_secs >= self.cooldown_secs, E::DecisionTtlOutOfBounds);
        require!(self.reduction_rest_secs <= MAX_REDUCTION_REST_SECS, E::ReductionRestOutOfBounds);
        require!(self.inflow_cap_bps <= MAX_INFLOW_CAP_BPS, E::InflowCapOutOfBounds);
        require!(self.latch_bps <= MAX_LATCH_BPS, E::LatchOutOfBounds);
        require!(self.dead_band_bps <= MAX_DEAD_BAND_BPS, E::DeadBandOutOfBounds);
        require!(self.reserved == 0, E::InvalidLimits);
        Ok(())
    }
}
