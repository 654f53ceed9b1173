use super::*;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn noise(trials: usize, rows: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..trials).map(|_| (0..rows).map(|_| rng.random::<f64>() - 0.5).collect()).collect()
}

/// The definition, rows and all: every half gathered, scored and ranked on its own.
fn by_definition(trials: &[Vec<f64>], splits: usize, metric: Metric) -> (f64, Vec<f64>) {
    let rows = trials[0].len() / splits;
    let first = trials[0].len() % splits;
    let score = |returns: &[f64]| {
        let mean = returns.iter().sum::<f64>() / returns.len() as f64;
        let squares: f64 = returns.iter().map(|r| (r - mean).powi(2)).sum();
        match metric {
            Metric::Mean => mean,
            Metric::Sharpe => mean / (squares / (returns.len() - 1) as f64).sqrt(),
        }
    };
    let mut logits = Vec::new();
    for mask in 0u32..1 << splits {
        if mask.count_ones() as usize != splits / 2 {
            continue;
        }
        let half = |inside: bool, trial: &[f64]| {
            let rows_of = |block: usize| first + block * rows..first + (block + 1) * rows;
            let blocks = (0..splits).filter(|block| (mask >> block & 1 == 1) == inside);
            score(&blocks.flat_map(|block| trial[rows_of(block)].to_vec()).collect::<Vec<f64>>())
        };
        let inside: Vec<f64> = trials.iter().map(|trial| half(true, trial)).collect();
        let outside: Vec<f64> = trials.iter().map(|trial| half(false, trial)).collect();
        let best = (0..trials.len()).rev().max_by(|a, b| inside[*a].total_cmp(&inside[*b])).unwrap();
        let below = outside.iter().filter(|score| **score < outside[best]).count() as f64;
        let relative = (below + 1.0) / (trials.len() as f64 + 1.0);
        logits.push((relative / (1.0 - relative)).ln());
    }
    let overfitted = logits.iter().filter(|logit| **logit <= 0.0).count() as f64;
    logits.sort_by(f64::total_cmp);
    (overfitted / logits.len() as f64, logits)
}

#[test]
fn agrees_with_the_definition() {
    for (metric, splits, rows) in [(Metric::Sharpe, 6, 50), (Metric::Mean, 8, 64), (Metric::Sharpe, 10, 107)]
    {
        let trials = noise(7, rows, rows as u64);
        let found = cscv(&trials, splits, metric).unwrap();
        let (pbo, expected) = by_definition(&trials, splits, metric);
        assert!((found.pbo - pbo).abs() < 1e-12, "{} {pbo}", found.pbo);
        let mut logits = found.logits.values.clone();
        logits.sort_by(f64::total_cmp);
        assert_eq!(logits.len(), expected.len());
        assert!(logits.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9));
        assert_eq!(found.logits.histogram.iter().map(|bin| bin.count).sum::<usize>(), found.combinations);
        assert_eq!(found.rows_dropped, rows % splits);
    }
}

#[test]
fn a_trial_that_is_always_best_is_not_overfitted() {
    let mut trials = noise(20, 160, 1);
    for value in &mut trials[4] {
        *value += 2.0;
    }
    let found = cscv(&trials, 16, Metric::Sharpe).unwrap();
    assert_eq!((found.pbo, found.combinations, found.selected[4]), (0.0, 12_870, 12_870));
    assert!(found.stochastic_dominance.first_order && found.stochastic_dominance.second_order);
    assert_eq!(found.probability_of_loss, 0.0);
    assert!((found.logits.max - 20f64.ln()).abs() < 1e-12);
}

#[test]
fn a_trial_that_only_ever_wins_in_sample_is_overfitted() {
    // Each trial gains in one block what it loses in all others: whoever wins in sample has spent its luck.
    let trials: Vec<Vec<f64>> = (0..8)
        .map(|lucky| {
            (0..80).map(|row| if row / 10 == lucky { 1.0 } else { -0.1 } + (row % 10) as f64 * 1e-3).collect()
        })
        .collect();
    let found = cscv(&trials, 8, Metric::Mean).unwrap();
    assert_eq!(found.pbo, 1.0);
    assert_eq!(found.probability_of_loss, 1.0);
    assert!(!found.stochastic_dominance.first_order);
}

#[test]
fn equal_trials_share_the_middle_rank() {
    let one = noise(1, 64, 3);
    let found = cscv(&[one[0].clone(), one[0].clone(), one[0].clone()], 8, Metric::Sharpe).unwrap();
    assert_eq!((found.pbo, found.logits.at_zero, found.logits.histogram.len()), (1.0, 70, 1));
    assert!(!found.stochastic_dominance.first_order);
    assert_eq!(found.stochastic_dominance.largest_gain, 0.0);
}

#[test]
fn a_trial_that_rests_scores_nothing_and_one_that_cannot_vary_is_named() {
    let mut trials = noise(3, 64, 4);
    trials[1] = vec![0.0; 64];
    assert!(cscv(&trials, 8, Metric::Sharpe).is_ok());
    trials[1] = vec![0.01; 64];
    let error = cscv(&trials, 8, Metric::Sharpe).unwrap_err();
    assert_eq!(error, OverfittingError::Constant { trial: 2, value: 0.01 });
    assert!(cscv(&trials, 8, Metric::Mean).is_ok());
}

