use super::full_lp::full_least_cvar;
use super::*;
use crate::optimise::{Covariance, OptimiseError, Scenarios, TailFinder};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

const MEAN: [f64; 3] = [0.010111, 0.0043532, 0.0137058];

fn rockafellar_uryasev() -> Covariance {
    Covariance::from_rows(&[
        vec![0.00324625, 0.00022983, 0.00420395],
        vec![0.00049937, 0.00019247],
        vec![0.00764097],
    ])
    .unwrap()
}

fn normal_case(objective: Objective, alpha: f64) -> PortfolioProblem {
    let mut problem = PortfolioProblem::normal(objective, MEAN.to_vec(), rockafellar_uryasev());
    problem.alpha = alpha;
    problem.constraints.min_return = Some(0.011);
    problem
}

/// Normal returns with a common factor.
fn sample(assets: usize, count: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = || -> f64 { StandardNormal.sample(&mut rng) };
    (0..count)
        .map(|_| {
            let market = draw();
            (0..assets)
                .map(|asset| {
                    let size = 0.005 + 0.002 * asset as f64;
                    (0.0002 * asset as f64 + size * (0.5 * market + draw())).max(-0.9)
                })
                .collect()
        })
        .collect()
}

fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}

// Rockafellar & Uryasev (2000), tables 1 to 4.
#[test]
fn reproduces_rockafellar_and_uryasev() {
    for (alpha, var, cvar) in
        [(0.9, 0.067847, 0.096975), (0.95, 0.0902, 0.115908), (0.99, 0.132128, 0.152977)]
    {
        for objective in [Objective::MinCvar, Objective::MinVariance] {
            let found = solve(&normal_case(objective, alpha)).unwrap();
            for (weight, expected) in found.weights.iter().zip([0.452013, 0.115573, 0.432414]) {
                // The optimum is (.45201131, .11557318, .43241551): the table's sixth digit is off by 2e-6.
                near(*weight, expected, 2e-6);
            }
            near(found.var.unwrap(), var, 1e-6);
            near(found.cvar.unwrap(), cvar, 1e-6);
            assert_eq!(found.active_constraints, ["budget", "min_return"]);
        }
    }
}

// The scenario route on a large normal sample comes near the closed form, as in their section 3.
#[test]
fn scenarios_approach_the_closed_form() {
    let root = rockafellar_uryasev().root();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let rows: Vec<Vec<f64>> = (0..50_000)
        .map(|_| {
            let shocks: Vec<f64> = root.iter().map(|_| StandardNormal.sample(&mut rng)).collect();
            (0..3)
                .map(|asset| {
                    MEAN[asset] + root.iter().zip(&shocks).map(|(row, z)| row[asset] * z).sum::<f64>()
                })
                .collect()
        })
        .collect();
    let mut problem =
        PortfolioProblem::over_scenarios(Objective::MinCvar, Scenarios::from_rows(&rows, None).unwrap());
    problem.mean = Some(MEAN.to_vec());
    problem.constraints.min_return = Some(0.011);
    let found = solve(&problem).unwrap();
    near(found.cvar.unwrap(), 0.115908, 0.002);
    near(found.weights[0], 0.452013, 0.04);
    assert!(found.gap.unwrap() <= 1e-9 && found.risk_model == Some("scenarios"));
}

