//! Points in time as people write them: "2027-06-30", "90d", "2y".

use chrono::{DateTime, NaiveDate, NaiveTime};

const DAY_SECS: i64 = 86_400;

/// Why a time cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a date or a time from now: write it like \"2027-06-30\", \"90d\" or \"2y\"")]
pub struct WhenError(String);

/// Unix seconds of `text`: the start of a day in UTC, or days, weeks, months of 30 days or years of 365 days
/// after `now_ts`.
pub fn parse(text: &str, now_ts: i64) -> Result<i64, WhenError> {
    let fail = || WhenError(text.to_owned());
    let text = text.trim();
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Ok(date.and_time(NaiveTime::MIN).and_utc().timestamp());
    }
    let days = match text.chars().last() {
        Some('d') => 1,
        Some('w') => 7,
        Some('m') => 30,
        Some('y') => 365,
        _ => return Err(fail()),
    };
    let number = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
    let count: u16 = number.parse().map_err(|_| fail())?;
    let secs = i64::from(count).saturating_mul(days).saturating_mul(DAY_SECS);
    now_ts.checked_add(secs).ok_or_else(fail)
}

/// Seconds of a length of time such as "90s", "30min", "6h" or "7d".
pub fn parse_duration(text: &str) -> Result<u32, DurationError> {
    let fail = || DurationError(text.to_owned());
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(fail)?;
    let (number, unit) = text.split_at(split);
    let unit = match unit.trim() {
        "s" => 1,
        "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(fail()),
    };
    number.parse::<u32>().ok().and_then(|count| count.checked_mul(unit)).ok_or_else(fail)
}

/// Why a length of time cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a length of time: write it like \"90s\", \"30min\", \"6h\" or \"7d\"")]
pub struct DurationError(String);

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
    use super::*;

    #[test]
    fn times_as_people_write_them() {
        assert_eq!(parse("1970-01-02", 0), Ok(86_400));
        assert_eq!(parse("90d", 1_000), Ok(1_000 + 90 * 86_400));
        assert_eq!(parse("2y", 0), Ok(730 * 86_400));
        for text in ["", "d", "2 y", "-1d", "soon", "2027-13-01", "70000d", "é"] {
            assert!(parse(text, 0).is_err(), "{text}");
        }
        assert_eq!(format(86_400), "1970-01-02 00:00:00 UTC");
        assert_eq!(format(i64::MAX), i64::MAX.to_string());
        for (text, secs) in [("0s", 0), ("90 s", 90), ("30min", 1_800), ("6h", 21_600), ("7d", 604_800)] {
            assert_eq!(parse_duration(text), Ok(secs), "{text}");
        }
        for text in ["", "1", "h", "1.5h", "-1h", "1w", "9999999999s", "1000000d"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        assert_eq!(
            (duration(3_600), duration(90), duration(172_800)),
            ("1 h".into(), "90 s".into(), "2 d".into())
        );
    }
}
