use serde::{Deserialize, Serialize};

use super::{fraction, unit};
use crate::{Base, FeedError, Fetched, FindingKind, Findings, Http};

/// Pools smaller than this say nothing about the unit of the answer, US dollars.
const TELLING_TVL_USD: f64 = 1_000_000.0;
/// Largest difference between a total and its parts that rounding explains, percentage points.
const PARTS_TOLERANCE: f64 = 0.01;

/// A pool as it is now. Rates are annual fractions, compounded as the service does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pool {
    /// The service's id.
    pub id: String,
    /// Network, as the service writes it.
    pub chain: String,
    /// Protocol.
    pub project: String,
    /// Symbols of the tokens.
    pub symbol: String,
    /// Token addresses, as far as known.
    pub underlying_tokens: Vec<String>,
    /// Funds, US dollars.
    pub tvl_usd: f64,
    /// All of the yield.
    pub apy: f64,
    /// Fees and interest; none where the service has none.
    pub apy_base: Option<f64>,
    /// Rewards in tokens; none where the service has none.
    pub apy_reward: Option<f64>,
    /// True for a pool of stablecoins only.
    pub stablecoin: bool,
}

/// The yields service.
pub struct Yields<'a> {
    pub(super) http: &'a Http,
    pub(super) base: Base,
}

#[derive(Deserialize)]
pub(super) struct Answer<T> {
    pub status: Option<String>,
    pub data: Option<Vec<T>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPool {
    pool: String,
    chain: String,
    project: String,
    symbol: String,
    #[serde(default)]
    underlying_tokens: Option<Vec<Option<String>>>,
    tvl_usd: Option<f64>,
    apy: Option<f64>,
    #[serde(default)]
    apy_base: Option<f64>,
    #[serde(default)]
    apy_reward: Option<f64>,
    #[serde(default)]
    stablecoin: bool,
}

impl<'a> Yields<'a> {
    /// Where the public service is.
    pub const PUBLIC: &'static str = "https://yields.llama.fi";

    /// Asks the service at `base`.
    pub fn new(http: &'a Http, base: Base) -> Self {
        Self { http, base }
    }

    /// Every pool, by id. Pools without a rate or funds are left out and reported, as are those with impossible
    /// figures.
    pub fn pools(&self) -> Result<Fetched<Vec<Pool>>, FeedError> {
        let url = self.base.at("/pools", &[]);
        let raw: Vec<RawPool> = self.rows(&url)?;
        let mut findings = Findings::default();
        let telling =
            |pool: &&RawPool| pool.stablecoin && pool.tvl_usd.is_some_and(|tvl| tvl >= TELLING_TVL_USD);
        let rates: Vec<f64> = raw.iter().filter(telling).filter_map(|pool| pool.apy).collect();
        unit::check("pools", &rates, &mut findings);
        let mut pools: Vec<Pool> =
            raw.into_iter().filter_map(|pool| read_pool(pool, &mut findings)).collect();
        pools.sort_by(|a, b| a.id.cmp(&b.id));
        let before = pools.len();
        pools.dedup();
        if pools.len() < before {
            let detail = format!("{} pools listed twice; dropped", before - pools.len());
            findings.note(FindingKind::DuplicateDropped, "pools", detail);
        }
        if let Some((a, _)) = pools.iter().zip(pools.iter().skip(1)).find(|(a, b)| a.id == b.id) {
            return Err(FeedError::body(
                url.shown(),
                format!("pool {} is listed twice with different figures", a.id),
            ));
        }
        if pools.is_empty() {
            return Err(FeedError::Empty { series: "pools".into(), problem: "no pool has a rate".into() });
        }
        Ok(Fetched { value: pools, findings })
    }

    /// The rows of `{ "status": "success", "data": [...] }`.
    pub(super) fn rows<T: serde::de::DeserializeOwned>(
        &self,
        url: &crate::http::Url,
    ) -> Result<Vec<T>, FeedError> {
        let answer: Answer<T> = self.http.get(url)?;
        match (answer.status.as_deref(), answer.data) {
            (Some("success") | None, Some(rows)) if rows.is_empty() => {
                Err(FeedError::Empty { series: url.shown().into(), problem: "`data` is empty".into() })
            }
            (Some("success") | None, Some(rows)) => Ok(rows),
            (Some("success") | None, None) => Err(FeedError::body(url.shown(), "field `data` is missing")),
            (Some(other), _) => Err(FeedError::body(url.shown(), format!("the service answers: {other}"))),
        }
    }
}

fn read_pool(raw: RawPool, findings: &mut Findings) -> Option<Pool> {
    let (Some(tvl_usd), Some(apy)) = (raw.tvl_usd, raw.apy) else {
        findings.note(FindingKind::NullValue, &raw.pool, "no rate or no funds; left out");
        return None;
    };
    if tvl_usd < 0.0 || apy < -100.0 {
        let detail = format!("funds of {tvl_usd} or a rate of {apy}% are impossible; left out");
        findings.note(FindingKind::ValueRefused, &raw.pool, detail);
        return None;
    }
    check_parts(&raw.pool, None, apy, raw.apy_base, raw.apy_reward, findings);
    Some(Pool {
        id: raw.pool,
        chain: raw.chain,
        project: raw.project,
        symbol: raw.symbol,
        underlying_tokens: raw.underlying_tokens.unwrap_or_default().into_iter().flatten().collect(),
        tvl_usd,
        apy: fraction(apy),
        apy_base: raw.apy_base.map(fraction),
        apy_reward: raw.apy_reward.map(fraction),
        stablecoin: raw.stablecoin,
    })
}

/// Reports a total that is not the sum of its parts; all in percent.
pub(super) fn check_parts(
    series: &str,
    ts: Option<i64>,
    apy: f64,
    base: Option<f64>,
    reward: Option<f64>,
    findings: &mut Findings,
) {
    let Some(base) = base else { return };
    let sum = base + reward.unwrap_or(0.0);
    if (sum - apy).abs() <= PARTS_TOLERANCE.max(apy.abs() * 1e-3) {
        return;
    }
    let detail = format!("apy {apy}% but base and reward make {sum}%");
    match ts {
        Some(ts) => findings.at(FindingKind::PartsDiffer, series, ts, detail),
        None => findings.note(FindingKind::PartsDiffer, series, detail),
    }
}