fn matches_the_full_programme(rows: &[Vec<f64>], probabilities: Option<&[f64]>, alpha: f64, quantile: f64) {
    let scenarios = Scenarios::from_rows(rows, probabilities).unwrap();
    let mut means = scenarios.means();
    means.sort_by(f64::total_cmp);
    let wanted = means[((means.len() - 1) as f64 * quantile) as usize];
    let full = full_least_cvar(&scenarios, alpha, Some(wanted)).unwrap();
    let mut problem = PortfolioProblem::over_scenarios(Objective::MinCvar, scenarios.clone());
    problem.alpha = alpha;
    problem.constraints.min_return = Some(wanted);
    let found = solve(&problem).unwrap();
    let scale = full.1.abs().max(1e-4);
    near(found.objective_value, full.1, 1e-7 * scale);
    near(found.weights.iter().sum(), 1.0, 1e-9);
    assert!(found.weights.iter().all(|weight| *weight >= 0.0));
    // The full programme's weights are no better on the same tail.
    let theirs = TailFinder::new(&scenarios, alpha).tail(&full.0).cvar;
    assert!(found.objective_value <= theirs + 1e-8 * scale);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn cutting_planes_match_the_full_programme(assets in 2usize..10, count in 20usize..300, seed in 0u64..1_000, alpha in 0.8f64..0.99, quantile in 0.0f64..1.0, coarse in any::<bool>(), weighted in any::<bool>()) {
        let mut rows = sample(assets, count, seed);
        if coarse {
            // Rounded to half a percent, so that many losses tie.
            for value in rows.iter_mut().flatten() { *value = (*value * 200.0).round() / 200.0; }
        }
        let raw: Vec<f64> = (0..count).map(|row| 1.0 + ((row * 7 + seed as usize) % 5) as f64).collect();
        let sum: f64 = raw.iter().sum();
        let probabilities: Vec<f64> = raw.iter().map(|value| value / sum).collect();
        matches_the_full_programme(&rows, weighted.then_some(&probabilities), alpha, quantile);
    }
}

#[test]
fn most_return_under_a_cap_lies_on_the_cap() {
    let scenarios = Scenarios::from_rows(&sample(8, 1_000, 3), None).unwrap();
    let least = solve(&PortfolioProblem::over_scenarios(Objective::MinCvar, scenarios.clone())).unwrap();
    let mut problem = PortfolioProblem::over_scenarios(Objective::MaxReturn, scenarios);
    problem.constraints.max_cvar = Some(least.cvar.unwrap() * 1.2);
    let found = solve(&problem).unwrap();
    near(found.cvar.unwrap(), least.cvar.unwrap() * 1.2, 1e-8);
    assert!(found.active_constraints.contains(&"max_cvar".to_owned()));
    assert!(found.expected_return > least.expected_return);
    // The same point as the least CVaR at that return, and as a mean-CVaR optimum in between.
    problem.objective = Objective::MinCvar;
    problem.constraints.max_cvar = None;
    problem.constraints.min_return = found.expected_return;
    near(solve(&problem).unwrap().cvar.unwrap(), found.cvar.unwrap(), 1e-8);
}

#[test]
fn mean_cvar_runs_between_its_ends() {
    let scenarios = Scenarios::from_rows(&sample(6, 800, 5), None).unwrap();
    let mut problem = PortfolioProblem::over_scenarios(Objective::MeanCvar, scenarios);
    let mut last = (f64::INFINITY, f64::INFINITY);
    for aversion in [0.0, 0.01, 0.05, 0.2, 10.0] {
        problem.risk_aversion = aversion;
        let found = solve(&problem).unwrap();
        assert!(found.expected_return.unwrap() <= last.0 + 1e-12 && found.cvar.unwrap() <= last.1 + 1e-12);
        near(found.objective_value, found.expected_return.unwrap() - aversion * found.cvar.unwrap(), 1e-12);
        last = (found.expected_return.unwrap(), found.cvar.unwrap());
    }
}

#[test]
fn normal_cap_and_mix_agree_with_their_definitions() {
    let mut problem = normal_case(Objective::MaxReturn, 0.95);
    problem.constraints.min_return = None;
    problem.constraints.max_cvar = Some(0.115908);
    let capped = solve(&problem).unwrap();
    near(capped.expected_return.unwrap(), 0.011, 1e-5);
    near(capped.cvar.unwrap(), 0.115908, 1e-8);
    problem.objective = Objective::MinVariance;
    problem.constraints.max_cvar = Some(0.041);
    let calm = solve(&problem).unwrap();
    assert!(calm.cvar.unwrap() <= 0.041 + 1e-9);
}

