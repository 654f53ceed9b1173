//! A small convex quadratic programme, solved exactly: the dual active-set method of Goldfarb & Idnani (1983), inside the
//! proximal point method (Rockafellar 1976) so that directions without curvature are allowed.
//!
//! Unlike an interior point it ends on a set of constraints that hold with equality, so that columns whose units differ
//! by many orders come out to the last digits. Made for tens of rows and up to a few hundred columns.

use nalgebra::{DMatrix, DVector};

use super::simplex::dot;

/// Curvature that each round adds, relative to the largest on the diagonal.
const PROXIMAL: f64 = 1e-6;
/// Rounds of the proximal method, and the relative movement that ends them.
const ROUNDS: usize = 60;
const SETTLED: f64 = 1e-13;
/// By how much a constraint of size one may be missed, relative to the numbers that make it up.
const MISSED: f64 = 1e-13;
/// The same, as a multiple, where the constraints held leave no way to meet another one better.
const MET: f64 = 1e3;
/// Squared length, relative to the whole, below which a constraint depends on those already held.
const DEPENDENT: f64 = 1e-22;

/// Minimise 1/2 x'Qx + c·x with lower <= x <= upper and ranged rows. Q is positive semi-definite.
#[derive(Clone, Debug)]
pub struct Quadratic {
    /// Q.
    pub curvature: DMatrix<f64>,
    /// c.
    pub linear: Vec<f64>,
    /// May be minus infinity.
    pub lower: Vec<f64>,
    /// May be infinity.
    pub upper: Vec<f64>,
    /// Coefficients, least and most value; either may be infinite.
    pub rows: Vec<(Vec<f64>, f64, f64)>,
}

/// An optimum.
#[derive(Clone, Debug)]
pub struct QuadraticSolution {
    /// The columns; those held by a bound stand exactly on it.
    pub columns: Vec<f64>,
    /// Constraints taken in or let go, over all rounds.
    pub iterations: usize,
}

/// Why there is no optimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuadraticError {
    /// No point satisfies everything.
    Infeasible,
    /// Rounding got the better of it.
    Stalled,
}

/// normal · x >= side, or equal to it.
struct Wall {
    normal: DVector<f64>,
    side: f64,
    equal: bool,
    /// The column whose bound this is, and the bound.
    bound: Option<(usize, f64)>,
}

impl Quadratic {
    /// Solves it. An optimum that is not unique is the one nearest to zero of those the rounds come by.
    pub fn solve(&self) -> Result<QuadraticSolution, QuadraticError> {
        let size = self.linear.len();
        let largest = self.curvature.diagonal().iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let largest = if largest > 0.0 { largest } else { 1.0 };
        let walls = self.walls();
        let mut weight = PROXIMAL * largest;
        // A matrix that is semi-definite up to rounding may need more.
        let factor = loop {
            let round = &self.curvature + DMatrix::identity(size, size) * weight;
            match round.cholesky() {
                Some(factor) => break factor,
                None if weight < 1e-3 * largest => weight *= 10.0,
                None => return Err(QuadraticError::Stalled),
            }
        };
        let inverse = factor
            .l()
            .tr_solve_lower_triangular(&DMatrix::identity(size, size))
            .ok_or(QuadraticError::Stalled)?;
        let linear = DVector::from_column_slice(&self.linear);
        let mut centre = DVector::zeros(size);
        let mut iterations = 0;
        let mut held = Vec::new();
        for _ in 0..ROUNDS {
            let slope = &linear - &centre * weight;
            let mut round = ActiveSet::new(&inverse, -factor.solve(&slope));
            round.run(&walls)?;
            iterations += round.steps;
            let moved = (&round.point - &centre).amax();
            centre = round.point;
            held = round.active;
            if moved <= SETTLED * centre.amax().max(1.0) {
                break;
            }
        }
        let mut columns: Vec<f64> = centre.iter().copied().collect();
        for (value, (low, high)) in columns.iter_mut().zip(self.lower.iter().zip(&self.upper)) {
            *value = value.max(*low).min(*high);
        }
        for (column, bound) in held.iter().filter_map(|wall| walls.get(*wall)?.bound) {
            if let Some(value) = columns.get_mut(column) {
                *value = bound;
            }
        }
        Ok(QuadraticSolution { columns, iterations })
    }

