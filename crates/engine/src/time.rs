//! Unix seconds to and from the dates people write, always UTC.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};

/// What a column of times may be called, the canonical name first; case does not matter.
pub const TIME_COLUMNS: [&str; 8] =
    ["unix_time", "time", "timestamp", "ts", "date", "datetime", "day", "hour"];

/// Numbers taken for unix seconds: 1973 to 2100. Row numbers lie below, milliseconds above.
pub const PLAUSIBLE_SECS: std::ops::Range<i64> = 100_000_000..4_102_444_800;

/// The place of the column of times in a table's header, by the order of [`TIME_COLUMNS`].
pub fn time_column(header: &[String]) -> Option<usize> {
    TIME_COLUMNS.iter().find_map(|name| header.iter().position(|column| column.eq_ignore_ascii_case(name)))
}

/// Why a number is no time, if it is none: seconds were expected and it lies outside [`PLAUSIBLE_SECS`].
pub fn implausible(unix_ts: i64) -> Option<String> {
    if PLAUSIBLE_SECS.contains(&unix_ts) {
        return None;
    }
    let milliseconds = PLAUSIBLE_SECS.contains(&(unix_ts / 1_000));
    let hint = if milliseconds { " (it reads like milliseconds)" } else { "" };
    Some(format!("{unix_ts} is not a unix time in seconds between 1973 and 2100{hint}"))
}

/// A date or time that could not be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{text:?} is not a UTC time: write 2022-11-05, 2022-11-05T06:00 or unix seconds")]
pub struct TimeError {
    text: String,
}

/// Reads `2022-11-05`, `2022-11-05T06:00[:00[.000]]` with `Z`, an offset such as `+02:00`, or nothing, which is UTC, or unix
/// seconds. Fractions of a second are dropped (towards the past), as JavaScript and many interfaces write them where there
/// is none.
pub fn parse_utc(text: &str) -> Result<i64, TimeError> {
    let trimmed = text.trim();
    let error = || TimeError { text: text.into() };
    if !trimmed.is_empty() && trimmed.bytes().all(|byte| byte.is_ascii_digit()) {
        return trimmed.parse().map_err(|_| error());
    }
    let (local, offset) = split_offset(trimmed).ok_or_else(error)?;
    if let Ok(date) = NaiveDate::parse_from_str(local, "%Y-%m-%d") {
        let midnight = date.and_hms_opt(0, 0, 0).ok_or_else(error)?;
        return Ok(midnight.and_utc().timestamp() - offset);
    }
    let local = local.replacen([' ', 't'], "T", 1);
    // A dot and digits are optional after the seconds.
    for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(&local, format) {
            return Ok(time.and_utc().timestamp() - offset);
        }
    }
    Err(error())
}

/// What stands before the offset from UTC, and the offset in seconds; none for an offset that is none.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(local) = text.strip_suffix(['Z', 'z']).or(text.strip_suffix(" UTC")) {
        return Some((local.trim_end(), 0));
    }
    // The signs of a date stand in its first ten characters.
    let place =
        text.char_indices().skip(10).find(|(_, letter)| matches!(letter, '+' | '-')).map(|(at, _)| at);
    let Some((local, offset)) = place.map(|at| text.split_at(at)) else { return Some((text, 0)) };
    let offset = if offset.len() == 3 { format!("{offset}:00") } else { offset.to_owned() };
    let offset: FixedOffset = offset.parse().ok()?;
    Some((local.trim_end(), i64::from(offset.local_minus_utc())))
}

/// `2022-11-05T06:00Z`; the number itself when it is outside the calendar.
pub fn format_utc(unix_ts: i64) -> String {
    format_with(unix_ts, "%Y-%m-%dT%H:%MZ")
}

/// `2022-11-05`.
pub fn format_date(unix_ts: i64) -> String {
    format_with(unix_ts, "%Y-%m-%d")
}

/// Formats by a `strftime` pattern.
pub(crate) fn format_with(unix_ts: i64, pattern: &str) -> String {
    match DateTime::from_timestamp(unix_ts, 0) {
        Some(time) => time.format(pattern).to_string(),
        None => unix_ts.to_string(),
    }
}

/// `3d 4h`, `5h`, `20m`, `45s`: at most two units.
pub fn format_span(secs: i64) -> String {
    let sign = if secs < 0 { "-" } else { "" };
    let secs = secs.unsigned_abs();
    let (days, hours, minutes) = (secs / 86_400, secs / 3_600 % 24, secs / 60 % 60);
    let body = match (days, hours, minutes) {
        (0, 0, 0) => format!("{secs}s"),
        (0, 0, m) => format!("{m}m"),
        (0, h, 0) => format!("{h}h"),
        (0, h, m) => format!("{h}h {m}m"),
        (d, 0, _) => format!("{d}d"),
        (d, h, _) => format!("{d}d {h}h"),
    };
    format!("{sign}{body}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in
            ["2022-11-05", "2022-11-05T00:00", "2022-11-05 00:00:00+00:00", "1667606400", "2022-11-05T00:00Z"]
        {
            assert_eq!(parse_utc(text), Ok(1_667_606_400), "{text}");
        }
        assert_eq!(format_utc(1_667_606_400), "2022-11-05T00:00Z");
        for text in [
            "2022-11-05T00:00:00.000Z",
            "2022-11-05T00:00:00.999999Z",
            "2022-11-05 00:00:00.5",
            "2022-11-05T02:00:00.25+02:00",
            "2022-11-04T19:00-05:00",
            "2022-11-04 19:00:00-0500",
            "2022-11-05T05:30+0530",
            "2022-11-05 01:00:00+01",
            "2022-11-05 00:00:00 UTC",
        ] {
            assert_eq!(parse_utc(text), Ok(1_667_606_400), "{text}");
        }
        assert_eq!(parse_utc("2024-01-01T23:01:11.000Z"), Ok(1_704_150_071));
        for text in [
            "",
            "yesterday",
            "2022-13-05",
            "-5",
            "2022-11-05T25:00",
            "2022-11-05T00:00+99:00",
            "2022-11-05T00:00:00.x",
        ] {
            assert!(parse_utc(text).is_err(), "{text}");
        }
    }

    #[test]
    fn columns_of_times_are_found_and_numbers_judged() {
        let header = ["day", "a", "Timestamp"].map(str::to_owned);
        assert_eq!((time_column(&header), time_column(&header[1..2])), (Some(2), None));
        assert_eq!(implausible(1_667_606_400), None);
        assert!(implausible(1_667_606_400_000).is_some_and(|problem| problem.contains("like milliseconds")));
        assert!(implausible(20_221_105).is_some_and(|problem| problem.ends_with("2100")));
    }

    #[test]
    fn spans_are_short() {
        let spans = [(45, "45s"), (1_200, "20m"), (18_000, "5h"), (14_400_000, "166d 16h"), (-86_400, "-1d")];
        for (secs, text) in spans {
            assert_eq!(format_span(secs), text);
        }
    }
}
