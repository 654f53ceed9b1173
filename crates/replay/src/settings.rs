//! What to replay.

use std::path::PathBuf;
use std::str::FromStr;

use ballast_engine::curve::RateCurve;
use ballast_engine::data::{DataDir, LendingKey};
use ballast_engine::generate::{GeneratedMarket, GeneratorConfig, OuParams};
use ballast_engine::market::{
    HistoryConfig, HistoryMarket, MarketError, MarketSource, MarketStep, PoolTerms, Provenance, RateTarget,
    ReserveHistory, StableSource, StakeSource,
};
use ballast_keeper::ModelFile;

use crate::ReplayError;
use crate::class::{Caps, RiskClass};

/// What the vault holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asset {
    /// Dollars: lending and a SOL/USDC pool.
    #[default]
    Usdc,
    /// SOL: a stake pool, lending, and the same pool from its other side.
    Sol,
}

/// Which policy the keeper follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PolicyKind {
    /// The engine: lower-quantile income, tail and liquidity, inside the limits.
    #[default]
    Engine,
    /// Highest net rate after our own dilution, inside the limits.
    Plain,
    /// The same weight everywhere.
    EqualWeight,
    /// Equal weights once, then never again.
    Hold,
    /// All of it in one slot, whose cap is lifted: what picking one venue and staying would have paid.
    Single(usize),
}

/// Everything a replay depends on.
#[derive(Clone, Debug)]
pub struct ReplaySettings {
    /// Folder of history files; none: generated paths.
    pub data: Option<PathBuf>,
    /// Start, unix seconds.
    pub from_ts: i64,
    /// End (exclusive), unix seconds.
    pub to_ts: i64,
    /// Length of a step, seconds.
    pub step_secs: i64,
    /// Risk class of the vault.
    pub class: RiskClass,
    /// The vault's asset.
    pub asset: Asset,
    /// The policy.
    pub policy: PolicyKind,
    /// The engine's model; none: [`ReplaySettings::builtin_model`].
    pub model: Option<ModelFile>,
    /// What the first depositor pays in, whole units of the asset; none: [`Asset::usual_deposit`].
    pub deposit: Option<u64>,
    /// Where in their own time the lending rates begin; none: the replay's dates.
    pub rates_from_ts: Option<i64>,
    /// Where in its own time the pool's history begins; none: the replay's dates.
    pub lp_from_ts: Option<i64>,
    /// What plays the stable asset.
    pub stable: StableSource,
    /// Lending markets to follow, one reserve each; empty: the defaults of the asset.
    pub reserves: Vec<LendingKey>,
    /// The pool's trade fee, bps.
    pub pool_fee_bps: u16,
    /// Accept long gaps in the history.
    pub accept_gaps: bool,
    /// Seed of the holders, and of generated paths.
    pub seed: u64,
    /// Management fee, bps a year.
    pub management_fee_bps: u16,
    /// Performance fee, bps of gains.
    pub performance_fee_bps: u16,
}

impl ReplaySettings {
    /// A USDC vault of `class` from `from_ts` to `to_ts` in hours, on generated paths.
    pub fn new(from_ts: i64, to_ts: i64, class: RiskClass) -> Self {
        Self {
            data: None,
            from_ts,
            to_ts,
            step_secs: 3_600,
            class,
            asset: Asset::default(),
            policy: PolicyKind::default(),
            model: None,
            deposit: None,
            rates_from_ts: None,
            lp_from_ts: None,
            stable: StableSource::default(),
            reserves: Vec::new(),
            pool_fee_bps: PoolTerms::default().fee_bps,
            accept_gaps: false,
            seed: 7,
            management_fee_bps: 50,
            performance_fee_bps: 1_000,
        }
    }

    /// The first deposit, atoms. Errors when it is zero or does not fit.
    pub fn deposit_atoms(&self) -> Result<u64, ReplayError> {
        let units = self.deposit.unwrap_or_else(|| self.asset.usual_deposit());
        units
            .checked_mul(self.asset.unit())
            .filter(|atoms| *atoms > 0)
            .ok_or_else(|| ReplayError::Settings("the deposit is zero or does not fit".into()))
    }

    /// The model that the engine decides by: the one given, or the one of this repository.
    pub fn engine_model(&self) -> Result<ModelFile, ReplayError> {
        match &self.model {
            Some(model) => Ok(model.clone()),
            None => ModelFile::built_in().map_err(|error| ReplayError::Settings(error.to_string())),
        }
    }