    /// All constraints with a normal whose largest entry is one, equalities first.
    fn walls(&self) -> Vec<Wall> {
        let size = self.linear.len();
        let mut walls = Vec::new();
        let mut add = |coefficients: DVector<f64>, lower: f64, upper: f64, column: Option<usize>| {
            let scale = coefficients.amax();
            if scale == 0.0 {
                return;
            }
            let bound = |value: f64| column.map(|column| (column, value));
            let normal = coefficients / scale;
            if lower == upper {
                walls.push(Wall { normal, side: lower / scale, equal: true, bound: bound(lower) });
                return;
            }
            if upper.is_finite() {
                let normal = -normal.clone();
                walls.push(Wall { normal, side: -upper / scale, equal: false, bound: bound(upper) });
            }
            if lower.is_finite() {
                walls.push(Wall { normal, side: lower / scale, equal: false, bound: bound(lower) });
            }
        };
        for (coefficients, lower, upper) in &self.rows {
            let entry = |column, _| coefficients.get(column).copied().unwrap_or(0.0);
            add(DVector::from_fn(size, entry), *lower, *upper, None);
        }
        for (column, (lower, upper)) in self.lower.iter().zip(&self.upper).enumerate() {
            let unit = DVector::from_fn(size, |at, _| if at == column { 1.0 } else { 0.0 });
            add(unit, *lower, *upper, Some(column));
        }
        walls.sort_by_key(|wall| !wall.equal);
        walls
    }
}

/// The state of Goldfarb and Idnani's method. With N the normals held, `basis` J satisfies J'GJ = 1 and J'N = (R, 0).
struct ActiveSet {
    point: DVector<f64>,
    basis: DMatrix<f64>,
    /// Columns of R, each as long as its place.
    triangle: Vec<Vec<f64>>,
    active: Vec<usize>,
    multipliers: Vec<f64>,
    /// Walls that those held meet up to rounding, and that cannot be held beside them.
    met: Vec<usize>,
    steps: usize,
}

impl ActiveSet {
    fn new(inverse: &DMatrix<f64>, point: DVector<f64>) -> Self {
        let (triangle, active, multipliers) = (Vec::new(), Vec::new(), Vec::new());
        Self { point, basis: inverse.clone(), triangle, active, multipliers, met: Vec::new(), steps: 0 }
    }

    fn run(&mut self, walls: &[Wall]) -> Result<(), QuadraticError> {
        for place in (0..walls.len()).filter(|place| walls.get(*place).is_some_and(|wall| wall.equal)) {
            self.take_in(walls, place)?;
        }
        let most = 100 + 20 * (walls.len() + self.point.len());
        while let Some(place) = self.most_broken(walls) {
            if self.steps > most {
                return Err(QuadraticError::Stalled);
            }
            self.take_in(walls, place)?;
            self.settle(walls);
        }
        self.settle(walls);
        Ok(())
    }

    /// Steps drift off the walls held by rounding: goes back by the shortest way, J1 R'^-1 times what is missed.
    fn settle(&mut self, walls: &[Wall]) {
        for _ in 0..2 {
            let mut missed: Vec<f64> = Vec::with_capacity(self.active.len());
            for (wall, column) in self.active.iter().zip(&self.triangle) {
                let slack = walls.get(*wall).map_or(0.0, |wall| self.slack(wall).0);
                let above = dot(column.get(..missed.len()).unwrap_or(&[]), &missed);
                missed.push((-slack - above) / column.last().copied().unwrap_or(1.0));
            }
            let step = self.basis.columns(0, missed.len()) * DVector::from_vec(missed);
            self.point += step;
        }
    }

    /// How far the point is on the wrong side, negative, and what passes for rounding.
    fn slack(&self, wall: &Wall) -> (f64, f64) {
        let products = wall.normal.iter().zip(self.point.iter()).map(|(a, x)| (a * x).abs());
        let size = products.fold(wall.side.abs(), f64::max);
        (wall.normal.dot(&self.point) - wall.side, MISSED * size.max(1.0))
    }

    fn most_broken(&self, walls: &[Wall]) -> Option<usize> {
        let mut found: Option<(f64, usize)> = None;
        for (place, wall) in walls.iter().enumerate() {
            let (slack, rounding) = self.slack(wall);
            let broken = slack < -rounding && !self.active.contains(&place) && !self.met.contains(&place);
            if broken && found.is_none_or(|(least, _)| slack < least) {
                found = Some((slack, place));
            }
        }
        found.map(|(_, place)| place)
    }

