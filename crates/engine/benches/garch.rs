//! GARCH(1,1) on 2,000 returns, one thread: the peer is Python's `arch`, whose fit of such a series takes
//! milliseconds.
// Criterion's macros make functions without documentation.
#![allow(missing_docs)]

use std::hint::black_box;

use ballast_engine::forecast::garch::{Errors, GarchSpec, Mean, fit};
use criterion::{Criterion, criterion_group, criterion_main};

/// The parity tests' recipe: see `forecast/garch/tests.rs`.
fn returns(count: usize) -> Vec<f64> {
    let (omega, alpha, beta) = (0.05, 0.1, 0.85);
    let mut state = 1u64;
    let mut variance = omega / (1.0f64 - alpha - beta);
    let mut one = || {
        let mut z = -6.0;
        for _ in 0..12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            z += (state >> 11) as f64 / 9_007_199_254_740_992.0;
        }
        let error = z * variance.sqrt();
        variance = omega + alpha * error * error + beta * variance;
        0.03 + error
    };
    (0..count).map(|_| one()).collect()
}

fn garch(criterion: &mut Criterion) {
    let returns = returns(2_000);
    for (name, errors) in [("normal", Errors::Normal), ("student_t", Errors::StudentT)] {
        let spec = GarchSpec { mean: Mean::Constant, errors };
        criterion.bench_function(&format!("garch_2000_{name}"), |bencher| {
            bencher.iter(|| fit(black_box(&returns), spec));
        });
    }
}

criterion_group!(benches, garch);
criterion_main!(benches);
