use crate::data::{DataError, Gap};
use crate::time::{format_span, format_utc};

/// Why there is no market to replay.
#[derive(Debug, thiserror::Error)]
pub enum MarketError {
    /// A history file was refused.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Nothing to step through.
    #[error("a replay needs from < to and a step of at least one second that fits between them (from {}, to {}, step {step_secs} s)", format_utc(*from_ts), format_utc(*to_ts))]
    EmptyWindow {
        /// Asked start, unix seconds.
        from_ts: i64,
        /// Asked end, unix seconds.
        to_ts: i64,
        /// Asked step, seconds.
        step_secs: i64,
    },
    /// A series lacks more than may be missing.
    #[error("{series} lacks {} in the replay's window, first {} (more than {} in one piece is refused). {covers}{hint}", missing(gaps), first(gaps), format_span(*tolerated_secs))]
    Gaps {
        /// Series name.
        series: String,
        /// Missing stretches longer than tolerated, in the replay's time.
        gaps: Vec<Gap>,
        /// Longest stretch that may be missing, seconds.
        tolerated_secs: i64,
        /// What the series covers.
        covers: String,
        /// What can be done about it.
        hint: &'static str,
    },
    /// A parameter of a source makes no sense.
    #[error("a parameter of the market is out of range: {0}")]
    Parameter(String),
}

fn missing(gaps: &[Gap]) -> String {
    let total: i64 = gaps.iter().map(Gap::secs).sum();
    match gaps.len() {
        1 => format!("{} (1 stretch)", format_span(total)),
        count => format!("{} ({count} stretches)", format_span(total)),
    }
}

fn first(gaps: &[Gap]) -> String {
    match gaps.first() {
        Some(gap) => format!("{} to {}", format_utc(gap.from_ts), format_utc(gap.to_ts)),
        None => "nowhere".into(),
    }
}
