//! A lending reserve's borrow curve: utilisation to rate, its inverse, and what our own deposit does to it.
//!
//! Rates are simple annual rates (APR) as fractions: 0.05 is 5% a year. Utilisation is a fraction of what
//! was supplied. The curve is piecewise linear through up to 11 corners in basis points, as Kamino's
//! reserves store it.

use serde::{Deserialize, Serialize};

/// Most corners a reserve can store.
pub const MAX_POINTS: usize = 11;
const FULL_BPS: u32 = 10_000;
const BPS: f64 = 10_000.0;

/// One corner of the curve, both in basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Share of supplied funds that is borrowed.
    pub utilisation_bps: u32,
    /// What borrowers pay a year.
    pub rate_bps: u32,
}

/// Why corners do not make a curve.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum CurveError {
    /// Too few or too many corners.
    #[error("a borrow curve has 2 to {MAX_POINTS} corners, not {0}")]
    PointCount(usize),
    /// The ends are not 0% and 100%.
    #[error("a borrow curve runs from 0 to {FULL_BPS} bps of utilisation")]
    Ends,
    /// Utilisation does not rise from corner to corner.
    #[error("corner {0} of the borrow curve does not lie to the right of the one before it")]
    NotAscending(usize),
    /// The rate falls from one corner to the next.
    #[error("corner {0} of the borrow curve is below the one before it")]
    RateFalls(usize),
    /// The protocol would keep more than everything.
    #[error("a protocol take of {0} bps is more than {FULL_BPS}")]
    Take(u16),
}

/// A wanted rate that the curve may be unable to give.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inverse {
    /// The lowest utilisation at which the curve gives the rate, or the nearest end of the curve.
    pub utilisation: f64,
    /// True when the rate lies outside the curve, so that `utilisation` is only the nearest end.
    pub saturated: bool,
}

/// A reserve's rate model: the curve and the protocol's take of the interest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateCurve {
    points: Vec<CurvePoint>,
    take_bps: u16,
}

impl RateCurve {
    /// Corners as (utilisation bps, rate bps). Trailing repeats of the last corner are dropped, as venues
    /// pad their fixed arrays with them.
    pub fn new(corners: &[(u32, u32)], take_bps: u16) -> Result<Self, CurveError> {
        let mut points: Vec<CurvePoint> = corners
            .iter()
            .map(|&(utilisation_bps, rate_bps)| CurvePoint { utilisation_bps, rate_bps })
            .collect();
        let stored = points.len();
        while matches!(points.as_slice(), [.., before, last] if before == last) {
            points.pop();
        }
        if points.len() < 2 || stored > MAX_POINTS {
            return Err(CurveError::PointCount(stored));
        }
        let ends = (points.first(), points.last());
        if ends.0.map(|p| p.utilisation_bps) != Some(0) || ends.1.map(|p| p.utilisation_bps) != Some(FULL_BPS)
        {
            return Err(CurveError::Ends);
        }
        for (index, (left, right)) in points.iter().zip(points.iter().skip(1)).enumerate() {
            if right.utilisation_bps <= left.utilisation_bps {
                return Err(CurveError::NotAscending(index + 1));
            }
            if right.rate_bps < left.rate_bps {
                return Err(CurveError::RateFalls(index + 1));
            }
        }
        if u32::from(take_bps) > FULL_BPS {
            return Err(CurveError::Take(take_bps));
        }
        Ok(Self { points, take_bps })
    }

    /// The corners, ascending.
    pub fn points(&self) -> &[CurvePoint] {
        &self.points
    }

    /// The protocol's share of interest, bps.
    pub fn take_bps(&self) -> u16 {
        self.take_bps
    }

    /// What borrowers pay at `utilisation`; below 0 and above 1 the ends of the curve hold.
    pub fn borrow_apr(&self, utilisation: f64) -> f64 {
        let at_bps = utilisation.clamp(0.0, 1.0) * BPS;
        for (left, right) in self.segments() {
            if at_bps <= right.0 {
                let along = (at_bps - left.0) / (right.0 - left.0);
                return (left.1 + along * (right.1 - left.1)) / BPS;
            }
        }
        self.points.last().map_or(0.0, |last| f64::from(last.rate_bps) / BPS)
    }

    /// What suppliers earn at `utilisation`: borrowers' interest spread over all supply, less the take.
    pub fn supply_apr(&self, utilisation: f64) -> f64 {
        let utilisation = utilisation.clamp(0.0, 1.0);
        self.borrow_apr(utilisation) * utilisation * self.kept()
    }

    /// The utilisation at which borrowers pay `apr`.
    pub fn utilisation_for_borrow_apr(&self, apr: f64) -> Inverse {
        self.invert(apr, |curve, utilisation| curve.borrow_apr(utilisation))
    }

    /// The utilisation at which suppliers earn `apr`.
    pub fn utilisation_for_supply_apr(&self, apr: f64) -> Inverse {
        self.invert(apr, |curve, utilisation| curve.supply_apr(utilisation))
    }

    fn kept(&self) -> f64 {
        1.0 - f64::from(self.take_bps) / BPS
    }

