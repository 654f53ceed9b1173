//! Order, duplicates, gaps and plausible times of a series, before anybody believes it.

use std::fmt::Debug;

use ballast_engine::time::{format_span, format_utc, implausible};

use crate::{FeedError, FindingKind, Findings};

/// What a series should look like.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected {
    /// Time between observations, seconds; none if there is no rhythm.
    pub step_secs: Option<i64>,
    /// What was asked for: from, to (exclusive), unix seconds.
    pub window: Option<(i64, i64)>,
}

/// Refuses what cannot be unix seconds.
pub fn check_time(url: &str, place: &str, ts: i64) -> Result<i64, FeedError> {
    match implausible(ts) {
        None => Ok(ts),
        Some(problem) => Err(FeedError::body(url, format!("{place}: {problem}"))),
    }
}

/// Refuses a time window that is empty or not in unix seconds.
pub fn check_window(from_ts: i64, to_ts: i64) -> Result<(), FeedError> {
    for (what, ts) in [("--from", from_ts), ("--to", to_ts)] {
        if let Some(problem) = implausible(ts) {
            return Err(FeedError::setting(what, problem));
        }
    }
    if from_ts >= to_ts {
        let problem = format!("{} is not after --from {}", format_utc(to_ts), format_utc(from_ts));
        return Err(FeedError::setting("--to", problem));
    }
    Ok(())
}

/// Sorts, drops exact duplicates, refuses contradictory ones, and lists every gap. Order within `rows` is free.
///
/// A gap is a distance of more than one and a half steps; also from the start of the window to the first row and
/// from the last to its end.
pub fn tidy<T: Clone + PartialEq + Debug>(
    series: &str,
    mut rows: Vec<(i64, T)>,
    expected: Expected,
    findings: &mut Findings,
) -> Result<Vec<(i64, T)>, FeedError> {
    drop_outside(series, &mut rows, expected, findings);
    let backwards: Vec<i64> =
        rows.iter().zip(rows.iter().skip(1)).filter(|(a, b)| b.0 < a.0).map(|(_, b)| b.0).collect();
    if let Some(first) = backwards.first() {
        let detail = format!("time goes backwards {} times; sorted", backwards.len());
        findings.at(FindingKind::Unsorted, series, *first, detail);
        rows.sort_by_key(|row| row.0);
    }
    let mut kept: Vec<(i64, T)> = Vec::with_capacity(rows.len());
    for row in rows {
        match kept.last() {
            Some(last) if last.0 == row.0 && last.1 == row.1 => {
                findings.at(
                    FindingKind::DuplicateDropped,
                    series,
                    row.0,
                    "the same value twice; one dropped",
                );
            }
            Some(last) if last.0 == row.0 => {
                return Err(FeedError::Conflict {
                    series: series.into(),
                    ts: row.0,
                    first: format!("{:?}", last.1),
                    second: format!("{:?}", row.1),
                });
            }
            _ => kept.push(row),
        }
    }
    let times: Vec<i64> = kept.iter().map(|row| row.0).collect();
    list_gaps(series, &times, expected, findings);
    Ok(kept)
}

fn drop_outside<T>(series: &str, rows: &mut Vec<(i64, T)>, expected: Expected, findings: &mut Findings) {
    let Some((from_ts, to_ts)) = expected.window else { return };
    let before = rows.len();
    let outside = rows.iter().map(|row| row.0).find(|ts| !(from_ts..to_ts).contains(ts));
    rows.retain(|row| (from_ts..to_ts).contains(&row.0));
    if let Some(ts) = outside {
        let detail = format!("{} rows outside the window; dropped", before - rows.len());
        findings.at(FindingKind::OutsideWindow, series, ts, detail);
    }
}

