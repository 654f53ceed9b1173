//! Class statistics that somebody else supplies: paths with the given growth, volatility and jumps.

use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use serde::Deserialize;

use super::PersonaliseError;
use super::classes::{CLASSES, ClassPaths};
use crate::generate::stream;
use crate::scenario::{Jump, JumpKind, Severity, jump_events};

/// Daily steps for a year; longer horizons take longer steps.
const MOST_STEPS: u32 = 365;
/// A year's growth or volatility above this is taken for a percentage.
const PLAUSIBLE: f64 = 1.5;
const NAMES: [&str; CLASSES] = super::profile::CLASS_NAMES;
/// Streams of a path: the diffusion of each class, then its jumps.
const JUMP_STREAMS: u64 = 8;

/// Statistics of the three classes, and where they come from.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassStatistics {
    /// Who computed them from what; goes into the answer.
    pub source: String,
    /// Conservative.
    pub conservative: ClassFigures,
    /// Balanced.
    pub balanced: ClassFigures,
    /// Growth.
    pub growth: ClassFigures,
}

/// One class, a year, fractions. Classes move independently but for what `source` may say.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassFigures {
    /// Median growth a year where no jump happens.
    #[serde(alias = "return", alias = "growth")]
    pub annual_return: f64,
    /// Standard deviation of the log value, a year.
    #[serde(alias = "vol")]
    pub volatility: f64,
    /// Expected jumps a year.
    #[serde(default, alias = "intensity")]
    pub jumps_per_year: f64,
    /// Mean loss in a jump; losses are exponential, at most everything.
    #[serde(default, alias = "severity")]
    pub jump_loss: f64,
}

impl ClassStatistics {
    /// Refuses figures outside their meaning.
    pub fn validate(&self) -> Result<(), PersonaliseError> {
        if self.source.trim().is_empty() {
            return Err(PersonaliseError::field("classes.source", "say where the statistics come from"));
        }
        for (name, figures) in NAMES.iter().zip(self.all()) {
            let checks = [
                ("annual_return", figures.annual_return, -0.99),
                ("volatility", figures.volatility, 0.0),
                ("jumps_per_year", figures.jumps_per_year, 0.0),
                ("jump_loss", figures.jump_loss, 0.0),
            ];
            for (field, value, least) in checks {
                let most = match field {
                    "jumps_per_year" => 100.0,
                    "jump_loss" => 1.0,
                    _ => PLAUSIBLE,
                };
                if !(least..=most).contains(&value) {
                    let hint = if value > most && value <= 100.0 { " (is it in percent?)" } else { "" };
                    return Err(PersonaliseError::field(
                        format!("classes.{name}.{field}"),
                        format!("{value} is not in {least} to {most}{hint}"),
                    ));
                }
            }
        }
        Ok(())
    }

    fn all(&self) -> [ClassFigures; CLASSES] {
        [self.conservative, self.balanced, self.growth]
    }

    /// `count` paths over `days`.
    pub fn simulate(&self, days: u32, count: usize, seed: u64) -> Result<ClassPaths, PersonaliseError> {
        self.validate()?;
        let step_days = days.div_ceil(MOST_STEPS).max(1);
        let steps = days.div_ceil(step_days) as usize;
        let all = self.all();
        let one = |path: usize| {
            let seed = seed ^ (path as u64).rotate_left(32);
            std::array::from_fn(|class| {
                all.get(class).map_or_else(Vec::new, |figures| {
                    path_of(figures, class as u64, steps, f64::from(step_days) / 365.0, seed)
                })
            })
        };
        let paths = (0..count).into_par_iter().map(one).collect();
        let source = vec![format!("class statistics supplied with the request: {}", self.source)];
        Ok(ClassPaths { step_days: f64::from(step_days), paths, source })
    }
}

fn path_of(figures: &ClassFigures, class: u64, steps: usize, years: f64, seed: u64) -> Vec<f64> {
    let mut rng = stream(seed, class);
    let total = years * steps as f64;
    let mut lost = vec![1.0f64; steps];
    if figures.jump_loss > 0.0 {
        let severity = Severity::Exponential { mean: figures.jump_loss };
        let jump = Jump { kind: JumpKind::Other, intensity: figures.jumps_per_year, severity };
        for (at, loss) in jump_events(&jump, total, &mut stream(seed, JUMP_STREAMS + class)) {
            let step = ((at / total * steps as f64) as usize).min(steps.saturating_sub(1));
            if let Some(kept) = lost.get_mut(step) {
                *kept *= 1.0 - loss;
            }
        }
    }
    let drift = figures.annual_return.ln_1p() * years;
    let deviation = figures.volatility * years.sqrt();
    let mut value = 1.0;
    let grow = lost.into_iter().map(|kept| {
        let z: f64 = StandardNormal.sample(&mut rng);
        value *= (drift + deviation * z).exp() * kept;
        value
    });
    std::iter::once(1.0).chain(grow).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::stats::moments::quantile_of_sorted;

    pub fn plain() -> ClassStatistics {
        let figures = |annual_return, volatility| ClassFigures {
            annual_return,
            volatility,
            jumps_per_year: 0.0,
            jump_loss: 0.0,
        };
        ClassStatistics {
            source: "a test".into(),
            conservative: figures(0.04, 0.01),
            balanced: figures(0.07, 0.06),
            growth: figures(0.12, 0.20),
        }
    }

    #[test]
    fn paths_have_the_given_figures() {
        let mut statistics = plain();
        statistics.growth.jumps_per_year = 0.5;
        statistics.growth.jump_loss = 0.1;
        let paths = statistics.simulate(365, 4_000, 3).unwrap();
        let ends = |class: usize| {
            let mut logs: Vec<f64> =
                paths.paths.iter().map(|path| path[class].last().unwrap().ln()).collect();
            logs.sort_by(f64::total_cmp);
            logs
        };
        let balanced = ends(1);
        let quantile = |level| quantile_of_sorted(&balanced, level).unwrap();
        assert!((quantile(0.5) - 1.07f64.ln()).abs() < 0.005);
        let spread = (quantile(0.841_345) - quantile(0.158_655)) / 2.0;
        assert!((spread - 0.06).abs() < 0.003, "{spread}");
        // The mean of exp(log) with jumps: growth times exp(-rate * mean loss) times exp(variance / 2).
        let mean = ends(2).iter().map(|log| log.exp()).sum::<f64>() / 4_000.0;
        let expected = 1.12 * (-0.05f64).exp() * 0.02f64.exp();
        assert!((mean - expected).abs() < 0.015, "{mean} {expected}");
    }

    #[test]
    fn figures_outside_their_meaning_are_named() {
        let mut percent = plain();
        percent.balanced.annual_return = 7.0;
        let error = percent.validate().unwrap_err().to_string();
        assert!(
            error.contains("classes.balanced.annual_return: 7 is not in -0.99 to 1.5 (is it in percent?)"),
            "{error}"
        );
        let mut infinite = plain();
        infinite.growth.volatility = f64::INFINITY;
        assert!(infinite.simulate(10, 10, 1).is_err());
        assert!(ClassStatistics { source: " ".into(), ..plain() }.validate().is_err());
    }
}
