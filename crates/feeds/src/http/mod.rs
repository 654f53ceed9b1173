//! One blocking client for every feed: retry with back-off, `Retry-After`, a rate limit of our own, limits on
//! time and size.

mod base;
mod clock;
mod retry_after;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use serde::de::DeserializeOwned;

pub use base::{Base, Url};
pub use clock::{Clock, SystemClock};

use crate::FeedError;

/// Bytes of an error page that a message repeats.
const SHOWN_BYTES: usize = 200;

/// How patient and how polite the client is.
#[derive(Clone)]
pub struct HttpConfig {
    /// Limit for one attempt, from connecting to the last byte.
    pub timeout: Duration,
    /// Largest answer, bytes.
    pub max_body_bytes: u64,
    /// Attempts in all, at least one.
    pub attempts: usize,
    /// Wait before the second attempt; doubles from then on.
    pub first_delay: Duration,
    /// Longest wait between attempts; a server that asks for more is not waited for.
    pub max_delay: Duration,
    /// Least time between two requests.
    pub min_interval: Duration,
    /// Sent as `Authorization: Bearer`; never shown.
    pub bearer: Option<String>,
}

impl Default for HttpConfig {
    /// 30 s, 64 MiB, five attempts from half a second to a minute, three requests a second.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            max_body_bytes: 64 << 20,
            attempts: 5,
            first_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(60),
            min_interval: Duration::from_millis(350),
            bearer: None,
        }
    }
}

/// The client. One per source: the rate limit is its own.
pub struct Http {
    agent: ureq::Agent,
    config: HttpConfig,
    clock: Arc<dyn Clock>,
    next_at: Mutex<Duration>,
}

/// What to do about a failed attempt.
enum Failure {
    /// It will not get better.
    Final(FeedError),
    /// Worth another attempt, after what the server asked for, if it did.
    Again(FeedError, Option<Duration>),
}

impl Http {
    /// A client on the system's clock.
    pub fn new(config: HttpConfig) -> Self {
        Self::with_clock(config, Arc::new(SystemClock::default()))
    }

