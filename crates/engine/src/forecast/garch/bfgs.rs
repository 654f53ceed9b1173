/// Where a search ended.
pub(super) struct Minimum<const N: usize> {
    pub at: [f64; N],
    pub value: f64,
    pub iterations: usize,
    pub converged: bool,
}

const MAX_ITERATIONS: usize = 200;
const MAX_HALVINGS: usize = 40;
/// Largest slope that counts as flat, for an objective that is a mean per observation.
const FLAT: f64 = 1e-8;
/// Longest step in any coordinate: on a logit scale 2 is already a large change.
const LONGEST: f64 = 2.0;
/// Share of the decrease that the slope promises which a step must deliver (Armijo).
const ENOUGH: f64 = 1e-4;
/// Relative decrease that is no more than rounding, and how many such steps in a row end the search.
const STALLED: f64 = 1e-15;
const MAX_STALLS: usize = 3;

/// Minimises a smooth function by BFGS (Nocedal & Wright 2006, algorithm 6.1) with backtracking, from `at` and an
/// inverse curvature. `function` gives value and gradient; a value that is not finite is a step too far.
pub(super) fn minimise<const N: usize>(
    mut at: [f64; N],
    mut inverse: [[f64; N]; N],
    mut function: impl FnMut(&[f64; N]) -> (f64, [f64; N]),
) -> Minimum<N> {
    let (mut value, mut slope) = function(&at);
    let mut reset = false;
    let mut stalls = 0;
    let mut accepted = false;
    for iterations in 0..MAX_ITERATIONS {
        if slope.iter().all(|s| s.abs() < FLAT) {
            return Minimum { at, value, iterations, converged: true };
        }
        let mut step: [f64; N] = std::array::from_fn(|row| -dot(&inverse[row], &slope));
        let mut descent = dot(&step, &slope);
        if descent.is_nan() || descent >= 0.0 {
            inverse = identity();
            step = slope.map(|s| -s);
            descent = -dot(&slope, &slope);
        }
        let longest = step.iter().fold(0.0f64, |most, s| most.max(s.abs()));
        let mut scale = (LONGEST / longest).min(1.0);
        let mut next = None;
        for _ in 0..MAX_HALVINGS {
            let trial: [f64; N] = std::array::from_fn(|i| at[i] + scale * step[i]);
            let (found, found_slope) = function(&trial);
            if found.is_finite() && found <= value + ENOUGH * scale * descent {
                next = Some((trial, found, found_slope));
                break;
            }
            // The parabola through both values and the slope, kept between a tenth and a half.
            let parabola = -0.5 * scale * descent / ((found - value) / scale - descent);
            scale = if parabola.is_finite() { parabola.clamp(0.1 * scale, 0.5 * scale) } else { 0.5 * scale };
        }
        let Some((trial, found, found_slope)) = next else {
            // Rounding hides any further decrease, or the curvature is off: try once from scratch.
            let flat = slope.iter().all(|s| s.abs() < FLAT.sqrt());
            if flat || reset {
                // A start that no step improved says nothing unless its slope is flat by the strict measure above.
                return Minimum { at, value, iterations, converged: flat && accepted };
            }
            inverse = identity();
            reset = true;
            continue;
        };
        (reset, accepted) = (false, true);
        let moved: [f64; N] = std::array::from_fn(|i| trial[i] - at[i]);
        let turned: [f64; N] = std::array::from_fn(|i| found_slope[i] - slope[i]);
        update(&mut inverse, &moved, &turned);
        stalls = if value - found <= STALLED * (1.0 + value.abs()) { stalls + 1 } else { 0 };
        (at, value, slope) = (trial, found, found_slope);
        if stalls == MAX_STALLS {
            let converged = slope.iter().all(|s| s.abs() < FLAT.sqrt());
            return Minimum { at, value, iterations: iterations + 1, converged };
        }
    }
    Minimum { at, value, iterations: MAX_ITERATIONS, converged: false }
}

/// The inverse BFGS update; skipped where the function did not curve upwards along the step.
fn update<const N: usize>(inverse: &mut [[f64; N]; N], moved: &[f64; N], turned: &[f64; N]) {
    let curvature = dot(moved, turned);
    if curvature <= 1e-12 * dot(moved, moved).sqrt() * dot(turned, turned).sqrt() {
        return;
    }
    let applied: [f64; N] = std::array::from_fn(|row| dot(&inverse[row], turned));
    let factor = (1.0 + dot(turned, &applied) / curvature) / curvature;
    for row in 0..N {
        for column in 0..N {
            let cross = applied[row] * moved[column] + moved[row] * applied[column];
            inverse[row][column] += factor * moved[row] * moved[column] - cross / curvature;
        }
    }
}

pub(super) fn identity<const N: usize>() -> [[f64; N]; N] {
    std::array::from_fn(|row| std::array::from_fn(|column| if row == column { 1.0 } else { 0.0 }))
}

fn dot<const N: usize>(left: &[f64; N], right: &[f64; N]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_bottom_of_rosenbrocks_valley() {
        let valley = |p: &[f64; 2]| {
            let (x, y) = (p[0], p[1]);
            let value = (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2);
            (value, [-2.0 * (1.0 - x) - 400.0 * x * (y - x * x), 200.0 * (y - x * x)])
        };
        let found = minimise([-1.2, 1.0], identity(), valley);
        assert!(found.converged);
        assert!(found.at.iter().all(|c| (c - 1.0).abs() < 1e-6), "{:?}", found.at);
    }

    #[test]
    fn steps_back_from_where_the_function_ends() {
        // ln x - x has its maximum at one and no value left of zero.
        let found = minimise([3.0], identity(), |p: &[f64; 1]| (p[0] - p[0].ln(), [1.0 - 1.0 / p[0]]));
        assert!((found.at[0] - 1.0).abs() < 1e-6);
    }
}