    /// The caps of the class; none for somebody who puts everything in one place.
    pub fn caps(&self) -> Caps {
        let class = self.class.caps();
        match self.policy {
            PolicyKind::Single(_) => {
                let lifted = |bps: u16| if bps == 0 { 0 } else { 10_000 };
                Caps {
                    lending_bps: lifted(class.lending_bps),
                    pool_bps: lifted(class.pool_bps),
                    stake_bps: lifted(class.stake_bps),
                }
            }
            _ => class,
        }
    }

    /// Whether the class may hold a pool.
    pub fn has_pool(&self) -> bool {
        self.class.caps().pool_bps > 0
    }

    /// Cap of each slot, in the vault's order, bps.
    pub fn slot_caps(&self) -> Vec<u16> {
        let caps = self.caps();
        let stake = (self.asset == Asset::Sol).then_some(caps.stake_bps);
        let reserves = self.reserve_keys().map_or(0, |keys| keys.len());
        let pool = self.has_pool().then_some(caps.pool_bps);
        stake.into_iter().chain(std::iter::repeat_n(caps.lending_bps, reserves)).chain(pool).collect()
    }

    /// Slots of the vault: stake pool, reserves, pool.
    pub fn slot_count(&self) -> Result<usize, ReplayError> {
        let others = usize::from(self.has_pool()).saturating_add(usize::from(self.asset == Asset::Sol));
        Ok(self.reserve_keys()?.len().saturating_add(others))
    }

    /// The lending markets to follow. Four slots are filled: what is not pool or stake pool is lending.
    pub fn reserve_keys(&self) -> Result<Vec<LendingKey>, ReplayError> {
        const SLOTS: usize = 4;
        if !self.reserves.is_empty() {
            let others = usize::from(self.has_pool()).saturating_add(usize::from(self.asset == Asset::Sol));
            if self.reserves.len().saturating_add(others) > ballast_math::MAX_ALLOCATIONS {
                return Err(ReplayError::Settings(format!(
                    "a vault has {} slots: too many reserves",
                    ballast_math::MAX_ALLOCATIONS
                )));
            }
            return Ok(self.reserves.clone());
        }
        let (names, others): (&[&str], usize) = match self.asset {
            Asset::Usdc => (
                &[
                    "base:0x833589fcd6edb6e08f4c7c32d4f71b54bda02913",
                    "ethereum:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",
                    "arbitrum:0xaf88d065e77c8cc2239327c5edb3a432268e5831",
                    "polygon:0x3c499c542cef5e3811e1192ce70d8cc03d5c3359",
                ],
                usize::from(self.has_pool()),
            ),
            Asset::Sol => (
                &[
                    "ethereum:0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2",
                    "base:0x4200000000000000000000000000000000000006",
                    "arbitrum:0x82af49447d8a07e3bd95bd0d56f35241523fbab1",
                ],
                usize::from(self.has_pool()).saturating_add(1),
            ),
        };
        let keys = names.iter().take(SLOTS.saturating_sub(others)).map(|name| LendingKey::from_str(name));
        keys.collect::<Result<_, _>>().map_err(ReplayError::Settings)
    }

    /// The rate model of every reserve: Kamino's usual shape, the protocol keeping a tenth.
    pub fn curve() -> Result<RateCurve, ReplayError> {
        RateCurve::new(&CURVE, u16::from(CURVE_TAKE_PCT).saturating_mul(100))
            .map_err(|error| ReplayError::Settings(error.to_string()))
    }

    /// The pool's terms.
    pub fn pool_terms(&self) -> PoolTerms {
        PoolTerms { fee_bps: self.pool_fee_bps, ..PoolTerms::default() }
    }

    /// Reads or generates the market: all its steps, the reserves' names, and where they come from.
    pub fn market(&self) -> Result<Market, ReplayError> {
        match &self.data {
            Some(folder) => {
                let data = DataDir::open(folder).map_err(MarketError::from)?;
                collect(HistoryMarket::open(&data, &self.history()?)?)
            }
            None => collect(GeneratedMarket::new(self.generator()?)?),
        }
    }

    fn history(&self) -> Result<HistoryConfig, ReplayError> {
        let curve = Self::curve()?;
        let reserve = |key: LendingKey| ReserveHistory {
            name: short_name(&key),
            key,
            curve: curve.clone(),
            target: RateTarget::SupplyApr,
        };
        let mut config = HistoryConfig::new(self.from_ts, self.to_ts, self.step_secs);
        config.stable = self.stable;
        config.reserves = self.reserve_keys()?.into_iter().map(reserve).collect();
        config.rates_from_ts = self.rates_from_ts;
        config.lp_from_ts = self.lp_from_ts;
        config.pool = self.has_pool().then(|| self.pool_terms());
        config.stake = StakeSource::Fixed(STAKE_APR);
        config.accept_gaps = self.accept_gaps;
        Ok(config)
    }

