use chrono::DateTime;
use serde::{Deserialize, Serialize};

use super::pools::{Yields, check_parts};
use super::{fraction, unit};
use crate::http::Url;
use crate::observations::{Expected, check_time, tidy};
use crate::{FeedError, Fetched, FindingKind, Findings};

const DAY_SECS: i64 = 86_400;

/// A pool at a moment. Rates are annual fractions, as the service compounds them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PoolPoint {
    /// When, unix seconds.
    pub ts: i64,
    /// Funds, US dollars; none where null.
    pub tvl_usd: Option<f64>,
    /// All of the yield.
    pub apy: f64,
    /// Fees and interest.
    pub apy_base: Option<f64>,
    /// Rewards in tokens.
    pub apy_reward: Option<f64>,
}

/// A lending market at a moment. Rates are annual fractions, without rewards.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LendingPoint {
    /// When, unix seconds.
    pub ts: i64,
    /// What suppliers earn.
    pub supply: f64,
    /// What borrowers pay.
    pub borrow: f64,
    /// Lent in, US dollars.
    pub supplied_usd: f64,
    /// Lent out, US dollars.
    pub borrowed_usd: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPoint {
    timestamp: String,
    #[serde(default)]
    tvl_usd: Option<f64>,
    #[serde(default)]
    apy: Option<f64>,
    #[serde(default)]
    apy_base: Option<f64>,
    #[serde(default)]
    apy_reward: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawLending {
    timestamp: String,
    #[serde(default)]
    apy_base: Option<f64>,
    #[serde(default)]
    apy_base_borrow: Option<f64>,
    #[serde(default)]
    total_supply_usd: Option<f64>,
    #[serde(default)]
    total_borrow_usd: Option<f64>,
}

impl Yields<'_> {
    /// A pool's daily history, `from_ts..to_ts` if given; ascending.
    pub fn chart(
        &self,
        pool: &str,
        window: Option<(i64, i64)>,
    ) -> Result<Fetched<Vec<PoolPoint>>, FeedError> {
        let url = self.base.at(&format!("/chart/{}", path_part(pool)?), &[]);
        let raw: Vec<RawPoint> = self.rows(&url)?;
        let mut findings = Findings::default();
        let mut points = Vec::with_capacity(raw.len());
        for (index, row) in raw.iter().enumerate() {
            let ts = read_time(&url, index, &row.timestamp)?;
            let Some(apy) = row.apy else {
                findings.at(FindingKind::NullValue, pool, ts, "`apy` is null; the row is dropped");
                continue;
            };
            check_range(&url, index, "apy", apy, -100.0)?;
            if let Some(tvl) = row.tvl_usd {
                check_range(&url, index, "tvlUsd", tvl, 0.0)?;
            } else {
                findings.at(FindingKind::NullValue, pool, ts, "`tvlUsd` is null; left empty");
            }
            check_parts(pool, Some(ts), apy, row.apy_base, row.apy_reward, &mut findings);
            points.push((ts, (row.tvl_usd, apy, row.apy_base, row.apy_reward)));
        }
        let expected = Expected { step_secs: Some(DAY_SECS), window };
        let points = tidy(pool, points, expected, &mut findings)?;
        let rates: Vec<f64> = points.iter().map(|point| point.1.1).collect();
        unit::check(pool, &rates, &mut findings);
        let points = points.into_iter().map(|(ts, (tvl_usd, apy, base, reward))| PoolPoint {
            ts,
            tvl_usd,
            apy: fraction(apy),
            apy_base: base.map(fraction),
            apy_reward: reward.map(fraction),
        });
        not_empty(pool, points.collect(), findings)
    }

    /// A lending market's daily history, both sides; ascending.
    pub fn lending_chart(
        &self,
        pool: &str,
        window: Option<(i64, i64)>,
    ) -> Result<Fetched<Vec<LendingPoint>>, FeedError> {
        let url = self.base.at(&format!("/chartLendBorrow/{}", path_part(pool)?), &[]);
        let raw: Vec<RawLending> = self.rows(&url)?;
        let mut findings = Findings::default();
        let mut points = Vec::with_capacity(raw.len());
        for (index, row) in raw.iter().enumerate() {
            let ts = read_time(&url, index, &row.timestamp)?;
            let figures = [row.apy_base, row.apy_base_borrow, row.total_supply_usd, row.total_borrow_usd];
            let [Some(supply), Some(borrow), Some(supplied), Some(borrowed)] = figures else {
                findings.at(
                    FindingKind::NullValue,
                    pool,
                    ts,
                    "a rate or an amount is null; the row is dropped",
                );
                continue;
            };
            let names = ["apyBase", "apyBaseBorrow", "totalSupplyUsd", "totalBorrowUsd"];
            for (name, figure) in names.into_iter().zip([supply, borrow, supplied, borrowed]) {
                check_range(&url, index, name, figure, 0.0)?;
            }
            points.push((ts, (supply, borrow, supplied, borrowed)));
        }
        let expected = Expected { step_secs: Some(DAY_SECS), window };
        let points = tidy(pool, points, expected, &mut findings)?;
        let rates: Vec<f64> = points.iter().map(|point| point.1.1).collect();
        unit::check(pool, &rates, &mut findings);
        let points =
            points.into_iter().map(|(ts, (supply, borrow, supplied_usd, borrowed_usd))| LendingPoint {
                ts,
                supply: fraction(supply),
                borrow: fraction(borrow),
                supplied_usd,
                borrowed_usd,
            });
        not_empty(pool, points.collect(), findings)
    }
}

fn not_empty<T>(series: &str, value: Vec<T>, findings: Findings) -> Result<Fetched<Vec<T>>, FeedError> {
    if value.is_empty() {
        return Err(FeedError::Empty { series: series.into(), problem: "nothing in this window".into() });
    }
    Ok(Fetched { value, findings })
}

/// An id goes into the path: letters, digits, hyphens.
fn path_part(pool: &str) -> Result<&str, FeedError> {
    let sound = !pool.is_empty() && pool.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    sound.then_some(pool).ok_or_else(|| FeedError::setting("--pool", format!("{pool:?} is not a pool's id")))
}

/// `2022-05-03T00:00:00.000Z` as unix seconds; fractions of a second are cut.
fn read_time(url: &Url, index: usize, text: &str) -> Result<i64, FeedError> {
    let place = format!("data[{index}].timestamp");
    let time = DateTime::parse_from_rfc3339(text)
        .map_err(|_| FeedError::body(url.shown(), format!("{place}: {text:?} is not an ISO 8601 time")))?;
    check_time(url.shown(), &place, time.timestamp())
}

fn check_range(url: &Url, index: usize, name: &str, figure: f64, least: f64) -> Result<(), FeedError> {
    if figure >= least {
        return Ok(());
    }
    Err(FeedError::body(url.shown(), format!("data[{index}].{name}: {figure} is below {least}")))
}
