//! Weights under constraints: least CVaR, least variance, most return, the mix of return and CVaR, risk parity.
//!
//! With scenarios CVaR is the mean of their tail and is optimised by cutting planes; with means and a covariance
//! it is that of normal returns and is optimised as a second-order cone programme.

mod bound;
mod conic;
mod cutting_plane;
mod diagnose;
pub mod full_lp;
mod model;
mod problem;
mod ratio;
mod refine;
mod scaled;
mod smooth;
mod solve;
mod variance;

pub use cutting_plane::{CutError, CutProblem, CutSolution};
pub use model::LinearModel;
pub use problem::{Constraints, NamedRow, Objective, PortfolioProblem, Turnover, TurnoverCount};
pub use smooth::normal_multipliers;
pub use solve::{PortfolioSolution, solve};

#[cfg(test)]
mod mixed_tests;
#[cfg(test)]
mod ratio_tests;
#[cfg(test)]
mod tests;