    fn generator(&self) -> Result<GeneratorConfig, ReplayError> {
        let steps = match self.step_secs {
            1.. => self.to_ts.saturating_sub(self.from_ts) / self.step_secs,
            _ => 0,
        };
        let steps = usize::try_from(steps).unwrap_or(0);
        let mut config = GeneratorConfig::new(self.seed, self.from_ts, self.step_secs, steps);
        config.pool = self.pool_terms();
        config.stake_apr = STAKE_APR;
        for (index, _) in self.reserve_keys()?.iter().enumerate() {
            let law = if index % 2 == 0 { OuParams::UTILISATION } else { OuParams::UTILISATION_RESTLESS };
            config = config.with_reserve(&format!("lend-{index}"), Self::curve()?, law);
        }
        Ok(config)
    }
}

/// Corners of every reserve's borrow curve, (utilisation bps, rate bps).
pub const CURVE: [(u32, u32); 4] = [(0, 0), (7_000, 350), (9_000, 700), (10_000, 8_000)];
/// The protocol's share of interest, percent.
pub const CURVE_TAKE_PCT: u8 = 10;
/// Staking rewards a year.
const STAKE_APR: f64 = 0.07;

/// A market laid out in full.
pub struct Market {
    /// Every step.
    pub steps: Vec<MarketStep>,
    /// Names of the reserves.
    pub reserve_names: Vec<String>,
    /// Where it comes from.
    pub provenance: Provenance,
}

fn collect(source: impl MarketSource) -> Result<Market, ReplayError> {
    let reserve_names = source.reserve_names().iter().map(ToString::to_string).collect();
    let provenance = source.provenance().clone();
    let steps = source.collect::<Result<Vec<_>, _>>()?;
    Ok(Market { steps, reserve_names, provenance })
}

/// The network, with the token's last four digits: two tokens of one network stay apart.
fn short_name(key: &LendingKey) -> String {
    let tail = key.asset.get(key.asset.len().saturating_sub(4)..).unwrap_or(&key.asset);
    format!("lend-{}-{tail}", key.network)
}

impl FromStr for Asset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "usdc" => Ok(Self::Usdc),
            "sol" => Ok(Self::Sol),
            _ => Err(format!("{text:?} is not an asset: usdc or sol")),
        }
    }
}

impl FromStr for PolicyKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "engine" => Ok(Self::Engine),
            "plain" => Ok(Self::Plain),
            "equal-weight" => Ok(Self::EqualWeight),
            "hold" => Ok(Self::Hold),
            _ => {
                text.strip_prefix("single:").and_then(|slot| slot.parse().ok()).map(Self::Single).ok_or_else(
                    || format!("{text:?} is not a policy: engine, plain, equal-weight, hold or single:SLOT"),
                )
            }
        }
    }
}

impl Asset {
    /// Its symbol.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Usdc => "USDC",
            Self::Sol => "SOL",
        }
    }

    /// Its decimals.
    pub fn decimals(self) -> u8 {
        match self {
            Self::Usdc => 6,
            Self::Sol => 9,
        }
    }

    /// The first deposit where nobody says otherwise, whole units: small beside the venues.
    pub fn usual_deposit(self) -> u64 {
        match self {
            Self::Usdc => 1_000_000,
            Self::Sol => 10_000,
        }
    }

    /// Atoms of a whole unit.
    pub fn unit(self) -> u64 {
        10u64.pow(u32::from(self.decimals()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_slots_are_filled_unless_told_otherwise() {
        let mut settings = ReplaySettings::new(0, 36_000, RiskClass::Conservative);
        assert_eq!(settings.reserve_keys().unwrap().len(), 4);
        settings.class = RiskClass::Growth;
        assert_eq!(settings.reserve_keys().unwrap().len(), 3);
        settings.asset = Asset::Sol;
        assert_eq!(settings.reserve_keys().unwrap().len(), 2);
        settings.reserves = vec!["base:USDC".parse().unwrap(); 7];
        assert!(matches!(settings.reserve_keys(), Err(ReplayError::Settings(_))));
    }

    #[test]
    fn without_data_the_market_is_generated() {
        let market = ReplaySettings::new(1_700_000_000, 1_700_360_000, RiskClass::Growth).market().unwrap();
        assert_eq!((market.steps.len(), market.reserve_names.len()), (100, 3));
        let empty = ReplaySettings::new(10, 10, RiskClass::Growth).market();
        assert!(matches!(empty, Err(ReplayError::Market(_))));
    }
}
