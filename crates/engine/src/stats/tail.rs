//! Historical value at risk, and the mean of the tail beyond it.

use serde::Serialize;

use super::error::{StatsError, check};
use super::moments;

/// Both figures are losses: 0.05 is 5% lost, a negative one a gain.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TailRisk {
    /// The smallest loss that is not exceeded with probability alpha.
    pub var: f64,
    /// The mean of the worst 1 - alpha of all outcomes.
    pub cvar: f64,
}

/// VaR and CVaR of equally likely returns at confidence `alpha` (0.95 looks at the worst 5%); NaN is left out.
///
/// As Rockafellar and Uryasev (2002, definition 3 and proposition 8) for discrete distributions: VaR is an outcome, never
/// interpolated, and where the tail's boundary falls inside an outcome, CVaR takes that outcome by the fraction that lies
/// beyond alpha. So CVaR is exactly what the optimiser minimises.
///
/// # Errors
/// Alpha outside (0, 1); no observation.
pub fn historical(returns: &[f64], alpha: f64) -> Result<TailRisk, StatsError> {
    check("alpha", alpha, "between 0 and 1", |alpha| alpha > 0.0 && alpha < 1.0)?;
    let ascending = moments::sorted(returns);
    let count = ascending.len();
    // In units of one outcome. The tolerance keeps 100 outcomes at 0.95 a tail of 5 and not of 5.000000000000004.
    let tail = (1.0 - alpha) * count as f64;
    let whole = (tail + 1e-9).floor();
    let part = (tail - whole).max(0.0);
    let whole = whole as usize;
    // The least loss with P(loss <= it) >= alpha is the next one after the `whole` worst, also without a part of it.
    let Some(boundary) = ascending.get(whole.min(count.saturating_sub(1))) else {
        return Err(StatsError::TooShort { found: 0, rows: returns.len(), needed: 1 });
    };
    let beyond: f64 = ascending.iter().take(whole).sum();
    Ok(TailRisk { var: -boundary, cvar: -(beyond + part * boundary) / (whole as f64 + part) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_boundary_outcome_counts_by_its_fraction() {
        let returns: Vec<f64> = (1..=10).map(|n| -f64::from(n) / 100.0).collect();
        let whole = historical(&returns, 0.8).unwrap();
        assert!((whole.var - 0.08).abs() < 1e-12 && (whole.cvar - 0.095).abs() < 1e-12, "{whole:?}");
        let part = historical(&returns, 0.85).unwrap();
        assert!((part.var - 0.09).abs() < 1e-12 && (part.cvar - (0.10 + 0.5 * 0.09) / 1.5).abs() < 1e-12);
        let inside = historical(&returns, 0.99).unwrap();
        assert!((inside.var - 0.10).abs() < 1e-12 && (inside.cvar - 0.10).abs() < 1e-12);
        assert!(historical(&[f64::NAN], 0.95).is_err());
        assert!(historical(&returns, 1.0).is_err() && historical(&returns, f64::NAN).is_err());
    }

    proptest! {
        /// CVaR is the minimum over z of z + E[(loss - z)+] / (1 - alpha), which is attained at an outcome.
        #[test]
        fn it_is_the_minimum_that_defines_it(
            returns in prop::collection::vec(-1.0f64..1.0, 1..50), alpha in 0.01f64..0.99,
        ) {
            let found = historical(&returns, alpha).unwrap();
            let objective = |z: f64| {
                let excess: f64 = returns.iter().map(|r| (-r - z).max(0.0)).sum();
                z + excess / returns.len() as f64 / (1.0 - alpha)
            };
            let least = returns.iter().map(|r| objective(-r)).fold(f64::INFINITY, f64::min);
            prop_assert!((found.cvar - least).abs() < 1e-6, "{} {}", found.cvar, least);
            prop_assert!((objective(found.var) - least).abs() < 1e-6);
            prop_assert!(found.cvar >= found.var - 1e-12);
        }
    }
}
