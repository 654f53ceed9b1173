use serde::Serialize;

use crate::data::{Anchored, Gap};
use crate::time::{format_span, format_utc};

/// Where the steps of a replay come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum SourceKind {
    /// Files of real history.
    History,
    /// A generator.
    Generated {
        /// Its seed.
        seed: u64,
    },
}

/// What a replay ran on: part of every report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Provenance {
    /// History or generator.
    pub source: SourceKind,
    /// Start of the replay, unix seconds.
    pub from_ts: i64,
    /// End of the replay (exclusive), unix seconds.
    pub to_ts: i64,
    /// Length of a step, seconds.
    pub step_secs: i64,
    /// Each series and the window it was taken from.
    pub series: Vec<SeriesUse>,
    /// Everything that was assumed rather than read.
    pub assumptions: Vec<String>,
}

/// How one series was used.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeriesUse {
    /// What it drives: "SOL/USD", "reserve main", "pool".
    pub drives: String,
    /// File it comes from.
    pub file: String,
    /// Series within the file.
    pub series: String,
    /// Start of its own window, unix seconds.
    pub own_from_ts: i64,
    /// End of its own window (exclusive), unix seconds.
    pub own_to_ts: i64,
    /// Added to the replay's time to get the series' own, seconds. Zero: same dates.
    pub offset_secs: i64,
    /// Observations in the window.
    pub observations: usize,
    /// Oldest observation that still counted, seconds.
    pub max_age_secs: i64,
    /// Stretches without a fresh observation, in the replay's time.
    pub gaps: Vec<Gap>,
    /// Steps in which the wanted rate lay off the venue's curve, so that its end was used.
    pub saturated_steps: usize,
}

impl SeriesUse {
    /// Describes `anchored` over the replay's window.
    pub fn new(drives: impl Into<String>, file: &str, anchored: &Anchored, from_ts: i64, to_ts: i64) -> Self {
        let own_from_ts = from_ts.saturating_add(anchored.offset_secs());
        let own_to_ts = to_ts.saturating_add(anchored.offset_secs());
        Self {
            drives: drives.into(),
            file: file.into(),
            series: anchored.series().name().into(),
            own_from_ts,
            own_to_ts,
            offset_secs: anchored.offset_secs(),
            observations: anchored.series().window(own_from_ts, own_to_ts).len(),
            max_age_secs: anchored.max_age_secs(),
            gaps: anchored.gaps(from_ts, to_ts),
            saturated_steps: 0,
        }
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        let mut line = format!(
            "{}: {} of {}, {} to {}, {} observations",
            self.drives,
            self.series,
            self.file,
            format_utc(self.own_from_ts),
            format_utc(self.own_to_ts),
            self.observations,
        );
        if self.offset_secs != 0 {
            line.push_str(&format!(", dates moved by {}", format_span(self.offset_secs)));
        }
        if !self.gaps.is_empty() {
            let missing: i64 = self.gaps.iter().map(Gap::secs).sum();
            line.push_str(&format!(", {} gaps of {} in all", self.gaps.len(), format_span(missing)));
        }
        if self.saturated_steps > 0 {
            line.push_str(&format!(", {} steps off the venue's curve", self.saturated_steps));
        }
        line
    }
}

impl Provenance {
    /// Lines for people: the series, then the assumptions.
    pub fn lines(&self) -> Vec<String> {
        let head = match self.source {
            SourceKind::History => "real history".to_string(),
            SourceKind::Generated { seed } => format!("generated paths, seed {seed}"),
        };
        let head = format!(
            "{head}, {} to {}, step {}",
            format_utc(self.from_ts),
            format_utc(self.to_ts),
            format_span(self.step_secs)
        );
        let series = self.series.iter().map(SeriesUse::describe);
        let assumed = self.assumptions.iter().map(|text| format!("assumed: {text}"));
        std::iter::once(head).chain(series).chain(assumed).collect()
    }
}
