use super::curve::envelope;
use super::limits::floor_bps;
use super::problem::{AllocationProblem, WHOLE};
use crate::optimise::OptimiseError;
use crate::optimise::simplex::{LpError, Simplex};

/// CVaR may exceed its cap by this many bps before another tail is added.
const TAIL: f64 = 1e-7;
const MAX_TAILS: usize = 500;

/// Range of a slot's weight, bps, both ends inside.
pub type Range = (u16, u16);

/// What a slot gains at a weight, bps of the vault a year.
pub type Gain<'a> = dyn Fn(usize, f64) -> f64 + 'a;

/// The best weights along the concave envelopes.
pub struct Relaxed {
    /// Fractions of bps, one a slot.
    pub weights: Vec<f64>,
    /// The envelopes' gain there: no weights in the ranges gain more.
    pub bound: f64,
    /// How far the envelope of each slot lies above its true gain there.
    pub excess: Vec<f64>,
}

/// One stretch of a slot's envelope.
struct Segment {
    slot: usize,
    width: f64,
    slope: f64,
    grows: bool,
}

/// Maximises the sum of envelopes of `gain` over `ranges` inside every limit; none if no weights are inside.
/// `tails` are the mean losses of the tails met so far; new ones are added.
pub fn relax(
    problem: &AllocationProblem,
    gain: &Gain<'_>,
    ranges: &[Range],
    tails: &mut Vec<Vec<f64>>,
) -> Result<Option<Relaxed>, OptimiseError> {
    let mut segments = Vec::new();
    let mut base_gain = 0.0;
    let mut hulls = Vec::with_capacity(ranges.len());
    for (index, (slot, range)) in problem.slots.iter().zip(ranges).enumerate() {
        let mut weights: Vec<u16> = slot.income.points().iter().map(|point| point.0).collect();
        weights.extend([range.0, range.1, slot.current_bps]);
        weights.retain(|weight| (range.0..=range.1).contains(weight));
        weights.sort_unstable();
        weights.dedup();
        let points: Vec<(f64, f64)> =
            weights.iter().map(|weight| (f64::from(*weight), gain(index, f64::from(*weight)))).collect();
        let hull = envelope(&points);
        base_gain += hull.first().map_or(0.0, |point| point.1);
        let now = f64::from(slot.current_bps);
        for (left, right) in hull.iter().zip(hull.iter().skip(1)) {
            let slope = (right.1 - left.1) / (right.0 - left.0);
            // Only what lies beyond the present weight is an increase.
            let turn = now.clamp(left.0, right.0);
            for (from, to, grows) in [(left.0, turn, false), (turn, right.0, true)] {
                if to > from {
                    segments.push(Segment { slot: index, width: to - from, slope, grows });
                }
            }
        }
        hulls.push(hull);
    }
    let mut lp = Simplex::new(
        segments.iter().map(|segment| -segment.slope).collect(),
        vec![0.0; segments.len()],
        segments.iter().map(|segment| segment.width).collect(),
    );
    let least: Vec<f64> = ranges.iter().map(|range| f64::from(range.0)).collect();
    let mut limit = |per_slot: &dyn Fn(&Segment) -> f64, used: f64, most: f64| {
        let row: Vec<f64> = segments.iter().map(per_slot).collect();
        lp.add_row(&row, f64::NEG_INFINITY, most - used);
    };
    let whole = f64::from(WHOLE);
    limit(&|_| 1.0, least.iter().sum(), whole - f64::from(problem.idle_min_bps));
    for factor in &problem.factors {
        let held = |slot: usize| factor.members.iter().filter(|member| **member == slot).count() as f64;
        let used = least.iter().enumerate().map(|(slot, weight)| held(slot) * weight).sum();
        limit(&|segment| held(segment.slot), used, f64::from(factor.cap_bps));
    }
    if let Some(budget) = problem.turnover_bps {
        let grown = problem
            .slots
            .iter()
            .zip(&least)
            .map(|(slot, weight)| (weight - f64::from(slot.current_bps)).max(0.0));
        limit(&|segment| f64::from(u8::from(segment.grows)), grown.sum(), f64::from(budget));
    }
    if problem.liquidity_min_bps > 0 {
        let stuck: Vec<f64> = problem
            .slots
            .iter()
            .map(|slot| 1.0 - floor_bps(slot.withdrawable_fraction) as f64 / whole)
            .collect();
        let used = stuck.iter().zip(&least).map(|(stuck, weight)| stuck * weight).sum();
        let share = |segment: &Segment| stuck.get(segment.slot).copied().unwrap_or(0.0);
        limit(&share, used, whole - f64::from(problem.liquidity_min_bps));
    }
    let cap = problem.scenarios.as_ref().map_or(0.0, |scenarios| f64::from(scenarios.cap_bps));
    let tail_row = |mean: &[f64]| -> (Vec<f64>, f64) {
        let row =
            segments.iter().map(|segment| mean.get(segment.slot).copied().unwrap_or(0.0) / whole).collect();
        (row, mean.iter().zip(&least).map(|(mean, weight)| mean * weight / whole).sum())
    };
    for mean in tails.iter() {
        let (row, used) = tail_row(mean);
        lp.add_row(&row, f64::NEG_INFINITY, cap - used);
    }
    for _ in 0..MAX_TAILS {
        match lp.solve() {
            Ok(()) => {}
            Err(LpError::Infeasible) => return Ok(None),
            Err(LpError::Stalled) => {
                return Err(OptimiseError::NotSolved("the allocation's programme cycles".into()));
            }
        }
        let mut weights = least.clone();
        for (segment, width) in segments.iter().zip(lp.solution()) {
            if let Some(weight) = weights.get_mut(segment.slot) {
                *weight += width;
            }
        }
        if let Some(scenarios) = &problem.scenarios {
            let (mean, value) = scenarios.worst_mean(&weights);
            if value > cap + TAIL {
                let (row, used) = tail_row(&mean);
                lp.add_row(&row, f64::NEG_INFINITY, cap - used);
                tails.push(mean);
                continue;
            }
        }
        let excess = weights
            .iter()
            .enumerate()
            .zip(&hulls)
            .map(|((slot, weight), hull)| (along(hull, *weight) - gain(slot, *weight)).max(0.0));
        let excess = excess.collect();
        return Ok(Some(Relaxed { weights, bound: base_gain - lp.objective(), excess }));
    }
    Err(OptimiseError::NotSolved("the tails that break the CVaR cap did not end".into()))
}

fn along(hull: &[(f64, f64)], weight: f64) -> f64 {
    let pair = hull.iter().zip(hull.iter().skip(1)).find(|(_, right)| weight <= right.0);
    match pair {
        Some((left, right)) => left.1 + (weight - left.0) / (right.0 - left.0) * (right.1 - left.1),
        None => hull.last().map_or(0.0, |last| last.1),
    }
}
