use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::observations::{Expected, check_time, check_window, tidy};
use crate::{Base, FeedError, Fetched, FindingKind, Findings, Http};

/// Bars asked for in one request unless told otherwise.
const BARS_A_PAGE: i64 = 1_000;
const MINUTE: i64 = 60;

/// Length of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Resolution {
    secs: i64,
}

impl Resolution {
    /// An hour.
    pub const HOUR: Self = Self { secs: 3_600 };

    /// Seconds.
    pub fn secs(self) -> i64 {
        self.secs
    }

    /// As the interface wants it: minutes, or `1D`.
    fn code(self) -> String {
        if self.secs == 86_400 { "1D".into() } else { (self.secs / MINUTE).to_string() }
    }
}

impl FromStr for Resolution {
    type Err = FeedError;

    /// Minutes that the service knows, `D` or `1D`.
    fn from_str(text: &str) -> Result<Self, FeedError> {
        let minutes = match text {
            "D" | "1D" | "1d" => 1_440,
            _ => text.parse().unwrap_or(0),
        };
        if [1, 2, 5, 15, 30, 60, 120, 240, 360, 720, 1_440].contains(&minutes) {
            return Ok(Self { secs: minutes * MINUTE });
        }
        let problem = format!("{text:?} is none of 1, 2, 5, 15, 30, 60, 120, 240, 360, 720 (minutes), D");
        Err(FeedError::setting("--resolution", problem))
    }
}

/// One bar, stamped with its start. Prices in the symbol's quote currency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Candle {
    /// Start, unix seconds.
    pub ts: i64,
    /// First price.
    pub open: f64,
    /// Highest.
    pub high: f64,
    /// Lowest.
    pub low: f64,
    /// Last.
    pub close: f64,
}

/// Benchmarks, through the interface it offers to TradingView's charts (the "UDF" protocol).
pub struct Benchmarks<'a> {
    http: &'a Http,
    base: Base,
    bars_a_page: i64,
}

#[derive(Deserialize)]
struct Answer {
    s: Option<String>,
    #[serde(default)]
    errmsg: Option<String>,
    #[serde(default)]
    t: Option<Vec<i64>>,
    #[serde(default)]
    o: Option<Vec<Option<f64>>>,
    #[serde(default)]
    h: Option<Vec<Option<f64>>>,
    #[serde(default)]
    l: Option<Vec<Option<f64>>>,
    #[serde(default)]
    c: Option<Vec<Option<f64>>>,
}

impl<'a> Benchmarks<'a> {
    /// Where the foundation's own service is.
    pub const PUBLIC: &'static str = "https://benchmarks.pyth.network";

    /// Asks the service at `base`.
    pub fn new(http: &'a Http, base: Base) -> Self {
        Self { http, base, bars_a_page: BARS_A_PAGE }
    }

    /// Asks for at most `bars` a request.
    pub fn with_bars_a_page(mut self, bars: u32) -> Self {
        self.bars_a_page = i64::from(bars.max(1));
        self
    }

    /// Bars that start in `from_ts..to_ts`, ascending. Missing bars are findings.
    pub fn history(
        &self,
        symbol: &str,
        resolution: Resolution,
        from_ts: i64,
        to_ts: i64,
    ) -> Result<Fetched<Vec<Candle>>, FeedError> {
        check_window(from_ts, to_ts)?;
        if symbol.trim().is_empty() {
            return Err(FeedError::setting("--symbol", "empty"));
        }
        let mut findings = Findings::default();
        let mut bars = Vec::new();
        let mut start = from_ts;
        while start < to_ts {
            let end = start.saturating_add(resolution.secs.saturating_mul(self.bars_a_page)).min(to_ts);
            bars.extend(self.page(symbol, resolution, start, end, &mut findings)?);
            start = end;
        }
        let expected = Expected { step_secs: Some(resolution.secs), window: Some((from_ts, to_ts)) };
        let bars: Vec<Candle> =
            tidy(symbol, bars, expected, &mut findings)?.into_iter().map(|(_, candle)| candle).collect();
        if bars.is_empty() {
            return Err(FeedError::Empty {
                series: symbol.into(),
                problem: "the service has none in this window".into(),
            });
        }
        let off_grid = bars.iter().filter(|bar| bar.ts.rem_euclid(resolution.secs) != 0);
        if let Some(first) = off_grid.clone().next() {
            let detail =
                format!("{} bars do not start on a multiple of {}s", off_grid.count(), resolution.secs);
            findings.at(FindingKind::Misaligned, symbol, first.ts, detail);
        }
        Ok(Fetched { value: bars, findings })
    }

