//! Poisson arrivals with random severity, stratified over the scenarios so that rare events are there in proportion.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, Exp1};

use super::Jump;
use crate::generate::stream;

/// The loss through `jump` in each of `count` equally likely scenarios of `years`, fractions.
///
/// One number a scenario, spread evenly over (0, 1) by Latin hypercube, decides whether anything happens (it does with
/// probability 1 - exp(-intensity * years)) and how bad the first event is; further events, each a part of what is
/// left, follow the same Poisson process. Hence the share of scenarios with an event is exact to one scenario, and
/// with the same stream more intensity or severity never lowers any scenario's loss. An event rarer than one in
/// `count` still gets one scenario: rounded against the vault.
pub fn losses(
    jump: &Jump,
    years: f64,
    severity_scale: f64,
    count: usize,
    seed: u64,
    number: u64,
) -> Vec<f64> {
    let expected = jump.intensity * years;
    if expected <= 0.0 || count == 0 {
        return vec![0.0; count];
    }
    let probability = -(-expected).exp_m1();
    let shown = probability.max(1.0 / count as f64);
    let ranks = strata(count, stream(seed, number));
    let mut losses = vec![0.0; count];
    for (scenario, (loss, u)) in losses.iter_mut().zip(ranks).enumerate() {
        if u >= shown {
            continue;
        }
        let scaled = |q: f64| (jump.severity.quantile(q) * severity_scale).min(1.0);
        let mut left = 1.0 - scaled(1.0 - u / shown);
        // Time of the first event on the clock on which one event a unit is expected; the later ones add to it.
        let mut arrived = -(-u).ln_1p();
        let mut rng = stream(seed ^ number.rotate_left(32), scenario as u64);
        loop {
            let pause: f64 = Exp1.sample(&mut rng);
            let q = rng.random();
            arrived += pause;
            if arrived > expected {
                break;
            }
            left *= 1.0 - scaled(q);
        }
        *loss = 1.0 - left;
    }
    losses
}

/// One number in each of `count` equal parts of (0, 1), in random order.
fn strata(count: usize, mut rng: ChaCha12Rng) -> Vec<f64> {
    let mut numbers: Vec<f64> = (0..count).map(|i| (i as f64 + rng.random::<f64>()) / count as f64).collect();
    numbers.shuffle(&mut rng);
    numbers
}

/// Events of `jump` over `years`, as (time in years, loss): for paths rather than for single periods.
pub fn events(jump: &Jump, years: f64, rng: &mut impl Rng) -> Vec<(f64, f64)> {
    let mut found = Vec::new();
    if jump.intensity <= 0.0 {
        return found;
    }
    let mut at = 0.0;
    loop {
        let pause: f64 = Exp1.sample(rng);
        at += pause / jump.intensity;
        if at > years {
            return found;
        }
        found.push((at, jump.severity.quantile(rng.random())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{JumpKind, Severity};
    use proptest::prelude::*;

    fn jump(intensity: f64, severity: Severity) -> Jump {
        Jump { kind: JumpKind::Exploit, intensity, severity }
    }

    #[test]
    fn events_come_in_proportion() {
        let jump = jump(2.0, Severity::Beta { a: 0.8, b: 1.2 });
        let losses = losses(&jump, 0.1, 1.0, 4_000, 9, 3);
        let hit = losses.iter().filter(|loss| **loss > 0.0).count();
        assert!((hit as f64 - 4_000.0 * (1.0 - (-0.2f64).exp())).abs() <= 1.0, "{hit}");
        // E[1 - product of what is left] = 1 - exp(-expected * mean severity) for compound Poisson losses.
        let mean = losses.iter().sum::<f64>() / 4_000.0;
        assert!((mean - (1.0 - (-0.2f64 * 0.4).exp())).abs() < 0.002, "{mean}");
    }

    #[test]
    fn the_rarest_event_is_seen_once_and_never_is_never() {
        let rare = losses(&jump(1e-6, Severity::Fixed { loss: 0.5 }), 0.02, 1.0, 500, 1, 1);
        assert_eq!(rare.iter().filter(|loss| **loss == 0.5).count(), 1);
        assert_eq!(losses(&jump(0.0, Severity::Fixed { loss: 0.5 }), 1.0, 1.0, 5, 1, 1), vec![0.0; 5]);
    }

    #[test]
    fn events_on_paths_arrive_at_their_rate() {
        let jump = jump(0.5, Severity::Uniform { low: 0.1, high: 0.3 });
        let mut rng = stream(4, 2);
        let all: Vec<(f64, f64)> = (0..4_000).flat_map(|_| events(&jump, 3.0, &mut rng)).collect();
        assert!((all.len() as f64 / 4_000.0 - 1.5).abs() < 0.08);
        assert!(all.iter().all(|(at, loss)| (0.0..=3.0).contains(at) && (0.1..=0.3).contains(loss)));
        assert_eq!(events(&Jump { intensity: 0.0, ..jump }, 3.0, &mut rng), vec![]);
    }

    proptest! {
        #[test]
        fn worse_parameters_never_lower_any_loss(seed in any::<u64>(), intensity in 0.001f64..20.0, more in 1.0f64..4.0, scale in 0.1f64..2.0, harsher in 1.0f64..3.0) {
            let law = Severity::Beta { a: 0.8, b: 1.6 };
            let base = losses(&jump(intensity, law.clone()), 0.08, scale, 300, seed, 7);
            let often = losses(&jump(intensity * more, law.clone()), 0.08, scale, 300, seed, 7);
            let severe = losses(&jump(intensity, law), 0.08, scale * harsher, 300, seed, 7);
            for ((a, b), c) in base.iter().zip(&often).zip(&severe) {
                prop_assert!(b + 1e-12 >= *a && c + 1e-12 >= *a);
                prop_assert!((0.0..=1.0).contains(b));
            }
        }
    }
}