fn list_gaps(series: &str, times: &[i64], expected: Expected, findings: &mut Findings) {
    let Some(step) = expected.step_secs.filter(|step| *step > 0) else { return };
    let mut gap = |from_ts: i64, to_ts: i64| {
        let span = to_ts.saturating_sub(from_ts);
        let detail = format!("about {} missing, {}", span.div_euclid(step).max(1), format_span(span));
        findings.between(FindingKind::Gap, series, from_ts, to_ts, detail);
    };
    let limit = step.saturating_add(step / 2);
    if let (Some((from_ts, _)), Some(first)) = (expected.window, times.first())
        && first.saturating_sub(from_ts) >= limit
    {
        gap(from_ts, *first);
    }
    for (a, b) in times.iter().zip(times.iter().skip(1)) {
        if b.saturating_sub(*a) > limit {
            gap(a.saturating_add(step), *b);
        }
    }
    match (expected.window, times.last()) {
        (Some((_, to_ts)), Some(last)) if to_ts.saturating_sub(*last) > limit => {
            gap(last.saturating_add(step), to_ts);
        }
        (Some((from_ts, to_ts)), None) => gap(from_ts, to_ts),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: i64 = 1_700_000_000;

    fn run(rows: &[(i64, f64)], expected: Expected) -> (Result<Vec<(i64, f64)>, FeedError>, Findings) {
        let mut findings = Findings::default();
        let rows = tidy("s", rows.to_vec(), expected, &mut findings);
        (rows, findings)
    }

    #[test]
    fn order_and_duplicates_are_mended_and_reported() {
        let rows = [(T + 20, 3.0), (T, 1.0), (T + 10, 2.0), (T + 10, 2.0)];
        let (kept, findings) = run(&rows, Expected::default());
        assert_eq!(kept.unwrap(), [(T, 1.0), (T + 10, 2.0), (T + 20, 3.0)]);
        assert_eq!(findings.of(FindingKind::Unsorted).count(), 1);
        assert_eq!(findings.of(FindingKind::DuplicateDropped).next().unwrap().from_ts, Some(T + 10));
    }

    #[test]
    fn contradictory_duplicates_are_refused() {
        let (kept, _) = run(&[(T, 1.0), (T, 2.0)], Expected::default());
        let error = kept.unwrap_err().to_string();
        assert_eq!(error, "s: two different values at 2023-11-14T22:13Z: 1.0 and 2.0");
    }

    #[test]
    fn gaps_are_listed_at_both_ends_and_within() {
        let expected = Expected { step_secs: Some(10), window: Some((T, T + 100)) };
        let (_, findings) = run(&[(T + 20, 1.0), (T + 30, 1.0), (T + 60, 1.0), (T + 75, 1.0)], expected);
        let gaps: Vec<_> = findings.of(FindingKind::Gap).map(|gap| (gap.from_ts, gap.to_ts)).collect();
        let at = |from, to| (Some(T + from), Some(T + to));
        assert_eq!(gaps, [at(0, 20), at(40, 60), at(85, 100)]);
        let (_, findings) = run(&[], expected);
        assert_eq!(findings.of(FindingKind::Gap).next().unwrap().to_ts, Some(T + 100));
        let whole: Vec<_> = (0..10).map(|step| (T + step * 10, 1.0)).collect();
        assert_eq!(run(&whole, expected).1, Findings::default());
    }

    #[test]
    fn rows_outside_the_window_are_dropped_and_reported() {
        let expected = Expected { step_secs: None, window: Some((T, T + 10)) };
        let (kept, findings) = run(&[(T - 1, 1.0), (T, 2.0), (T + 10, 3.0)], expected);
        assert_eq!(kept.unwrap(), [(T, 2.0)]);
        assert_eq!(findings.as_slice()[0].detail, "2 rows outside the window; dropped");
    }

    #[test]
    fn milliseconds_are_named() {
        let error = check_time("u", "t[0]", T * 1_000).unwrap_err().to_string();
        assert!(error.contains("t[0]") && error.contains("milliseconds"), "{error}");
        assert!(check_window(T, T).unwrap_err().is_setting());
        assert!(check_window(-1, T).unwrap_err().to_string().starts_with("--from"));
    }
}
