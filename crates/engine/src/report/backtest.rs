//! What a back-test found, as other programs hand it to [`super::render_html`]: plain data, checked before it is
//! drawn.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Sums of weights may exceed one by this much, from rounding.
const WEIGHT_SLACK: f64 = 1e-6;

/// The whole of a back-test. The first contestant is the engine; the others are what it is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BacktestReport {
    /// What was tested.
    pub title: String,
    /// On what.
    #[serde(default)]
    pub provenance: BacktestProvenance,
    /// Who took part; at least one.
    pub contestants: Vec<Contestant>,
    /// What the detectors raised.
    #[serde(default)]
    pub flags: Vec<FlagMark>,
    /// The first contestant against the others.
    #[serde(default)]
    pub comparisons: Vec<Comparison>,
    /// Configurations tried before this one, this one included; what the deflated Sharpe ratio pays for.
    #[serde(default)]
    pub trials: u64,
}

/// What a back-test ran on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BacktestProvenance {
    /// Stretches of data.
    #[serde(default)]
    pub windows: Vec<DataWindow>,
    /// Seeds by what they drive.
    #[serde(default)]
    pub seeds: BTreeMap<String, u64>,
    /// Hashes by what they cover.
    #[serde(default)]
    pub hashes: BTreeMap<String, String>,
    /// Everything that was assumed rather than read.
    #[serde(default)]
    pub assumptions: Vec<String>,
}

/// A series and the window it was taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataWindow {
    /// Which series.
    pub series: String,
    /// Start, unix seconds.
    pub from_ts: i64,
    /// End (exclusive), unix seconds.
    pub to_ts: i64,
    /// Anything to know about it: gaps, source.
    #[serde(default)]
    pub note: String,
}

/// A policy and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contestant {
    /// Its name; unique.
    pub name: String,
    /// Share price: (unix seconds, positive), strictly ascending, two points or more.
    pub equity: Vec<(i64, f64)>,
    /// Names of the slots, in the order of the weights.
    #[serde(default)]
    pub slots: Vec<String>,
    /// Weight of each slot, fractions of the vault; what is left is idle.
    #[serde(default)]
    pub weights: Vec<(i64, Vec<f64>)>,
    /// How much of each limit was used: 1 is all of it.
    #[serde(default)]
    pub limit_utilisation: Vec<(i64, BTreeMap<String, f64>)>,
    /// Statistics by name; nested objects and nulls are fine.
    #[serde(default)]
    pub stats: serde_json::Value,
    /// Decisions that the program took.
    #[serde(default)]
    pub decisions_accepted: u64,
    /// Decisions that it refused, by the limit that failed first.
    #[serde(default)]
    pub decisions_refused: BTreeMap<String, u64>,
    /// Costs by kind, fractions of the vault over the whole time.
    #[serde(default)]
    pub costs: BTreeMap<String, f64>,
}

/// A red flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagMark {
    /// When it was raised, unix seconds.
    pub ts: i64,
    /// The rule that raised it.
    pub rule: String,
    /// The breaker on chain that it arms.
    pub breaker: String,
    /// 1 no increases, 2 deposits paused, 3 anyone may unwind, 4 wind-down.
    pub level: u8,
    /// What it rests on.
    pub evidence: String,
}

/// The first contestant against another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Against whom.
    pub against: String,
    /// Mean excess return a year, fraction.
    pub mean_excess: f64,
    /// Sharpe ratio less theirs.
    pub sharpe_difference: f64,
    /// Probability that the Sharpe ratio is not the luck of so many trials; none where it was not computed.
    #[serde(default)]
    pub deflated_sharpe: Option<f64>,
    /// In words.
    pub verdict: String,
}

/// Why a back-test's report cannot be drawn.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BacktestReportError {
    /// Nobody took part.
    #[error("a report needs a contestant")]
    NoContestant,
    /// Two contestants have one name.
    #[error("contestant {0:?} is there twice")]
    DuplicateName(String),
    /// A series cannot be used.
    #[error("contestant {contestant:?}, {series}, point {point}: {problem}")]
    Series {
        /// Whose.
        contestant: String,
        /// Which.
        series: &'static str,
        /// Its index.
        point: usize,
        /// What is wrong.
        problem: String,
    },
    /// A flag's level is not one of the chain's.
    #[error("flag {index}: level {level} is not 1 to 4")]
    FlagLevel {
        /// Its index.
        index: usize,
        /// As given.
        level: u8,
    },
    /// A figure is not finite.
    #[error("{0} is not a finite number")]
    NotFinite(String),
    /// A chart could not be drawn.
    #[error("drawing failed: {0}")]
    Draw(String),
}

