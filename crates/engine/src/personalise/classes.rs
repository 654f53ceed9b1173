//! What a vault of each class might do: paths of its value per share, from the calibrated generator.
//!
//! Each path is one run of [`GeneratedMarket`] (three reserves, the SOL pool, staking, the peg) plus jumps by risk
//! factor from the scenarios' calibration table. Every day a vault puts its money where the income known that day is
//! highest, up to its class's caps; entering or leaving the pool costs [`POOL_MOVE_COST`], and it goes in only where what
//! it expects to earn before the pool's volume is back to normal pays for both moves. Fees are taken off.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::PersonaliseError;
use super::profile::{LENDING, LIQUIDITY, STAKING};
use crate::YEAR_SECS;
use crate::curve::RateCurve;
use crate::generate::{GeneratedMarket, GeneratorConfig, OuParams, PriceParams, stream};
use crate::market::{MarketError, MarketStep};
use crate::scenario::{Jump, JumpKind, defaults_for, factor_id, jump_events};

/// Classes that a vault can have.
pub const CLASSES: usize = 3;
/// Cost of moving into or out of the pool: half is swapped at the pool's 25 bps.
pub const POOL_MOVE_COST: f64 = 0.00125;
const DAY: i64 = 86_400;
/// Daily steps for a year; longer horizons take longer steps.
const MOST_STEPS: u32 = 365;
/// The replay's curve and take: 7,000 bps of utilisation at 3.5%, 9,000 at 7%, 10,000 at 80%; 10% is the protocol's.
const CURVE: [(u32, u32); 4] = [(0, 0), (7_000, 350), (9_000, 700), (10_000, 8_000)];
const TAKE_BPS: u16 = 1_000;
const RESERVES: [(&str, OuParams); 3] = [
    ("market:kamino-main", OuParams::UTILISATION),
    ("market:kamino-prime", OuParams::UTILISATION),
    ("market:kamino-altcoins", OuParams::UTILISATION_RESTLESS),
];

/// The asset that a vault and its depositor count in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asset {
    /// A stable coin; values are in US dollars.
    #[default]
    #[serde(rename = "USDC", alias = "usdc")]
    Usdc,
    /// SOL; values are in SOL.
    #[serde(rename = "SOL", alias = "sol")]
    Sol,
}

/// How a class may spread its money, fractions of the vault: the caps of the project's replay.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ClassTerms {
    /// Most in one reserve.
    pub lending_cap: f64,
    /// Most in the pool.
    pub pool_cap: f64,
    /// Most in the stake pool; SOL only.
    pub stake_cap: f64,
    /// Share that stays idle.
    pub idle: f64,
}

/// Terms by class, conservative first.
pub const TERMS: [ClassTerms; CLASSES] = [
    ClassTerms { lending_cap: 0.4, pool_cap: 0.0, stake_cap: 0.5, idle: 0.05 },
    ClassTerms { lending_cap: 0.5, pool_cap: 0.15, stake_cap: 0.6, idle: 0.05 },
    ClassTerms { lending_cap: 0.6, pool_cap: 0.5, stake_cap: 0.8, idle: 0.03 },
];

/// What a vault takes, as fractions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    /// Of assets, a year.
    pub management: f64,
    /// Of profit.
    pub performance: f64,
}

impl Default for Fees {
    /// The project's own plan: half a percent a year, a tenth of profit.
    fn default() -> Self {
        Self { management: 0.005, performance: 0.1 }
    }
}

/// Values per share, starting at one.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassPaths {
    /// Days between points.
    pub step_days: f64,
    /// Value by path, class and point.
    pub paths: Vec<[Vec<f64>; CLASSES]>,
    /// Where they come from, for the reader.
    pub source: Vec<String>,
}

/// What a vault of a class and asset may ever hold.
pub fn asset_classes(class: usize, asset: Asset) -> u32 {
    let pool = TERMS.get(class).is_some_and(|terms| terms.pool_cap > 0.0);
    LENDING | if pool { LIQUIDITY } else { 0 } | if asset == Asset::Sol { STAKING } else { 0 }
}

