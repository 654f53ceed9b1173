use std::collections::VecDeque;

use super::{Measure, PegSide, Rule};
use crate::detect::DetectError;
use crate::detect::cusum::{Cusum, Direction};

/// A utilisation above this is no rounding and no accrued interest: it is percent.
const MOST_UTILISATION: f64 = 1.5;

/// A CUSUM's sum goes no higher than this many thresholds: without it, an hour of collapse would keep a rule raised for
/// weeks of calm.
const MOST_THRESHOLDS: f64 = 2.0;

/// A measure under way: what it must remember to give its statistic.
#[derive(Clone, Debug)]
pub(super) struct Gauge {
    memory: Memory,
}

#[derive(Clone, Debug)]
enum Memory {
    None,
    /// (time, value) in a window, oldest first; only those that may yet be the extreme, where an extreme is wanted.
    Window(VecDeque<(i64, f64)>),
    /// (time, flow, total at that time).
    Flows(VecDeque<(i64, f64, f64)>),
    /// The first value.
    First(Option<f64>),
    /// The sums, and their cap.
    Cusum(Box<Cusum>, f64),
}

/// Values at one time, in the order of [`Measure::columns`].
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub ts: i64,
    pub values: &'a [f64],
}

impl Gauge {
    pub fn new(rule: &Rule) -> Result<Self, DetectError> {
        let memory = match &rule.measure {
            Measure::ExchangeRateFall { .. } | Measure::SupplyJump { .. } => Memory::Window(VecDeque::new()),
            Measure::NetOutflow { .. } => Memory::Flows(VecDeque::new()),
            Measure::ProgramdataChange { .. } => Memory::First(None),
            Measure::Cusum { .. } => match rule.cusum_settings(rule.limit()) {
                Some(settings) => {
                    Memory::Cusum(Box::new(Cusum::new(settings)?), MOST_THRESHOLDS * settings.h)
                }
                None => Memory::None,
            },
            _ => Memory::None,
        };
        Ok(Self { memory })
    }

    /// Forgets windows and sums after a gap; a deploy slot stays pinned.
    pub fn forget(&mut self, rule: &Rule) -> Result<(), DetectError> {
        if !matches!(self.memory, Memory::First(_)) {
            *self = Self::new(rule)?;
        }
        Ok(())
    }

    /// The statistic, from values that were all observed. What is wrong with a value is said with the index of its column.
    pub fn read(&mut self, measure: &Measure, reading: Reading<'_>) -> Result<f64, (usize, String)> {
        let Reading { ts, values } = reading;
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        let positive = |index: usize| match at(index) {
            value if value > 0.0 => Ok(value),
            value => Err((index, format!("{value} is not above 0"))),
        };
        let not_negative = |index: usize| match at(index) {
            value if value >= 0.0 => Ok(value),
            value => Err((index, format!("{value} is below 0"))),
        };
        match measure {
            Measure::Utilisation { of, .. } => {
                let part = not_negative(0)?;
                let share = if of.is_some() { share_of(part, not_negative(1)?) } else { part };
                if share > MOST_UTILISATION {
                    return Err((
                        0,
                        format!("a utilisation of {share} reads like percent; it is a fraction"),
                    ));
                }
                Ok(share)
            }
            Measure::WithdrawableLiquidity { of, .. } => {
                let amount = not_negative(0)?;
                match of {
                    // Nothing supplied, nothing to withdraw, nothing wrong.
                    Some(_) if not_negative(1)? == 0.0 => Ok(1.0),
                    Some(_) => Ok(amount / at(1)),
                    None => Ok(amount),
                }
            }
            Measure::NetOutflow { window_secs, .. } => {
                let total = not_negative(1)?;
                Ok(self.outflow(ts, at(0), total, *window_secs))
            }
            Measure::PegDeviation { peg, side, .. } => {
                let deviation = not_negative(0)? / peg - 1.0;
                Ok(match side {
                    PegSide::Both => deviation.abs(),
                    PegSide::Below => (-deviation).max(0.0),
                    PegSide::Above => deviation.max(0.0),
                })
            }
            Measure::OracleGap { .. } => Ok((not_negative(0)? / positive(1)? - 1.0).abs()),
            Measure::OracleStale { .. } => match ts as f64 - positive(0)? {
                age if age >= 0.0 => Ok(age),
                age => Err((0, format!("published {} s after the time of the observation", -age))),
            },
            Measure::OracleWide { .. } => Ok(not_negative(0)? / positive(1)?),
            Measure::ExchangeRateFall { window_secs, .. } => {
                let rate = not_negative(0)?;
                let highest = self.extreme(ts, rate, *window_secs, |old, new| old <= new);
                Ok(if highest > 0.0 { 1.0 - rate / highest } else { 0.0 })
            }
            Measure::SupplyJump { window_secs, .. } => {
                let supply = positive(0)?;
                let lowest = self.extreme(ts, supply, Some(*window_secs), |old, new| old >= new);
                Ok(supply / lowest - 1.0)
            }
            Measure::ProgramdataChange { .. } => {
                let value = at(0);
                let Memory::First(first) = &mut self.memory else { return Ok(0.0) };
                Ok(f64::from(*first.get_or_insert(value) != value))
            }
            Measure::Cusum { direction, .. } => {
                let Memory::Cusum(cusum, most) = &mut self.memory else { return Ok(0.0) };
                cusum.observe(at(0)).map_err(|error| (0, error.to_string()))?;
                cusum.cap(*most);
                let (upper, lower) = cusum.sums();
                Ok(match direction {
                    Direction::Up => upper,
                    Direction::Down => lower,
                })
            }
        }
    }

    /// The highest (or lowest) value of the window: a queue of those that no later one has overtaken.
    fn extreme(
        &mut self,
        ts: i64,
        value: f64,
        window: Option<i64>,
        overtakes: impl Fn(f64, f64) -> bool,
    ) -> f64 {
        let Memory::Window(queue) = &mut self.memory else { return value };
        while queue.back().is_some_and(|last| overtakes(last.1, value)) {
            queue.pop_back();
        }
        queue.push_back((ts, value));
        while window
            .is_some_and(|window| queue.front().is_some_and(|first| ts.saturating_sub(first.0) > window))
        {
            queue.pop_front();
        }
        queue.front().map_or(value, |first| first.1)
    }

    fn outflow(&mut self, ts: i64, flow: f64, total: f64, window: i64) -> f64 {
        let Memory::Flows(queue) = &mut self.memory else { return 0.0 };
        queue.push_back((ts, flow, total));
        while queue.front().is_some_and(|first| ts.saturating_sub(first.0) >= window) {
            queue.pop_front();
        }
        // The oldest total is after its own flow: take that back to have what there was before it.
        let before = queue.front().map_or(0.0, |(_, flow, total)| total - flow);
        let net: f64 = queue.iter().map(|(_, flow, _)| flow).sum();
        if before > 0.0 { (-net / before).max(0.0) } else { 0.0 }
    }
}

fn share_of(part: f64, whole: f64) -> f64 {
    match (part > 0.0, whole > 0.0) {
        (_, true) => part / whole,
        (true, false) => 1.0,
        (false, false) => 0.0,
    }
}
