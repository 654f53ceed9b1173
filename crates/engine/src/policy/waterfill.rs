//! Filling slots by what the next unit earns.
//!
//! Yield against weight need not be concave (a borrow curve's corners bend it the wrong way), so water is
//! poured along each slot's concave envelope: the best average gain over any stretch goes first.

/// What a slot earns at each weight: (bps, gain), strictly ascending; the first is the least it may hold.
pub type GainCurve = Vec<(u16, f64)>;

struct Stretch {
    slot: usize,
    length: u16,
    slope: f64,
}

/// Weights that gain most in sum, one a slot, summing to at most `budget` (unless the least weights alone are
/// more). Only stretches that gain are taken. Ties go to the earlier slot.
pub fn fill(curves: &[GainCurve], budget: u16) -> Vec<u16> {
    let mut weights: Vec<u16> = curves.iter().map(|curve| curve.first().map_or(0, |point| point.0)).collect();
    let mut left = weights.iter().fold(budget, |left, weight| left.saturating_sub(*weight));
    let mut stretches: Vec<Stretch> =
        curves.iter().enumerate().flat_map(|(slot, curve)| envelope(slot, curve)).collect();
    // A stable sort keeps each slot's stretches in order: along an envelope slopes never rise.
    stretches.sort_by(|a, b| b.slope.total_cmp(&a.slope));
    for stretch in stretches {
        if stretch.slope <= 0.0 || left == 0 {
            break;
        }
        let taken = stretch.length.min(left);
        left -= taken;
        if let Some(weight) = weights.get_mut(stretch.slot) {
            *weight = weight.saturating_add(taken);
        }
    }
    weights
}

fn slope(from: (u16, f64), to: (u16, f64)) -> f64 {
    (to.1 - from.1) / f64::from(to.0.saturating_sub(from.0))
}

fn envelope(slot: usize, curve: &GainCurve) -> Vec<Stretch> {
    let mut hull: Vec<(u16, f64)> = Vec::new();
    for &point in curve {
        while let [.., before, last] = hull.as_slice() {
            if slope(*before, *last) > slope(*last, point) {
                break;
            }
            hull.pop();
        }
        hull.push(point);
    }
    let ends = hull.iter().zip(hull.iter().skip(1));
    ends.map(|(from, to)| Stretch { slot, length: to.0.saturating_sub(from.0), slope: slope(*from, *to) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_steeper_slope_is_filled_first() {
        let flat = vec![(0, 0.0), (60, 60.0)];
        let steep = vec![(10, 0.0), (30, 60.0), (60, 75.0)];
        assert_eq!(fill(&[flat.clone(), steep.clone()], 100), vec![60, 30 + 10]);
        assert_eq!(fill(&[flat, steep], 25), vec![0, 25]);
    }

    #[test]
    fn a_dip_on_the_way_to_a_gain_is_crossed_and_a_loss_is_not_entered() {
        assert_eq!(fill(&[vec![(0, 0.0), (10, -5.0), (20, 30.0)]], 50), vec![20]);
        assert_eq!(fill(&[vec![(0, 0.0), (10, -5.0)], vec![(5, 0.0), (6, 0.0)]], 50), vec![0, 5]);
        assert_eq!(fill(&[vec![(40, 0.0), (50, 9.0)]], 30), vec![40]);
    }

    proptest! {
        // With concave curves on a common grid nothing beats the fill.
        #[test]
        fn no_other_weights_gain_more(rates in prop::collection::vec((1.0f64..9.0, 0.0f64..0.05), 2..4), budget in 0u16..90) {
            let gain = |slot: usize, w: u16| { let (rate, bend) = rates[slot]; rate * f64::from(w) - bend * f64::from(w).powi(2) };
            let curves: Vec<GainCurve> = (0..rates.len()).map(|slot| (0..=30).map(|w| (w, gain(slot, w))).collect()).collect();
            let found = fill(&curves, budget);
            let value = |weights: &[u16]| weights.iter().enumerate().map(|(slot, w)| gain(slot, *w)).sum::<f64>();
            prop_assert!(found.iter().copied().sum::<u16>() <= budget && found.iter().all(|w| *w <= 30));
            for first in 0..=30u16 {
                for second in 0..=30u16.min(budget.saturating_sub(first)) {
                    let mut other = vec![first.min(budget), second];
                    if rates.len() == 3 { other.push(30.min(budget.saturating_sub(first + second))); }
                    if other.iter().copied().sum::<u16>() <= budget {
                        prop_assert!(value(&other) <= value(&found) + 1e-9);
                    }
                }
            }
        }
    }
}