/// Simulates `count` paths over `days`.
pub fn simulate(
    asset: Asset,
    fees: Fees,
    days: u32,
    count: usize,
    seed: u64,
) -> Result<ClassPaths, PersonaliseError> {
    let whole_days = days.div_ceil(MOST_STEPS).max(1);
    let step_days = i64::from(whole_days);
    let steps = days.div_ceil(whole_days) as usize;
    let curve = RateCurve::new(&CURVE, TAKE_BPS)
        .map_err(|error| PersonaliseError::Market(MarketError::Parameter(error.to_string())))?;
    let config = |path: u64| {
        // The high half of the seed numbers the path, so that neighbouring seeds share none.
        let base = GeneratorConfig::new(seed ^ path.rotate_left(32), 0, step_days * DAY, steps + 1);
        RESERVES.iter().fold(base, |config, (name, ou)| config.with_reserve(name, curve.clone(), *ou))
    };
    let one = |path: usize| -> Result<[Vec<f64>; CLASSES], PersonaliseError> {
        let path = path as u64;
        let market = GeneratedMarket::new(config(path))?.collect::<Result<Vec<MarketStep>, _>>()?;
        let jumps = Jumps::draw(seed, path, steps, step_days);
        Ok(std::array::from_fn(|class| {
            let terms = TERMS.get(class).copied().unwrap_or(TERMS[0]);
            Vault { asset, terms, fees, step_days, in_pool: 0.0 }.run(&market, &jumps)
        }))
    };
    let paths = (0..count).into_par_iter().map(one).collect::<Result<_, _>>()?;
    Ok(ClassPaths { step_days: step_days as f64, paths, source: sources(asset, fees) })
}

fn sources(asset: Asset, fees: Fees) -> Vec<String> {
    vec![
        "market paths: the project's calibrated generator (crates/engine/src/generate; docs/replay.md lists what each process was fitted to)".into(),
        "jumps: the scenarios' calibration table (`ballast engine scenarios --table`): venue exploits and freezes, bad debt of a market, oracle faults, collapse of an issuer; all lending on one venue".into(),
        format!("a vault's rule: the highest known income up to the caps of its class, moved once a step; counted in {}", match asset { Asset::Usdc => "US dollars", Asset::Sol => "SOL" }),
        format!("fees: {}% a year and {}% of profit", fees.management * 100.0, fees.performance * 100.0),
    ]
}

/// Share lost by step, by where the money is.
struct Jumps {
    reserves: [Vec<f64>; RESERVES.len()],
    pool: Vec<f64>,
    stake: Vec<f64>,
    asset: Vec<f64>,
}

impl Jumps {
    fn draw(seed: u64, path: u64, steps: usize, step_days: i64) -> Self {
        let years = steps as f64 * (step_days * DAY) as f64 / YEAR_SECS;
        let lost = |factor: &str| {
            let mut lost = vec![0.0f64; steps];
            // The generator makes depegs that heal itself.
            let jumps: Vec<Jump> =
                defaults_for(factor).into_iter().filter(|jump| jump.kind != JumpKind::Depeg).collect();
            for jump in jumps {
                let number = u64::from(factor_id(factor)) << 8 | jump.kind as u64;
                let mut rng = stream(seed ^ path.rotate_left(32), number);
                for (at, loss) in jump_events(&jump, years, &mut rng) {
                    let step = ((at / years * steps as f64) as usize).min(steps.saturating_sub(1));
                    if let Some(sum) = lost.get_mut(step) {
                        *sum = 1.0 - (1.0 - *sum) * (1.0 - loss);
                    }
                }
            }
            lost
        };
        let both = |a: &[f64], b: &[f64]| -> Vec<f64> {
            a.iter().zip(b).map(|(a, b)| 1.0 - (1.0 - a) * (1.0 - b)).collect()
        };
        let venue = lost("venue:kamino");
        Self {
            reserves: RESERVES.map(|(market, _)| both(&venue, &lost(market))),
            pool: both(&lost("venue:raydium"), &lost("oracle:pyth")),
            stake: lost("venue:spl-stake-pool"),
            asset: lost("issuer:circle"),
        }
    }
}

