use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::observations::check_time;
use crate::{Base, FeedError, Fetched, FindingKind, Findings, Http};

/// Ids in one request, so that addresses stay short.
const IDS_A_REQUEST: usize = 50;
/// A confidence interval wider than this share of the price is reported.
const WIDE_CONF: f64 = 0.01;

/// A Pyth feed: 32 bytes, written as 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PriceId(String);

impl FromStr for PriceId {
    type Err = FeedError;

    fn from_str(text: &str) -> Result<Self, FeedError> {
        let digits = text.trim().trim_start_matches("0x").to_ascii_lowercase();
        if digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Self(digits));
        }
        Err(FeedError::setting("price id", format!("{text:?} is not 64 hexadecimal digits")))
    }
}

impl std::fmt::Display for PriceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A price as published: exact decimals in the feed's quote currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PriceUpdate {
    /// Feed.
    pub id: PriceId,
    /// Price; positive.
    pub price: Decimal,
    /// Half width of the confidence interval, at the price's scale.
    pub conf: Decimal,
    /// When it was published, unix seconds.
    pub publish_time: i64,
    /// Exponentially weighted average of the price.
    pub ema_price: Decimal,
    /// The same of the confidence.
    pub ema_conf: Decimal,
}

/// Hermes. The public instance allows thirty requests in ten seconds and wants a key.
pub struct Hermes<'a> {
    http: &'a Http,
    base: Base,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    parsed: Option<Vec<Parsed>>,
}

#[derive(Deserialize)]
struct Parsed {
    id: String,
    price: RawPrice,
    ema_price: RawPrice,
}

#[derive(Deserialize)]
struct RawPrice {
    price: Integer,
    conf: Integer,
    expo: i32,
    publish_time: i64,
}

/// Hermes writes integers as text; some providers as numbers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Integer {
    Text(String),
    Number(i64),
}

impl<'a> Hermes<'a> {
    /// Where the foundation's own instance is.
    pub const PUBLIC: &'static str = "https://hermes.pyth.network";

    /// Asks the instance at `base`.
    pub fn new(http: &'a Http, base: Base) -> Self {
        Self { http, base }
    }

    /// The latest price of each of `ids`, in their order.
    pub fn latest(&self, ids: &[PriceId]) -> Result<Fetched<Vec<PriceUpdate>>, FeedError> {
        self.updates("/v2/updates/price/latest", ids, None)
    }

    /// The price of each of `ids` published at `ts` (unix seconds) or first after it, in their order.
    pub fn at(&self, ts: i64, ids: &[PriceId]) -> Result<Fetched<Vec<PriceUpdate>>, FeedError> {
        self.updates(&format!("/v2/updates/price/{ts}"), ids, Some(ts))
    }

    /// [`Self::at`] for each of `times`. A time that the service does not have is a finding, and the answer
    /// holds nothing for it; an update further than `tolerance_secs` from its time likewise.
    pub fn history(
        &self,
        ids: &[PriceId],
        times: impl IntoIterator<Item = i64>,
        tolerance_secs: i64,
    ) -> Result<Fetched<Vec<(i64, PriceUpdate)>>, FeedError> {
        let mut history = Fetched { value: Vec::new(), findings: Findings::default() };
        let mut asked = 0usize;
        for ts in times {
            asked += 1;
            let found = match self.at(ts, ids) {
                Ok(found) => found,
                Err(FeedError::Status { status: 404, body, .. }) => {
                    history.findings.at(FindingKind::Gap, "hermes", ts, format!("nothing published: {body}"));
                    continue;
                }
                Err(error) => return Err(error),
            };
            history.findings.extend(found.findings);
            for update in found.value {
                let apart = update.publish_time.saturating_sub(ts);
                if apart.saturating_abs() <= tolerance_secs {
                    history.value.push((ts, update));
                } else {
                    let detail = format!("published {apart}s from the time asked for; dropped");
                    history.findings.at(FindingKind::OutsideWindow, &update.id.0, ts, detail);
                }
            }
        }
        if history.value.is_empty() {
            let problem = format!("none at any of {asked} times");
            return Err(FeedError::Empty { series: "hermes".into(), problem });
        }
        Ok(history)
    }

