//! DefiLlama: yields of pools now and over time, and coin prices.
//!
//! The service publishes rates in percent. They leave this module as fractions (0.05 is 5% a year), divided in one place
//! ([`fraction`]), and every answer is checked for figures that read as if they were fractions already.

mod chart;
mod coins;
mod pools;
mod unit;

pub use chart::{LendingPoint, PoolPoint};
pub use coins::{CoinPrice, Coins};
pub use pools::{Pool, Yields};

/// From percent to a fraction.
fn fraction(percent: f64) -> f64 {
    percent / 100.0
}
