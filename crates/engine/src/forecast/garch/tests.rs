//! Parity with Python `arch` 8.0.0. The returns come from a recipe in exact arithmetic, so that both languages see
//! the same doubles; the reference is
//! `arch_model(x, mean=…, vol='GARCH', p=1, q=1, dist=…, rescale=False).fit(disp='off', tol=1e-12)`.

use super::*;
use proptest::prelude::*;

/// Knuth's MMIX generator, 53 bits a draw.
struct Draws(u64);

impl Draws {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Twelve uniforms less six: unit variance, near normal.
    fn normal(&mut self) -> f64 {
        let mut sum = 0.0;
        for _ in 0..12 {
            sum += self.uniform();
        }
        sum - 6.0
    }
}

struct Recipe {
    count: usize,
    seed: u64,
    omega: f64,
    alpha: f64,
    beta: f64,
    mu: f64,
    /// One shock in ten is two and a half times as large.
    heavy: bool,
}

impl Recipe {
    fn new(count: usize, seed: u64, (omega, alpha, beta, mu): (f64, f64, f64, f64)) -> Self {
        Self { count, seed, omega, alpha, beta, mu, heavy: false }
    }

    fn returns(&self) -> Vec<f64> {
        let mut draws = Draws(self.seed);
        let mut variance = self.omega / (1.0 - self.alpha - self.beta);
        let mut one = || {
            let mut z = draws.normal();
            if self.heavy && draws.uniform() < 0.1 {
                z *= 2.5;
            }
            let error = z * variance.sqrt();
            variance = self.omega + self.alpha * error * error + self.beta * variance;
            self.mu + error
        };
        (0..self.count).map(|_| one()).collect()
    }
}

struct Reference {
    log_likelihood: f64,
    /// mu, omega, alpha, beta.
    parameters: [f64; 4],
    next_variance: f64,
}

fn spec(mean: Mean, errors: Errors) -> GarchSpec {
    GarchSpec { mean, errors }
}

fn assert_parity(returns: &[f64], spec: GarchSpec, scale: f64, reference: &Reference) -> GarchFit {
    let fit = fit(returns, spec).unwrap();
    assert!(fit.converged, "{fit:?}");
    let apart = (fit.log_likelihood / reference.log_likelihood - 1.0).abs();
    assert!(apart < 1e-9, "log-likelihood {} against {}", fit.log_likelihood, reference.log_likelihood);
    let found = [fit.mu * scale, fit.omega * scale * scale, fit.alpha, fit.beta];
    for (found, wanted) in found.iter().zip(reference.parameters) {
        assert!((found - wanted).abs() < 2e-5, "{found} against {wanted} in {fit:?}");
    }
    assert!((fit.next_variance * scale * scale / reference.next_variance - 1.0).abs() < 1e-4, "{fit:?}");
    fit
}

#[test]
fn the_recipe_is_the_one_that_python_saw() {
    let returns = Recipe::new(2_000, 1, (0.05, 0.1, 0.85, 0.03)).returns();
    assert_eq!(&returns[..3], &[0.228_842_832_892_569_01, 0.917_674_148_160_917_2, 0.268_588_255_937_649_23]);
    assert_eq!(returns[1_999], -1.487_469_595_886_111_7);
}

#[test]
fn agrees_with_arch_on_normal_errors() {
    let constant = spec(Mean::Constant, Errors::Normal);
    let zero = spec(Mean::Zero, Errors::Normal);
    let first = Recipe::new(2_000, 1, (0.05, 0.1, 0.85, 0.03)).returns();
    let reference = Reference {
        log_likelihood: -2_571.254_280_095_758_5,
        parameters: [0.025_453_762, 0.071_778_162, 0.123_620_944, 0.789_431_293],
        next_variance: 1.054_529_048,
    };
    assert_parity(&first, constant, 1.0, &reference);
    let reference = Reference {
        log_likelihood: -2_572.197_454_605_895_5,
        parameters: [0.0, 0.070_742_388, 0.122_557_337, 0.791_832_843],
        next_variance: 1.043_075_575,
    };
    assert_parity(&first, zero, 1.0, &reference);

    let reference = Reference {
        log_likelihood: -3_223.581_843_294_218_7,
        parameters: [0.024_452_970, 0.012_609_791, 0.044_583_313, 0.947_680_884],
        next_variance: 2.447_296_306,
    };
    let second = Recipe::new(2_000, 2, (0.02, 0.05, 0.94, 0.0)).returns();
    assert_parity(&second, constant, 1.0, &reference);

    let reference = Reference {
        log_likelihood: -660.398_809_242_876,
        parameters: [0.116_802_847, 0.347_350_330, 0.309_301_240, 0.309_534_646],
        next_variance: 0.685_595_851,
    };
    let third = Recipe::new(500, 3, (0.2, 0.25, 0.55, 0.1)).returns();
    assert_parity(&third, constant, 1.0, &reference);
}

