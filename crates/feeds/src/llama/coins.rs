use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::observations::{Expected, check_time, check_window, tidy};
use crate::{Base, FeedError, Fetched, FindingKind, Findings, Http};

/// The service answers at most this many points a request, all coins together.
const POINTS_A_REQUEST: usize = 500;
/// The service's own doubt: below this it is reported.
const LEAST_CONFIDENCE: f64 = 0.9;

/// A coin's price in US dollars on the grid that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CoinPrice {
    /// Moment asked for, unix seconds.
    pub ts: i64,
    /// US dollars.
    pub price: f64,
}

/// The coin prices service.
pub struct Coins<'a> {
    http: &'a Http,
    base: Base,
}

#[derive(Deserialize)]
struct Answer {
    coins: Option<BTreeMap<String, RawCoin>>,
}

#[derive(Deserialize)]
struct RawCoin {
    #[serde(default)]
    confidence: Option<f64>,
    prices: Vec<RawPrice>,
}

#[derive(Deserialize)]
struct RawPrice {
    timestamp: i64,
    price: Option<f64>,
}

impl<'a> Coins<'a> {
    /// Where the public service is.
    pub const PUBLIC: &'static str = "https://coins.llama.fi";

    /// Asks the service at `base`.
    pub fn new(http: &'a Http, base: Base) -> Self {
        Self { http, base }
    }

    /// Prices of `coin` (`coingecko:solana`, `solana:MINT`) every `step_secs` in `from_ts..to_ts`.
    ///
    /// The service answers with the price nearest to each moment, within `search_secs` (less than half a step).
    /// It is assigned to that moment; by how much at most is a finding. Moments without a price are gaps.
    pub fn history(
        &self,
        coin: &str,
        from_ts: i64,
        to_ts: i64,
        step_secs: i64,
        search_secs: i64,
    ) -> Result<Fetched<Vec<CoinPrice>>, FeedError> {
        check_window(from_ts, to_ts)?;
        check_coin(coin)?;
        if step_secs < 60 || search_secs < 0 || search_secs.saturating_mul(2) >= step_secs {
            let problem = format!(
                "a step of {step_secs}s (at least 60) needs a search width under half of it, not {search_secs}s"
            );
            return Err(FeedError::setting("step", problem));
        }
        let mut findings = Findings::default();
        let mut raw = Vec::new();
        let mut start = from_ts;
        while start < to_ts {
            let left = usize::try_from((to_ts - start - 1) / step_secs + 1).unwrap_or(POINTS_A_REQUEST);
            let span = left.min(POINTS_A_REQUEST);
            raw.extend(self.page(coin, start, span, step_secs, search_secs, &mut findings)?);
            start = start.saturating_add(i64::try_from(span).unwrap_or(1).saturating_mul(step_secs));
        }
        let mut farthest = 0;
        let mut on_grid = Vec::with_capacity(raw.len());
        for (found, price) in raw {
            let ts = from_ts + (found - from_ts + step_secs / 2).div_euclid(step_secs) * step_secs;
            let apart = (found - ts).abs();
            if apart > search_secs {
                let detail = format!("{apart}s from the grid; dropped");
                findings.at(FindingKind::OutsideWindow, coin, found, detail);
                continue;
            }
            farthest = farthest.max(apart);
            on_grid.push((ts, price));
        }
        if farthest > 0 {
            let detail = format!("prices up to {farthest}s away were assigned to the moment asked for");
            findings.note(FindingKind::Aligned, coin, detail);
        }
        let expected = Expected { step_secs: Some(step_secs), window: Some((from_ts, to_ts)) };
        let prices = tidy(coin, on_grid, expected, &mut findings)?;
        if prices.is_empty() {
            return Err(FeedError::Empty {
                series: coin.into(),
                problem: "the service has none in this window".into(),
            });
        }
        Ok(Fetched {
            value: prices.into_iter().map(|(ts, price)| CoinPrice { ts, price }).collect(),
            findings,
        })
    }

    fn page(
        &self,
        coin: &str,
        start: i64,
        span: usize,
        step_secs: i64,
        search_secs: i64,
        findings: &mut Findings,
    ) -> Result<Vec<(i64, f64)>, FeedError> {
        let (start, span) = (start.to_string(), span.to_string());
        let (period, width) = (format!("{}m", step_secs / 60), search_secs.to_string());
        let query =
            [("start", start.as_str()), ("span", &span), ("period", &period), ("searchWidth", &width)];
        let url = self.base.at(&format!("/chart/{coin}"), &query);
        let answer: Answer = self.http.get(&url)?;
        let mut coins =
            answer.coins.ok_or_else(|| FeedError::body(url.shown(), "field `coins` is missing"))?;
        // A coin without prices in the window is left out of the answer: gaps, then.
        let Some(found) = coins.remove(coin) else { return Ok(Vec::new()) };
        if let Some(confidence) = found.confidence.filter(|confidence| *confidence < LEAST_CONFIDENCE) {
            findings.note(
                FindingKind::LowConfidence,
                coin,
                format!("the service's confidence is {confidence}"),
            );
        }
        let mut prices = Vec::with_capacity(found.prices.len());
        for (index, raw) in found.prices.iter().enumerate() {
            let place = format!("coins[{coin:?}].prices[{index}]");
            let ts = check_time(url.shown(), &format!("{place}.timestamp"), raw.timestamp)?;
            match raw.price {
                Some(price) if price > 0.0 => prices.push((ts, price)),
                Some(price) => {
                    return Err(FeedError::body(
                        url.shown(),
                        format!("{place}: a price of {price} is not positive"),
                    ));
                }
                None => findings.at(FindingKind::NullValue, coin, ts, "the price is null; dropped"),
            }
        }
        Ok(prices)
    }
}

/// `chain:address` of letters, digits and a few marks: it goes into the path.
fn check_coin(coin: &str) -> Result<(), FeedError> {
    let sound = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    match coin.split_once(':') {
        Some((chain, address)) if sound(chain) && sound(address) => Ok(()),
        _ => {
            Err(FeedError::setting("coin", format!("{coin:?}: write chain:address, as in coingecko:solana")))
        }
    }
}
