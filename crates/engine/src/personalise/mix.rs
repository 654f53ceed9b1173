//! The mix of classes with the best lower quantile of growth within a drawdown limit.

use serde::Serialize;

use super::classes::{CLASSES, ClassPaths};
use crate::stats::moments::quantile_of_sorted;

/// Coarse and fine steps of the search, bps.
const COARSE_BPS: u16 = 1_000;
const FINE_BPS: u16 = 250;
const FULL_BPS: u16 = 10_000;
/// Confidence of the drawdowns that are reported.
const DRAWDOWN_CONFIDENCE: f64 = 0.95;
/// How often a year the drawdown limit may be broken: one year in twenty.
pub const BREACHES_PER_YEAR: f64 = 0.05;

/// Weights of the classes in bps; what is missing to 10,000 is kept back.
pub type ClassWeights = [u16; CLASSES];

/// What a mix does, as fractions of the money put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// Value at the horizon that one path in twenty stays below.
    pub value_p05: f64,
    /// Median value.
    pub value_p50: f64,
    /// Value that one path in twenty exceeds.
    pub value_p95: f64,
    /// Mean value.
    pub value_mean: f64,
    /// Value at the maximised quantile.
    pub value_objective: f64,
    /// Share of paths that end below what was put in.
    pub chance_of_loss: f64,
    /// Largest fall from a peak up to the horizon, median over paths; fraction of the peak.
    pub drawdown_p50: f64,
    /// The same, exceeded by one path in twenty.
    pub drawdown_p95: f64,
    /// Largest fall within the limit's window (a year, or the horizon if that is sooner) at the limit's confidence.
    pub drawdown_limited: f64,
    /// Largest fall up to the horizon as a share of what was put in, exceeded by one in twenty.
    pub drawdown_of_amount_p95: f64,
}

/// What the search may do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constraints {
    /// Most of each class, bps.
    pub most_bps: ClassWeights,
    /// Most in growth; in balanced and growth; in all three: for a glide that never adds risk.
    pub most_from_riskiest: ClassWeights,
    /// Largest fall within the window, fraction.
    pub drawdown: f64,
    /// Share of paths that must keep to it.
    pub confidence: f64,
    /// Quantile of final value that is maximised.
    pub quantile: f64,
    /// Points of the paths up to the horizon.
    pub points: usize,
    /// Points of the limit's window.
    pub window: usize,
}

/// [`quantile_of_sorted`]; zero without paths.
fn quantile(sorted: &[f64], level: f64) -> f64 {
    quantile_of_sorted(sorted, level).unwrap_or(0.0)
}

/// What `weights` do over the first `points` of the paths.
pub fn outcome(paths: &ClassPaths, weights: &ClassWeights, limits: &Constraints) -> Outcome {
    let share = weights.map(|bps| f64::from(bps) / f64::from(FULL_BPS));
    let idle = 1.0 - share.iter().sum::<f64>();
    let count = paths.paths.len();
    let (mut ends, mut falls, mut window_falls, mut of_amount) = (
        Vec::with_capacity(count),
        Vec::with_capacity(count),
        Vec::with_capacity(count),
        Vec::with_capacity(count),
    );
    for [a, b, c] in &paths.paths {
        let (mut peak, mut fall, mut window_fall, mut amount, mut last) =
            (1.0f64, 0.0f64, 0.0f64, 0.0f64, 1.0f64);
        for (index, ((a, b), c)) in a.iter().zip(b).zip(c).enumerate().take(limits.points) {
            let value = idle + share[0] * a + share[1] * b + share[2] * c;
            peak = peak.max(value);
            fall = fall.max(1.0 - value / peak);
            amount = amount.max(peak - value);
            if index < limits.window {
                window_fall = fall;
            }
            last = value;
        }
        ends.push(last);
        falls.push(fall);
        window_falls.push(window_fall);
        of_amount.push(amount);
    }
    let below = ends.iter().filter(|end| **end < 1.0 - 1e-12).count();
    let mean = ends.iter().sum::<f64>() / count.max(1) as f64;
    for list in [&mut ends, &mut falls, &mut window_falls, &mut of_amount] {
        list.sort_by(f64::total_cmp);
    }
    Outcome {
        value_p05: quantile(&ends, 0.05),
        value_p50: quantile(&ends, 0.5),
        value_p95: quantile(&ends, 0.95),
        value_mean: mean,
        value_objective: quantile(&ends, limits.quantile),
        chance_of_loss: below as f64 / count.max(1) as f64,
        drawdown_p50: quantile(&falls, 0.5),
        drawdown_p95: quantile(&falls, DRAWDOWN_CONFIDENCE),
        drawdown_limited: quantile(&window_falls, limits.confidence),
        drawdown_of_amount_p95: quantile(&of_amount, DRAWDOWN_CONFIDENCE),
    }
}

/// The best mix: a coarse grid over everything, then a fine one around the best. Keeping everything back is always
/// allowed, so that there is always an answer. Of equally good mixes the one with the smaller fall is taken.
pub fn best(paths: &ClassPaths, limits: &Constraints) -> (ClassWeights, Outcome) {
    let mut found = ([0; CLASSES], outcome(paths, &[0; CLASSES], limits));
    let everywhere = [(0, FULL_BPS); CLASSES];
    search(paths, limits, everywhere, COARSE_BPS, &mut found);
    let near =
        found.0.map(|bps| (bps.saturating_sub(COARSE_BPS), bps.saturating_add(COARSE_BPS).min(FULL_BPS)));
    search(paths, limits, near, FINE_BPS, &mut found);
    found
}

