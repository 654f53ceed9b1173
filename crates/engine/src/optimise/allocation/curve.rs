use crate::optimise::OptimiseError;

/// What a slot earns as a function of its weight: straight lines between samples, weights in bps of the vault,
/// income in bps of the vault a year. Usually but not always concave.
#[derive(Clone, Debug, PartialEq)]
pub struct IncomeCurve {
    points: Vec<(u16, f64)>,
}

impl IncomeCurve {
    /// Samples by rising weight, the first at zero.
    pub fn new(points: Vec<(u16, f64)>) -> Result<Self, OptimiseError> {
        if points.first().map(|point| point.0) != Some(0) {
            return Err(OptimiseError::input("an income curve begins at a weight of zero"));
        }
        if let Some(at) = points.iter().position(|point| !point.1.is_finite()) {
            return Err(OptimiseError::Input(format!("income curve: point {} is not finite", at + 1)));
        }
        let pairs = points.iter().zip(points.iter().skip(1));
        if let Some(at) = pairs.clone().position(|(left, right)| right.0 <= left.0) {
            return Err(OptimiseError::Input(format!(
                "income curve: the weight of point {} does not rise",
                at + 2
            )));
        }
        Ok(Self { points })
    }

    /// A constant yearly rate (fraction) up to `most` bps.
    pub fn linear(rate: f64, most: u16) -> Result<Self, OptimiseError> {
        let mut points = vec![(0, 0.0)];
        if most > 0 {
            points.push((most, rate * f64::from(most)));
        }
        Self::new(points)
    }

    /// Samples `income` (bps of the vault a year at a weight in bps) every `step` bps from zero to `most`.
    pub fn sample(most: u16, step: u16, income: impl Fn(u16) -> f64) -> Result<Self, OptimiseError> {
        let mut weights: Vec<u16> = (0..=most).step_by(usize::from(step.max(1))).collect();
        if weights.last() != Some(&most) {
            weights.push(most);
        }
        Self::new(weights.into_iter().map(|weight| (weight, income(weight))).collect())
    }

    /// The samples.
    pub fn points(&self) -> &[(u16, f64)] {
        &self.points
    }

    /// Highest sampled weight.
    pub fn most(&self) -> u16 {
        self.points.last().map_or(0, |point| point.0)
    }

    /// Income at `weight`; past the last sample it stays what it was there.
    pub fn at(&self, weight: f64) -> f64 {
        let after = self.points.partition_point(|point| f64::from(point.0) < weight);
        match (after.checked_sub(1).and_then(|before| self.points.get(before)), self.points.get(after)) {
            (Some(left), Some(right)) => {
                let along = (weight - f64::from(left.0)) / f64::from(right.0 - left.0);
                left.1 + along * (right.1 - left.1)
            }
            (None, Some(first)) => first.1,
            (Some(last), None) => last.1,
            (None, None) => 0.0,
        }
    }
}

/// The least concave function above `points` (ascending in the first coordinate): its corners.
pub fn envelope(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut hull: Vec<(f64, f64)> = Vec::with_capacity(points.len());
    for point in points {
        while let [.., before, last] = hull.as_slice() {
            let slope = |a: &(f64, f64), b: &(f64, f64)| (b.1 - a.1) / (b.0 - a.0);
            if slope(before, last) > slope(last, point) {
                break;
            }
            hull.pop();
        }
        hull.push(*point);
    }
    hull
}
