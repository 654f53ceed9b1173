use statrs::function::gamma::{digamma, ln_gamma};

use super::{Errors, GarchSpec, Mean};

/// mu, omega, alpha, beta, nu.
pub(super) const PARAMETERS: usize = 5;
/// Variances multiplied before one logarithm is taken of all of them. Returns are scaled to unit variance, so that
/// the product stays far inside what a double holds.
const PER_LOG: usize = 8;
const LN_2PI: f64 = 1.837_877_066_409_345_3;
const BACKCAST_ROWS: usize = 75;
const BACKCAST_DECAY: f64 = 0.94;

/// Parameters on their own scale, for returns of unit variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Natural {
    pub mu: f64,
    pub omega: f64,
    pub alpha: f64,
    pub beta: f64,
    /// Ignored for normal errors.
    pub nu: f64,
}

/// Log-likelihood, its gradient in natural parameters, and the variance after the last return.
pub(super) struct Evaluation {
    pub log_likelihood: f64,
    pub gradient: [f64; PARAMETERS],
    pub next_variance: f64,
}

/// Scaled returns and what does not change during the search.
pub(super) struct Sample {
    pub returns: Vec<f64>,
    pub backcast: f64,
    pub spec: GarchSpec,
}

impl Sample {
    /// `arch` 8.0.0's default: residuals at the starting mean, exponentially weighted, newest of them least.
    pub fn new(returns: Vec<f64>, spec: GarchSpec) -> Self {
        let mu = match spec.mean {
            Mean::Zero => 0.0,
            Mean::Constant => returns.iter().sum::<f64>() / returns.len() as f64,
        };
        let (mut weight, mut weights, mut total) = (1.0, 0.0, 0.0);
        for x in returns.iter().take(BACKCAST_ROWS) {
            total += weight * (x - mu) * (x - mu);
            weights += weight;
            weight *= BACKCAST_DECAY;
        }
        Self { returns, backcast: total / weights, spec }
    }

    /// Normal log-likelihoods of four parameter sets in one pass: the recursions are independent, so that the
    /// processor overlaps them. Used to choose where the search starts.
    pub fn normal_of_four(&self, mu: f64, sets: &[(f64, f64, f64); 4]) -> [f64; 4] {
        let mut variance = sets.map(|(omega, alpha, beta)| omega + (alpha + beta) * self.backcast);
        let (mut logs, mut squares) = ([0.0; 4], [0.0; 4]);
        for chunk in self.returns.chunks(PER_LOG) {
            let mut product = [1.0; 4];
            for x in chunk {
                let square = (x - mu) * (x - mu);
                for lane in 0..4 {
                    let (omega, alpha, beta) = sets[lane];
                    let h = variance[lane];
                    product[lane] *= h;
                    squares[lane] += square / h;
                    variance[lane] = omega + alpha * square + beta * h;
                }
            }
            for lane in 0..4 {
                logs[lane] += f64::ln(product[lane]);
            }
        }
        let count = self.returns.len() as f64;
        std::array::from_fn(|lane| -0.5 * (count * LN_2PI + logs[lane] + squares[lane]))
    }

    /// Log-likelihood and gradient at `p`.
    pub fn evaluate(&self, p: &Natural) -> Evaluation {
        match self.spec.errors {
            Errors::Normal => self.normal(p),
            Errors::StudentT => self.student(p),
        }
    }

    fn normal(&self, p: &Natural) -> Evaluation {
        let mut state = Recursion::start(p, self.backcast);
        let mut gradient = [0.0; PARAMETERS];
        let (mut logs, mut squares) = (0.0, 0.0);
        for chunk in self.returns.chunks(PER_LOG) {
            let mut product = 1.0;
            for x in chunk {
                let error = x - p.mu;
                let inverse = 1.0 / state.variance;
                let standard = error * error * inverse;
                product *= state.variance;
                squares += standard;
                state.add_slope(&mut gradient, 0.5 * inverse * (standard - 1.0));
                gradient[0] += error * inverse;
                state.advance(p, error);
            }
            logs += f64::ln(product);
        }
        let log_likelihood = -0.5 * (self.returns.len() as f64 * LN_2PI + logs + squares);
        Evaluation { log_likelihood, gradient, next_variance: state.variance }
    }

    fn student(&self, p: &Natural) -> Evaluation {
        let mut state = Recursion::start(p, self.backcast);
        let mut gradient = [0.0; PARAMETERS];
        let room = p.nu - 2.0;
        let (mut logs, mut tails) = (0.0, 0.0);
        for x in &self.returns {
            let error = x - p.mu;
            let inverse = 1.0 / state.variance;
            let standard = error * error * inverse;
            let weight = (p.nu + 1.0) / (room + standard);
            let tail = (standard / room).ln_1p();
            logs += state.variance.ln();
            tails += tail;
            state.add_slope(&mut gradient, 0.5 * inverse * (weight * standard - 1.0));
            gradient[0] += weight * error * inverse;
            gradient[4] += 0.5 * (weight * standard / room - tail);
            state.advance(p, error);
        }
        let count = self.returns.len() as f64;
        let (upper, lower) = (0.5 * (p.nu + 1.0), 0.5 * p.nu);
        let constant = ln_gamma(upper) - ln_gamma(lower) - 0.5 * (std::f64::consts::PI * room).ln();
        gradient[4] += 0.5 * count * (digamma(upper) - digamma(lower) - 1.0 / room);
        Evaluation {
            log_likelihood: count * constant - 0.5 * logs - upper * tails,
            gradient,
            next_variance: state.variance,
        }
    }

    /// Expected information of mu, omega, alpha and beta at `p` for normal errors: the search's first curvature.
    pub fn information(&self, p: &Natural) -> [[f64; PARAMETERS]; PARAMETERS] {
        let mut state = Recursion::start(p, self.backcast);
        let mut information = [[0.0; PARAMETERS]; PARAMETERS];
        for x in &self.returns {
            let inverse = 1.0 / state.variance;
            let weight = 0.5 * inverse * inverse;
            let slope = [state.by_mu, state.by_omega, state.by_alpha, state.by_beta];
            for (row, left) in information.iter_mut().zip(slope) {
                for (cell, right) in row.iter_mut().zip(slope) {
                    *cell += weight * left * right;
                }
            }
            information[0][0] += inverse;
            state.advance(p, x - p.mu);
        }
        information
    }
}

/// The variance and its slopes in the parameters at one return.
struct Recursion {
    variance: f64,
    by_mu: f64,
    by_omega: f64,
    by_alpha: f64,
    by_beta: f64,
}

impl Recursion {
    fn start(p: &Natural, backcast: f64) -> Self {
        let variance = p.omega + (p.alpha + p.beta) * backcast;
        Self { variance, by_mu: 0.0, by_omega: 1.0, by_alpha: backcast, by_beta: backcast }
    }

    fn add_slope(&self, gradient: &mut [f64; PARAMETERS], by_variance: f64) {
        gradient[0] += by_variance * self.by_mu;
        gradient[1] += by_variance * self.by_omega;
        gradient[2] += by_variance * self.by_alpha;
        gradient[3] += by_variance * self.by_beta;
    }

    fn advance(&mut self, p: &Natural, error: f64) {
        self.by_mu = p.beta * self.by_mu - 2.0 * p.alpha * error;
        self.by_omega = 1.0 + p.beta * self.by_omega;
        self.by_alpha = error * error + p.beta * self.by_alpha;
        self.by_beta = self.variance + p.beta * self.by_beta;
        self.variance = p.omega + p.alpha * error * error + p.beta * self.variance;
    }
}
