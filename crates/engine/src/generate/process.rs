//! The random processes, each an exact transition over a step.

use rand::Rng;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, Exp1, Poisson, StandardNormal};

use super::params::{OuParams, PegParams, PriceParams};
use crate::YEAR_SECS;

/// A generator of its own for each process.
pub fn stream(seed: u64, number: u64) -> ChaCha12Rng {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    rng.set_stream(number);
    rng
}

fn normal(rng: &mut impl Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// How many events of `per_year` fall into `secs`.
fn event_count(rng: &mut impl Rng, per_year: f64, secs: f64) -> u64 {
    // `Poisson` refuses a rate of zero, which simply means no events.
    Poisson::new(per_year * secs / YEAR_SECS).map_or(0, |law| law.sample(rng) as u64)
}

/// Ornstein-Uhlenbeck; starts from its long-run law.
pub struct Ou {
    params: OuParams,
    rng: ChaCha12Rng,
    value: f64,
}

impl Ou {
    pub fn new(params: OuParams, mut rng: ChaCha12Rng) -> Self {
        let value = params.mean + params.sd * normal(&mut rng);
        Self { params, rng, value }
    }

    pub fn value(&self) -> f64 {
        self.value
    }

    pub fn advance(&mut self, secs: f64) {
        let kept = (-self.params.reversion * secs / YEAR_SECS).exp();
        let noise = self.params.sd * (1.0 - kept * kept).sqrt() * normal(&mut self.rng);
        self.value = self.params.mean + kept * (self.value - self.params.mean) + noise;
    }
}

/// Merton's jump-diffusion.
pub struct JumpDiffusion {
    params: PriceParams,
    rng: ChaCha12Rng,
    log_price: f64,
}

impl JumpDiffusion {
    pub fn new(params: PriceParams, rng: ChaCha12Rng) -> Self {
        Self { params, rng, log_price: params.initial.ln() }
    }

    pub fn price(&self) -> f64 {
        self.log_price.exp()
    }

    pub fn advance(&mut self, secs: f64) {
        let p = self.params;
        let years = secs / YEAR_SECS;
        // What jumps add on average is taken out of the drift, so that `drift` is the growth of the price.
        let jump_growth = p.jumps_per_year * ((p.jump_mean + 0.5 * p.jump_sd * p.jump_sd).exp() - 1.0);
        let drift = (p.drift - jump_growth - 0.5 * p.volatility * p.volatility) * years;
        let jumps = event_count(&mut self.rng, p.jumps_per_year, secs) as f64;
        // The sum of n normal jumps is normal with n times mean and variance.
        let jumped = jumps * p.jump_mean + jumps.sqrt() * p.jump_sd * normal(&mut self.rng);
        self.log_price += drift + p.volatility * years.sqrt() * normal(&mut self.rng) + jumped;
    }
}

/// A stable asset's price.
pub struct Peg {
    params: PegParams,
    noise: Ou,
    rng: ChaCha12Rng,
    depeg: f64,
}

impl Peg {
    pub fn new(params: PegParams, noise: ChaCha12Rng, depegs: ChaCha12Rng) -> Self {
        Self { params, noise: Ou::new(params.noise, noise), rng: depegs, depeg: 0.0 }
    }

    pub fn price(&self) -> f64 {
        (self.noise.value() - self.depeg).exp()
    }

    pub fn advance(&mut self, secs: f64) {
        self.noise.advance(secs);
        self.depeg *= 0.5f64.powf(secs / self.params.depeg_half_life_secs);
        for _ in 0..event_count(&mut self.rng, self.params.depegs_per_year, secs) {
            let size: f64 = Exp1.sample(&mut self.rng);
            self.depeg += self.params.depeg_mean * size;
        }
    }
}

/// From the whole line into (0, 1).
pub fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(values: &[f64]) -> (f64, f64) {
        crate::stats::moments::population_mean_and_deviation(values).unwrap()
    }

    #[test]
    fn the_long_run_law_does_not_depend_on_the_step() {
        for secs in [3_600.0, 86_400.0] {
            let mut ou = Ou::new(OuParams { mean: 2.0, reversion: 400.0, sd: 0.5 }, stream(7, 1));
            let values: Vec<f64> = (0..40_000)
                .map(|_| {
                    ou.advance(secs);
                    ou.value()
                })
                .collect();
            let (mean, sd) = moments(&values);
            assert!((mean - 2.0).abs() < 0.05 && (sd - 0.5).abs() < 0.03, "{secs}: {mean} {sd}");
        }
    }

    #[test]
    fn without_drift_the_price_is_a_martingale() {
        let params = PriceParams { initial: 100.0, ..PriceParams::default() };
        let ends: Vec<f64> = (0..4_000)
            .map(|seed| {
                let mut price = JumpDiffusion::new(params, stream(seed, 1));
                price.advance(0.05 * YEAR_SECS);
                price.price()
            })
            .collect();
        let (mean, sd) = moments(&ends);
        assert!((mean - 100.0).abs() < 4.0 * sd / 4_000f64.sqrt(), "{mean} {sd}");
        let variance = params.volatility.powi(2)
            + params.jumps_per_year * (params.jump_sd.powi(2) + params.jump_mean.powi(2));
        let logs: Vec<f64> = ends.iter().map(|end| end.ln()).collect();
        let expected = (variance * 0.05).sqrt();
        assert!((moments(&logs).1 / expected - 1.0).abs() < 0.06);
    }

    #[test]
    fn a_depeg_heals_by_its_half_life() {
        let params = PegParams {
            noise: OuParams { mean: 0.0, reversion: 1.0, sd: 0.0 },
            depegs_per_year: 0.0,
            ..PegParams::default()
        };
        let mut peg = Peg::new(params, stream(1, 1), stream(1, 2));
        peg.depeg = 0.1;
        peg.advance(params.depeg_half_life_secs);
        assert!((peg.price() - (-0.05f64).exp()).abs() < 1e-12);
    }
}