    fn segments(&self) -> impl Iterator<Item = ((f64, f64), (f64, f64))> + '_ {
        let corner = |p: &CurvePoint| (f64::from(p.utilisation_bps), f64::from(p.rate_bps));
        self.points.iter().zip(self.points.iter().skip(1)).map(move |(l, r)| (corner(l), corner(r)))
    }

    /// Both rates never fall with utilisation, so bisection finds the lowest utilisation that gives `apr`.
    fn invert(&self, apr: f64, rate: impl Fn(&Self, f64) -> f64) -> Inverse {
        const TOLERANCE: f64 = 1e-12;
        if apr < rate(self, 0.0) - TOLERANCE {
            return Inverse { utilisation: 0.0, saturated: true };
        }
        if apr > rate(self, 1.0) + TOLERANCE {
            return Inverse { utilisation: 1.0, saturated: true };
        }
        let (mut low, mut high) = (0.0, 1.0);
        if rate(self, low) >= apr {
            return Inverse { utilisation: low, saturated: false };
        }
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if rate(self, middle) < apr {
                low = middle;
            } else {
                high = middle;
            }
        }
        Inverse { utilisation: high, saturated: false }
    }
}

/// A reserve as it stands, our own deposit included, atoms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReserveState {
    /// Its rate model.
    pub curve: RateCurve,
    /// Everything supplied: available plus borrowed.
    pub supplied_atoms: u64,
    /// Lent out.
    pub borrowed_atoms: u64,
}

impl ReserveState {
    /// Borrowed over supplied; zero for an empty reserve.
    pub fn utilisation(&self) -> f64 {
        ratio(self.borrowed_atoms as f64, self.supplied_atoms as f64)
    }

    /// What suppliers earn now.
    pub fn supply_apr(&self) -> f64 {
        self.curve.supply_apr(self.utilisation())
    }

    /// What every supplier would earn if our deposit went from `ours_atoms` to `after_atoms` and nobody
    /// else moved. More of ours dilutes; less concentrates, up to full utilisation.
    pub fn supply_apr_with(&self, ours_atoms: u64, after_atoms: f64) -> f64 {
        let others = self.supplied_atoms.saturating_sub(ours_atoms) as f64;
        self.curve.supply_apr(ratio(self.borrowed_atoms as f64, others + after_atoms))
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usdc() -> RateCurve {
        RateCurve::new(&[(0, 0), (7_000, 350), (9_000, 700), (10_000, 8_000)], 1_000).unwrap()
    }

    #[test]
    fn follows_its_corners() {
        let curve = usdc();
        for (utilisation, borrow) in
            [(0.0, 0.0), (0.35, 0.0175), (0.7, 0.035), (0.8, 0.0525), (0.95, 0.435), (1.0, 0.8)]
        {
            assert!((curve.borrow_apr(utilisation) - borrow).abs() < 1e-12);
            assert!((curve.supply_apr(utilisation) - borrow * utilisation * 0.9).abs() < 1e-12);
        }
    }

    #[test]
    fn padding_is_dropped_and_bad_corners_are_named() {
        let mut padded = vec![(0, 1), (8_000, 500)];
        padded.extend([(10_000, 900); 9]);
        assert_eq!(RateCurve::new(&padded, 0).unwrap().points().len(), 3);
        let errors = [
            (vec![(0, 1)], 0, CurveError::PointCount(1)),
            (vec![(0, 1); 12], 0, CurveError::PointCount(12)),
            (vec![(1, 1), (10_000, 2)], 0, CurveError::Ends),
            (vec![(0, 1), (9_999, 2)], 0, CurveError::Ends),
            (vec![(0, 1), (5_000, 2), (5_000, 3), (10_000, 4)], 0, CurveError::NotAscending(2)),
            (vec![(0, 5), (5_000, 4), (10_000, 6)], 0, CurveError::RateFalls(1)),
            (vec![(0, 5), (10_000, 6)], 10_001, CurveError::Take(10_001)),
        ];
        for (corners, take, error) in errors {
            assert_eq!(RateCurve::new(&corners, take), Err(error));
        }
    }

    #[test]
    fn a_rate_off_the_curve_is_said_to_be() {
        let above = usdc().utilisation_for_supply_apr(0.9);
        assert_eq!(above, Inverse { utilisation: 1.0, saturated: true });
        let floor = RateCurve::new(&[(0, 100), (10_000, 200)], 0).unwrap();
        assert_eq!(floor.utilisation_for_borrow_apr(0.0), Inverse { utilisation: 0.0, saturated: true });
        let flat = RateCurve::new(&[(0, 100), (5_000, 200), (8_000, 200), (10_000, 300)], 0).unwrap();
        assert!((flat.utilisation_for_borrow_apr(0.02).utilisation - 0.5).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn the_inverse_inverts(utilisation in 0.0f64..=1.0) {
            let curve = usdc();
            for (rate, inverse) in [
                (curve.borrow_apr(utilisation), curve.utilisation_for_borrow_apr(curve.borrow_apr(utilisation))),
                (curve.supply_apr(utilisation), curve.utilisation_for_supply_apr(curve.supply_apr(utilisation))),
            ] {
                prop_assert!(!inverse.saturated, "{}", rate);
                prop_assert!((inverse.utilisation - utilisation).abs() < 1e-6);
            }
        }

        #[test]
        fn our_deposit_only_dilutes(supplied in 1u64..1 << 50, share in 0.0f64..1.0, first in 0f64..1e15, more in 0f64..1e15) {
            let state = ReserveState { curve: usdc(), supplied_atoms: supplied, borrowed_atoms: (supplied as f64 * share) as u64 };
            prop_assert!(state.supply_apr_with(0, first + more) <= state.supply_apr_with(0, first) + 1e-12);
            prop_assert!((state.supply_apr_with(supplied / 2, (supplied / 2) as f64) - state.supply_apr()).abs() < 1e-9);
        }
    }
}
