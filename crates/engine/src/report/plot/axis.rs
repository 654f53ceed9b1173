//! Ticks of the time axis: round dates, never more than fit.

use chrono::{DateTime, Datelike, Months, NaiveDate};

use crate::time::format_with;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// Spacings that people read well, with how to write a tick.
const SPACINGS: [(i64, &str); 12] = [
    (60, "%H:%M"),
    (5 * 60, "%H:%M"),
    (15 * 60, "%H:%M"),
    (HOUR, "%m-%d %H:%M"),
    (3 * HOUR, "%m-%d %H:%M"),
    (6 * HOUR, "%m-%d %H:%M"),
    (12 * HOUR, "%m-%d %H:%M"),
    (DAY, "%Y-%m-%d"),
    (2 * DAY, "%Y-%m-%d"),
    (4 * DAY, "%Y-%m-%d"),
    (7 * DAY, "%Y-%m-%d"),
    (14 * DAY, "%Y-%m-%d"),
];

/// Months between ticks when days are too close.
const MONTH_SPACINGS: [u32; 5] = [1, 2, 3, 6, 12];

/// Times and labels within `from_ts..=to_ts`, at most `most` of them.
pub fn time_ticks(from_ts: i64, to_ts: i64, most: usize) -> Vec<(i64, String)> {
    let span = to_ts.saturating_sub(from_ts);
    let fits = |spacing: i64| usize::try_from(span / spacing).is_ok_and(|count| count < most);
    if let Some((spacing, pattern)) = SPACINGS.into_iter().find(|(spacing, _)| fits(*spacing)) {
        let first = from_ts + (spacing - from_ts.rem_euclid(spacing)) % spacing;
        let ticks = std::iter::successors(Some(first), |ts| ts.checked_add(spacing));
        return ticks.take_while(|ts| *ts <= to_ts).map(|ts| (ts, format_with(ts, pattern))).collect();
    }
    let longest = MONTH_SPACINGS[MONTH_SPACINGS.len() - 1];
    let months =
        MONTH_SPACINGS.into_iter().find(|months| fits(i64::from(*months) * 28 * DAY)).unwrap_or(longest);
    let mut ticks = month_ticks(from_ts, to_ts, months);
    while ticks.len() > most {
        ticks = ticks.into_iter().step_by(2).collect();
    }
    ticks
}

/// First days of every `months`-th month, counted from January.
fn month_ticks(from_ts: i64, to_ts: i64, months: u32) -> Vec<(i64, String)> {
    let start = DateTime::from_timestamp(from_ts, 0).and_then(|time| {
        let month = time.month0() / months * months + 1;
        NaiveDate::from_ymd_opt(time.year(), month, 1)
    });
    std::iter::successors(start, |date| date.checked_add_months(Months::new(months)))
        .filter_map(|date| Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp()))
        .take_while(|ts| *ts <= to_ts)
        .filter(|ts| *ts >= from_ts)
        .map(|ts| (ts, format_with(ts, "%b %Y")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ticks_fall_on_round_dates() {
        let labels = |from: i64, span: i64| {
            time_ticks(from, from + span, 9).into_iter().map(|tick| tick.1).collect::<Vec<_>>()
        };
        // 2022-11-05T05:00Z
        let from = 1_667_624_400;
        assert_eq!(labels(from, 12 * HOUR), ["11-05 06:00", "11-05 09:00", "11-05 12:00", "11-05 15:00"]);
        assert_eq!(labels(from, 3 * DAY)[..2], ["11-05 12:00", "11-06 00:00"]);
        assert_eq!(labels(from, 8 * DAY)[0], "2022-11-06");
        assert_eq!(labels(from, 365 * DAY)[..2], ["Jan 2023", "Mar 2023"]);
    }

    proptest! {
        #[test]
        fn there_are_never_too_many_and_always_inside(from in 0i64..4_000_000_000, span in 120i64..1_000_000_000) {
            let ticks = time_ticks(from, from + span, 9);
            prop_assert!(ticks.len() <= 9, "{}", ticks.len());
            prop_assert!(ticks.iter().all(|tick| tick.0 >= from && tick.0 <= from + span));
            prop_assert!(ticks.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }
}
