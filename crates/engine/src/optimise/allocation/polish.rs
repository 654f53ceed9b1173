use super::branch::Allowed;
use super::problem::AllocationProblem;

/// First size of shift, bps; halved when none gains.
const COARSEST: u16 = 64;
/// Least gain of a shift, bps of the vault a year, so that polishing ends.
const LEAST_GAIN: f64 = 1e-9;

/// Shifts basis points between pairs of slots, or to and from idle, while that gains and stays inside every limit: it takes back
/// what rounding down gave away.
pub fn polish(problem: &AllocationProblem, allowed: &[Allowed], mut weights: Vec<u16>) -> Vec<u16> {
    let slots: Vec<Option<usize>> = (0..problem.slots.len()).map(Some).chain([None]).collect();
    let mut value = problem.net(&weights);
    let mut step = COARSEST;
    while step > 0 {
        let mut best: Option<(f64, Vec<u16>)> = None;
        for from in &slots {
            for to in &slots {
                if from == to {
                    continue;
                }
                let mut shifted = weights.clone();
                let taken = match from.and_then(|from| shifted.get_mut(from)) {
                    Some(weight) => {
                        let taken = step.min(*weight);
                        *weight -= taken;
                        taken
                    }
                    None => step,
                };
                if let Some(weight) = to.and_then(|to| shifted.get_mut(to)) {
                    *weight = weight.saturating_add(taken);
                }
                if taken == 0 || !allowed.iter().zip(&shifted).all(|(allowed, weight)| allowed.holds(*weight))
                {
                    continue;
                }
                let found = problem.net(&shifted);
                if found > best.as_ref().map_or(value + LEAST_GAIN, |(most, _)| *most)
                    && problem.breach(&shifted).is_none()
                {
                    best = Some((found, shifted));
                }
            }
        }
        match best {
            Some((found, shifted)) => (value, weights) = (found, shifted),
            None => step /= 2,
        }
    }
    weights
}