struct Vault {
    asset: Asset,
    terms: ClassTerms,
    fees: Fees,
    step_days: i64,
    in_pool: f64,
}

/// Where the money is during a step, fractions of the vault.
#[derive(Default)]
struct Weights {
    reserves: [f64; RESERVES.len()],
    pool: f64,
    stake: f64,
}

impl Vault {
    fn run(mut self, market: &[MarketStep], jumps: &Jumps) -> Vec<f64> {
        let years = (self.step_days * DAY) as f64 / YEAR_SECS;
        let peg = |step: &MarketStep| step.stable_usd.map_or(1.0, |quote| quote.price());
        let (mut shares, mut unit) = (1.0, 1.0);
        let start_peg = market.first().map_or(1.0, peg);
        let mut values = vec![1.0];
        for (index, (now, next)) in market.iter().zip(market.iter().skip(1)).enumerate() {
            let before = self.in_pool;
            let weights = self.choose(now);
            let moved = (weights.pool - before).abs();
            self.in_pool = weights.pool;
            let at = |losses: &[f64]| losses.get(index).copied().unwrap_or(0.0);
            let mut gain = -moved * POOL_MOVE_COST;
            for ((weight, reserve), lost) in weights.reserves.iter().zip(&now.reserves).zip(&jumps.reserves) {
                let apr = reserve.map_or(0.0, |reserve| reserve.supply_apr);
                gain += weight * ((1.0 + apr * years) * (1.0 - at(lost)) - 1.0);
            }
            let fee_apr = now.lp.map_or(0.0, |lp| lp.fee_apr);
            let held = self.pool_value(now, next) * (1.0 + fee_apr * years) * (1.0 - at(&jumps.pool));
            gain += weights.pool * (held - 1.0);
            gain += weights.stake * ((1.0 + now.stake.apr * years) * (1.0 - at(&jumps.stake)) - 1.0);
            gain -= self.fees.performance * gain.max(0.0) + self.fees.management * years;
            shares *= (1.0 + gain).max(0.0);
            if self.asset == Asset::Usdc {
                unit *= 1.0 - at(&jumps.asset);
                values.push(shares * unit * peg(next) / start_peg);
            } else {
                values.push(shares);
            }
        }
        values
    }

    /// Value of the pool's share over the step, in the vault's asset: the square root of the other side's move.
    fn pool_value(&self, now: &MarketStep, next: &MarketStep) -> f64 {
        match (now.sol_usd, next.sol_usd) {
            (Some(now), Some(next)) => match self.asset {
                Asset::Usdc => (next.price() / now.price()).sqrt(),
                Asset::Sol => (now.price() / next.price()).sqrt(),
            },
            _ => 1.0,
        }
    }

    /// The highest known income first, up to the caps.
    fn choose(&self, now: &MarketStep) -> Weights {
        let mut left = 1.0 - self.terms.idle;
        let mut weights = Weights::default();
        let apr = |index: usize| now.reserves.get(index).copied().flatten().map_or(0.0, |r| r.supply_apr);
        let mut order: Vec<usize> = (0..RESERVES.len()).collect();
        order.sort_by(|a, b| apr(*b).total_cmp(&apr(*a)));
        let best_other =
            if self.asset == Asset::Sol { now.stake.apr } else { order.first().map_or(0.0, |i| apr(*i)) };
        if self.wants_pool(now, best_other) {
            weights.pool = self.terms.pool_cap.min(left);
            left -= weights.pool;
        }
        let stake_apr = if self.asset == Asset::Sol { now.stake.apr } else { f64::NEG_INFINITY };
        let mut staked = self.asset != Asset::Sol;
        for index in order {
            if !staked && stake_apr >= apr(index) {
                staked = true;
                weights.stake = self.terms.stake_cap.min(left);
                left -= weights.stake;
            }
            let part = self.terms.lending_cap.min(left);
            weights.reserves[index] = part;
            left -= part;
        }
        if !staked {
            weights.stake = self.terms.stake_cap.min(left);
        }
        weights
    }