#[test]
fn bad_tables_are_refused() {
    let trials = noise(3, 64, 5);
    for splits in [0, 1, 3, 22] {
        assert_eq!(cscv(&trials, splits, Metric::Mean).unwrap_err(), OverfittingError::Splits(splits));
    }
    assert_eq!(cscv(&trials[..1], 4, Metric::Mean).unwrap_err(), OverfittingError::Trials(1));
    assert_eq!(cscv(&[], 4, Metric::Mean).unwrap_err(), OverfittingError::Trials(0));
    let short = noise(3, 10, 5);
    assert!(matches!(cscv(&short, 16, Metric::Mean), Err(OverfittingError::Rows { needed: 16, .. })));
    let mut ragged = trials.clone();
    ragged[2].pop();
    assert!(matches!(cscv(&ragged, 4, Metric::Mean), Err(OverfittingError::Ragged { trial: 3, .. })));
    let mut holed = trials;
    holed[1][7] = f64::NAN;
    assert!(matches!(
        cscv(&holed, 4, Metric::Mean),
        Err(OverfittingError::NotFinite { row: 8, trial: 2, .. })
    ));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let trials = noise(30, 128, 6);
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| cscv(&trials, 12, Metric::Sharpe).unwrap())
    };
    assert_eq!(on(1), on(4));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn scaling_every_return_changes_no_rank(seed in 0u64..1_000, scale in 0.5f64..4.0) {
        let trials = noise(5, 48, seed);
        let scaled: Vec<Vec<f64>> =
            trials.iter().map(|t| t.iter().map(|r| r * scale.exp2()).collect()).collect();
        let (one, other) = (cscv(&trials, 6, Metric::Sharpe).unwrap(), cscv(&scaled, 6, Metric::Sharpe).unwrap());
        prop_assert_eq!(one.pbo, other.pbo);
        prop_assert_eq!(one.selected, other.selected);
    }
}

/// Whole numbers from -2 to 2.
fn coarse(trials: usize, rows: usize, seed: u64) -> Vec<Vec<i64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..trials).map(|_| (0..rows).map(|_| rng.random_range(-2..=2)).collect()).collect()
}

/// Sign and square of the score as a fraction: (numerator, denominator).
fn fraction(returns: &[i64], metric: Metric) -> (i64, i64) {
    let (count, sum) = (returns.len() as i64, returns.iter().sum::<i64>());
    match metric {
        Metric::Mean => (sum, count),
        Metric::Sharpe => {
            let spread = count * returns.iter().map(|r| r * r).sum::<i64>() - sum * sum;
            if spread == 0 { (0, 1) } else { (sum.signum() * sum * sum * (count - 1), spread * count) }
        }
    }
}

/// PBO, mean logit and probability of loss with scores compared as fractions.
fn exactly(trials: &[Vec<i64>], splits: usize, metric: Metric) -> (f64, f64, f64) {
    let rows = trials[0].len() / splits;
    let (mut overfitted, mut logits, mut losses, mut choices) = (0.0, 0.0, 0.0, 0.0);
    for mask in (0u32..1 << splits).filter(|mask| mask.count_ones() as usize == splits / 2) {
        let half = |inside: bool, trial: &[i64]| {
            let blocks = (0..splits).filter(|block| (mask >> block & 1 == 1) == inside);
            let rows: Vec<i64> = blocks.flat_map(|b| trial[b * rows..(b + 1) * rows].to_vec()).collect();
            fraction(&rows, metric)
        };
        let order = |a: (i64, i64), b: (i64, i64)| (a.0 * b.1).cmp(&(b.0 * a.1));
        let inside: Vec<(i64, i64)> = trials.iter().map(|trial| half(true, trial)).collect();
        let outside: Vec<(i64, i64)> = trials.iter().map(|trial| half(false, trial)).collect();
        let best = (1..trials.len())
            .fold(0, |best, at| if order(inside[at], inside[best]).is_gt() { at } else { best });
        let of =
            |wanted| outside.iter().filter(|score| order(**score, outside[best]) == wanted).count() as f64;
        let rank = of(std::cmp::Ordering::Less) + (of(std::cmp::Ordering::Equal) + 1.0) / 2.0;
        let relative = rank / (trials.len() as f64 + 1.0);
        overfitted += f64::from(relative <= 0.5);
        logits += (relative / (1.0 - relative)).ln();
        losses += f64::from(outside[best].0 < 0);
        choices += 1.0;
    }
    (overfitted / choices, logits / choices, losses / choices)
}

#[test]
fn ties_are_ties_whatever_the_order_of_summation() {
    for metric in [Metric::Mean, Metric::Sharpe] {
        for seed in 0..30 {
            let whole = coarse(6, 48, seed);
            let (pbo, logit, loss) = exactly(&whole, 8, metric);
            for divisor in [1.0, 100.0, 1e4, 3.0, 7e5] {
                let trials: Vec<Vec<f64>> =
                    whole.iter().map(|trial| trial.iter().map(|r| *r as f64 / divisor).collect()).collect();
                let found = cscv(&trials, 8, metric).unwrap();
                let what = format!("{metric:?} {seed} {divisor}");
                assert!((found.pbo - pbo).abs() < 1e-12, "{what}: {} is not {pbo}", found.pbo);
                assert!(
                    (found.logits.mean - logit).abs() < 1e-12,
                    "{what}: {} is not {logit}",
                    found.logits.mean
                );
                assert!((found.probability_of_loss - loss).abs() < 1e-12, "{what}");
            }
        }
    }
}

// Scores compared as fractions by another programme.
#[test]
fn hundredths_are_compared_exactly() {
    let text = include_str!("hundredths.csv");
    let mut trials: Vec<Vec<f64>> = Vec::new();
    for line in text.lines().skip(1) {
        for (place, cell) in line.split(',').enumerate() {
            if trials.len() <= place {
                trials.push(Vec::new());
            }
            trials[place].push(cell.parse().unwrap());
        }
    }
    let found = cscv(&trials, 8, Metric::Sharpe).unwrap();
    for (found, expected) in
        [(found.pbo, 0.028571), (found.logits.mean, 0.773724), (found.probability_of_loss, 0.242857)]
    {
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }
}
