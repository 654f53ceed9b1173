use serde::Serialize;

use super::DataError;

/// Values over time: strictly ascending unix seconds, finite numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    name: String,
    points: Vec<(i64, f64)>,
}

/// A value and when it was observed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Time of observation, unix seconds.
    pub ts: i64,
    /// The value.
    pub value: f64,
}

/// A stretch of time without a fresh value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// First moment without a fresh value, unix seconds.
    pub from_ts: i64,
    /// First moment with one again, unix seconds (exclusive).
    pub to_ts: i64,
}

impl Gap {
    /// Its length, seconds.
    pub fn secs(&self) -> i64 {
        self.to_ts.saturating_sub(self.from_ts)
    }
}

impl Series {
    /// Takes points that are strictly ascending in time and finite.
    pub fn new(name: impl Into<String>, points: Vec<(i64, f64)>) -> Result<Self, DataError> {
        let name = name.into();
        let mut previous = None;
        for (index, &(ts, value)) in points.iter().enumerate() {
            if !value.is_finite() || previous.is_some_and(|previous| previous >= ts) {
                return Err(DataError::BadPoint { name, index });
            }
            previous = Some(ts);
        }
        Ok(Self { name, points })
    }

    /// What it is called in reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All points.
    pub fn points(&self) -> &[(i64, f64)] {
        &self.points
    }

    /// First and last time, unless empty.
    pub fn span(&self) -> Option<(i64, i64)> {
        Some((self.points.first()?.0, self.points.last()?.0))
    }

    /// The newest value observed at or before `ts` and no more than `max_age_secs` before it.
    pub fn at_or_before(&self, ts: i64, max_age_secs: i64) -> Option<Sample> {
        let after = self.points.partition_point(|point| point.0 <= ts);
        let &(found, value) = self.points.get(after.checked_sub(1)?)?;
        (ts.checked_sub(found)? <= max_age_secs).then_some(Sample { ts: found, value })
    }

    /// Points with `from_ts <= ts < to_ts`.
    pub fn window(&self, from_ts: i64, to_ts: i64) -> &[(i64, f64)] {
        let start = self.points.partition_point(|point| point.0 < from_ts);
        let end = self.points.partition_point(|point| point.0 < to_ts);
        self.points.get(start..end).unwrap_or(&[])
    }

    /// Stretches of `from_ts..to_ts` where [`Self::at_or_before`] with `max_age_secs` finds nothing.
    pub fn gaps(&self, from_ts: i64, to_ts: i64, max_age_secs: i64) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let mut covered_to = from_ts;
        let before = self.at_or_before(from_ts, max_age_secs).map(|sample| (sample.ts, sample.value));
        for &(ts, _) in before.iter().chain(self.window(from_ts, to_ts)) {
            if ts > covered_to {
                gaps.push(Gap { from_ts: covered_to, to_ts: ts });
            }
            covered_to = covered_to.max(ts.saturating_add(max_age_secs).saturating_add(1));
        }
        if covered_to < to_ts {
            gaps.push(Gap { from_ts: covered_to, to_ts });
        }
        gaps
    }
}

/// A series read at another time than the replay's: `replay ts + offset_secs`.
///
/// The files cover different years. A replay names the window that each series is taken from; the offset is
/// part of the report.
#[derive(Clone, Debug)]
pub struct Anchored {
    series: Series,
    offset_secs: i64,
    max_age_secs: i64,
}

impl Anchored {
    /// Reads `series` so that the replay's `replay_from_ts` falls on `own_from_ts`.
    pub fn new(series: Series, replay_from_ts: i64, own_from_ts: i64, max_age_secs: i64) -> Self {
        Self { series, offset_secs: own_from_ts.saturating_sub(replay_from_ts), max_age_secs }
    }

    /// The series underneath.
    pub fn series(&self) -> &Series {
        &self.series
    }

    /// What is added to the replay's time to get the series' own, seconds.
    pub fn offset_secs(&self) -> i64 {
        self.offset_secs
    }

    /// Oldest value that still counts, seconds.
    pub fn max_age_secs(&self) -> i64 {
        self.max_age_secs
    }

    /// The value in force at the replay's `ts`, in the series' own time.
    pub fn at(&self, ts: i64) -> Option<Sample> {
        self.series.at_or_before(ts.saturating_add(self.offset_secs), self.max_age_secs)
    }

    /// Gaps within the replay's `from_ts..to_ts`, in the replay's time.
    pub fn gaps(&self, from_ts: i64, to_ts: i64) -> Vec<Gap> {
        let own = |ts: i64| ts.saturating_add(self.offset_secs);
        let replay = |ts: i64| ts.saturating_sub(self.offset_secs);
        self.series
            .gaps(own(from_ts), own(to_ts), self.max_age_secs)
            .into_iter()
            .map(|gap| Gap { from_ts: replay(gap.from_ts), to_ts: replay(gap.to_ts) })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn series(times: &[i64]) -> Series {
        Series::new("test", times.iter().map(|ts| (*ts, *ts as f64)).collect()).unwrap()
    }

    #[test]
    fn age_is_counted_to_the_second() {
        let series = series(&[100, 200]);
        assert_eq!(series.at_or_before(99, 1_000), None);
        assert_eq!(series.at_or_before(149, 49).map(|s| s.ts), Some(100));
        assert_eq!(series.at_or_before(150, 49), None);
        assert_eq!(series.at_or_before(i64::MAX, 10), None);
        assert_eq!(series.window(100, 200), &[(100, 100.0)]);
    }

    #[test]
    fn gaps_are_listed_before_within_and_after() {
        let series = series(&[100, 110, 150]);
        let gap = |from_ts, to_ts| Gap { from_ts, to_ts };
        assert_eq!(series.gaps(90, 180, 9), vec![gap(90, 100), gap(120, 150), gap(160, 180)]);
        assert_eq!(series.gaps(105, 120, 9), vec![]);
        assert_eq!(series.gaps(500, 600, 9), vec![gap(500, 600)]);
    }

    #[test]
    fn bad_points_are_refused() {
        for points in [vec![(1, 1.0), (1, 2.0)], vec![(2, 1.0), (1, 2.0)], vec![(1, f64::NAN)]] {
            assert!(Series::new("test", points).is_err());
        }
    }

    #[test]
    fn anchoring_moves_the_reading_and_the_gaps() {
        let anchored = Anchored::new(series(&[100, 110, 150]), 1_090, 90, 9);
        assert_eq!(anchored.offset_secs(), -1_000);
        assert_eq!(anchored.at(1_115).map(|s| s.ts), Some(110));
        assert_eq!(anchored.gaps(1_100, 1_150), vec![Gap { from_ts: 1_120, to_ts: 1_150 }]);
    }

    proptest! {
        #[test]
        fn a_moment_is_either_covered_or_in_a_gap(mut times in prop::collection::vec(0i64..400, 0..30), age in 0i64..40, from in 0i64..200, len in 1i64..200) {
            times.sort_unstable();
            times.dedup();
            let series = series(&times);
            let gaps = series.gaps(from, from + len, age);
            for ts in from..from + len {
                let in_gap = gaps.iter().any(|gap| gap.from_ts <= ts && ts < gap.to_ts);
                prop_assert_eq!(in_gap, series.at_or_before(ts, age).is_none(), "at {}", ts);
            }
        }
    }
}
