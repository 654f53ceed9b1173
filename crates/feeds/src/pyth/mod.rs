//! Pyth's two services: Hermes (prices at a moment) and Benchmarks (candles).

mod benchmarks;
mod hermes;

pub use benchmarks::{Benchmarks, Candle, Resolution};
pub use hermes::{Hermes, PriceId, PriceUpdate};
