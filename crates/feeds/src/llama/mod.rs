//! DefiLlama: yields of pools now and over time, and coin prices.
//!
//! The service publishes rates in percent. They leave this module as fractions (0.05 is 5% a year), divided in
//! one place (`fraction`), and every answer is checked for figures that read as if they were fractions
//! already.

mod chart;
mod coins;
mod pools;
mod unit;

pub use chart::{LendingPoint, PoolPoint};
pub use coins::{CoinPrice, Coins};
pub use pools::{Pool, Yields};

/// From percent to a fraction, by moving the point of the decimal that was published: 5.95 is 0.0595, which a
/// division would miss by a rounding.
fn fraction(percent: f64) -> f64 {
    format!("{percent}e-2").parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::fraction;

    #[test]
    fn the_point_moves_and_no_digit_changes() {
        for (percent, expected) in
            [(5.95, 0.0595), (7.4, 0.074), (0.0, 0.0), (-3.1, -0.031), (1e21, 1e19), (1e-9, 1e-11)]
        {
            assert_eq!(fraction(percent), expected);
        }
        assert_ne!(5.95 / 100.0, 0.0595);
    }
}
