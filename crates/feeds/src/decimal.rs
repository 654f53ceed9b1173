//! Prices as the exact decimals that Pyth publishes: an integer and a power of ten.

use std::fmt;

use serde::Serialize;

/// `mantissa * 10^expo`, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    mantissa: i64,
    expo: i32,
}

/// Exponents beyond this are no price.
const WIDEST_EXPO: i32 = 30;

impl Decimal {
    /// None when the exponent is beyond 30 either way.
    pub fn new(mantissa: i64, expo: i32) -> Option<Self> {
        (expo.unsigned_abs() <= WIDEST_EXPO.unsigned_abs()).then_some(Self { mantissa, expo })
    }

    /// The integer.
    pub fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// The power of ten.
    pub fn expo(self) -> i32 {
        self.expo
    }

    /// The nearest double: read from the exact text, so that it is rounded once.
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }
}

/// All digits, without trailing zeros after the point.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = self.mantissa.unsigned_abs().to_string();
        if self.mantissa == 0 {
            return f.write_str("0");
        }
        let places = self.expo.unsigned_abs() as usize;
        if self.expo >= 0 {
            return write!(f, "{sign}{digits}{}", "0".repeat(places));
        }
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = padded.split_at(padded.len() - places);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            fraction => write!(f, "{sign}{whole}.{fraction}"),
        }
    }
}

/// As text, so that no reader rounds it.
impl Serialize for Decimal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_is_exact() {
        let cases = [
            (184_136_023_127, -8, "1841.36023127"),
            (5, -8, "0.00000005"),
            (-1_250, -2, "-12.5"),
            (12, 3, "12000"),
            (0, -8, "0"),
            (100, -2, "1"),
            (i64::MIN, 0, "-9223372036854775808"),
        ];
        for (mantissa, expo, text) in cases {
            let decimal = Decimal::new(mantissa, expo).unwrap();
            assert_eq!(decimal.to_string(), text);
            assert_eq!(decimal.to_f64(), text.parse::<f64>().unwrap());
        }
        assert_eq!((Decimal::new(1, -31), Decimal::new(1, i32::MIN + 1)), (None, None));
    }

    #[test]
    fn multiplying_by_a_power_of_ten_would_round_twice() {
        let exact = Decimal::new(7_300_000_001, -11).unwrap();
        assert_eq!(exact.to_f64(), 0.073_000_000_01);
    }
}
