//! Hierarchical risk parity of 20 assets from 1,000 observations, covariance included; the other covariance methods beside it.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use ballast_engine::optimise::Covariance;
use ballast_engine::optimise::hierarchy::{HierarchyOptions, hierarchical_risk_parity};
use ballast_engine::optimise::risk_parity::risk_parity;
use ballast_engine::optimise::shrinkage::{ShrinkageTarget, ledoit_wolf};
use criterion::{Criterion, criterion_group, criterion_main};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

fn columns(assets: usize, rows: usize) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut draw = || -> f64 { StandardNormal.sample(&mut rng) };
    let mut columns = vec![Vec::new(); assets];
    for _ in 0..rows {
        let factors = [draw(), draw(), draw()];
        for (asset, column) in columns.iter_mut().enumerate() {
            column.push((0.005 + 0.0005 * asset as f64) * (0.6 * factors[asset % 3] + draw()));
        }
    }
    columns
}

fn hrp(criterion: &mut Criterion) {
    let columns = columns(20, 1_000);
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let mut group = criterion.benchmark_group("20_assets_1000_observations");
    group.bench_function("hrp", |b| {
        b.iter(|| {
            let covariance = Covariance::of_columns(black_box(&columns), None);
            hierarchical_risk_parity(&covariance, &HierarchyOptions::default()).unwrap()
        });
    });
    group.bench_function("erc", |b| {
        b.iter(|| risk_parity(&Covariance::of_columns(black_box(&columns), None), None).unwrap());
    });
    group.bench_function("ledoit_wolf", |b| {
        b.iter(|| ledoit_wolf(black_box(&columns), ShrinkageTarget::Identity).unwrap());
    });
    group.finish();
}

criterion_group!(benches, hrp);
criterion_main!(benches);
