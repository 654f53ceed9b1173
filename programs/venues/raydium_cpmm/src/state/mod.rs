//! The three kinds of account, read from and written to bytes.

mod config;
mod observations;
mod pool;

pub use config::FeeConfig;
pub use observations::observe;
pub use pool::{Direction, Pool, Token};