    /// Moves until wall `place` holds, letting go of those that would push the wrong way.
    fn take_in(&mut self, walls: &[Wall], place: usize) -> Result<(), QuadraticError> {
        let wall = walls.get(place).ok_or(QuadraticError::Stalled)?;
        let mut multiplier = 0.0;
        loop {
            self.steps += 1;
            let held = self.active.len();
            let (slack, rounding) = self.slack(wall);
            let along: Vec<f64> = self.basis.tr_mul(&wall.normal).iter().copied().collect();
            let (inside, outside) = along.split_at(held.min(along.len()));
            let change = self.back_substitute(inside);
            let free: f64 = outside.iter().map(|value| value * value).sum();
            let whole: f64 = along.iter().map(|value| value * value).sum();
            let dependent = free <= DEPENDENT * whole;
            if dependent && slack.abs() <= rounding {
                return Ok(());
            }
            // For an equality broken upwards the same step is taken backwards.
            let full = if dependent { f64::INFINITY } else { -slack / free };
            let sign = if wall.equal && slack > 0.0 { -1.0 } else { 1.0 };
            let mut limit: Option<(f64, usize)> = None;
            let pairs = self.active.iter().zip(&self.multipliers).zip(&change).enumerate();
            for (at, ((active, multiplier), change)) in pairs {
                let equal = walls.get(*active).is_none_or(|wall| wall.equal);
                if !equal && sign * change > 0.0 {
                    let ratio = multiplier / (sign * change);
                    if limit.is_none_or(|(least, _)| ratio < least) {
                        limit = Some((ratio, at));
                    }
                }
            }
            let (length, let_go) = match limit {
                Some((ratio, at)) if ratio < full.abs() => (sign * ratio, Some(at)),
                _ if full.is_infinite() && slack.abs() <= MET * rounding => {
                    self.met.push(place);
                    return Ok(());
                }
                _ if full.is_infinite() => return Err(QuadraticError::Infeasible),
                _ => (full, None),
            };
            for (multiplier, change) in self.multipliers.iter_mut().zip(&change) {
                *multiplier -= length * change;
            }
            multiplier += length;
            if !dependent {
                let columns = self.basis.columns(held, self.basis.ncols() - held);
                let step = columns * DVector::from_column_slice(outside);
                self.point += step * length;
            }
            match let_go {
                Some(at) => self.let_go(at),
                None => {
                    self.hold(place, &along, multiplier);
                    return Ok(());
                }
            }
        }
    }

    /// R^-1 d.
    fn back_substitute(&self, d: &[f64]) -> Vec<f64> {
        let mut solved = d.to_vec();
        for at in (0..solved.len()).rev() {
            let Some(column) = self.triangle.get(at) else { continue };
            let value = solved.get(at).copied().unwrap_or(0.0) / column.get(at).copied().unwrap_or(1.0);
            for (above, entry) in solved.iter_mut().zip(column).take(at) {
                *above -= entry * value;
            }
            if let Some(slot) = solved.get_mut(at) {
                *slot = value;
            }
        }
        solved
    }

    /// Adds a normal with J'n = `along`: one reflection turns what is outside R into a single entry.
    fn hold(&mut self, place: usize, along: &[f64], multiplier: f64) {
        let held = self.active.len();
        let mut column: Vec<f64> = along.iter().take(held).copied().collect();
        let mut mirror: Vec<f64> = along.iter().skip(held).copied().collect();
        let length = dot(&mirror, &mirror).sqrt();
        let first = mirror.first().copied().unwrap_or(0.0);
        let diagonal = if first > 0.0 { -length } else { length };
        if let Some(slot) = mirror.first_mut() {
            *slot -= diagonal;
        }
        let square = dot(&mirror, &mirror);
        if square > 0.0 {
            let mirror = DVector::from_column_slice(&mirror);
            let mut rest = self.basis.columns_mut(held, along.len() - held);
            let image = &rest * &mirror * (2.0 / square);
            rest -= image * mirror.transpose();
        }
        column.push(diagonal);
        self.triangle.push(column);
        self.active.push(place);
        self.multipliers.push(multiplier);
    }

    /// Drops the normal held at `at`; rotations make R triangular again.
    fn let_go(&mut self, at: usize) {
        self.active.remove(at);
        self.multipliers.remove(at);
        self.triangle.remove(at);
        for place in at..self.triangle.len() {
            let Some(column) = self.triangle.get(place) else { continue };
            let (a, b) =
                (column.get(place).copied().unwrap_or(0.0), column.get(place + 1).copied().unwrap_or(0.0));
            let length = a.hypot(b);
            let (cosine, sine) = if length > 0.0 { (a / length, b / length) } else { (1.0, 0.0) };
            for column in self.triangle.iter_mut().skip(place) {
                if let Some([a, b]) = column.get_mut(place..place + 2) {
                    (*a, *b) = (cosine * *a + sine * *b, cosine * *b - sine * *a);
                }
            }
            for row in 0..self.basis.nrows() {
                let pair = (self.basis.get((row, place)).copied(), self.basis.get((row, place + 1)).copied());
                let (Some(a), Some(b)) = pair else { continue };
                for (column, value) in [(place, cosine * a + sine * b), (place + 1, cosine * b - sine * a)] {
                    if let Some(slot) = self.basis.get_mut((row, column)) {
                        *slot = value;
                    }
                }
            }
            if let Some(column) = self.triangle.get_mut(place) {
                column.truncate(place + 1);
            }
        }
    }
}
