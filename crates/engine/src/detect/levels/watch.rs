use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use super::gauge::{Gauge, Reading};
use super::{Breaker, Rule, RuleSet, Sense};
use crate::detect::DetectError;

/// Most observations that a flag carries.
const MAX_EVIDENCE: usize = 16;

/// Watches all rules over one stream of observations.
#[derive(Clone, Debug)]
pub struct Watch {
    max_gap_secs: Option<i64>,
    columns: usize,
    previous_ts: Option<i64>,
    watched: Vec<Watched>,
}

#[derive(Clone, Debug)]
struct Watched {
    rule: Rule,
    breaker: Breaker,
    /// Where its columns stand, with their names.
    columns: Vec<(usize, String)>,
    gauge: Gauge,
    raised: bool,
    /// Observations running that speak for a change of state.
    count: u32,
    evidence: VecDeque<Evidence>,
    last_ts: Option<i64>,
    run_length: Option<RunLength>,
}

/// One observation that counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// Unix seconds.
    pub ts: i64,
    /// The statistic.
    pub statistic: f64,
    /// What was read, by column.
    pub values: BTreeMap<String, f64>,
}

/// A raised rule: the breaker to arm, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Flag {
    /// Rule.
    pub rule: String,
    /// On-chain breaker to arm.
    pub breaker: Breaker,
    /// 1 no increases, 2 deposits paused, 3 anyone may unwind, 4 wind-down.
    pub level: u8,
    /// The rule's threshold.
    pub threshold: f64,
    /// The statistic that raised it.
    pub statistic: f64,
    /// Time of the first of the observations running, unix seconds.
    pub first_ts: i64,
    /// Time of the one that raised it.
    pub raised_ts: i64,
    /// The observations running; the newest sixteen if there are more.
    pub evidence: Vec<Evidence>,
    /// How long the rule runs between false alarms, if known.
    pub average_run_length: Option<RunLength>,
}

/// Observations between false alarms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RunLength {
    /// Observations.
    pub observations: f64,
    /// Where that comes from.
    pub basis: RunLengthBasis,
}

/// Where a run length comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunLengthBasis {
    /// Theory, for independent normal observations.
    Exact,
    /// Calm history: observations over alarms.
    Measured,
    /// Calm history without an alarm: the true length is longer than this with 95% confidence (n / 3, the rule of three).
    AtLeast,
}

/// What happened at an observation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A rule was raised.
    Raised(Flag),
    /// A raised rule is well again.
    Cleared {
        /// Rule.
        rule: String,
        /// Breaker that need no longer be re-confirmed.
        breaker: Breaker,
        /// Unix seconds.
        cleared_ts: i64,
        /// The statistic.
        statistic: f64,
    },
}

impl Watch {
    /// Watches `rules` over observations with these columns. Run lengths are those of theory; see [`run_lengths`] for
    /// measured ones.
    ///
    /// # Errors
    /// A rule that makes no sense, or reads a column that is not there.
    pub fn new(rules: &RuleSet, columns: &[String]) -> Result<Self, DetectError> {
        rules.check()?;
        let watched = rules.rules.iter().map(|rule| Watched::new(rule, columns)).collect::<Result<_, _>>()?;
        Ok(Self { max_gap_secs: rules.max_gap_secs, columns: columns.len(), previous_ts: None, watched })
    }

    /// The same with run lengths measured elsewhere, one a rule; theory's stay where there is none.
    pub fn with_run_lengths(mut self, lengths: &[Option<RunLength>]) -> Self {
        for (watched, length) in self.watched.iter_mut().zip(lengths) {
            watched.run_length = watched.run_length.or(*length);
        }
        self
    }

    /// Takes one observation: a value a column, NaN where there was none.
    ///
    /// # Errors
    /// Time that does not advance; another number of values; an infinite value, or one that cannot be what a rule takes it
    /// for. After an error the watch must not be used on: some rules have seen the observation and some have not.
    pub fn observe(&mut self, ts: i64, values: &[f64]) -> Result<Vec<Event>, DetectError> {
        if values.len() != self.columns {
            return Err(DetectError::Width { ts, found: values.len(), columns: self.columns });
        }
        if let Some(previous) = self.previous_ts.filter(|previous| *previous >= ts) {
            return Err(DetectError::Order { previous, found: ts });
        }
        self.previous_ts = Some(ts);
        let mut events = Vec::new();
        for watched in &mut self.watched {
            events.extend(watched.observe(ts, values, self.max_gap_secs)?);
        }
        Ok(events)
    }

    /// Names of the rules that are raised.
    pub fn raised(&self) -> impl Iterator<Item = &str> {
        self.watched.iter().filter(|watched| watched.raised).map(|watched| watched.rule.name.as_str())
    }
}

