use super::*;
use proptest::prelude::*;

/// A series anyone can make again: Knuth's 64-bit linear congruential generator, Box-Muller. The state switches first.
fn recipe(count: usize, seed: u64, means: [f64; 2], deviations: [f64; 2], stay: [f64; 2]) -> Vec<f64> {
    let mut lcg = seed;
    let mut uniform = || {
        lcg = lcg.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((lcg >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    };
    let mut state = 0;
    (0..count)
        .map(|_| {
            if uniform() >= stay[state] {
                state = 1 - state;
            }
            let (a, b) = (uniform(), uniform());
            let z = (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos();
            means[state] + deviations[state] * z
        })
        .collect()
}

fn calm_and_wild() -> Vec<f64> {
    recipe(1_000, 1, [0.001, -0.002], [0.01, 0.04], [0.97, 0.9])
}

fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected} within {tolerance}");
}

/// statsmodels 0.15.0, `MarkovRegression(100 * x, k_regimes=2, trend="c", switching_variance=True)`, 30 random starts,
/// then BFGS; its log-likelihood put back to the unit of x.
#[test]
fn agrees_with_statsmodels() {
    let fit = fit(&calm_and_wild()).unwrap();
    assert!(fit.converged);
    near(fit.log_likelihood, 2_746.089_354_798, 1e-6);
    near(fit.params.means[0], 0.000_726_750_858, 1e-7);
    near(fit.params.means[1], -0.006_059_168_357, 1e-6);
    near(fit.params.deviations[0], 0.944_955_688_8f64.sqrt() / 100.0, 1e-7);
    near(fit.params.deviations[1], 16.368_061_827f64.sqrt() / 100.0, 1e-6);
    near(fit.params.transition[0][0], 0.961_021_097, 1e-5);
    near(fit.params.transition[1][0], 0.122_460_111, 1e-5);
    near(fit.smoothed[999][1], 0.838_360_38, 1e-4);
    near(fit.filtered[500][0], 0.983_724_54, 1e-4);
    near(fit.smoothed[500][0], 0.997_227_94, 1e-4);
    let errors = fit.standard_errors.unwrap();
    near(errors.stay[0], 0.008_352, 1e-4);
    near(errors.means[0], 0.000_373_338, 1e-6);

    let bimodal = super::fit(&recipe(400, 7, [1.0, -1.0], [0.5, 1.0], [0.9, 0.8])).unwrap();
    near(bimodal.log_likelihood, -505.383_996_373, 1e-6);
    near(bimodal.params.means[0], 1.023_576_724, 1e-4);
    near(bimodal.params.means[1], -1.123_846_771, 1e-4);
    near(bimodal.params.transition[1][0], 0.165_629_685, 1e-4);
}

#[test]
fn recovers_what_was_simulated() {
    let series = recipe(8_000, 5, [0.002, -0.004], [0.01, 0.035], [0.98, 0.93]);
    let fit = fit(&series).unwrap();
    near(fit.params.deviations[0], 0.01, 0.0004);
    near(fit.params.deviations[1], 0.035, 0.0015);
    near(fit.params.transition[0][0], 0.98, 0.005);
    near(fit.params.transition[1][1], 0.93, 0.015);
    near(fit.stationary[1], 0.02 / 0.09, 0.03);
    near(fit.expected_durations[0].unwrap(), 50.0, 12.0);
    assert!(fit.bic < fit.single_regime_bic);
    // The truth lies within four standard errors of everything.
    let errors = fit.standard_errors.unwrap();
    near(fit.params.means[0], 0.002, 4.0 * errors.means[0]);
    near(fit.params.means[1], -0.004, 4.0 * errors.means[1]);
}

/// The likelihood by its definition: a sum over every possible path of regimes.
#[test]
fn the_filter_is_the_sum_over_all_paths() {
    let params =
        MarkovParams { means: [0.2, -0.4], deviations: [0.5, 1.5], transition: [[0.9, 0.1], [0.3, 0.7]] };
    let series = [0.1, -0.3, 2.0, -1.7, 0.4, 0.0, 0.9, -2.5];
    let density = |i: usize, x: f64| {
        let z: f64 = (x - params.means[i]) / params.deviations[i];
        (-0.5 * z * z).exp() / (params.deviations[i] * std::f64::consts::TAU.sqrt())
    };
    let mut total = 0.0;
    let mut wild_at_third = 0.0;
    for path in 0..1usize << series.len() {
        let regime = |t: usize| path >> t & 1;
        let mut weight = params.stationary()[regime(0)] * density(regime(0), series[0]);
        for (t, x) in series.iter().enumerate().skip(1) {
            weight *= params.transition[regime(t - 1)][regime(t)] * density(regime(t), *x);
        }
        total += weight;
        wild_at_third += weight * regime(2) as f64;
    }
    let forward = filter(&params, &series);
    near(forward.log_likelihood, total.ln(), 1e-12);
    near(log_likelihood(&params, &series), total.ln(), 1e-12);
    let smoothed = smooth(&params, &forward);
    near(smoothed.probabilities[2][1], wild_at_third / total, 1e-12);
    near(smoothed.moves.iter().flatten().sum(), 7.0, 1e-12);
}

#[test]
fn what_cannot_be_fitted_is_named() {
    assert_eq!(fit(&[]), Err(MarkovError::TooShort { found: 0 }));
    assert_eq!(fit(&[1.0; 29]), Err(MarkovError::TooShort { found: 29 }));
    assert!(matches!(fit(&[0.1; 50]), Err(MarkovError::Constant { .. })));
    let mut series = calm_and_wild();
    series[17] = f64::NAN;
    assert!(fit(&series).unwrap_err().to_string().contains("observation 17"));
    series[17] = f64::INFINITY;
    assert!(matches!(fit(&series), Err(MarkovError::NotFinite { index: 17, .. })));
    // Two values only: a regime without variance in every start.
    let two: Vec<f64> = (0..60).map(|t| f64::from(t % 2)).collect();
    assert!(fit(&two).map_or(true, |fit| fit.log_likelihood.is_finite()));
}

#[test]
fn a_model_that_is_none_is_refused() {
    let sound =
        MarkovParams { means: [0.0; 2], deviations: [1.0, 2.0], transition: [[0.9, 0.1], [0.2, 0.8]] };
    assert_eq!(sound.validate(), Ok(()));
    let bad_row = MarkovParams { transition: [[0.9, 0.2], [0.2, 0.8]], ..sound };
    assert!(bad_row.validate().unwrap_err().to_string().contains("out of regime 0"));
    assert!(MarkovParams { deviations: [0.0, 1.0], ..sound }.validate().is_err());
    let absorbing = MarkovParams { transition: [[1.0, 0.0], [0.2, 0.8]], ..sound };
    assert_eq!(absorbing.expected_durations()[0], None);
    assert_eq!(absorbing.stationary(), [1.0, 0.0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn scale_and_shift_change_only_the_unit(seed in any::<u64>(), scale in 1e-4f64..1e4, shift in -10.0f64..10.0) {
        let series = recipe(200, seed, [0.0, 0.0], [1.0, 4.0], [0.95, 0.85]);
        let moved: Vec<f64> = series.iter().map(|x| (x + shift) * scale).collect();
        if let (Ok(one), Ok(two)) = (fit(&series), fit(&moved)) {
            let tolerance = 1e-5 * one.log_likelihood.abs();
            prop_assert!((one.log_likelihood - two.log_likelihood - 200.0 * scale.ln()).abs() < tolerance);
            prop_assert!(one.params.deviations[0] <= one.params.deviations[1]);
        }
    }

    #[test]
    fn probabilities_are_probabilities(seed in any::<u64>(), spread in 0.1f64..20.0) {
        let fit = fit(&recipe(120, seed, [0.0, 1.0], [1.0, spread], [0.9, 0.9]));
        if let Ok(fit) = fit {
            for pair in fit.filtered.iter().chain(&fit.smoothed).chain([&fit.next, &fit.stationary]) {
                prop_assert!(pair.iter().all(|p| (-1e-12..=1.0 + 1e-12).contains(p)), "{:?}", pair);
                prop_assert!((pair[0] + pair[1] - 1.0).abs() < 1e-9);
            }
            // Two regimes never explain less than one.
            prop_assert!(fit.log_likelihood >= fit.single_regime_log_likelihood - 1e-6);
        }
    }
}