    fn updates(
        &self,
        path: &str,
        ids: &[PriceId],
        ts: Option<i64>,
    ) -> Result<Fetched<Vec<PriceUpdate>>, FeedError> {
        check_ids(ids)?;
        let mut fetched = Fetched { value: Vec::new(), findings: Findings::default() };
        for chunk in ids.chunks(IDS_A_REQUEST) {
            let mut query: Vec<(&str, &str)> = chunk.iter().map(|id| ("ids[]", id.0.as_str())).collect();
            query.extend([("parsed", "true"), ("encoding", "hex")]);
            let url = self.base.at(path, &query);
            let answer: Answer = self.http.get(&url)?;
            let shown = self.base.at(path, &[]).shown().to_owned();
            let parsed = answer.parsed.ok_or_else(|| FeedError::body(&shown, "field `parsed` is missing"))?;
            let updates = parsed
                .iter()
                .enumerate()
                .map(|(index, parsed)| read_update(&shown, index, parsed, &mut fetched.findings))
                .collect::<Result<Vec<_>, _>>()?;
            if let Some(stranger) = updates.iter().find(|update| !chunk.contains(&update.id)) {
                return Err(FeedError::body(&shown, format!("price id {} was not asked for", stranger.id)));
            }
            for id in chunk {
                let mut own = updates.iter().filter(|update| update.id == *id);
                let update =
                    own.next().ok_or_else(|| FeedError::body(&shown, format!("no price for {id}")))?;
                if own.next().is_some_and(|second| second != update) {
                    return Err(FeedError::body(&shown, format!("two prices for {id}")));
                }
                fetched.value.push(update.clone());
            }
        }
        if let Some(ts) = ts {
            report_late(ts, &fetched.value, &mut fetched.findings);
        }
        Ok(fetched)
    }
}

fn check_ids(ids: &[PriceId]) -> Result<(), FeedError> {
    if ids.is_empty() {
        return Err(FeedError::setting("price id", "none given"));
    }
    match ids.iter().enumerate().find(|(index, id)| ids.iter().skip(index + 1).any(|other| other == *id)) {
        Some((_, id)) => Err(FeedError::setting("price id", format!("{id} is given twice"))),
        None => Ok(()),
    }
}

fn report_late(ts: i64, updates: &[PriceUpdate], findings: &mut Findings) {
    for update in updates.iter().filter(|update| update.publish_time != ts) {
        let detail =
            format!("published {}s after the time asked for", update.publish_time.saturating_sub(ts));
        findings.at(FindingKind::Aligned, &update.id.0, ts, detail);
    }
}

fn read_update(
    url: &str,
    index: usize,
    parsed: &Parsed,
    findings: &mut Findings,
) -> Result<PriceUpdate, FeedError> {
    let place = format!("parsed[{index}]");
    let id: PriceId =
        parsed.id.parse().map_err(|error: FeedError| FeedError::body(url, format!("{place}.id: {error}")))?;
    let decimal = |what: &str, raw: &RawPrice, integer: &Integer| {
        let wrong = |problem: String| FeedError::body(url, format!("{place}.{what}: {problem}"));
        let mantissa = match integer {
            Integer::Number(number) => *number,
            Integer::Text(text) => {
                text.parse().map_err(|_| wrong(format!("{text:?} is not a 64-bit integer")))?
            }
        };
        Decimal::new(mantissa, raw.expo)
            .ok_or_else(|| wrong(format!("an exponent of {} is no price", raw.expo)))
    };
    let (price, ema) = (&parsed.price, &parsed.ema_price);
    let update = PriceUpdate {
        price: decimal("price.price", price, &price.price)?,
        conf: decimal("price.conf", price, &price.conf)?,
        publish_time: check_time(url, &format!("{place}.price.publish_time"), price.publish_time)?,
        ema_price: decimal("ema_price.price", ema, &ema.price)?,
        ema_conf: decimal("ema_price.conf", ema, &ema.conf)?,
        id,
    };
    for (what, figure) in [("price.price", update.price), ("ema_price.price", update.ema_price)] {
        if figure.mantissa() <= 0 {
            return Err(FeedError::body(url, format!("{place}.{what}: a price of {figure} is not positive")));
        }
    }
    if update.conf.mantissa() < 0 {
        return Err(FeedError::body(url, format!("{place}.price.conf: {} is negative", update.conf)));
    }
    let wide = update.conf.to_f64() / update.price.to_f64();
    if wide > WIDE_CONF {
        let detail = format!("confidence interval is {:.2}% of the price", wide * 100.0);
        findings.at(FindingKind::LowConfidence, &update.id.0, update.publish_time, detail);
    }
    Ok(update)
}
