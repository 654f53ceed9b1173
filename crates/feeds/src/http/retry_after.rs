use std::time::Duration;

use chrono::DateTime;

/// Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or a date; nothing if it is neither. A date that is over is
/// no wait.
pub fn read(text: &str, unix_now: i64) -> Option<Duration> {
    let text = text.trim();
    if let Ok(secs) = text.parse::<u64>() {
        return Some(Duration::from_secs(secs));
    }
    let at = DateTime::parse_from_rfc2822(text).ok()?.timestamp();
    Some(Duration::from_secs(u64::try_from(at.saturating_sub(unix_now)).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read() {
        let now = 1_445_412_480;
        let cases = [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Wed, 21 Oct 2015 07:28:30 GMT", Some(30)),
            ("Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("", None),
        ];
        for (text, secs) in cases {
            assert_eq!(read(text, now), secs.map(Duration::from_secs), "{text}");
        }
    }
}