#[test]
fn agrees_with_arch_on_heavy_tails() {
    let returns = Recipe { heavy: true, ..Recipe::new(2_000, 6, (0.05, 0.05, 0.85, 0.03)) }.returns();
    let reference = Reference {
        log_likelihood: -2_822.583_477_364_056_8,
        parameters: [0.027_162_177, 0.059_705_470, 0.072_868_104, 0.871_136_197],
        next_variance: 1.043_360_348,
    };
    let normal = assert_parity(&returns, spec(Mean::Constant, Errors::Normal), 1.0, &reference);
    assert!((normal.variance_at(5) - 1.048_072_668).abs() < 1e-4);
    let reference = Reference {
        log_likelihood: -2_740.571_882_471_041,
        parameters: [0.026_705_075, 0.053_160_122, 0.073_513_475, 0.876_093_656],
        next_variance: 1.022_372_334,
    };
    let student = assert_parity(&returns, spec(Mean::Constant, Errors::StudentT), 1.0, &reference);
    assert!((student.nu.unwrap() - 5.589_951_634).abs() < 1e-3);
}

/// No dynamics to find, and a true persistence of 0.9999: both optima lie at or near an edge.
#[test]
fn edges_are_no_worse_than_arch() {
    let flat = fit(&Recipe::new(2_000, 7, (1.0, 0.0, 0.0, 0.0)).returns(), GarchSpec::default()).unwrap();
    assert!(flat.log_likelihood > -2_857.069_911_762_528 - 1e-5, "{flat:?}");
    assert!(flat.alpha < 0.02);
    let long = fit(&Recipe::new(2_000, 8, (0.01, 0.1, 0.8999, 0.0)).returns(), GarchSpec::default()).unwrap();
    assert!((long.log_likelihood / -3_879.182_555_453_375_7 - 1.0).abs() < 1e-8, "{long:?}");
    assert!((long.persistence() - 0.997_042_793).abs() < 1e-4);
}

/// `arch` was given percent, as it converges badly on fractions; this fit takes fractions as they are.
#[test]
fn scale_does_not_matter() {
    let returns = Recipe::new(1_000, 4, (1e-6, 0.08, 0.9, 0.0005)).returns();
    let reference = Reference {
        log_likelihood: 3_368.074_178_989_187,
        parameters: [0.045_742_479, 0.020_420_331, 0.110_898_711, 0.865_591_849],
        next_variance: 0.694_161_959,
    };
    let found = assert_parity(&returns, spec(Mean::Constant, Errors::Normal), 100.0, &reference);
    let percent: Vec<f64> = returns.iter().map(|x| x * 100.0).collect();
    let same = fit(&percent, spec(Mean::Constant, Errors::Normal)).unwrap();
    assert!((same.alpha - found.alpha).abs() < 1e-6 && (same.beta - found.beta).abs() < 1e-6);
}

#[test]
fn backcast_is_archs() {
    let returns: Vec<f64> = (0..200).map(|i| f64::from(i % 7) - 3.0).collect();
    let (mut weight, mut weights, mut total) = (1.0, 0.0, 0.0);
    for x in &returns[..75] {
        total += weight * x * x;
        weights += weight;
        weight *= 0.94;
    }
    let found = fit(&returns, spec(Mean::Zero, Errors::Normal)).unwrap().backcast;
    assert!((found / (total / weights) - 1.0).abs() < 1e-12);
}

#[test]
fn the_gradient_is_the_slope() {
    use likelihood::{Natural, Sample};
    for errors in [Errors::Normal, Errors::StudentT] {
        let recipe = Recipe { heavy: true, ..Recipe::new(300, 9, (0.05, 0.1, 0.85, 0.03)) };
        let sample = Sample::new(recipe.returns(), spec(Mean::Constant, errors));
        let at = [0.02, 0.07, 0.11, 0.8, 6.0];
        let natural = |p: [f64; 5]| Natural { mu: p[0], omega: p[1], alpha: p[2], beta: p[3], nu: p[4] };
        let gradient = sample.evaluate(&natural(at)).gradient;
        for i in 0..5 {
            let step = 1e-5;
            let value = |by: f64| {
                let mut moved = at;
                moved[i] += by;
                sample.evaluate(&natural(moved)).log_likelihood
            };
            let slope = (value(step) - value(-step)) / (2.0 * step);
            let close = (slope - gradient[i]).abs() < 1e-5 * (1.0 + slope.abs());
            assert!(close, "{errors:?}, parameter {i}: {slope} against {}", gradient[i]);
        }
    }
}

