use super::polish::polish;
use super::problem::{Allocation, AllocationProblem, WHOLE};
use super::relax::{Gain, Range, Relaxed, relax};
use crate::optimise::OptimiseError;

/// Distance from the proven bound at which to stop, bps of the vault a year.
const GAP: f64 = 1e-3;
const MAX_NODES: usize = 600;

/// Weights a slot may take: from `least` to `most`, but not within `step` of the present weight, which itself is allowed.
#[derive(Clone, Copy, Debug)]
pub struct Allowed {
    least: u16,
    most: u16,
    now: u16,
    /// Least increase.
    up: u16,
    /// Least decrease.
    down: u16,
}

impl Allowed {
    /// True for a weight that the slot may take.
    pub fn holds(&self, weight: u16) -> bool {
        let moved = weight.abs_diff(self.now);
        let least_move = if weight > self.now { self.up } else { self.down };
        (self.least..=self.most).contains(&weight) && (moved == 0 || moved >= least_move)
    }

    /// The parts of `range` around a fractional weight that lies in the gap beside the present weight.
    fn parts(&self, weight: f64, range: Range) -> Option<Vec<Range>> {
        let now = f64::from(self.now);
        let (low, high) = (now - f64::from(self.down), now + f64::from(self.up));
        let beside = (weight - now).abs() > 1e-6;
        if !(beside && weight > low + 1e-6 && weight < high - 1e-6) {
            return None;
        }
        let below = self.now.checked_sub(self.down.max(1)).map(|top| (range.0, top.min(range.1)));
        let above = (self.now.saturating_add(self.up.max(1)).max(range.0), range.1);
        let own = (self.now.max(range.0), self.now.min(range.1));
        Some(
            [below, Some(own), Some(above)].into_iter().flatten().filter(|(low, high)| low <= high).collect(),
        )
    }
}

struct Node {
    ranges: Vec<Range>,
    relaxed: Relaxed,
}

/// Finds the weights that earn most, net of moving, inside every limit. Deterministic. Where the present weights break
/// a limit the answer is inside all the same and says `forced`; slots that are frozen then give way if nothing else helps.
pub fn solve(problem: &AllocationProblem) -> Result<Allocation, OptimiseError> {
    problem.check()?;
    let current = problem.current();
    let forced = problem.breach(&current).is_some();
    let mut allowed = domains(problem, forced);
    let mut tails = Vec::new();
    let mut nearest = None;
    if forced {
        // Selling everything is inside every limit, should rounding leave nothing better.
        let found = repaired(problem, &allowed, &mut tails)?.unwrap_or_else(|| vec![0; current.len()]);
        for ((allowed, slot), weight) in allowed.iter_mut().zip(&problem.slots).zip(&found) {
            // A frozen slot gives way by no more than it must.
            if slot.frozen {
                allowed.least = *weight;
            }
        }
        nearest = Some(found);
    }
    let start = nearest.clone().unwrap_or(current);
    let (weights, bound, nodes) = search(problem, &allowed, start, &mut tails)?;
    let weights = polish(problem, &allowed, weights);
    if let Some(breach) = problem.breach(&weights) {
        return Err(OptimiseError::NotSolved(format!("the weights found break the {breach} limit")));
    }
    let sum: u16 = weights.iter().sum();
    let active = problem
        .slack(&weights)
        .into_iter()
        .filter(|(_, left)| *left == 0)
        .map(|(limit, _)| limit.to_string());
    Ok(Allocation {
        income: problem.income(&weights),
        income_now: problem.income(&problem.current()),
        move_cost_bps: problem.move_cost_bps(&weights),
        cvar_bps: problem.scenarios.as_ref().map(|scenarios| scenarios.cvar_bps(&weights)),
        turnover_bps: u16::try_from(problem.turnover(&weights)).unwrap_or(u16::MAX),
        idle_bps: WHOLE.saturating_sub(sum),
        active: active.collect(),
        forced,
        nearest_bps: nearest,
        gap: (bound - problem.net(&weights)).max(0.0),
        nodes,
        weights_bps: weights,
    })
}

fn domains(problem: &AllocationProblem, forced: bool) -> Vec<Allowed> {
    let step = problem.min_move_bps;
    let slots = problem.slots.iter().map(|slot| {
        let now = slot.current_bps;
        let most = if slot.frozen { slot.cap_bps.min(now) } else { slot.cap_bps };
        let least = if slot.frozen && !forced { now.min(most) } else { 0 };
        Allowed { least, most, now, up: step, down: if forced { 0 } else { step } }
    });
    slots.collect()
}