#[test]
fn costs_and_turnover_hold_weights_back() {
    let scenarios = Scenarios::from_rows(&sample(4, 500, 9), None).unwrap();
    let mut problem = PortfolioProblem::over_scenarios(Objective::MinCvar, scenarios);
    let free = solve(&problem).unwrap();
    for count in [TurnoverCount::Total, TurnoverCount::Half, TurnoverCount::Increases] {
        let current = vec![0.0, 0.0, 0.0, 1.0];
        problem.constraints.turnover = Some(Turnover { current, most: 0.3, count, costs: vec![0.0; 4] });
        let held = solve(&problem).unwrap();
        near(held.turnover.unwrap(), 0.3, 1e-9);
        let moved = if count == TurnoverCount::Total { 0.15 } else { 0.3 };
        near(held.weights[3], 1.0 - moved, 1e-9);
        assert!(held.cvar > free.cvar && held.active_constraints.contains(&"turnover".to_owned()));
    }
    // Where moving costs more than any return, the best is to stay.
    problem.objective = Objective::MaxReturn;
    let current = vec![0.25; 4];
    problem.constraints.turnover =
        Some(Turnover { current, most: f64::INFINITY, count: TurnoverCount::Total, costs: vec![0.1; 4] });
    let stays = solve(&problem).unwrap();
    assert!(stays.weights.iter().all(|weight| (weight - 0.25).abs() < 1e-9) && stays.cost < 1e-9);
}

#[test]
fn groups_and_rows_bind_by_name() {
    let scenarios = Scenarios::from_rows(&sample(4, 500, 9), None).unwrap();
    let mut problem = PortfolioProblem::over_scenarios(Objective::MinCvar, scenarios);
    let row = |name: &str, coefficients: [f64; 4], lower: f64, upper: f64| NamedRow {
        name: name.into(),
        coefficients: coefficients.to_vec(),
        lower,
        upper,
    };
    problem.constraints.rows = vec![
        row("venue:kamino", [1.0, 1.0, 0.0, 0.0], f64::NEG_INFINITY, 0.4),
        row("slack", [1.0, 0.0, 0.0, 0.0], f64::NEG_INFINITY, 0.9),
    ];
    for objective in [Objective::MinCvar, Objective::MinVariance] {
        problem.objective = objective;
        let found = solve(&problem).unwrap();
        near(found.weights[0] + found.weights[1], 0.4, 1e-7);
        assert!(found.active_constraints.contains(&"venue:kamino".to_owned()));
        assert!(!found.active_constraints.contains(&"slack".to_owned()));
    }
}

#[test]
fn variance_under_a_tail_cap_of_scenarios() {
    let scenarios = Scenarios::from_rows(&sample(5, 400, 13), None).unwrap();
    let mut problem = PortfolioProblem::over_scenarios(Objective::MinVariance, scenarios);
    let calm = solve(&problem).unwrap();
    problem.constraints.min_return = Some(calm.expected_return.unwrap() + 1e-4);
    let dearer = solve(&problem).unwrap();
    problem.objective = Objective::MinCvar;
    let least = solve(&problem).unwrap().cvar.unwrap();
    problem.objective = Objective::MinVariance;
    let cap = 0.5 * (least + dearer.cvar.unwrap());
    problem.constraints.max_cvar = Some(cap);
    let capped = solve(&problem).unwrap();
    assert!(capped.cvar.unwrap() <= cap + 1e-8 && capped.volatility >= dearer.volatility);
}

