use serde::{Deserialize, Serialize};

use crate::curve::ReserveState;

/// What a slot earns, as far as it can be known before moving. Rates are simple annual fractions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Income {
    /// A lending reserve: our deposit dilutes the rate along its curve.
    Lending(ReserveState),
    /// A pool: our deposit dilutes the fees.
    Pool {
        /// What liquidity providers earn at the pool's present size.
        fee_apr: f64,
        /// What they lose to arbitrage; see [`lvr_apr`].
        lvr_apr: f64,
        /// Funds in the pool, ours included, atoms of the vault's asset.
        tvl_atoms: u64,
    },
    /// A stake pool: too large for us to matter.
    Stake {
        /// Growth of the exchange rate.
        apr: f64,
    },
    /// Nothing is known: the slot stays as it is, unless a limit demands less.
    Unknown,
}

impl Income {
    /// The net rate if our position went from `ours_atoms` to `after_atoms` and nobody else moved.
    pub fn apr_with(&self, ours_atoms: u64, after_atoms: f64) -> f64 {
        match self {
            Self::Lending(reserve) => reserve.supply_apr_with(ours_atoms, after_atoms),
            Self::Pool { fee_apr, lvr_apr, tvl_atoms } => {
                let after_tvl = tvl_atoms.saturating_sub(ours_atoms) as f64 + after_atoms;
                let diluted = if after_tvl > 0.0 { fee_apr * (*tvl_atoms as f64 / after_tvl) } else { 0.0 };
                diluted - lvr_apr
            }
            Self::Stake { apr } => *apr,
            Self::Unknown => 0.0,
        }
    }

    /// The net rate as things stand.
    pub fn apr(&self, ours_atoms: u64) -> f64 {
        self.apr_with(ours_atoms, ours_atoms as f64)
    }
}

/// Loss-versus-rebalancing of a constant-product pool a year, as a fraction of the pool: an eighth of the
/// squared volatility of the relative price (per square root of a year).
pub fn lvr_apr(volatility: f64) -> f64 {
    volatility * volatility / 8.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::RateCurve;

    #[test]
    fn our_own_size_dilutes_lending_and_pools() {
        let curve = RateCurve::new(&[(0, 0), (10_000, 1_000)], 0).unwrap();
        let lending = Income::Lending(ReserveState { curve, supplied_atoms: 1_000, borrowed_atoms: 500 });
        // Half used at 5%: 2.5%. Twice the supply: a quarter used at 2.5%.
        assert!((lending.apr(0) - 0.025).abs() < 1e-12);
        assert!((lending.apr_with(0, 1_000.0) - 0.00625).abs() < 1e-12);
        let pool = Income::Pool { fee_apr: 0.2, lvr_apr: lvr_apr(0.8), tvl_atoms: 1_000 };
        assert!((pool.apr(100) - 0.12).abs() < 1e-12);
        assert!((pool.apr_with(100, 1_100.0) - 0.02).abs() < 1e-12);
        assert_eq!(Income::Stake { apr: 0.07 }.apr_with(0, 1e12), 0.07);
        assert_eq!(Income::Unknown.apr(1), 0.0);
    }
}
