//! Average run length of a CUSUM of independent normal observations: how many it takes, on average, until it alarms.
//!
//! Shifts are of the mean, in sigmas; k and h as in [`super::CusumSettings`]. At shift 0 an alarm is a false one.

mod quadrature;

use nalgebra::{DMatrix, DVector};
use serde::Serialize;

use super::cusum::Sides;
use super::error::{DetectError, check};
use crate::stats::normal;

/// Largest threshold for which a run length is computed, sigmas.
pub const MAX_H: f64 = 100.0;
/// A longer run length counts as infinite: beyond it the equations are too near singular for doubles.
pub const MAX_RUN_LENGTH: f64 = 1e12;
/// Siegmund's allowance for the part of a step that overshoots the threshold.
const OVERSHOOT: f64 = 1.166;

/// How it is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The integral equation, solved by Gauss-Legendre quadrature: correct to many digits.
    Exact,
    /// Siegmund's closed form (1985): correct to a few per cent for h of 3 and more; knows no headstart.
    Siegmund,
}

/// A CUSUM whose run length is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Chart {
    /// Reference value, sigmas.
    pub k: f64,
    /// Decision interval, sigmas.
    pub h: f64,
    /// Sides.
    pub sides: Sides,
    /// Where sums begin, as a share of h.
    pub headstart: f64,
}

impl Chart {
    /// Checks every figure.
    ///
    /// # Errors
    /// The first that is out of range.
    pub fn check(&self) -> Result<(), DetectError> {
        check("k", self.k, "from 0 to 10, in sigmas", |k| (0.0..=10.0).contains(&k))?;
        check("h", self.h, "above 0 and at most 100, in sigmas", |h| h > 0.0 && h <= MAX_H)?;
        check("the headstart", self.headstart, "from 0 to below 1, a share of h", |f| (0.0..1.0).contains(&f))
    }

    /// Observations until the alarm, on average, when the mean is `shift` sigmas off; infinite beyond
    /// [`MAX_RUN_LENGTH`].
    ///
    /// Both sides together: without a headstart 1/L = 1/L+ + 1/L- (van Dobben de Bruyn 1968), with one the combination of
    /// Lucas and Crosier (1982).
    ///
    /// # Errors
    /// A figure out of range; a headstart with [`Method::Siegmund`], which has none.
    pub fn average_run_length(&self, shift: f64, method: Method) -> Result<f64, DetectError> {
        self.check()?;
        check("the shift", shift, "from -100 to 100, in sigmas", |shift| shift.abs() <= 100.0)?;
        if method == Method::Siegmund {
            check("the headstart", self.headstart, "0 with Siegmund's approximation", |f| f == 0.0)?;
        }
        let side = |shift: f64| match method {
            Method::Exact => self.exact(shift),
            Method::Siegmund => {
                let length = self.siegmund(shift);
                (length, length)
            }
        };
        Ok(match self.sides {
            Sides::Upper => side(shift).1,
            Sides::Lower => side(-shift).1,
            Sides::Both => {
                let ((up, up_started), (down, down_started)) = (side(shift), side(-shift));
                both(up, up_started, down, down_started)
            }
        })
    }

    /// One upper side, from zero and from the headstart. L(s) = 1 + L(0) P(sum falls to 0) + integral of L over [0, h]:
    /// Page's equation, a matrix equation at the nodes of a quadrature (Nystrom's method).
    fn exact(&self, shift: f64) -> (f64, f64) {
        let (k, h) = (self.k, self.h);
        // The kernel is a normal density of width 1: five nodes a sigma and a few for the ends.
        let count = 32 + (5.0 * h).ceil() as usize;
        let (nodes, weights) = quadrature::gauss_legendre(count, 0.0, h);
        // The unknowns: L at 0, then at each node.
        let at =
            |index: usize| if index == 0 { 0.0 } else { nodes.get(index - 1).copied().unwrap_or_default() };
        let weight = |index: usize| weights.get(index - 1).copied().unwrap_or_default();
        let kernel = |from: f64, column: usize| {
            if column == 0 {
                normal::cdf(k - shift - from)
            } else {
                weight(column) * normal::density(at(column) - from + k - shift)
            }
        };
        let matrix = DMatrix::from_fn(count + 1, count + 1, |row, column| {
            f64::from(row == column) - kernel(at(row), column)
        });
        let Some(lengths) = matrix.lu().solve(&DVector::from_element(count + 1, 1.0)) else {
            return (f64::INFINITY, f64::INFINITY);
        };
        let start = self.headstart * h;
        let started =
            1.0 + lengths.iter().enumerate().map(|(column, l)| kernel(start, column) * l).sum::<f64>();
        let zero = lengths.iter().next().copied().unwrap_or(f64::INFINITY);
        (within_reach(zero), within_reach(started))
    }

    fn siegmund(&self, shift: f64) -> f64 {
        let drift = shift - self.k;
        let b = self.h + OVERSHOOT;
        let x = 2.0 * drift * b;
        // (exp(-x) + x - 1) / (2 drift^2), by its series where the subtraction would cancel.
        let length = if x.abs() < 1e-4 {
            b * b * (1.0 - x / 3.0)
        } else {
            ((-x).exp_m1() + x) / (2.0 * drift * drift)
        };
        if length > MAX_RUN_LENGTH { f64::INFINITY } else { length }
    }
}

fn within_reach(length: f64) -> f64 {
    if (1.0 - 1e-9..=MAX_RUN_LENGTH).contains(&length) { length } else { f64::INFINITY }
}

fn both(up: f64, up_started: f64, down: f64, down_started: f64) -> f64 {
    match (up.is_finite(), down.is_finite()) {
        (true, true) => (up_started * down + down_started * up - up * down) / (up + down),
        // One side never alarms.
        (true, false) => up_started,
        (false, true) => down_started,
        (false, false) => f64::INFINITY,
    }
}

/// The threshold h at which a CUSUM with reference value `k` runs `target` observations on average before a false alarm.
///
/// # Errors
/// A target that no threshold gives; a figure out of range.
pub fn threshold_for(target: f64, k: f64, sides: Sides, headstart: f64) -> Result<f64, DetectError> {
    check("the target run length", target, "above 1 and at most 1e10", |x| x > 1.0 && x <= 1e10)?;
    let length = |h: f64| Chart { k, h, sides, headstart }.average_run_length(0.0, Method::Exact);
    let least = 1e-9;
    if length(least)? > target {
        let hint = "even a threshold of 0 runs longer; lower k";
        return Err(DetectError::Unreachable { target, k, most: MAX_H, hint });
    }
    // Twice as far until it is enough: large thresholds mean large matrices.
    let (mut low, mut high) = (least, 1.0);
    while length(high)? < target {
        if high >= MAX_H {
            let hint = "raise k";
            return Err(DetectError::Unreachable { target, k, most: MAX_H, hint });
        }
        (low, high) = (high, (2.0 * high).min(MAX_H));
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if length(middle)? < target {
            low = middle;
        } else {
            high = middle;
        }
        if high - low < 1e-10 {
            break;
        }
    }
    Ok(0.5 * (low + high))
}

#[cfg(test)]
mod tests;