fn conflict(problem: &PortfolioProblem) -> (String, f64, String) {
    match solve(problem) {
        Err(error @ OptimiseError::Infeasible(_)) => {
            let text = error.to_string();
            let OptimiseError::Infeasible(conflicts) = error else { unreachable!() };
            (conflicts[0].constraint.clone(), conflicts[0].attainable.unwrap_or(f64::NAN), text)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_constraint_that_cannot_hold_is_named_with_what_can() {
    let mut problem = normal_case(Objective::MinCvar, 0.95);
    problem.constraints.min_return = Some(0.02);
    let (name, attainable, text) = conflict(&problem);
    assert_eq!(name, "min_return");
    near(attainable, 0.0137058, 1e-12);
    assert!(
        text.contains("min_return (at least 0.02) cannot hold: the most that the others allow is 0.0137058"),
        "{text}"
    );

    problem.constraints.min_return = None;
    problem.constraints.upper = vec![0.3; 3];
    let (name, attainable, text) = conflict(&problem);
    assert_eq!(name, "budget");
    near(attainable, 0.9, 1e-12);
    assert!(text.contains("bounds of asset 3"), "{text}");

    problem.constraints.upper = vec![f64::INFINITY; 3];
    problem.constraints.max_cvar = Some(0.01);
    let (name, attainable, text) = conflict(&problem);
    assert_eq!(name, "max_cvar");
    assert!(attainable > 0.02 && text.contains("the least that the others allow"), "{text}");

    let rows = sample(3, 300, 1);
    let mut tails =
        PortfolioProblem::over_scenarios(Objective::MaxReturn, Scenarios::from_rows(&rows, None).unwrap());
    tails.constraints.max_cvar = Some(0.001);
    let (name, attainable, _) = conflict(&tails);
    let least = solve(&PortfolioProblem::over_scenarios(
        Objective::MinCvar,
        Scenarios::from_rows(&rows, None).unwrap(),
    ));
    near(attainable, least.unwrap().cvar.unwrap(), 1e-9);
    assert_eq!(name, "max_cvar");

    tails.constraints.max_cvar = None;
    tails.constraints.turnover =
        Some(Turnover { current: vec![0.0; 3], most: 0.5, count: TurnoverCount::Total, costs: vec![0.0; 3] });
    let (name, _, text) = conflict(&tails);
    assert!(["turnover", "budget"].contains(&name.as_str()), "{text}");
}

#[test]
fn what_nothing_limits_is_named() {
    let scenarios = Scenarios::from_rows(&sample(3, 100, 2), None).unwrap();
    let mut problem = PortfolioProblem::over_scenarios(Objective::MaxReturn, scenarios);
    problem.constraints.budget = None;
    problem.constraints.upper = vec![1.0, f64::INFINITY, 1.0];
    problem.mean = Some(vec![0.01, 0.01, 0.01]);
    assert_eq!(solve(&problem).unwrap_err(), OptimiseError::Unbounded(vec!["asset 2".into()]));
    // Short sales without end: least variance is still bounded.
    let mut free = normal_case(Objective::MinVariance, 0.95);
    free.constraints.lower = vec![f64::NEG_INFINITY; 3];
    let found = solve(&free).unwrap();
    near(found.weights.iter().sum(), 1.0, 1e-8);
}

/// A random covariance and means of any size; the covariance is far from singular.
fn any_market(assets: usize, size: f64, seed: u64) -> (Vec<f64>, Covariance) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = || -> f64 { StandardNormal.sample(&mut rng) };
    let mean = (0..assets).map(|_| size * 0.1 * draw()).collect();
    let loads: Vec<Vec<f64>> = (0..assets).map(|_| (0..3).map(|_| size * draw()).collect()).collect();
    let own: Vec<f64> = (0..assets).map(|_| size * (0.5 + draw().abs())).collect();
    let entry = |row: usize, column: usize| {
        let shared: f64 = loads[row].iter().zip(&loads[column]).map(|(a, b)| a * b).sum();
        shared + if row == column { own[row] * own[row] } else { 0.0 }
    };
    let rows: Vec<Vec<f64>> = (0..assets).map(|r| (0..assets).map(|c| entry(r, c)).collect()).collect();
    (mean, Covariance::from_rows(&rows).unwrap())
}

proptest! {
    // Merton (1972): with A = 1'C^-1 1, B = 1'C^-1 m and D = m'C^-1 m the least variance is 1/A, the variance at mean x is
    // 1/A + (x - B/A)^2 / g with g = D - B^2/A, so that c sigma - x is least, sqrt((c^2 - g) / A) - B/A, where c^2 > g, and
    // falls without end where c^2 < g.
    #[test]
    fn short_sales_meet_the_closed_forms(assets in 2usize..20, decades in -4.0f64..0.0, alpha in 0.6f64..0.99, seed in 0u64..1_000) {
        let (mean, covariance) = any_market(assets, 10f64.powf(decades), seed);
        let inverse = nalgebra::DMatrix::from_fn(assets, assets, |r, c| covariance.at(r, c)).try_inverse().unwrap();
        let (ones, means) = (nalgebra::DVector::from_element(assets, 1.0), nalgebra::DVector::from_vec(mean.clone()));
        let (a, b, d) = (ones.dot(&(&inverse * &ones)), ones.dot(&(&inverse * &means)), means.dot(&(&inverse * &means)));
        let slope = d - b * b / a;
        let mut problem = PortfolioProblem::normal(Objective::MinVariance, mean, covariance);
        problem.alpha = alpha;
        problem.constraints.lower = vec![f64::NEG_INFINITY; assets];
        prop_assert!((solve(&problem).unwrap().objective_value * a - 1.0).abs() < 1e-7);
        problem.objective = Objective::MinCvar;
        let multiplier = super::smooth::normal_multipliers(alpha).1;
        let left = multiplier * multiplier - slope;
        match solve(&problem) {
            Ok(found) => prop_assert!(left > -1e-6 && (found.objective_value - ((left / a).sqrt() - b / a)).abs() * a.sqrt() < 1e-6),
            Err(OptimiseError::Unbounded(names)) => prop_assert!(left < 1e-6 && names.len() == assets),
            Err(error) => prop_assert!(left.abs() < 1e-3, "{error}"),
        }
    }
}

#[test]
fn risk_parity_takes_no_constraint_in_silence() {
    let mut problem = normal_case(Objective::Hrp, 0.95);
    assert!(solve(&problem).unwrap_err().to_string().contains("min_return: risk parity"));
    problem.constraints.min_return = None;
    assert!(solve(&problem).is_ok());
    problem.objective = Objective::Erc;
    let found = solve(&problem).unwrap();
    for share in found.risk_contributions.unwrap() {
        near(share, 1.0 / 3.0, 1e-10);
    }
    problem.constraints.upper = vec![0.5; 3];
    assert!(solve(&problem).unwrap_err().to_string().contains("bounds"));
}

#[test]
fn bad_problems_are_named() {
    type Spoil = fn(&mut PortfolioProblem);
    let cases: [(Spoil, &str); 12] = [
        (|p| p.alpha = 0.05, "for the worst 5% it is 0.95"),
        (|p| p.alpha = f64::NAN, "alpha"),
        (|p| p.mean = Some(vec![0.1, 0.2]), "mean: 2 entries for 3 assets"),
        (|p| p.mean = Some(vec![0.1, f64::NAN, 0.2]), "mean: entry 2 is not a finite"),
        (|p| p.mean = Some(vec![0.1, 5.0, 0.2]), "mean: entry 2 is 5; returns are fractions"),
        (|p| p.constraints.lower = vec![0.0, 2.0, 0.0], "bounds of asset 2"),
        (|p| p.constraints.upper = vec![1.0, 0.5, -0.1], "bounds of asset 3"),
        (|p| p.constraints.budget = Some((1.0, 0.5)), "budget: nothing lies between 1 and 0.5"),
        (|p| p.constraints.min_return = Some(f64::INFINITY), "min_return"),
        (|p| p.risk_aversion = -1.0, "risk_aversion"),
        (|p| p.covariance = Covariance::from_rows(&[vec![1.0]]).ok(), "covariance: 1 assets, but 3"),
        (|p| (p.mean, p.scenarios) = (None, None), "min_return: there are neither means"),
    ];
    for (spoil, expected) in cases {
        let mut problem = normal_case(Objective::MinCvar, 0.95);
        problem.constraints.upper = vec![1.0; 3];
        spoil(&mut problem);
        let found = solve(&problem).unwrap_err().to_string();
        assert!(found.contains(expected), "{found:?} lacks {expected:?}");
    }
}

#[test]
fn the_same_problem_gives_the_same_bytes() {
    let scenarios = Scenarios::from_rows(&sample(12, 3_000, 21), None).unwrap();
    let problem = PortfolioProblem::over_scenarios(Objective::MinCvar, scenarios);
    assert_eq!(solve(&problem).unwrap(), solve(&problem).unwrap());
}

// The number of looks at the scenarios grows slowly with their number.
#[test]
fn tails_looked_at_stay_few() {
    for (count, most) in [(256, 40), (4_096, 60), (16_384, 100), (65_536, 160)] {
        let scenarios = Scenarios::from_rows(&sample(16, count, 1), None).unwrap();
        let mut problem = PortfolioProblem::over_scenarios(Objective::MinCvar, scenarios);
        let means = problem.means().unwrap();
        problem.constraints.min_return = Some(means.iter().sum::<f64>() / 16.0);
        let found = solve(&problem).unwrap();
        assert!(
            found.gap.unwrap() <= 1e-9 && found.iterations <= most,
            "{} looks at {count}",
            found.iterations
        );
    }
}
