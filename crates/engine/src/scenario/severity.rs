//! How much is lost when something happens: laws on [0, 1], by their quantile functions.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF};

use super::ScenarioError;

/// A law of losses, fractions of the value exposed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "law", rename_all = "snake_case", deny_unknown_fields)]
pub enum Severity {
    /// Always the same.
    Fixed {
        /// The loss.
        loss: f64,
    },
    /// Anything between, equally likely.
    Uniform {
        /// Least.
        low: f64,
        /// Most.
        high: f64,
    },
    /// Beta law.
    Beta {
        /// First shape.
        a: f64,
        /// Second shape.
        b: f64,
    },
    /// Exponential with this mean before what exceeds everything is cut to everything.
    Exponential {
        /// Mean.
        mean: f64,
    },
    /// One of these, equally likely: losses that were observed.
    Empirical {
        /// The losses, in any order.
        losses: Vec<f64>,
    },
}

impl Severity {
    /// Refuses what is not a law on [0, 1]; `field` names it in the message.
    pub fn validate(&self, field: &str) -> Result<(), ScenarioError> {
        let fraction = |name: &str, value: f64| {
            if (0.0..=1.0).contains(&value) {
                return Ok(());
            }
            let hint = if value > 1.0 && value <= 100.0 { " (is it in percent?)" } else { "" };
            Err(ScenarioError::field(format!("{field}.{name}"), format!("{value} is not in 0 to 1{hint}")))
        };
        match self {
            Self::Fixed { loss } => fraction("loss", *loss),
            Self::Uniform { low, high } => {
                fraction("low", *low)?;
                fraction("high", *high)?;
                if low > high {
                    return Err(ScenarioError::field(
                        format!("{field}.low"),
                        format!("{low} is above high = {high}"),
                    ));
                }
                Ok(())
            }
            Self::Beta { a, b } => Beta::new(*a, *b).map(|_| ()).map_err(|_| {
                ScenarioError::field(
                    format!("{field}.a, {field}.b"),
                    format!("{a}, {b}: both shapes must be positive"),
                )
            }),
            Self::Exponential { mean } => {
                fraction("mean", *mean)?;
                if *mean == 0.0 {
                    return Err(ScenarioError::field(format!("{field}.mean"), "must be above zero"));
                }
                Ok(())
            }
            Self::Empirical { losses } => {
                if losses.is_empty() {
                    return Err(ScenarioError::field(format!("{field}.losses"), "is empty"));
                }
                losses.iter().enumerate().try_for_each(|(i, loss)| fraction(&format!("losses[{i}]"), *loss))
            }
        }
    }

    /// The loss that a share `q` of cases does not exceed; never falls with `q`.
    pub fn quantile(&self, q: f64) -> f64 {
        let q = q.clamp(0.0, 1.0);
        let loss = match self {
            Self::Fixed { loss } => *loss,
            Self::Uniform { low, high } => low + q * (high - low),
            // Checked by `validate`; a law that is none loses everything.
            Self::Beta { a, b } => Beta::new(*a, *b).map_or(1.0, |law| law.inverse_cdf(q)),
            Self::Exponential { mean } => -mean * (1.0 - q).ln(),
            Self::Empirical { losses } => {
                let mut sorted = losses.clone();
                sorted.sort_by(f64::total_cmp);
                let last = sorted.len().saturating_sub(1);
                let at = ((q * sorted.len() as f64) as usize).min(last);
                sorted.get(at).copied().unwrap_or(1.0)
            }
        };
        loss.clamp(0.0, 1.0)
    }

    /// Mean loss.
    pub fn mean(&self) -> f64 {
        match self {
            Self::Fixed { loss } => *loss,
            Self::Uniform { low, high } => 0.5 * (low + high),
            Self::Beta { a, b } => a / (a + b),
            Self::Exponential { mean } => mean * (1.0 - (-1.0 / mean).exp()),
            Self::Empirical { losses } => losses.iter().sum::<f64>() / losses.len().max(1) as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_rise_and_average_to_the_mean() {
        let laws = [
            Severity::Fixed { loss: 0.3 },
            Severity::Uniform { low: 0.1, high: 0.5 },
            Severity::Beta { a: 0.8, b: 1.6 },
            Severity::Exponential { mean: 0.04 },
            Severity::Exponential { mean: 0.7 },
            Severity::Empirical { losses: vec![0.9, 0.1, 0.3] },
        ];
        for law in laws {
            law.validate("severity").unwrap();
            let steps = 4_000;
            let quantiles: Vec<f64> =
                (0..steps).map(|i| law.quantile((f64::from(i) + 0.5) / f64::from(steps))).collect();
            assert!(quantiles.windows(2).all(|w| w[0] <= w[1]), "{law:?}");
            let mean = quantiles.iter().sum::<f64>() / f64::from(steps);
            assert!((mean - law.mean()).abs() < 1e-3, "{law:?}: {mean} {}", law.mean());
            assert!(law.quantile(0.0) >= 0.0 && law.quantile(1.0) <= 1.0);
        }
    }

    #[test]
    fn senseless_laws_are_named() {
        let cases = [
            (Severity::Fixed { loss: 30.0 }, "severity.loss: 30 is not in 0 to 1 (is it in percent?)"),
            (Severity::Fixed { loss: f64::NAN }, "severity.loss"),
            (Severity::Uniform { low: 0.5, high: 0.1 }, "severity.low: 0.5 is above high"),
            (Severity::Beta { a: 0.0, b: 1.0 }, "both shapes must be positive"),
            (Severity::Exponential { mean: 0.0 }, "must be above zero"),
            (Severity::Empirical { losses: vec![] }, "is empty"),
            (Severity::Empirical { losses: vec![0.1, -0.1] }, "losses[1]"),
        ];
        for (law, expected) in cases {
            let error = law.validate("severity").unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
