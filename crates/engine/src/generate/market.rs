use std::sync::Arc;

use super::params::GeneratorConfig;
use super::process::{JumpDiffusion, Ou, Peg, logistic, stream};
use crate::market::{
    LpTarget, MarketError, MarketSource, MarketStep, Provenance, QuoteMaker, RateTarget, ReserveTarget,
    SourceKind, StakeTarget,
};

/// Streams of the seed; reserves take the numbers from `FIRST_RESERVE` on.
mod streams {
    pub const SOL: u64 = 1;
    pub const PEG_NOISE: u64 = 2;
    pub const DEPEGS: u64 = 3;
    pub const POOL: u64 = 4;
    pub const FIRST_RESERVE: u64 = 16;
}

/// Memory of the pool's observable fee rate, seconds: what a policy knows is a day's average.
const KNOWN_FEE_MEMORY_SECS: f64 = 86_400.0;

/// Steps from the generator, made as they are asked for.
pub struct GeneratedMarket {
    config: GeneratorConfig,
    reserve_names: Vec<Arc<str>>,
    provenance: Provenance,
    next_index: usize,
    sol: JumpDiffusion,
    stable: Peg,
    reserves: Vec<Ou>,
    pool: Ou,
    known_fee_apr: Option<f64>,
    sol_quotes: QuoteMaker,
    stable_quotes: QuoteMaker,
}

impl GeneratedMarket {
    /// Starts every process from its seed.
    pub fn new(config: GeneratorConfig) -> Result<Self, MarketError> {
        config.validate()?;
        let rng = |number| stream(config.seed, number);
        let reserves = config.reserves.iter().zip(streams::FIRST_RESERVE..);
        let quotes = QuoteMaker::new(config.oracle);
        Ok(Self {
            reserve_names: config.reserves.iter().map(|reserve| reserve.name.as_str().into()).collect(),
            provenance: provenance(&config),
            next_index: 0,
            sol: JumpDiffusion::new(config.sol, rng(streams::SOL)),
            stable: Peg::new(config.stable, rng(streams::PEG_NOISE), rng(streams::DEPEGS)),
            reserves: reserves.map(|(reserve, number)| Ou::new(reserve.utilisation, rng(number))).collect(),
            pool: Ou::new(config.pool_turnover, rng(streams::POOL)),
            known_fee_apr: None,
            sol_quotes: quotes.clone(),
            stable_quotes: quotes,
            config,
        })
    }

    fn advance(&mut self) {
        let secs = self.config.step_secs as f64;
        self.sol.advance(secs);
        self.stable.advance(secs);
        self.pool.advance(secs);
        for reserve in &mut self.reserves {
            reserve.advance(secs);
        }
    }

    fn step(&mut self) -> MarketStep {
        let offset = i64::try_from(self.next_index).unwrap_or(i64::MAX).saturating_mul(self.config.step_secs);
        let ts = self.config.from_ts.saturating_add(offset);
        let showing = |(ou, spec): (&Ou, &super::ReserveParams)| {
            Some(ReserveTarget::showing(&spec.curve, RateTarget::Utilisation, logistic(ou.value())))
        };
        MarketStep {
            index: self.next_index,
            ts,
            sol_usd: self.sol_quotes.quote(ts, self.sol.price()),
            stable_usd: self.stable_quotes.quote(ts, self.stable.price()),
            reserves: self.reserves.iter().zip(&self.config.reserves).map(showing).collect(),
            lp: Some(self.trading()),
            stake: StakeTarget { apr: self.config.stake_apr },
        }
    }

    fn trading(&mut self) -> LpTarget {
        let turnover_per_day = self.pool.value().exp();
        let fee_apr = self.config.pool.fee_apr(turnover_per_day);
        let known_fee_apr = self.known_fee_apr;
        let weight = 1.0 - (-(self.config.step_secs as f64) / KNOWN_FEE_MEMORY_SECS).exp();
        let past = known_fee_apr.unwrap_or(fee_apr);
        self.known_fee_apr = Some(past + weight * (fee_apr - past));
        LpTarget { turnover_per_day, fee_apr, known_fee_apr }
    }
}

impl Iterator for GeneratedMarket {
    type Item = Result<MarketStep, MarketError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next_index >= self.config.steps {
            return None;
        }
        if self.next_index > 0 {
            self.advance();
        }
        let step = self.step();
        self.next_index += 1;
        Some(Ok(step))
    }
}

impl MarketSource for GeneratedMarket {
    fn total_steps(&self) -> usize {
        self.config.steps
    }

    fn step_secs(&self) -> i64 {
        self.config.step_secs
    }

    fn reserve_names(&self) -> &[Arc<str>] {
        &self.reserve_names
    }

    fn provenance(&self) -> &Provenance {
        &self.provenance
    }
}

