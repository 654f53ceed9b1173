use serde::{Deserialize, Serialize};

use crate::curve::RateCurve;
use crate::market::{MarketError, OracleModel, PoolTerms};

/// Everything a generated market depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeneratorConfig {
    /// Same seed, same paths.
    pub seed: u64,
    /// Start, unix seconds.
    pub from_ts: i64,
    /// Length of a step, seconds.
    pub step_secs: i64,
    /// Number of steps.
    pub steps: usize,
    /// SOL/USD.
    pub sol: PriceParams,
    /// The stable asset in US dollars.
    pub stable: PegParams,
    /// The lending reserves.
    pub reserves: Vec<ReserveParams>,
    /// ln(pool volume / TVL per day).
    pub pool_turnover: OuParams,
    /// The pool's fees.
    pub pool: PoolTerms,
    /// Staking rewards, simple annual fraction.
    pub stake_apr: f64,
    /// How quotes follow from prices.
    pub oracle: OracleModel,
}

/// Merton's jump-diffusion of a log price.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriceParams {
    /// First price, US dollars.
    pub initial: f64,
    /// Expected growth of the price a year, jumps included (0: a martingale).
    pub drift: f64,
    /// Volatility of the diffusion, per square root of a year.
    pub volatility: f64,
    /// Expected jumps a year.
    pub jumps_per_year: f64,
    /// Mean of a jump's log size.
    pub jump_mean: f64,
    /// Standard deviation of a jump's log size.
    pub jump_sd: f64,
}

impl Default for PriceParams {
    /// SOL's hourly returns from 2023-07 to 2025-06, jumps being moves of more than four standard deviations,
    /// filtered until none is left. The drift is zero on purpose: past growth is not a forecast.
    fn default() -> Self {
        Self {
            initial: 150.0,
            drift: 0.0,
            volatility: 0.82,
            jumps_per_year: 87.0,
            jump_mean: 0.005,
            jump_sd: 0.051,
        }
    }
}

/// An Ornstein-Uhlenbeck process: pulled to a mean, exact for any step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OuParams {
    /// Where it is pulled to.
    pub mean: f64,
    /// Speed of the pull, per year: ln 2 / speed is the half-life.
    pub reversion: f64,
    /// Standard deviation in the long run.
    pub sd: f64,
}

impl OuParams {
    /// Logit of utilisation: Aave v3 USDC on Base, 2025-07 to 2026-08. Mean utilisation 81%, half-life 5 days.
    pub const UTILISATION: Self = Self { mean: 1.43, reversion: 51.0, sd: 0.47 };
    /// The same on Arbitrum: 77%, half-life 2.5 days, wilder.
    pub const UTILISATION_RESTLESS: Self = Self { mean: 1.22, reversion: 100.0, sd: 0.66 };
    /// ln(volume / TVL per day): Uniswap v3 WBTC/WETH, 2021-06 to 2024-01. Half-life 1.7 days.
    pub const POOL_TURNOVER: Self = Self { mean: -2.90, reversion: 145.0, sd: 1.14 };
}

/// A stable asset: small noise around a dollar and rare depegs that heal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PegParams {
    /// Log deviation in quiet times.
    pub noise: OuParams,
    /// Expected depegs a year.
    pub depegs_per_year: f64,
    /// Mean log size of a depeg; sizes are exponential, downward.
    pub depeg_mean: f64,
    /// Half-life of a depeg, seconds.
    pub depeg_half_life_secs: f64,
}

impl Default for PegParams {
    /// USDC from 2023-04 to 2025-06: 5.4 bps around par, half-life 29 hours. One depeg in the four and a half
    /// years of the series, 8.7% deep, gone in days: too few to fit, so these three are set to that.
    fn default() -> Self {
        Self {
            noise: OuParams { mean: 0.0, reversion: 212.0, sd: 0.00054 },
            depegs_per_year: 0.22,
            depeg_mean: 0.04,
            depeg_half_life_secs: 43_200.0,
        }
    }
}

/// A generated lending reserve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReserveParams {
    /// The reserve's name.
    pub name: String,
    /// The venue's curve.
    pub curve: RateCurve,
    /// Logit of utilisation.
    pub utilisation: OuParams,
}

impl GeneratorConfig {
    /// No reserves yet, everything else at its calibrated default.
    pub fn new(seed: u64, from_ts: i64, step_secs: i64, steps: usize) -> Self {
        Self {
            seed,
            from_ts,
            step_secs,
            steps,
            sol: PriceParams::default(),
            stable: PegParams::default(),
            reserves: Vec::new(),
            pool_turnover: OuParams::POOL_TURNOVER,
            pool: PoolTerms::default(),
            stake_apr: 0.073,
            oracle: OracleModel::default(),
        }
    }

    /// Adds a reserve.
    #[must_use]
    pub fn with_reserve(mut self, name: &str, curve: RateCurve, utilisation: OuParams) -> Self {
        self.reserves.push(ReserveParams { name: name.into(), curve, utilisation });
        self
    }

    /// Refuses parameters outside their meaning: non-finite, negative rates and deviations, no price.
    pub fn validate(&self) -> Result<(), MarketError> {
        let secs = i64::try_from(self.steps).ok().and_then(|steps| steps.checked_mul(self.step_secs));
        let to_ts = secs.and_then(|secs| secs.checked_add(self.from_ts));
        if self.step_secs <= 0 || to_ts.is_none_or(|to_ts| to_ts <= self.from_ts) {
            let (from_ts, step_secs) = (self.from_ts, self.step_secs);
            return Err(MarketError::EmptyWindow { from_ts, to_ts: from_ts, step_secs });
        }
        let (sol, peg, oracle) = (&self.sol, &self.stable, &self.oracle);
        // Name, value and the least that makes sense; `f64::MIN_POSITIVE` means above zero.
        let mut checks = vec![
            ("sol.initial", sol.initial, f64::MIN_POSITIVE),
            ("sol.drift", sol.drift, f64::MIN),
            ("sol.volatility", sol.volatility, 0.0),
            ("sol.jumps_per_year", sol.jumps_per_year, 0.0),
            ("sol.jump_mean", sol.jump_mean, f64::MIN),
            ("sol.jump_sd", sol.jump_sd, 0.0),
            ("stable.depegs_per_year", peg.depegs_per_year, 0.0),
            ("stable.depeg_mean", peg.depeg_mean, 0.0),
            ("stable.depeg_half_life_secs", peg.depeg_half_life_secs, f64::MIN_POSITIVE),
            ("stake_apr", self.stake_apr, 0.0),
            ("oracle.base_conf_bps", oracle.base_conf_bps, 0.0),
            ("oracle.conf_per_move", oracle.conf_per_move, 0.0),
            ("oracle.ema_tau_secs", oracle.ema_tau_secs, f64::MIN_POSITIVE),
        ];
        let reserves = self.reserves.iter().map(|reserve| reserve.utilisation);
        for ou in reserves.chain([peg.noise, self.pool_turnover]) {
            checks.push(("mean", ou.mean, f64::MIN));
            checks.push(("reversion", ou.reversion, f64::MIN_POSITIVE));
            checks.push(("sd", ou.sd, 0.0));
        }
        match checks.into_iter().find(|(_, value, least)| !value.is_finite() || value < least) {
            Some((name, value, _)) => Err(MarketError::Parameter(format!("{name} = {value}"))),
            None => Ok(()),
        }
    }
}