fn search(
    paths: &ClassPaths,
    limits: &Constraints,
    ranges: [(u16, u16); CLASSES],
    step: u16,
    found: &mut (ClassWeights, Outcome),
) {
    use rayon::prelude::*;
    let along = |(low, high): (u16, u16)| (low..=high).step_by(usize::from(step));
    let mut candidates: Vec<ClassWeights> = Vec::new();
    for growth in along(ranges[2]) {
        for balanced in along(ranges[1]) {
            candidates.extend(along(ranges[0]).map(|conservative| [conservative, balanced, growth]));
        }
    }
    candidates.retain(|weights| allowed(weights, limits));
    // In order, whatever the threads: the first of the best is kept.
    let outcomes: Vec<Outcome> =
        candidates.par_iter().map(|weights| outcome(paths, weights, limits)).collect();
    for (weights, outcome) in candidates.into_iter().zip(outcomes) {
        if outcome.drawdown_limited > limits.drawdown {
            continue;
        }
        let (gain, best) = (outcome.value_objective, found.1.value_objective);
        let better = gain > best + 1e-9;
        let safer = (gain - best).abs() <= 1e-9 && outcome.drawdown_limited < found.1.drawdown_limited;
        if better || safer {
            *found = (weights, outcome);
        }
    }
}

fn allowed(weights: &ClassWeights, limits: &Constraints) -> bool {
    let [a, b, c] = weights.map(u32::from);
    let within = weights.iter().zip(&limits.most_bps).all(|(weight, most)| weight <= most);
    let [most_growth, most_risky, most_all] = limits.most_from_riskiest.map(u32::from);
    within && c <= most_growth && b + c <= most_risky && a + b + c <= most_all.min(u32::from(FULL_BPS))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Class 0 gains 2%; class 1 gains 10% after a fall of 5% from the start; class 2 gains 30% or loses half.
    fn paths() -> ClassPaths {
        let path = |index: usize| {
            let wild = if index.is_multiple_of(4) { vec![1.0, 0.8, 0.5] } else { vec![1.0, 1.1, 1.3] };
            [vec![1.0, 1.01, 1.02], vec![1.0, 0.95, 1.10], wild]
        };
        ClassPaths { step_days: 1.0, paths: (0..400).map(path).collect(), source: vec![] }
    }

    fn limits(drawdown: f64) -> Constraints {
        Constraints {
            most_bps: [10_000; 3],
            most_from_riskiest: [10_000; 3],
            drawdown,
            confidence: 0.95,
            quantile: 0.1,
            points: 3,
            window: 3,
        }
    }

    #[test]
    fn the_limit_decides_the_mix() {
        // 5% allowed: all in class 1. 2% allowed: as much of it as 2% lets, the rest in class 0.
        assert_eq!(best(&paths(), &limits(0.05 + 1e-9)).0, [0, 10_000, 0]);
        let (weights, outcome) = best(&paths(), &limits(0.02 + 1e-9));
        // A fall of 0.05 w - 0.01 (1 - w) = 0.02 at w = 1/2.
        assert_eq!(weights, [5_000, 5_000, 0]);
        assert!((outcome.drawdown_limited - 0.02).abs() < 1e-9 && (outcome.value_p50 - 1.06).abs() < 1e-12);
        assert_eq!(best(&paths(), &limits(0.0)).0[2], 0);
        // The median would take the gamble.
        let median = Constraints { quantile: 0.5, ..limits(1.0) };
        assert_eq!(best(&paths(), &median).0, [0, 0, 10_000]);
    }

    #[test]
    fn nothing_is_kept_in_what_is_not_allowed() {
        let lenders = Constraints { most_bps: [10_000, 0, 0], ..limits(1.0) };
        assert_eq!(best(&paths(), &lenders).0, [10_000, 0, 0]);
        let capped = Constraints { most_from_riskiest: [0, 3_000, 8_000], ..limits(1.0) };
        assert_eq!(best(&paths(), &capped).0, [5_000, 3_000, 0]);
        let nothing = Constraints { most_bps: [0; 3], ..limits(1.0) };
        assert_eq!(best(&paths(), &nothing).0, [0; 3]);
    }

    #[test]
    fn outcomes_are_worked_by_hand() {
        let all_wild = outcome(&paths(), &[0, 0, 10_000], &limits(1.0));
        assert_eq!((all_wild.value_p05, all_wild.value_p50, all_wild.chance_of_loss), (0.5, 1.3, 0.25));
        assert_eq!(
            (all_wild.drawdown_p50, all_wild.drawdown_p95, all_wild.drawdown_of_amount_p95),
            (0.0, 0.5, 0.5)
        );
        assert!((all_wild.value_mean - (0.75 * 1.3 + 0.25 * 0.5)).abs() < 1e-12);
        let sooner = outcome(&paths(), &[0, 0, 10_000], &Constraints { window: 2, ..limits(1.0) });
        assert!((sooner.drawdown_limited - 0.2).abs() < 1e-12);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }
}