#[test]
fn forecasts_fade_to_the_long_run() {
    let returns = Recipe::new(2_000, 1, (0.05, 0.1, 0.85, 0.03)).returns();
    let mut fit = fit(&returns, GarchSpec::default()).unwrap();
    let level = fit.unconditional_variance().unwrap();
    assert!((fit.variance_at(100_000) - level).abs() < 1e-12);
    assert_eq!(fit.variance_at(1), fit.next_variance);
    let mean = (1..=30).map(|step| fit.variance_at(step)).sum::<f64>() / 30.0;
    assert!((fit.mean_variance(30) - mean).abs() < 1e-12);
    let halfway = fit.half_life().unwrap();
    assert!((fit.persistence().powf(halfway) - 0.5).abs() < 1e-12);
    let before = fit.next_variance;
    fit.update(fit.mu + 10.0);
    assert!((fit.next_variance - (fit.omega + 100.0 * fit.alpha + fit.beta * before)).abs() < 1e-12);
}

#[test]
fn what_cannot_be_fitted_is_said() {
    let spec = GarchSpec::default();
    assert_eq!(fit(&[], spec), Err(GarchError::TooShort(0)));
    assert_eq!(fit(&[0.1; 19], spec), Err(GarchError::TooShort(19)));
    assert_eq!(fit(&[0.1; 50], spec), Err(GarchError::Constant(0.1)));
    let mut broken = Recipe::new(50, 1, (0.05, 0.1, 0.85, 0.0)).returns();
    broken[7] = f64::INFINITY;
    assert_eq!(fit(&broken, spec), Err(GarchError::NotFinite { index: 7, value: f64::INFINITY }));
    let huge: Vec<f64> = (0..50).map(|i| if i % 2 == 0 { 1e300 } else { -1e300 }).collect();
    assert!(matches!(fit(&huge, spec), Err(GarchError::Scale(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_series_gives_parameters_inside_their_bounds(returns in prop::collection::vec(-1.0f64..1.0, 20..200), student in any::<bool>()) {
        let errors = if student { Errors::StudentT } else { Errors::Normal };
        let found = fit(&returns, spec(Mean::Constant, errors)).unwrap();
        prop_assert!(found.omega > 0.0 && found.alpha >= 0.0 && found.beta >= 0.0);
        prop_assert!(found.persistence() <= 1.0);
        prop_assert!(found.log_likelihood.is_finite() && found.next_variance > 0.0);
        // Never worse than no dynamics at all, within rounding.
        if errors == Errors::Normal {
            let count = returns.len() as f64;
            let mean = returns.iter().sum::<f64>() / count;
            let variance = returns.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
            let plain = -0.5 * count * ((2.0 * std::f64::consts::PI * variance).ln() + 1.0);
            prop_assert!(found.log_likelihood > plain - 1.0, "{} against {plain}", found.log_likelihood);
        }
    }
}

/// GARCH(1,1) returns of unit size.
fn simulated(count: usize, seed: u64, student: bool) -> Vec<f64> {
    use rand::SeedableRng;
    use rand_distr::Distribution;
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let (mut variance, tails) = (1.0_f64, rand_distr::StudentT::new(6.0).unwrap());
    (0..count)
        .map(|_| {
            let shock: f64 = if student {
                tails.sample(&mut rng) * (4.0_f64 / 6.0).sqrt()
            } else {
                rand_distr::StandardNormal.sample(&mut rng)
            };
            let error = shock * variance.sqrt();
            variance = 0.1 + 0.1 * error * error + 0.8 * variance;
            error
        })
        .collect()
}

// The level and the unit of the returns change mu, omega and the likelihood's constant, and nothing else.
#[test]
fn shift_and_scale_change_nothing_else() {
    for errors in [Errors::Normal, Errors::StudentT] {
        let spec = GarchSpec { mean: Mean::Constant, errors };
        for seed in 0..4 {
            let base = simulated(800, seed, errors == Errors::StudentT);
            let plain = fit(&base, spec).unwrap();
            assert!(plain.converged && plain.iterations > 0);
            for ratio in [0.0, 20.0, 40.0, 100.0, 1e3, 1e4, -1e4] {
                for scale in [1e-6, 1e-3, 1.0, 1e6] {
                    let moved: Vec<f64> = base.iter().map(|x| (x + ratio) * scale).collect();
                    let found = fit(&moved, spec).unwrap();
                    let what = format!("{errors:?} {seed} {ratio} {scale}: {found:?} against {plain:?}");
                    let likelihood = found.log_likelihood + 800.0 * f64::ln(scale);
                    assert!((likelihood - plain.log_likelihood).abs() < 1e-6, "{what}");
                    assert!((found.alpha - plain.alpha).abs() < 1e-4, "{what}");
                    assert!((found.beta - plain.beta).abs() < 1e-4, "{what}");
                    assert!((found.mu / scale - ratio - plain.mu).abs() < 1e-4, "{what}");
                    assert!((found.omega / scale / scale - plain.omega).abs() < 1e-4, "{what}");
                    assert!(found.converged && found.iterations > 0, "{what}");
                }
            }
        }
    }
}
