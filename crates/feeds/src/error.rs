use std::time::Duration;

use ballast_engine::time::format_utc;

/// Why a feed gave nothing. Addresses are shown without what may be secret in them: user, path of the base,
/// query of the base.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// An argument cannot be used.
    #[error("{what}: {problem}")]
    Setting {
        /// Which argument.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// No connection, a time limit, or an answer cut off.
    #[error("{url}: {problem} (attempt {attempts})")]
    Transport {
        /// What was asked.
        url: String,
        /// What the system said.
        problem: String,
        /// How often it was tried.
        attempts: usize,
    },
    /// The server answered with an error.
    #[error("{url}: status {status}{body} (attempt {attempts})", body = said(.body))]
    Status {
        /// What was asked.
        url: String,
        /// HTTP status.
        status: u16,
        /// The beginning of what the server said.
        body: String,
        /// How often it was tried.
        attempts: usize,
    },
    /// The server wants more patience than the client has.
    #[error("{url}: status {status}, asks to wait {}s; the limit is {}s", .wait.as_secs(), .limit.as_secs())]
    Patience {
        /// What was asked.
        url: String,
        /// HTTP status.
        status: u16,
        /// `Retry-After`.
        wait: Duration,
        /// Longest wait allowed.
        limit: Duration,
    },
    /// The answer is larger than allowed.
    #[error("{url}: the answer is larger than {limit} bytes")]
    TooLarge {
        /// What was asked.
        url: String,
        /// Most bytes.
        limit: u64,
    },
    /// The answer is not what the interface documents.
    #[error("{url}: {problem}")]
    Body {
        /// What was asked.
        url: String,
        /// Where and what.
        problem: String,
    },
    /// One time, two values.
    #[error("{series}: two different values at {}: {first} and {second}", format_utc(*.ts))]
    Conflict {
        /// Which series.
        series: String,
        /// Unix seconds.
        ts: i64,
        /// The value that came first.
        first: String,
        /// The value that came second.
        second: String,
    },
    /// Nothing usable in the whole answer.
    #[error("{series}: no usable observation{problem}", problem = said(.problem))]
    Empty {
        /// Which series.
        series: String,
        /// Why not.
        problem: String,
    },
    /// What was to be written would not be readable again.
    #[error("the file would not be readable: {0}")]
    Unreadable(#[from] ballast_engine::data::DataError),
    /// A file could not be written.
    #[error("{path}: {source}")]
    Write {
        /// As given.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl FeedError {
    /// A bad argument.
    pub fn setting(what: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Setting { what: what.into(), problem: problem.into() }
    }

    /// An answer that is not what it should be.
    pub fn body(url: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Body { url: url.into(), problem: problem.into() }
    }

    /// True when the caller, not the network, is at fault.
    pub fn is_setting(&self) -> bool {
        matches!(self, Self::Setting { .. })
    }
}

fn said(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}
