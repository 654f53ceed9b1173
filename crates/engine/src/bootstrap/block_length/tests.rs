use super::*;
use proptest::prelude::*;

/// AR(1) driven by Numerical Recipes' generator, so that Python makes the same numbers.
fn autoregressive(rows: usize, memory: f64, seed: u64) -> Vec<f64> {
    let (mut state, mut value) = (seed, 0.0);
    (0..rows)
        .map(|_| {
            state = (1_664_525 * state + 1_013_904_223) % (1 << 32);
            value = memory * value + (state as f64 / 4_294_967_296.0 - 0.5);
            value
        })
        .collect()
}

#[test]
fn reproduces_arch() {
    // arch 8.0.0: optimal_block_length of the same series, columns stationary and circular.
    let cases = [
        (11, 0.5, 1, 4.0, 4.0),
        (100, 0.0, 12_345, 1.998_946_435_883_151_5, 2.288_222_455_256_664),
        (365, 0.3, 7, 0.976_548_801_083_929_5, 1.117_869_321_149_154_8),
        (500, 0.9, 3, 20.079_006_831_399_415, 22.984_725_096_228_555),
        (1_000, -0.5, 2, 12.039_093_971_049_049, 13.781_322_336_097_796),
        (2_000, 0.97, 5, 78.873_193_575_155_03, 90.287_268_041_145_91),
        (250, 0.99, 9, 24.828_668_833_250_518, 28.421_730_837_061_887),
    ];
    for (rows, memory, seed, stationary, circular) in cases {
        let found = optimal_block_length(&autoregressive(rows, memory, seed)).unwrap();
        assert!((found.stationary / stationary - 1.0).abs() < 1e-9, "{rows} {memory}: {found:?}");
        assert!((found.circular / circular - 1.0).abs() < 1e-9, "{rows} {memory}: {found:?}");
    }
    let weekly: Vec<f64> = (0..50).map(|day| f64::from(day % 7)).collect();
    assert_eq!(optimal_block_length(&weekly).unwrap().stationary, 17.0);
}

#[test]
fn data_that_say_nothing_are_refused() {
    assert!(matches!(optimal_block_length(&[1.0; 10]), Err(BootstrapError::TooShort { .. })));
    assert_eq!(optimal_block_length(&[1.0; 20]), Err(BootstrapError::Constant));
    let mut holed = autoregressive(20, 0.5, 1);
    holed[3] = f64::NAN;
    assert!(matches!(optimal_block_length(&holed), Err(BootstrapError::NotFinite { row: 4, .. })));
}

proptest! {
    #[test]
    fn any_series_gets_a_usable_length(values in prop::collection::vec(-1e6f64..1e6, 11..200)) {
        prop_assume!(values.iter().any(|value| *value != values[0]));
        let found = optimal_block_length(&values).unwrap();
        let longest = (3.0 * (values.len() as f64).sqrt()).ceil();
        prop_assert!(found.usable() >= 1.0 && found.usable() <= longest && found.circular <= longest);
    }
}
