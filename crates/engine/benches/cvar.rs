//! Least CVaR over scenarios, 16 assets: cutting planes against the full linear programme in Clarabel, one thread.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Duration;

use ballast_engine::optimise::Scenarios;
use ballast_engine::optimise::portfolio::full_lp::full_least_cvar;
use ballast_engine::optimise::portfolio::{Objective, PortfolioProblem, solve};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

const ASSETS: usize = 16;

/// Normal returns with a common factor, equally likely.
fn scenarios(count: usize) -> Scenarios {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut draw = || -> f64 { StandardNormal.sample(&mut rng) };
    let mut columns = vec![Vec::new(); ASSETS];
    for _ in 0..count {
        let market = draw();
        for (asset, column) in columns.iter_mut().enumerate() {
            let size = 0.005 + 0.001 * asset as f64;
            column.push(0.0002 * asset as f64 + size * (0.5 * market + draw()));
        }
    }
    Scenarios::from_columns(columns).unwrap()
}

fn problem(scenarios: &Scenarios) -> PortfolioProblem {
    let mut problem = PortfolioProblem::over_scenarios(Objective::MinCvar, scenarios.clone());
    let means = scenarios.means();
    problem.constraints.min_return = Some(means.iter().sum::<f64>() / means.len() as f64);
    problem
}

fn cvar(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("least_cvar_16_assets");
    group.sample_size(30).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    for count in [256, 1_024, 4_096, 16_384, 65_536] {
        let scenarios = scenarios(count);
        let problem = problem(&scenarios);
        let found = solve(&problem).unwrap();
        println!(
            "{count} scenarios: {} tails, gap {:.1e}, CVaR {:.9}",
            found.iterations,
            found.gap.unwrap_or(f64::NAN),
            found.objective_value
        );
        group.bench_with_input(BenchmarkId::new("cutting_planes", count), &problem, |b, problem| {
            b.iter(|| solve(black_box(problem)).unwrap());
        });
    }
    group.sample_size(10);
    for count in [256, 4_096] {
        let scenarios = scenarios(count);
        let problem = problem(&scenarios);
        let wanted = problem.constraints.min_return;
        let (_, value) = full_least_cvar(&scenarios, 0.95, wanted).unwrap();
        let ours = solve(&problem).unwrap().objective_value;
        assert!((ours - value).abs() <= 1e-7 * value.abs(), "{ours} is not {value}");
        group.bench_with_input(
            BenchmarkId::new("full_programme_clarabel", count),
            &scenarios,
            |b, scenarios| {
                b.iter(|| full_least_cvar(black_box(scenarios), 0.95, wanted).unwrap());
            },
        );
    }
    group.finish();
}

criterion_group!(benches, cvar);
criterion_main!(benches);