fn ranges(allowed: &[Allowed]) -> Vec<Range> {
    allowed.iter().map(|allowed| (allowed.least, allowed.most)).collect()
}

/// The weights inside the limits that are nearest to the present ones by the sum of changes, frozen slots last; only
/// reductions.
fn repaired(
    problem: &AllocationProblem,
    allowed: &[Allowed],
    tails: &mut Vec<Vec<f64>>,
) -> Result<Option<Vec<u16>>, OptimiseError> {
    // A basis point of a frozen slot counts for many of the others.
    let near = |slot: usize, weight: f64| {
        problem.slots.get(slot).map_or(0.0, |slot| {
            (weight - f64::from(slot.current_bps)).abs() * if slot.frozen { -1_000.0 } else { -1.0 }
        })
    };
    let down: Vec<Range> = allowed
        .iter()
        .map(|allowed| (allowed.least, allowed.most.min(allowed.now).max(allowed.least)))
        .collect();
    let found = relax(problem, &near, &down, tails)?;
    Ok(found.map(|found| rounded(&found.weights)).filter(|weights| problem.breach(weights).is_none()))
}

fn rounded(weights: &[f64]) -> Vec<u16> {
    weights.iter().map(|weight| (weight + 1e-6).floor().clamp(0.0, f64::from(WHOLE)) as u16).collect()
}

/// Branch and bound, the highest bound first. Returns the best weights met, the proven bound and the nodes solved.
fn search(
    problem: &AllocationProblem,
    allowed: &[Allowed],
    start: Vec<u16>,
    tails: &mut Vec<Vec<f64>>,
) -> Result<(Vec<u16>, f64, usize), OptimiseError> {
    let gain = |slot: usize, weight: f64| {
        problem.slots.get(slot).map_or(0.0, |slot| {
            let moved = (weight - f64::from(slot.current_bps)).abs();
            slot.income.at(weight) - moved * slot.move_cost / problem.horizon_years
        })
    };
    let mut best = (problem.net(&start), start);
    let mut nodes = 0;
    let mut open: Vec<Node> = Vec::new();
    let mut waiting = vec![ranges(allowed)];
    loop {
        for ranges in waiting.drain(..) {
            nodes += 1;
            let Some(relaxed) = relax(problem, &gain as &Gain<'_>, &ranges, tails)? else { continue };
            let candidate = rounded(&relaxed.weights);
            let value = problem.net(&candidate);
            let sound = allowed.iter().zip(&candidate).all(|(allowed, weight)| allowed.holds(*weight));
            if sound && value > best.0 && problem.breach(&candidate).is_none() {
                best = (value, candidate);
            }
            if relaxed.bound > best.0 + GAP {
                open.push(Node { ranges, relaxed });
            }
        }
        open.retain(|node| node.relaxed.bound > best.0 + GAP);
        let top = open
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.relaxed.bound.total_cmp(&b.1.relaxed.bound).then(b.0.cmp(&a.0)));
        let Some(index) = top.map(|(index, _)| index) else {
            return Ok((best.1, best.0 + GAP, nodes));
        };
        let node = open.remove(index);
        if nodes >= MAX_NODES {
            return Ok((best.1, node.relaxed.bound, nodes));
        }
        match children(&node, allowed) {
            Some(next) => waiting = next,
            // The envelope is exact here: what is left of the gap is rounding to whole basis points.
            None => return Ok((best.1, node.relaxed.bound, nodes)),
        }
    }
}

/// Splits a slot whose weight lies in the gap beside its present weight, else the one whose envelope is too kind most.
fn children(node: &Node, allowed: &[Allowed]) -> Option<Vec<Vec<Range>>> {
    let with = |slot: usize, range: Range| {
        let mut ranges = node.ranges.clone();
        if let Some(own) = ranges.get_mut(slot) {
            *own = range;
        }
        ranges
    };
    let weights = node.relaxed.weights.iter().zip(&node.ranges).zip(allowed).enumerate();
    for (slot, ((weight, range), allowed)) in weights {
        if let Some(parts) = allowed.parts(*weight, *range) {
            return Some(parts.into_iter().map(|part| with(slot, part)).collect());
        }
    }
    let excess = node.relaxed.excess.iter().copied().enumerate();
    let (slot, most) = excess.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
    let (weight, (low, high)) = (node.relaxed.weights.get(slot)?, *node.ranges.get(slot)?);
    if most <= 1e-6 || high - low < 2 {
        return None;
    }
    let middle = (weight.round() as u16).clamp(low + 1, high - 1);
    Some(vec![with(slot, (low, middle)), with(slot, (middle, high))])
}