    /// A client on another clock: tests wait without waiting.
    pub fn with_clock(config: HttpConfig, clock: Arc<dyn Clock>) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(config.timeout))
            .http_status_as_error(false)
            .user_agent(concat!("ballast/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Self { agent, config, clock, next_at: Mutex::new(Duration::ZERO) }
    }

    /// GET, as JSON.
    pub fn get<T: DeserializeOwned>(&self, url: &Url) -> Result<T, FeedError> {
        self.attempts(url, &|| {
            let mut request = self.agent.get(url.full()).header("accept", "application/json");
            if let Some(bearer) = &self.config.bearer {
                request = request.header("authorization", format!("Bearer {bearer}"));
            }
            request.call()
        })
    }

    /// POST of a JSON body, as JSON. Only for requests that may safely be sent twice.
    pub fn post<T: DeserializeOwned>(&self, url: &Url, body: &serde_json::Value) -> Result<T, FeedError> {
        self.attempts(url, &|| {
            let mut request = self.agent.post(url.full()).header("accept", "application/json");
            if let Some(bearer) = &self.config.bearer {
                request = request.header("authorization", format!("Bearer {bearer}"));
            }
            request.send_json(body)
        })
    }

    fn attempts<T: DeserializeOwned>(&self, url: &Url, send: &Send<'_>) -> Result<T, FeedError> {
        let retries = self.config.attempts.saturating_sub(1);
        // No jitter: one client talks to one server, and a run can be repeated.
        let mut delays = ExponentialBuilder::new()
            .with_min_delay(self.config.first_delay)
            .with_max_delay(self.config.max_delay)
            .with_factor(2.0)
            .with_max_times(retries)
            .build();
        let mut attempt = 1;
        loop {
            self.keep_rate();
            let (error, asked) = match self.once(url, send, attempt) {
                Ok(value) => return Ok(value),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Again(error, asked)) => (error, asked),
            };
            let Some(delay) = delays.next() else { return Err(error) };
            if let (Some(wait), FeedError::Status { url, status, .. }) = (asked, &error)
                && wait > self.config.max_delay
            {
                let (url, status) = (url.clone(), *status);
                return Err(FeedError::Patience { url, status, wait, limit: self.config.max_delay });
            }
            self.clock.sleep(delay.max(asked.unwrap_or_default()));
            attempt += 1;
        }
    }

    /// Waits until the next request may go out.
    fn keep_rate(&self) {
        let now = self.clock.now();
        let wait = {
            let mut next_at = self.next_at.lock().unwrap_or_else(PoisonError::into_inner);
            let at = now.max(*next_at);
            *next_at = at.saturating_add(self.config.min_interval);
            at.saturating_sub(now)
        };
        if !wait.is_zero() {
            self.clock.sleep(wait);
        }
    }

    fn once<T: DeserializeOwned>(&self, url: &Url, send: &Send<'_>, attempts: usize) -> Result<T, Failure> {
        let mut response = send().map_err(|error| self.transport(url, &error, attempts))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let asked = retry_after.and_then(|text| retry_after::read(text, self.clock.unix_now()));
        let body = response.body_mut().with_config().limit(self.config.max_body_bytes).read_to_vec();
        if !(200..300).contains(&status) {
            let body = excerpt(&body.unwrap_or_default());
            let error = FeedError::Status { url: url.shown().into(), status, body, attempts };
            return Err(match status {
                408 | 425 | 429 | 500..=599 => Failure::Again(error, asked),
                _ => Failure::Final(error),
            });
        }
        let body = body.map_err(|error| self.transport(url, &error, attempts))?;
        serde_json::from_slice(&body).map_err(|error| {
            let problem = format!("{error}{}", hint(&body));
            if error.is_eof() {
                let problem = format!("the answer is cut off: {problem}");
                return Failure::Again(
                    FeedError::Transport { url: url.shown().into(), problem, attempts },
                    None,
                );
            }
            Failure::Final(FeedError::body(url.shown(), problem))
        })
    }

    fn transport(&self, url: &Url, error: &ureq::Error, attempts: usize) -> Failure {
        let shown = || url.shown().to_owned();
        let transport = |problem: String| FeedError::Transport { url: shown(), problem, attempts };
        match error {
            ureq::Error::BodyExceedsLimit(limit) => {
                Failure::Final(FeedError::TooLarge { url: shown(), limit: *limit })
            }
            ureq::Error::TlsRequired | ureq::Error::Tls(_) => {
                let problem =
                    "https is not part of this build; give an http:// base address of a proxy that speaks it";
                Failure::Final(transport(problem.into()))
            }
            ureq::Error::BadUri(_) | ureq::Error::Http(_) | ureq::Error::InvalidProxyUrl => {
                Failure::Final(FeedError::setting(shown(), "not an address that can be asked"))
            }
            ureq::Error::TooManyRedirects | ureq::Error::RedirectFailed => {
                Failure::Final(transport(error.to_string()))
            }
            other => Failure::Again(transport(other.to_string()), None),
        }
    }
}

type Send<'a> = dyn Fn() -> Result<ureq::http::Response<ureq::Body>, ureq::Error> + 'a;

/// The beginning of a text, in one line.
fn excerpt(body: &[u8]) -> String {
    let text =
        String::from_utf8_lossy(body.get(..SHOWN_BYTES.min(body.len())).unwrap_or_default()).into_owned();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What people most often find where JSON should be.
fn hint(body: &[u8]) -> &'static str {
    let start = body.trim_ascii_start();
    if start.is_empty() {
        " (the answer is empty)"
    } else if start.starts_with(b"<") {
        " (the answer is a web page, not JSON)"
    } else if body.windows(3).any(|word| word == b"NaN") || body.windows(8).any(|word| word == b"Infinity") {
        " (the answer holds NaN or Infinity, which JSON does not have)"
    } else {
        ""
    }
}
