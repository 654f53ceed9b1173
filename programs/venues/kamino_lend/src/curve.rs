//! The borrow rate as a function of utilisation: eleven points, straight lines between them.

use crate::error::LendingError;
use crate::fraction::Fraction;
use crate::layout::reserve::BORROW_CURVE;
use anchor_shape::bytes::read;
use solana_program::program_error::ProgramError;

/// Points that a reserve stores. Curves with fewer repeat their last point.
pub const CURVE_POINTS: usize = 11;
/// Utilisation of the last point.
pub const FULL_UTILISATION_BPS: u32 = 10_000;

/// One corner of the curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CurvePoint {
    /// Borrowed / supplied.
    pub utilisation_bps: u32,
    /// Interest a year, before compounding.
    pub borrow_rate_bps: u32,
}

/// A reserve's whole curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BorrowCurve(pub [CurvePoint; CURVE_POINTS]);

impl BorrowCurve {
    /// Builds a curve from 2 to 11 corners.
    ///
    /// Errors: `InvalidBorrowRateCurvePoint` unless utilisation starts at 0, ascends to 100% and the
    /// rate never falls.
    pub fn from_points(points: &[CurvePoint]) -> Result<Self, LendingError> {
        let invalid = LendingError::InvalidBorrowRateCurvePoint;
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return Err(invalid);
        };
        let ascending = points.windows(2).all(|pair| {
            pair[0].utilisation_bps < pair[1].utilisation_bps
                && pair[0].borrow_rate_bps <= pair[1].borrow_rate_bps
        });
        let spans = first.utilisation_bps == 0 && last.utilisation_bps == FULL_UTILISATION_BPS;
        if points.len() < 2 || points.len() > CURVE_POINTS || !ascending || !spans {
            return Err(invalid);
        }
        let mut stored = [*last; CURVE_POINTS];
        for (slot, point) in stored.iter_mut().zip(points) {
            *slot = *point;
        }
        Ok(Self(stored))
    }

    /// Reads the curve of a reserve account.
    pub fn load(data: &[u8]) -> Result<Self, ProgramError> {
        let mut points = [CurvePoint::default(); CURVE_POINTS];
        for (index, point) in points.iter_mut().enumerate() {
            let offset = BORROW_CURVE + 8 * index;
            point.utilisation_bps = u32::from_le_bytes(read(data, offset)?);
            point.borrow_rate_bps = u32::from_le_bytes(read(data, offset + 4)?);
        }
        Ok(Self(points))
    }

    /// The curve as stored.
    pub fn to_bytes(&self) -> [u8; 8 * CURVE_POINTS] {
        let mut bytes = [0; 8 * CURVE_POINTS];
        for (slot, point) in bytes.chunks_exact_mut(8).zip(&self.0) {
            slot[..4].copy_from_slice(&point.utilisation_bps.to_le_bytes());
            slot[4..].copy_from_slice(&point.borrow_rate_bps.to_le_bytes());
        }
        bytes
    }

    /// Borrow rate a year at `utilisation`, which counts as 100% above that.
    ///
    /// On a corner (utilisation rounded to the basis point) the corner's own rate applies exactly;
    /// between corners the line through them, rounded down.
    pub fn borrow_rate(&self, utilisation: Fraction) -> Result<Fraction, LendingError> {
        let utilisation = utilisation.min(Fraction::ONE);
        let bps = utilisation.to_bps_rounded().ok_or(LendingError::MathOverflow)?;
        let (start, end) = self
            .0
            .windows(2)
            .map(|pair| (pair[0], pair[1]))
            .find(|(start, end)| (start.utilisation_bps..=end.utilisation_bps).contains(&bps))
            .ok_or(LendingError::InvalidUtilizationRate)?;
        if bps == start.utilisation_bps {
            return Ok(Fraction::from_bps(start.borrow_rate_bps));
        }
        if bps == end.utilisation_bps {
            return Ok(Fraction::from_bps(end.borrow_rate_bps));
        }
        let invalid = LendingError::InvalidBorrowRateCurvePoint;
        let rise = end.borrow_rate_bps.checked_sub(start.borrow_rate_bps).ok_or(invalid)?;
        let run =
            end.utilisation_bps.checked_sub(start.utilisation_bps).filter(|run| *run > 0).ok_or(invalid)?;
        let past_start = utilisation
            .checked_sub(Fraction::from_bps(start.utilisation_bps))
            .ok_or(LendingError::InvalidUtilizationRate)?;
        past_start
            .checked_mul_int(u128::from(rise))
            .and_then(|scaled| scaled.checked_div_int(u128::from(run)))
            .and_then(|slope| slope.checked_add(Fraction::from_bps(start.borrow_rate_bps)))
            .ok_or(LendingError::MathOverflow)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn point(utilisation_bps: u32, borrow_rate_bps: u32) -> CurvePoint {
        CurvePoint { utilisation_bps, borrow_rate_bps }
    }

    fn kinked() -> BorrowCurve {
        BorrowCurve::from_points(&[point(0, 100), point(8_000, 500), point(10_000, 5_000)]).unwrap()
    }

    #[test]
    fn corners_are_exact_and_lines_are_straight() {
        let curve = kinked();
        for corner in [point(0, 100), point(8_000, 500), point(10_000, 5_000)] {
            let rate = curve.borrow_rate(Fraction::from_bps(corner.utilisation_bps)).unwrap();
            assert_eq!(rate, Fraction::from_bps(corner.borrow_rate_bps));
        }
        let half_way = curve.borrow_rate(Fraction::from_bps(4_000)).unwrap();
        assert_eq!(half_way.to_bps_rounded(), Some(300));
        assert_eq!(curve.borrow_rate(Fraction::from_int(3)).unwrap(), Fraction::from_bps(5_000));
    }

    #[test]
    fn refuses_curves_that_fall_or_do_not_span() {
        let refused: [&[CurvePoint]; 5] = [
            &[point(0, 100)],
            &[point(100, 100), point(10_000, 200)],
            &[point(0, 100), point(9_999, 200)],
            &[point(0, 100), point(10_000, 99)],
            &[point(0, 1), point(5_000, 2), point(5_000, 3), point(10_000, 4)],
        ];
        for points in refused {
            assert_eq!(BorrowCurve::from_points(points), Err(LendingError::InvalidBorrowRateCurvePoint));
        }
    }

    proptest! {
        #[test]
        fn the_rate_never_falls(a in 0u128..=1 << 60, b in 0u128..=1 << 60) {
            let (low, high) = (a.min(b), a.max(b));
            let curve = kinked();
            let (low_rate, high_rate) = (curve.borrow_rate(Fraction(low)).unwrap(), curve.borrow_rate(Fraction(high)).unwrap());
            // A corner's rate applies half a basis point early, so allow the step that this makes.
            let corner_step = Fraction::from_bps(2);
            prop_assert!(low_rate <= high_rate.checked_add(corner_step).unwrap());
        }
    }
}
