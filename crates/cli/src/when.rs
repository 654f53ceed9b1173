//! Points in time and lengths of time as people write them: "2027-06-30", "90d", "30min", "2y".

use chrono::{DateTime, NaiveDate, NaiveTime};

/// Units of a length of time, in seconds. A month is 30 days here, a year 365.
const UNITS: [(&str, i64); 7] = [
    ("s", 1),
    ("min", 60),
    ("h", 3_600),
    ("d", 86_400),
    ("w", 7 * 86_400),
    ("mo", 30 * 86_400),
    ("y", 365 * 86_400),
];

/// Why a time cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhenError {
    /// Neither a date nor a length of time.
    #[error(
        "\"{0}\" is not a date or a time from now: write it like \"2027-06-30\", \"90d\", \"6mo\" or \"2y\""
    )]
    NotATime(String),
    /// A length of time that cannot be understood.
    #[error(transparent)]
    Span(#[from] SpanError),
}

/// Unix seconds of `text`: the start of a day in UTC, or a length of time after `now_ts`.
pub fn parse(text: &str, now_ts: i64) -> Result<i64, WhenError> {
    if let Ok(date) = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d") {
        return Ok(date.and_time(NaiveTime::MIN).and_utc().timestamp());
    }
    let not_a_time = || WhenError::NotATime(text.to_owned());
    let secs = match parse_span(text) {
        Err(SpanError::NotASpan(_)) => return Err(not_a_time()),
        span => span?,
    };
    now_ts.checked_add(secs).ok_or_else(not_a_time)
}

/// Why a length of time cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// No whole number with a unit.
    #[error(
        "\"{0}\" is not a length of time: write it like \"90s\", \"30min\", \"6h\", \"7d\", \"8w\", \"6mo\" or \"2y\""
    )]
    NotASpan(String),
    /// Minutes to one, months to another.
    #[error("\"{number}m\" may be minutes or months: write \"{number}min\" or \"{number}mo\"")]
    Ambiguous {
        /// The number before the unit.
        number: String,
    },
    /// More than the place it is for can hold.
    #[error("\"{0}\" is too long a time")]
    TooLong(String),
}

/// Seconds of a length of time: a whole number and a unit, s, min, h, d, w, mo (30 days) or y (365 days).
pub fn parse_span(text: &str) -> Result<i64, SpanError> {
    let not_a_span = || SpanError::NotASpan(text.to_owned());
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !c.is_ascii_digit()).ok_or_else(not_a_span)?;
    let (number, unit) = trimmed.split_at(split);
    let unit = unit.trim_start();
    if number.is_empty() {
        return Err(not_a_span());
    }
    if unit == "m" {
        return Err(SpanError::Ambiguous { number: number.to_owned() });
    }
    let (_, secs) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(not_a_span)?;
    let count = number.parse::<i64>().ok();
    count.and_then(|count| count.checked_mul(*secs)).ok_or_else(|| SpanError::TooLong(text.to_owned()))
}

/// As [`parse_span`], for what the program keeps in 32 bits: up to 136 years.
pub fn parse_short_span(text: &str) -> Result<u32, SpanError> {
    u32::try_from(parse_span(text)?).map_err(|_| SpanError::TooLong(text.to_owned()))
}

/// `ts` for people, in UTC; the number itself where it is beyond any calendar.
pub fn format(ts: i64) -> String {
    DateTime::from_timestamp(ts, 0)
        .map_or_else(|| ts.to_string(), |time| time.naive_utc().format("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// A length of time for people, in its largest whole unit.
pub fn duration(secs: u64) -> String {
    for (unit, name) in [(86_400, "d"), (3_600, "h"), (60, "min")] {
        if secs >= unit && secs.is_multiple_of(unit) {
            return format!("{} {name}", secs / unit);
        }
    }
    format!("{secs} s")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn times_as_people_write_them() {
        assert_eq!(parse("1970-01-02", 0), Ok(86_400));
        assert_eq!(parse("90d", 1_000), Ok(1_000 + 90 * 86_400));
        assert_eq!(parse("2y", 0), Ok(730 * 86_400));
        assert_eq!(parse("6mo", 0), Ok(180 * 86_400));
        for text in ["", "d", "2 years", "-1d", "soon", "2027-13-01", "é", "9223372036854775807s"] {
            assert!(parse(text, 1).is_err(), "{text}");
        }
        assert_eq!(format(86_400), "1970-01-02 00:00:00 UTC");
        assert_eq!(format(i64::MAX), i64::MAX.to_string());
        assert_eq!(
            (duration(3_600), duration(90), duration(172_800)),
            ("1 h".into(), "90 s".into(), "2 d".into())
        );
    }

    #[test]
    fn lengths_of_time_as_people_write_them() {
        for (text, secs) in [
            ("0s", 0),
            ("90 s", 90),
            ("30min", 1_800),
            ("6h", 21_600),
            ("7d", 604_800),
            (" 8w ", 4_838_400),
            ("6mo", 15_552_000),
            ("1y", 31_536_000),
        ] {
            assert_eq!(parse_span(text), Ok(secs), "{text}");
            assert_eq!(parse_short_span(text), Ok(u32::try_from(secs).unwrap()), "{text}");
        }
        for text in ["", "1", "h", "1.5h", "-1h", "+1h", "1 fortnight", "1M", "9999999999999999999d"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
        assert_eq!(parse_short_span("200y"), Err(SpanError::TooLong("200y".to_owned())));
    }

    #[test]
    fn six_m_is_nobodys_guess() {
        let error = parse_span("6m").unwrap_err().to_string();
        assert!(error.contains("\"6min\"") && error.contains("\"6mo\""), "{error}");
        assert_eq!(parse("6m", 0).unwrap_err().to_string(), error);
    }
}