impl BacktestReport {
    /// Checks everything that a chart takes for granted.
    pub fn validate(&self) -> Result<(), BacktestReportError> {
        if self.contestants.is_empty() {
            return Err(BacktestReportError::NoContestant);
        }
        for (index, contestant) in self.contestants.iter().enumerate() {
            if self.contestants.iter().skip(index + 1).any(|other| other.name == contestant.name) {
                return Err(BacktestReportError::DuplicateName(contestant.name.clone()));
            }
            contestant.validate()?;
        }
        for (index, flag) in self.flags.iter().enumerate() {
            if !(1..=4).contains(&flag.level) {
                return Err(BacktestReportError::FlagLevel { index, level: flag.level });
            }
        }
        for comparison in &self.comparisons {
            let figures = [
                Some(comparison.mean_excess),
                Some(comparison.sharpe_difference),
                comparison.deflated_sharpe,
            ];
            if figures.into_iter().flatten().any(|figure| !figure.is_finite()) {
                return Err(BacktestReportError::NotFinite(format!(
                    "the comparison with {:?}",
                    comparison.against
                )));
            }
        }
        Ok(())
    }
}

impl Contestant {
    fn validate(&self) -> Result<(), BacktestReportError> {
        let wrong = |series, point, problem: String| {
            Err(BacktestReportError::Series { contestant: self.name.clone(), series, point, problem })
        };
        if self.equity.len() < 2 {
            return wrong("equity", self.equity.len(), "two points are the least".into());
        }
        let equity = self.equity.iter().map(|point| point.0);
        let weights = self.weights.iter().map(|point| point.0);
        let limits = self.limit_utilisation.iter().map(|point| point.0);
        let series: [(_, Vec<i64>); 3] = [
            ("equity", equity.collect()),
            ("weights", weights.collect()),
            ("limit utilisation", limits.collect()),
        ];
        for (name, times) in series {
            if let Some(at) = times.iter().zip(times.iter().skip(1)).position(|(a, b)| b <= a) {
                return wrong(name, at + 1, "time does not advance".into());
            }
        }
        if let Some(at) = self.equity.iter().position(|point| !(point.1 > 0.0 && point.1.is_finite())) {
            return wrong("equity", at, "a share price must be positive".into());
        }
        for (at, (_, weights)) in self.weights.iter().enumerate() {
            if weights.len() != self.slots.len() {
                return wrong(
                    "weights",
                    at,
                    format!("{} weights for {} slots", weights.len(), self.slots.len()),
                );
            }
            let sound = weights.iter().all(|weight| (0.0..=1.0 + WEIGHT_SLACK).contains(weight));
            let sum: f64 = weights.iter().sum();
            if !sound || sum > 1.0 + WEIGHT_SLACK {
                return wrong(
                    "weights",
                    at,
                    format!("weights that sum to {sum} are not fractions of a whole"),
                );
            }
        }
        for (at, (_, limits)) in self.limit_utilisation.iter().enumerate() {
            if let Some((limit, used)) = limits.iter().find(|(_, used)| !(**used >= 0.0 && used.is_finite()))
            {
                return wrong("limit utilisation", at, format!("{limit}: {used} is no share of a limit"));
            }
        }
        match self.costs.iter().find(|(_, cost)| !cost.is_finite()) {
            Some((kind, _)) => Err(BacktestReportError::NotFinite(format!("{:?}: cost {kind}", self.name))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::html::fixture::report;

    type Change<'a> = &'a dyn Fn(&mut BacktestReport);

    #[test]
    fn it_survives_json() {
        let report = report(40);
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<BacktestReport>(&text).unwrap(), report);
        let least = "{\"title\":\"t\",\"contestants\":[{\"name\":\"a\",\"equity\":[[1,1.0],[2,1.1]]}]}";
        assert_eq!(serde_json::from_str::<BacktestReport>(least).unwrap().validate(), Ok(()));
    }

    #[test]
    fn what_cannot_be_drawn_is_named() {
        let error = |change: &dyn Fn(&mut BacktestReport)| {
            let mut report = report(40);
            assert_eq!(report.validate(), Ok(()));
            change(&mut report);
            report.validate().unwrap_err().to_string()
        };
        let cases: [(Change<'_>, &str); 10] = [
            (&|r| r.contestants.clear(), "needs a contestant"),
            (&|r| r.contestants[1].name = r.contestants[0].name.clone(), "\"engine\" is there twice"),
            (
                &|r| r.contestants[0].equity.truncate(1),
                "\"engine\", equity, point 1: two points are the least",
            ),
            (&|r| r.contestants[0].equity[3].0 = 0, "equity, point 3: time does not advance"),
            (&|r| r.contestants[0].equity[3].1 = f64::NAN, "equity, point 3: a share price must be positive"),
            (&|r| r.contestants[0].weights[2].1.push(0.0), "weights, point 2: 5 weights for 4 slots"),
            (&|r| r.contestants[0].weights[2].1[0] = 40.0, "are not fractions of a whole"),
            (
                &|r| _ = r.contestants[0].limit_utilisation[1].1.insert("x".into(), f64::INFINITY),
                "limit utilisation, point 1: x: inf is no share of a limit",
            ),
            (&|r| r.flags[0].level = 5, "flag 0: level 5 is not 1 to 4"),
            (&|r| r.comparisons[0].mean_excess = f64::NAN, "is not a finite number"),
        ];
        for (change, expected) in cases {
            let found = error(change);
            assert!(found.contains(expected), "{found:?} lacks {expected:?}");
        }
    }
}
