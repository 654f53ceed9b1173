//! Risk classes and the limits that go with them.

use std::fmt;
use std::str::FromStr;

use ballast_client::state::{VaultLimits, asset_class, class};

use crate::settings::Asset;

/// A vault's risk class and the limits that go with it here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RiskClass {
    /// Lending only (and staking, where the asset is SOL), slow.
    Conservative,
    /// Lending and staking with a little liquidity.
    Balanced,
    /// Up to half in a pool, fast.
    Growth,
}

/// Highest weights after an increase, bps of the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Of one lending reserve.
    pub lending_bps: u16,
    /// Of the pool; zero: the class may not hold one.
    pub pool_bps: u16,
    /// Of the stake pool.
    pub stake_bps: u16,
}

impl RiskClass {
    /// The program's number of the class.
    pub fn number(self) -> u8 {
        match self {
            Self::Conservative => class::CONSERVATIVE,
            Self::Balanced => class::BALANCED,
            Self::Growth => class::GROWTH,
        }
    }

    /// What the vault may ever hold: no more than the class and the asset allow.
    pub fn asset_classes(self, asset: Asset) -> u32 {
        let staking = if asset == Asset::Sol { asset_class::STAKING } else { 0 };
        let liquidity = if self.caps().pool_bps > 0 { asset_class::LIQUIDITY } else { 0 };
        asset_class::LENDING | staking | liquidity
    }

    /// Caps by kind of venue.
    pub fn caps(self) -> Caps {
        match self {
            Self::Conservative => Caps { lending_bps: 4_000, pool_bps: 0, stake_bps: 5_000 },
            Self::Balanced => Caps { lending_bps: 5_000, pool_bps: 1_500, stake_bps: 6_000 },
            Self::Growth => Caps { lending_bps: 6_000, pool_bps: 5_000, stake_bps: 8_000 },
        }
    }

    /// The limits of a vault of `asset`. `min_move_atoms` is the smallest move.
    pub fn limits(self, asset: Asset, min_move_atoms: u64) -> VaultLimits {
        const HOUR: u32 = 3_600;
        const WEEK: u32 = 7 * 24 * HOUR;
        let (cooldown_hours, idle_buffer_bps, turnover_cap_bps, loss_call_bps, loss_window_bps) = match self {
            Self::Conservative => (12, 500, 10_000, 50, 50),
            Self::Balanced => (6, 500, 12_500, 100, 100),
            Self::Growth => (2, 300, 15_000, 100, 300),
        };
        VaultLimits {
            deposit_cap_atoms: u64::MAX,
            min_move_atoms,
            turnover_window_secs: WEEK,
            loss_window_secs: WEEK,
            cooldown_secs: cooldown_hours * HOUR,
            profit_unlock_secs: 6 * HOUR,
            min_horizon_secs: 0,
            idle_buffer_bps,
            turnover_cap_bps,
            loss_call_bps,
            loss_window_bps,
            // What a stake pool has at hand is little, and leaving it otherwise takes an epoch.
            min_liquidity_bps: if asset == Asset::Sol { 0 } else { 500 },
            max_utilisation_bps: 9_800,
            settle_secs: HOUR,
            decision_ttl_secs: 2 * 24 * HOUR,
            inflow_window_secs: 24 * HOUR,
            reduction_rest_secs: HOUR,
            inflow_cap_bps: 10_000,
            latch_bps: 10,
            dead_band_bps: 10,
            reserved: 0,
        }
    }
}

impl fmt::Display for RiskClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Conservative => "conservative",
            Self::Balanced => "balanced",
            Self::Growth => "growth",
        })
    }
}

impl FromStr for RiskClass {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "conservative" => Ok(Self::Conservative),
            "balanced" => Ok(Self::Balanced),
            "growth" => Ok(Self::Growth),
            _ => Err(format!("{text:?} is not a class: conservative, balanced or growth")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_inside_the_programs_bounds_and_loosen_with_risk() {
        let classes = [RiskClass::Conservative, RiskClass::Balanced, RiskClass::Growth];
        for class in classes {
            class.limits(Asset::Usdc, 1).validate().unwrap();
            assert_eq!(class.to_string().parse(), Ok(class));
        }
        for (safer, riskier) in classes.iter().zip(&classes[1..]) {
            assert!(safer.caps().pool_bps < riskier.caps().pool_bps);
            assert!(
                safer.limits(Asset::Usdc, 1).cooldown_secs > riskier.limits(Asset::Usdc, 1).cooldown_secs
            );
            assert!(safer.number() < riskier.number());
        }
    }
}