    fn page(
        &self,
        symbol: &str,
        resolution: Resolution,
        from_ts: i64,
        to_ts: i64,
        findings: &mut Findings,
    ) -> Result<Vec<(i64, Candle)>, FeedError> {
        // Both ends are inclusive, so that the last second of a page is not the first of the next.
        let (code, from, to) = (resolution.code(), from_ts.to_string(), (to_ts - 1).to_string());
        let query = [("symbol", symbol), ("resolution", &code), ("from", &from), ("to", &to)];
        let url = self.base.at("/v1/shims/tradingview/history", &query);
        let answer: Answer = self.http.get(&url)?;
        match answer.s.as_deref() {
            Some("ok") => read_bars(url.shown(), symbol, answer, findings),
            Some("no_data") => Ok(Vec::new()),
            Some("error") => {
                let said = answer.errmsg.unwrap_or_else(|| "no reason given".into());
                Err(FeedError::body(url.shown(), format!("the service answers: {said}")))
            }
            Some(other) => {
                Err(FeedError::body(url.shown(), format!("field `s` is {other:?}, not ok, no_data or error")))
            }
            None => Err(FeedError::body(url.shown(), "field `s` is missing")),
        }
    }
}

fn read_bars(
    url: &str,
    symbol: &str,
    answer: Answer,
    findings: &mut Findings,
) -> Result<Vec<(i64, Candle)>, FeedError> {
    let missing = |name: &str| FeedError::body(url, format!("field `{name}` is missing"));
    let times = answer.t.ok_or_else(|| missing("t"))?;
    let column = |name: &str, values: Option<Vec<Option<f64>>>| {
        let values = values.ok_or_else(|| missing(name))?;
        if values.len() == times.len() {
            return Ok(values);
        }
        Err(FeedError::body(url, format!("`t` has {} entries, `{name}` has {}", times.len(), values.len())))
    };
    let (open, high) = (column("o", answer.o)?, column("h", answer.h)?);
    let (low, close) = (column("l", answer.l)?, column("c", answer.c)?);
    let mut bars = Vec::with_capacity(times.len());
    let prices = open.into_iter().zip(high).zip(low.into_iter().zip(close));
    for (index, (&ts, prices)) in times.iter().zip(prices).enumerate() {
        let ts = check_time(url, &format!("t[{index}]"), ts)?;
        let ((Some(open), Some(high)), (Some(low), Some(close))) = prices else {
            findings.at(FindingKind::NullValue, symbol, ts, "a price is null; the bar is dropped");
            continue;
        };
        let bar = Candle { ts, open, high, low, close };
        if let Some(problem) = wrong_with(&bar) {
            return Err(FeedError::body(url, format!("bar {index} ({ts}): {problem}")));
        }
        bars.push((ts, bar));
    }
    Ok(bars)
}

/// A bar must be positive and contain its own open and close.
fn wrong_with(bar: &Candle) -> Option<String> {
    let Candle { open, high, low, close, .. } = *bar;
    if !(low > 0.0 && high.is_finite()) {
        return Some(format!("a price of {low} is not positive"));
    }
    let outside = |price: f64| !(low..=high).contains(&price);
    let (name, price) = [("open", open), ("close", close)].into_iter().find(|(_, price)| outside(*price))?;
    Some(format!("the {name} of {price} is outside the bar's {low} to {high}"))
}
