//! Periods a year, as a number or by name.

use std::str::FromStr;

/// Periods in a year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PeriodsPerYear(pub f64);

impl Default for PeriodsPerYear {
    /// Trading days, as most published figures.
    fn default() -> Self {
        Self(252.0)
    }
}

impl FromStr for PeriodsPerYear {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = match text.to_ascii_lowercase().as_str() {
            "daily" | "trading-daily" => Some(252.0),
            "calendar-daily" => Some(365.0),
            "hourly" => Some(8_760.0),
            "weekly" => Some(52.0),
            "monthly" => Some(12.0),
            "quarterly" => Some(4.0),
            "yearly" | "annual" => Some(1.0),
            _ => None,
        };
        let number = named.or_else(|| text.parse().ok());
        number.filter(|number: &f64| number.is_finite() && *number > 0.0).map(Self).ok_or_else(|| {
            "a number above 0, or daily, calendar-daily, hourly, weekly, monthly, quarterly or yearly"
                .to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names() {
        for (text, expected) in [("daily", 252.0), ("Weekly", 52.0), ("8760", 8_760.0), ("365.25", 365.25)] {
            assert_eq!(text.parse(), Ok(PeriodsPerYear(expected)));
        }
        for text in ["", "0", "-1", "nan", "inf", "fortnightly"] {
            assert!(text.parse::<PeriodsPerYear>().is_err());
        }
    }
}