    /// In: what the pool is expected to earn above the rest before its volume is normal again pays for going in and
    /// out. Out: it no longer earns more. Its income is the last day's fees less what price moves take, an eighth of
    /// their variance.
    fn wants_pool(&self, now: &MarketStep, other_apr: f64) -> bool {
        let Some(fees) = now.lp.and_then(|lp| lp.known_fee_apr).filter(|_| self.terms.pool_cap > 0.0) else {
            return false;
        };
        let price = PriceParams::default();
        let variance = price.volatility.powi(2)
            + price.jumps_per_year * (price.jump_sd.powi(2) + price.jump_mean.powi(2));
        let above = fees - variance / 8.0 - other_apr;
        if self.in_pool > 0.0 {
            return above > 0.0;
        }
        above / OuParams::POOL_TURNOVER.reversion > 2.0 * POOL_MOVE_COST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_widen_with_the_class() {
        for pair in TERMS.windows(2) {
            assert!(pair[0].lending_cap < pair[1].lending_cap && pair[0].pool_cap < pair[1].pool_cap);
        }
        assert_eq!(asset_classes(0, Asset::Usdc), LENDING);
        assert_eq!(asset_classes(2, Asset::Sol), LENDING | LIQUIDITY | STAKING);
    }

    #[test]
    fn paths_do_not_depend_on_threads_or_on_their_number() {
        let run = |threads: usize, count: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| simulate(Asset::Usdc, Fees::default(), 90, count, 5).unwrap())
        };
        let (one, three) = (run(1, 12), run(3, 12));
        assert_eq!(one, three);
        assert_eq!(run(2, 6).paths, one.paths[..6]);
        assert_eq!(one.paths[0][0].len(), 91);
        assert!(one.paths.iter().flatten().flatten().all(|value| value.is_finite() && *value >= 0.0));
    }

    #[test]
    fn a_choice_is_inside_the_caps_and_spends_what_it_may() {
        for asset in [Asset::Usdc, Asset::Sol] {
            let config = RESERVES.iter().fold(GeneratorConfig::new(3, 0, DAY, 400), |config, (name, ou)| {
                config.with_reserve(name, RateCurve::new(&CURVE, TAKE_BPS).unwrap(), *ou)
            });
            let market: Vec<MarketStep> = GeneratedMarket::new(config).unwrap().map(Result::unwrap).collect();
            for terms in TERMS {
                let mut vault = Vault { asset, terms, fees: Fees::default(), step_days: 1, in_pool: 0.0 };
                for step in &market {
                    let weights = vault.choose(step);
                    vault.in_pool = weights.pool;
                    let sum = weights.reserves.iter().sum::<f64>() + weights.pool + weights.stake;
                    assert!((sum - (1.0 - terms.idle)).abs() < 1e-12, "{sum}");
                    assert!(weights.reserves.iter().all(|w| *w <= terms.lending_cap));
                    assert!(weights.pool <= terms.pool_cap && weights.stake <= terms.stake_cap);
                }
            }
        }
    }

    #[test]
    fn without_jumps_a_lender_earns_the_curves_rates_less_fees() {
        let paths = simulate(Asset::Usdc, Fees { management: 0.0, performance: 0.0 }, 365, 60, 1).unwrap();
        let mut ends: Vec<f64> = paths.paths.iter().map(|path| *path[0].last().unwrap()).collect();
        ends.sort_by(f64::total_cmp);
        let curve = RateCurve::new(&CURVE, TAKE_BPS).unwrap();
        // Between what mean utilisation pays and what the kink at 95% does.
        assert!(
            ends[30] > 1.0 + 0.95 * curve.supply_apr(0.78) && ends[30] < 1.0 + curve.supply_apr(0.95),
            "{}",
            ends[30]
        );
        let dear = simulate(Asset::Usdc, Fees { management: 0.02, performance: 0.2 }, 365, 60, 1).unwrap();
        for (free, paid) in paths.paths.iter().zip(&dear.paths) {
            assert!(paid[0].last() < free[0].last());
        }
    }
}
