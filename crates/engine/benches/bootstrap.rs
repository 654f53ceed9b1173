//! Index paths of the stationary bootstrap on one thread: 10,000 paths of 365 rows, the size at which the Python package
//! arch was timed. `cargo bench -p ballast-engine --bench bootstrap`

// criterion_group! makes a public function without a comment.
#![allow(missing_docs)]

use std::hint::black_box;

use ballast_engine::bootstrap::stationary::gather;
use ballast_engine::bootstrap::{StationaryBootstrap, optimal_block_length};
use ballast_engine::stats::overfitting::{Metric, cscv};
use criterion::{Criterion, criterion_group, criterion_main};

const PATHS: u64 = 10_000;
const ROWS: usize = 365;

fn paths(criterion: &mut Criterion) {
    let values: Vec<f64> = (0..ROWS).map(|row| (row as f64 * 0.37).sin()).collect();
    let mut indices = vec![0u32; ROWS];
    let mut resampled = Vec::with_capacity(ROWS);
    for block in [2.0, 5.0, 10.0, 20.0] {
        let Ok(bootstrap) = StationaryBootstrap::new(ROWS, block, 7) else { continue };
        criterion.bench_function(&format!("indices 10000 x 365, block {block}"), |bencher| {
            bencher.iter(|| {
                for path in 0..PATHS {
                    bootstrap.fill(path, black_box(&mut indices));
                }
            });
        });
        criterion.bench_function(&format!("indices and values 10000 x 365, block {block}"), |bencher| {
            bencher.iter(|| {
                for path in 0..PATHS {
                    bootstrap.fill(path, &mut indices);
                    gather(&values, &indices, &mut resampled);
                    black_box(&resampled);
                }
            });
        });
    }
    criterion.bench_function("block length of 365 rows", |bencher| {
        bencher.iter(|| optimal_block_length(black_box(&values)));
    });
}

fn overfitting(criterion: &mut Criterion) {
    let cell = |trial: usize, row: usize| ((trial * 7_919 + row * 104_729) % 1_009) as f64 / 1_009.0 - 0.5;
    let trials: Vec<Vec<f64>> =
        (0..100).map(|trial| (0..1_000).map(|row| cell(trial, row)).collect()).collect();
    criterion.bench_function("cscv 1000 x 100, 16 splits", |bencher| {
        bencher.iter(|| cscv(black_box(&trials), 16, Metric::Sharpe));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30);
    targets = paths, overfitting
}
criterion_main!(benches);