fn provenance(config: &GeneratorConfig) -> Provenance {
    let (sol, peg) = (config.sol, config.stable);
    let mut assumptions = vec![
        format!(
            "SOL: jump-diffusion from {} USD, volatility {:.0}%, {:.0} jumps a year of {:.1}% +- {:.1}%, drift {:.0}%",
            sol.initial,
            sol.volatility * 100.0,
            sol.jumps_per_year,
            sol.jump_mean * 100.0,
            sol.jump_sd * 100.0,
            sol.drift * 100.0
        ),
        format!(
            "stable asset: par +- {:.1} bps, {:.2} depegs a year of {:.1}% on average",
            peg.noise.sd * 1e4,
            peg.depegs_per_year,
            peg.depeg_mean * 100.0
        ),
        format!("staking earns {:.2}% a year", config.stake_apr * 100.0),
    ];
    for reserve in &config.reserves {
        let ou = reserve.utilisation;
        assumptions.push(format!(
            "reserve {}: utilisation around {:.0}%, logit sd {:.2}, reversion {:.0} a year",
            reserve.name,
            logistic(ou.mean) * 100.0,
            ou.sd,
            ou.reversion
        ));
    }
    let steps = i64::try_from(config.steps).unwrap_or(i64::MAX);
    Provenance {
        source: SourceKind::Generated { seed: config.seed },
        from_ts: config.from_ts,
        to_ts: config.from_ts.saturating_add(steps.saturating_mul(config.step_secs)),
        step_secs: config.step_secs,
        series: Vec::new(),
        assumptions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::RateCurve;
    use crate::generate::OuParams;
    use proptest::prelude::*;

    fn curve() -> RateCurve {
        RateCurve::new(&[(0, 0), (9_000, 600), (10_000, 6_000)], 1_000).unwrap()
    }

    fn config(seed: u64) -> GeneratorConfig {
        GeneratorConfig::new(seed, 1_700_000_000, 3_600, 50).with_reserve(
            "main",
            curve(),
            OuParams::UTILISATION,
        )
    }

    fn steps(config: GeneratorConfig) -> Vec<MarketStep> {
        GeneratedMarket::new(config).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn same_seed_same_paths() {
        assert_eq!(steps(config(1)), steps(config(1)));
        assert_ne!(steps(config(1)), steps(config(2)));
        let market = GeneratedMarket::new(config(1)).unwrap();
        assert_eq!((market.total_steps(), market.step_secs(), market.count()), (50, 3_600, 50));
    }

    #[test]
    fn another_reserve_disturbs_nothing() {
        let wider = config(1).with_reserve("alt", curve(), OuParams::UTILISATION_RESTLESS);
        for (one, two) in steps(config(1)).iter().zip(&steps(wider)) {
            assert_eq!((one.sol_usd, one.stable_usd, one.lp), (two.sol_usd, two.stable_usd, two.lp));
            assert_eq!(one.reserves[0], two.reserves[0]);
            assert_eq!(two.reserves.len(), 2);
        }
    }

    #[test]
    fn a_longer_run_begins_with_the_shorter_one() {
        let longer = steps(GeneratorConfig { steps: 80, ..config(3) });
        assert_eq!(longer[..50], steps(config(3)));
        assert_eq!(longer[79].ts, 1_700_000_000 + 79 * 3_600);
        assert_eq!(longer[0].lp.unwrap().known_fee_apr, None);
    }

    #[test]
    fn senseless_parameters_are_named() {
        let mut bad = config(1);
        bad.stable.noise.reversion = 0.0;
        assert_eq!(
            GeneratedMarket::new(bad).err().unwrap().to_string(),
            "a parameter of the market is out of range: reversion = 0"
        );
        assert!(matches!(
            GeneratedMarket::new(GeneratorConfig { steps: 0, ..config(1) }).err(),
            Some(MarketError::EmptyWindow { .. })
        ));
        let mut bad = config(1);
        bad.sol.volatility = f64::NAN;
        assert!(matches!(GeneratedMarket::new(bad).err(), Some(MarketError::Parameter(_))));
    }

    proptest! {
        #[test]
        fn every_step_is_plausible(seed in any::<u64>(), step_secs in 1i64..200_000) {
            for step in steps(GeneratorConfig { step_secs, ..config(seed) }) {
                let stable = step.stable_usd.unwrap().price();
                prop_assert!(step.sol_usd.unwrap().price() > 0.0 && stable > 0.2 && stable < 1.02);
                let reserve = step.reserves[0].unwrap();
                prop_assert!(reserve.utilisation > 0.0 && reserve.utilisation < 1.0 && !reserve.saturated);
                prop_assert!(step.lp.unwrap().fee_apr > 0.0);
            }
        }
    }
}
