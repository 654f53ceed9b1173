//! Weights under constraints: CVaR, variance, return, risk parity; and the vault's own allocation in basis points.
//!
//! | Part | Job |
//! |---|---|
//! | [`portfolio`] | the general problem: named constraints, an objective, what cannot hold |
//! | [`allocation`] | the vault's problem: income that falls as we deposit, integer limits of the chain |
//! | [`hierarchy`], [`risk_parity`] | weights from risk alone |
//! | [`shrinkage`] | Ledoit-Wolf covariance |
//! | [`covariance`], [`scenarios`] | what risk is measured on |
//! | [`simplex`], [`quadratic`] | small exact linear and quadratic programmes |

pub mod allocation;
pub mod covariance;
mod error;
pub mod hierarchy;
pub mod portfolio;
pub mod quadratic;
pub mod risk_parity;
pub mod scenarios;
pub mod shrinkage;
pub mod simplex;

pub use covariance::Covariance;
pub use error::{Asked, Conflict, OptimiseError};
pub use scenarios::{Border, Scenarios, Split, Tail, TailFinder};
