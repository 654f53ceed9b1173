use std::time::Duration;

use ballast_feeds::{Base, FeedError, Http, HttpConfig};

use crate::EngineCliError;

/// Holds a key for services that want one; sent as `Authorization: Bearer`. In the environment, so that no
/// process list shows it.
const KEY_VARIABLE: &str = "BALLAST_FEED_KEY";

/// How to talk to the service.
#[derive(Clone, Debug, clap::Args)]
pub struct Network {
    /// Address of the service, if not the public one
    #[arg(long, alias = "rpc-url", value_name = "URL")]
    base_url: Option<String>,
    /// Limit for one attempt, seconds
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600), allow_negative_numbers = true)]
    timeout_secs: u64,
    /// Attempts for each request
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=20), allow_negative_numbers = true)]
    attempts: u8,
    /// Least time between requests, milliseconds; the default stays below Hermes' thirty in ten seconds
    #[arg(long, default_value_t = 350, value_parser = clap::value_parser!(u64).range(0..=60_000), allow_negative_numbers = true)]
    min_interval_ms: u64,
    /// Largest answer, MiB
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=1_024), allow_negative_numbers = true)]
    max_answer_mib: u64,
}

impl Network {
    /// The address to ask: what was given, or the public one.
    pub fn base(&self, public: Option<&str>) -> Result<Base, EngineCliError> {
        let url = self.base_url.as_deref().or(public);
        let url =
            url.ok_or_else(|| EngineCliError::input("--base-url: there is no public node to ask; name one"))?;
        Base::parse(url).map_err(refused)
    }

    /// The client.
    pub fn http(&self) -> Http {
        Http::new(HttpConfig {
            timeout: Duration::from_secs(self.timeout_secs),
            max_body_bytes: self.max_answer_mib << 20,
            attempts: usize::from(self.attempts),
            min_interval: Duration::from_millis(self.min_interval_ms),
            bearer: std::env::var(KEY_VARIABLE).ok().filter(|key| !key.is_empty()),
            ..HttpConfig::default()
        })
    }
}

/// Bad arguments and places that cannot be written are the caller's; everything else is the network's.
pub fn refused(error: FeedError) -> EngineCliError {
    match error {
        FeedError::Setting { .. } | FeedError::Write { .. } => EngineCliError::input(error),
        other => EngineCliError::Network(other.to_string()),
    }
}