impl Watched {
    fn new(rule: &Rule, known: &[String]) -> Result<Self, DetectError> {
        let columns = rule.measure.columns().into_iter().map(|name| {
            let index = known.iter().position(|column| column == name);
            index.map(|index| (index, name.to_owned())).ok_or_else(|| DetectError::MissingColumn {
                rule: rule.name.clone(),
                column: name.into(),
                known: known.join(", "),
            })
        });
        let no_breaker =
            || DetectError::Rule { rule: rule.name.clone(), problem: "it arms no breaker".into() };
        Ok(Self {
            breaker: rule.breaker.or(rule.measure.breaker()).ok_or_else(no_breaker)?,
            columns: columns.collect::<Result<_, _>>()?,
            gauge: Gauge::new(rule)?,
            raised: false,
            count: 0,
            evidence: VecDeque::new(),
            last_ts: None,
            run_length: rule.run_length(),
            rule: rule.clone(),
        })
    }

    fn observe(&mut self, ts: i64, all: &[f64], max_gap: Option<i64>) -> Result<Option<Event>, DetectError> {
        let mut values = Vec::with_capacity(self.columns.len());
        for (index, column) in &self.columns {
            let value = all.get(*index).copied().unwrap_or(f64::NAN);
            if value.is_infinite() {
                let (rule, column) = (self.rule.name.clone(), column.clone());
                return Err(DetectError::Value {
                    rule,
                    column,
                    ts,
                    problem: format!("{value} is not finite"),
                });
            }
            values.push(value);
        }
        if values.iter().any(|value| value.is_nan()) {
            return Ok(None);
        }
        let gap = self.last_ts.map(|last| ts.saturating_sub(last));
        if gap.zip(max_gap).is_some_and(|(gap, most)| gap > most) {
            self.gauge.forget(&self.rule)?;
            self.count = 0;
            self.evidence.clear();
        }
        self.last_ts = Some(ts);
        let statistic = self.gauge.read(&self.rule.measure, Reading { ts, values: &values }).map_err(
            |(index, problem)| DetectError::Value {
                rule: self.rule.name.clone(),
                column: self.columns.get(index).map(|column| column.1.clone()).unwrap_or_default(),
                ts,
                problem,
            },
        )?;
        Ok(self.judge(Evidence {
            ts,
            statistic,
            values: self.columns.iter().map(|column| column.1.clone()).zip(values).collect(),
        }))
    }

    fn judge(&mut self, seen: Evidence) -> Option<Event> {
        let beyond = |limit: f64| match self.rule.measure.sense() {
            Sense::AtLeast => seen.statistic >= limit,
            Sense::AtMost => seen.statistic <= limit,
        };
        let counts = if self.raised { !beyond(self.rule.release_at()) } else { beyond(self.rule.limit()) };
        if !counts {
            self.count = 0;
            self.evidence.clear();
            return None;
        }
        self.count += 1;
        let (ts, statistic) = (seen.ts, seen.statistic);
        self.evidence.push_back(seen);
        if self.evidence.len() > MAX_EVIDENCE {
            self.evidence.pop_front();
        }
        if self.count < self.rule.confirm {
            return None;
        }
        self.count = 0;
        self.raised = !self.raised;
        let evidence: Vec<Evidence> = std::mem::take(&mut self.evidence).into();
        let (rule, breaker) = (self.rule.name.clone(), self.breaker);
        if !self.raised {
            return Some(Event::Cleared { rule, breaker, cleared_ts: ts, statistic });
        }
        Some(Event::Raised(Flag {
            rule,
            breaker,
            level: self.rule.level,
            threshold: self.rule.limit(),
            statistic,
            first_ts: evidence.first().map_or(ts, |first| first.ts),
            raised_ts: ts,
            evidence,
            average_run_length: self.run_length,
        }))
    }
}

/// How long each rule runs between alarms on history known to be calm: observations of its columns over the times it was
/// raised. Nothing is assumed about dependence: the history is simply watched.
///
/// # Errors
/// See [`Watch::new`] and [`Watch::observe`].
pub fn run_lengths<'a>(
    rules: &RuleSet,
    columns: &[String],
    calm: impl IntoIterator<Item = (i64, &'a [f64])>,
) -> Result<Vec<Option<RunLength>>, DetectError> {
    let mut watch = Watch::new(rules, columns)?;
    let mut seen = vec![0u64; rules.rules.len()];
    let mut alarms = vec![0u64; rules.rules.len()];
    for (ts, values) in calm {
        let events = watch.observe(ts, values)?;
        for (index, watched) in watch.watched.iter().enumerate() {
            let raised =
                |event: &Event| matches!(event, Event::Raised(flag) if flag.rule == watched.rule.name);
            if let (Some(seen), Some(alarms)) = (seen.get_mut(index), alarms.get_mut(index)) {
                *seen += u64::from(watched.last_ts == Some(ts));
                *alarms += u64::from(events.iter().any(raised));
            }
        }
    }
    Ok(seen
        .into_iter()
        .zip(alarms)
        .map(|(seen, alarms)| match (seen, alarms) {
            (0, _) => None,
            (seen, 0) => Some(RunLength { observations: seen as f64 / 3.0, basis: RunLengthBasis::AtLeast }),
            (seen, alarms) => {
                Some(RunLength { observations: seen as f64 / alarms as f64, basis: RunLengthBasis::Measured })
            }
        })
        .collect())
}

#[cfg(test)]
mod tests;
