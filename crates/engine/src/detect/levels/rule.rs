use serde::{Deserialize, Serialize};

use super::{Breaker, Measure, RunLength, RunLengthBasis, Sense};
use crate::detect::DetectError;
use crate::detect::cusum::{CusumSettings, Direction, Sides};
use crate::detect::run_length::{Chart, Method};

/// Most confirmations a rule can ask for.
const MAX_CONFIRM: u32 = 1_000;

/// When something measured is too much, and what to do about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What reports call it.
    pub name: String,
    /// What is measured.
    pub measure: Measure,
    /// Where it begins to be too much (too little, for liquidity). A fraction, seconds, an amount or sigmas, by measure;
    /// not needed for a programdata change.
    pub threshold: Option<f64>,
    /// Where it is well again; the threshold itself unless given.
    #[serde(default)]
    pub release: Option<f64>,
    /// Observations running that raise it, and that clear it.
    #[serde(default = "two")]
    pub confirm: u32,
    /// 1 no increases, 2 deposits paused, 3 anyone may unwind, 4 wind-down.
    pub level: u8,
    /// Breaker to arm; the measure's own unless given.
    #[serde(default)]
    pub breaker: Option<Breaker>,
}

/// Rules that are watched together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// The rules.
    pub rules: Vec<Rule>,
    /// A longer stretch without an observation, seconds, ends every count and window: what was before it says nothing
    /// about now.
    #[serde(default)]
    pub max_gap_secs: Option<i64>,
}

impl Rule {
    /// Checks that the rule makes sense.
    ///
    /// # Errors
    /// Names the rule and what is wrong with it.
    pub fn check(&self) -> Result<(), DetectError> {
        let wrong = |problem: String| Err(DetectError::Rule { rule: self.name.clone(), problem });
        if self.name.trim().is_empty() {
            return wrong("it has no name".into());
        }
        let Some(threshold) = self.threshold.or(self.built_in_threshold()) else {
            return wrong("it has no threshold".into());
        };
        let release = self.release.unwrap_or(threshold);
        if !(threshold.is_finite() && threshold >= 0.0 && release.is_finite() && release >= 0.0) {
            return wrong(format!(
                "threshold {threshold} and release {release} must be finite and not negative"
            ));
        }
        let outside = match self.measure.sense() {
            Sense::AtLeast => release > threshold,
            Sense::AtMost => release < threshold,
        };
        if outside {
            return wrong(format!("release {release} lies beyond the threshold {threshold}"));
        }
        if self.measure.sense() == Sense::AtLeast && threshold == 0.0 {
            return wrong("a threshold of 0 is always reached".into());
        }
        if self.threshold_is_share() && threshold > 1.0 {
            return wrong(format!("threshold {threshold} reads like percent; it is a fraction"));
        }
        if !(1..=4).contains(&self.level) {
            return wrong(format!("level {} is not one of 1 to 4", self.level));
        }
        if !(1..=MAX_CONFIRM).contains(&self.confirm) {
            return wrong(format!("confirm {} is not between 1 and {MAX_CONFIRM}", self.confirm));
        }
        if self.breaker.or(self.measure.breaker()).is_none() {
            return wrong("a CUSUM must name the breaker that it arms".into());
        }
        self.check_measure(threshold)
    }

    fn check_measure(&self, threshold: f64) -> Result<(), DetectError> {
        let wrong = |problem: String| Err(DetectError::Rule { rule: self.name.clone(), problem });
        match self.measure {
            Measure::PegDeviation { peg, .. } if !(peg.is_finite() && peg > 0.0) => {
                wrong(format!("a peg of {peg} is not above 0"))
            }
            Measure::NetOutflow { window_secs, .. }
            | Measure::SupplyJump { window_secs, .. }
            | Measure::ExchangeRateFall { window_secs: Some(window_secs), .. }
                if window_secs <= 0 =>
            {
                wrong(format!("a window of {window_secs} seconds is not above 0"))
            }
            Measure::Cusum { .. } => match self.cusum_settings(threshold).map(|settings| settings.check()) {
                Some(Err(error)) => wrong(error.to_string()),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// The threshold in force.
    pub fn limit(&self) -> f64 {
        self.threshold.or(self.built_in_threshold()).unwrap_or(f64::INFINITY)
    }

    /// Where it is well again.
    pub fn release_at(&self) -> f64 {
        self.release.unwrap_or(self.limit())
    }

    /// A CUSUM's settings; it runs on after an alarm, so that it stays raised while the shift lasts.
    pub fn cusum_settings(&self, h: f64) -> Option<CusumSettings> {
        let Measure::Cusum { mean, sigma, k, direction, .. } = self.measure else {
            return None;
        };
        let sides = match direction {
            Direction::Up => Sides::Upper,
            Direction::Down => Sides::Lower,
        };
        Some(CusumSettings { mean, sigma, k, h, sides, headstart: 0.0, reset: false })
    }

    /// The average run length that theory gives: for a CUSUM confirmed once; none for levels, or where it is beyond reach.
    pub fn run_length(&self) -> Option<RunLength> {
        let settings = self.cusum_settings(self.limit()).filter(|_| self.confirm == 1)?;
        let chart = Chart { k: settings.k, h: settings.h, sides: settings.sides, headstart: 0.0 };
        let length = chart.average_run_length(0.0, Method::Exact).ok().filter(|length| length.is_finite());
        length.map(|observations| RunLength { observations, basis: RunLengthBasis::Exact })
    }

    fn built_in_threshold(&self) -> Option<f64> {
        matches!(self.measure, Measure::ProgramdataChange { .. }).then_some(1.0)
    }

    /// Measures that cannot exceed one.
    fn threshold_is_share(&self) -> bool {
        match &self.measure {
            Measure::Utilisation { .. }
            | Measure::NetOutflow { .. }
            | Measure::PegDeviation { .. }
            | Measure::OracleGap { .. }
            | Measure::OracleWide { .. }
            | Measure::ExchangeRateFall { .. }
            | Measure::WithdrawableLiquidity { of: Some(_), .. } => true,
            Measure::WithdrawableLiquidity { of: None, .. }
            | Measure::OracleStale { .. }
            | Measure::SupplyJump { .. }
            | Measure::ProgramdataChange { .. }
            | Measure::Cusum { .. } => false,
        }
    }
}

impl RuleSet {
    /// Checks every rule and that names differ.
    ///
    /// # Errors
    /// The first that makes no sense.
    pub fn check(&self) -> Result<(), DetectError> {
        if self.rules.is_empty() {
            return Err(DetectError::NoRules);
        }
        for (index, rule) in self.rules.iter().enumerate() {
            rule.check()?;
            if self.rules.iter().take(index).any(|other| other.name == rule.name) {
                return Err(DetectError::DuplicateRule(rule.name.clone()));
            }
        }
        match self.max_gap_secs {
            Some(gap) if gap <= 0 => {
                Err(DetectError::Setting { name: "max_gap_secs", value: gap as f64, allowed: "above 0" })
            }
            _ => Ok(()),
        }
    }
}

fn two() -> u32 {
    2
}
