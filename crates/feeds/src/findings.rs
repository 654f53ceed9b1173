//! What was wrong with an answer that could still be used.

use serde::Serialize;

/// Kinds of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Observations are missing between two times.
    Gap,
    /// The same time and value came twice; one was dropped.
    DuplicateDropped,
    /// The answer was not in order of time; it was sorted.
    Unsorted,
    /// A value is null; its row was dropped or the figure left empty.
    NullValue,
    /// Rows outside what was asked for; they were dropped.
    OutsideWindow,
    /// A time is not on the grid of the resolution.
    Misaligned,
    /// Observations were assigned to the moment they were asked for.
    Aligned,
    /// A value cannot be what it claims to be; its row was dropped.
    ValueRefused,
    /// The figures read like another unit.
    UnitSuspect,
    /// There is too little to tell the unit by.
    UnitUnchecked,
    /// A total is not the sum of its parts.
    PartsDiffer,
    /// The source itself doubts the figure.
    LowConfidence,
    /// A convention that the source does not state.
    Assumption,
    /// The node does not have a transaction, or not all of it.
    MissingTransaction,
    /// The node has a transaction that cannot be read: what happened in it is not known.
    UnreadableTransaction,
    /// Bytes with the mark of an event that no known event fits.
    UnknownEvent,
    /// Several events in one second; the series keeps the last.
    SameSecond,
}

/// One thing that was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind.
    pub kind: FindingKind,
    /// In which series.
    pub series: String,
    /// From when, unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_ts: Option<i64>,
    /// To when, unix seconds (exclusive for gaps).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_ts: Option<i64>,
    /// In words.
    pub detail: String,
}

/// A list of findings, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Notes something about a series as a whole.
    pub fn note(&mut self, kind: FindingKind, series: &str, detail: impl Into<String>) {
        self.push(kind, series, None, None, detail.into());
    }

    /// Notes something at a time.
    pub fn at(&mut self, kind: FindingKind, series: &str, ts: i64, detail: impl Into<String>) {
        self.push(kind, series, Some(ts), None, detail.into());
    }

    /// Notes something about a stretch of time.
    pub fn between(
        &mut self,
        kind: FindingKind,
        series: &str,
        from_ts: i64,
        to_ts: i64,
        detail: impl Into<String>,
    ) {
        self.push(kind, series, Some(from_ts), Some(to_ts), detail.into());
    }

    /// Takes over another list.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// All of them.
    pub fn as_slice(&self) -> &[Finding] {
        &self.0
    }

    /// Those of one kind.
    pub fn of(&self, kind: FindingKind) -> impl Iterator<Item = &Finding> {
        self.0.iter().filter(move |finding| finding.kind == kind)
    }

    fn push(
        &mut self,
        kind: FindingKind,
        series: &str,
        from_ts: Option<i64>,
        to_ts: Option<i64>,
        detail: String,
    ) {
        self.0.push(Finding { kind, series: series.into(), from_ts, to_ts, detail });
    }
}
