use crate::curve::RateCurve;
use crate::data::LendingKey;
use crate::market::{OracleModel, PoolTerms, RateTarget};

/// What plays the vault's stable asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StableSource {
    /// USDC's hourly closes.
    #[default]
    Usdc,
    /// UST's hourly closes: the stablecoin that did not come back.
    Ust,
    /// One dollar at all times: said in the report as an assumption.
    Par,
}

/// Where staking rewards come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StakeSource {
    /// A constant simple annual fraction.
    Fixed(f64),
    /// The constant growth of BNSOL against SOL, fitted over all hours that have both.
    FittedBnSol,
}

/// A reserve driven by one observed market.
#[derive(Clone, Debug)]
pub struct ReserveHistory {
    /// The reserve's name.
    pub name: String,
    /// The market it follows.
    pub key: LendingKey,
    /// The venue's curve.
    pub curve: RateCurve,
    /// Which observed figure the curve is made to show.
    pub target: RateTarget,
}

/// A replay of real history.
#[derive(Clone, Debug)]
pub struct HistoryConfig {
    /// Start, unix seconds.
    pub from_ts: i64,
    /// End (exclusive), unix seconds.
    pub to_ts: i64,
    /// Length of a step, seconds.
    pub step_secs: i64,
    /// What plays the stable asset.
    pub stable: StableSource,
    /// The lending reserves.
    pub reserves: Vec<ReserveHistory>,
    /// Where in their own time the lending rates begin; none: the replay's own dates.
    pub rates_from_ts: Option<i64>,
    /// The pool that trading is scaled to; none: no pool in this replay.
    pub pool: Option<PoolTerms>,
    /// Where in its own time the pool's history begins; none: the replay's own dates.
    pub lp_from_ts: Option<i64>,
    /// Staking rewards.
    pub stake: StakeSource,
    /// How quotes follow from closes.
    pub oracle: OracleModel,
    /// Longest stretch without a fresh value, seconds, that is only reported. Longer ones are an error.
    pub tolerated_gap_secs: i64,
    /// Takes longer gaps too; they are reported all the same.
    pub accept_gaps: bool,
}

impl HistoryConfig {
    /// Lending snapshots come daily, at times two days apart: a rate holds until the next, at most 50 hours.
    pub const RATES_MAX_AGE_SECS: i64 = 50 * 3_600;

    /// A window with defaults for everything else: USDC, no reserves, the default pool, 7% staking, gaps of up
    /// to six hours tolerated.
    pub fn new(from_ts: i64, to_ts: i64, step_secs: i64) -> Self {
        Self {
            from_ts,
            to_ts,
            step_secs,
            stable: StableSource::default(),
            reserves: Vec::new(),
            rates_from_ts: None,
            pool: Some(PoolTerms::default()),
            lp_from_ts: None,
            stake: StakeSource::Fixed(0.07),
            oracle: OracleModel::default(),
            tolerated_gap_secs: 6 * 3_600,
            accept_gaps: false,
        }
    }
}
