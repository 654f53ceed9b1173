//! Progress lines on standard error: what is running, and how long it has taken since the driver started.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Says what happens now.
pub fn say(message: impl AsRef<str>) {
    eprintln!("[{:>6}] {}", seconds(START.elapsed()), message.as_ref());
}

/// A duration as people read it: `0.4s`, `12.3s`, `2m05s`.
pub fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole >= 60 {
        format!("{}m{:02}s", whole / 60, whole % 60)
    } else {
        format!("{:.1}s", duration.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(seconds(Duration::from_millis(440)), "0.4s");
        assert_eq!(seconds(Duration::from_secs(59)), "59.0s");
        assert_eq!(seconds(Duration::from_secs(125)), "2m05s");
    }
}
