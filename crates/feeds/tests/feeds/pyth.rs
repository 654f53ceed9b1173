use ballast_feeds::FindingKind;
use ballast_feeds::pyth::{Benchmarks, Hermes, PriceId, Resolution};

use crate::server::{Reply, Server, client, fixture};

const T: i64 = 1_732_320_000;
const HOUR: i64 = 3_600;

fn ids() -> [PriceId; 2] {
    [
        "0xef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d".parse().unwrap(),
        "EAA020C61CC479712813461CE153894A96A6C00B21ED0CFC2798D1F9A9E9C94A".parse().unwrap(),
    ]
}

#[test]
fn hermes_prices_are_exact() {
    let server = Server::play(vec![Reply::fixture("hermes_latest.json")]);
    let (http, _) = client();
    let latest = Hermes::new(&http, server.base()).latest(&ids()).unwrap();
    let sol = &latest.value[0];
    assert_eq!(
        (sol.price.to_string().as_str(), sol.conf.to_string().as_str()),
        ("138.70482359", "0.09148236")
    );
    assert_eq!((sol.price.mantissa(), sol.price.expo(), sol.publish_time), (13_870_482_359, -8, T));
    assert_eq!((sol.ema_price.to_string().as_str(), sol.price.to_f64()), ("138.52211", 138.704_823_59));
    let wide: Vec<_> = latest.findings.of(FindingKind::LowConfidence).collect();
    assert_eq!(wide.len(), 1);
    assert_eq!(wide[0].detail, "confidence interval is 1.50% of the price");
    let expected = format!(
        "/v2/updates/price/latest?ids%5B%5D={}&ids%5B%5D={}&parsed=true&encoding=hex",
        ids()[0],
        ids()[1]
    );
    assert_eq!(server.asked()[0].url, expected);
}

#[test]
fn hermes_history_reports_what_is_late_or_missing() {
    let server = Server::play(vec![
        Reply::fixture("hermes_latest.json"),
        Reply::status(404, "Price ids not found"),
        Reply::fixture("hermes_latest.json"),
    ]);
    let (http, _) = client();
    let times = [T - 2, T + HOUR, T - 2 * HOUR];
    let history = Hermes::new(&http, server.base()).history(&ids(), times, 60).unwrap();
    assert_eq!(history.value.len(), 2);
    assert_eq!(history.value[0].0, T - 2);
    let gap = history.findings.of(FindingKind::Gap).next().unwrap();
    assert_eq!(
        (gap.from_ts, gap.detail.as_str()),
        (Some(T + HOUR), "nothing published: Price ids not found")
    );
    let dropped: Vec<_> = history.findings.of(FindingKind::OutsideWindow).collect();
    assert_eq!(
        (dropped.len(), dropped[0].detail.as_str()),
        (2, "published 7200s from the time asked for; dropped")
    );
    assert!(server.asked()[1].url.starts_with(&format!("/v2/updates/price/{}?", T + HOUR)));
}

#[test]
fn hermes_answers_that_cannot_be_right_are_refused() {
    let whole = fixture("hermes_latest.json");
    let cases = [
        (
            whole.replace("\"13870482359\"", "\"13.8\""),
            "parsed[0].price.price: \"13.8\" is not a 64-bit integer",
        ),
        (whole.replace("\"13870482359\"", "\"-1\""), "a price of -0.00000001 is not positive"),
        (whole.replacen("\"expo\": -8", "\"expo\": -80", 1), "an exponent of -80 is no price"),
        (whole.replacen("1732320000", "1732320000000", 1), "it reads like milliseconds"),
        (whole.replacen("eaa0", "ffff", 1), "was not asked for"),
        (whole.replacen("eaa020", "xx", 1), "parsed[1].id"),
        (whole.replacen("\"parsed\"", "\"other\"", 1), "field `parsed` is missing"),
        (whole.replacen("\"conf\"", "\"width\"", 1), "missing field `conf`"),
        ("[]".into(), "field `parsed` is missing"),
    ];
    for (body, expected) in cases {
        let server = Server::play(vec![Reply::ok(body)]);
        let (http, _) = client();
        let error = Hermes::new(&http, server.base()).latest(&ids()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error:?} lacks {expected:?}");
        assert!(error.starts_with("http://127.0.0.1:"), "{error}");
    }
    let mut one: serde_json::Value = serde_json::from_str(&whole).unwrap();
    one["parsed"].as_array_mut().unwrap().pop();
    let server = Server::play(vec![Reply::ok(one.to_string())]);
    let (http, _) = client();
    let hermes = Hermes::new(&http, server.base());
    assert!(hermes.latest(&ids()).unwrap_err().to_string().contains("no price for eaa020"));
    assert!(hermes.latest(&[]).unwrap_err().is_setting());
    assert!(
        hermes.latest(&[ids()[0].clone(), ids()[0].clone()]).unwrap_err().to_string().contains("given twice")
    );
    assert!("0x12".parse::<PriceId>().unwrap_err().is_setting());
}

#[test]
fn benchmarks_are_paged_without_overlap() {
    let server =
        Server::play(vec![Reply::fixture("benchmarks_page1.json"), Reply::fixture("benchmarks_page2.json")]);
    let (http, _) = client();
    let benchmarks = Benchmarks::new(&http, server.base()).with_bars_a_page(3);
    let history = benchmarks.history("Crypto.SOL/USD", Resolution::HOUR, T, T + 6 * HOUR).unwrap();
    assert!(history.findings.as_slice().is_empty(), "{:?}", history.findings);
    assert_eq!(
        history.value.iter().map(|bar| bar.ts - T).collect::<Vec<_>>(),
        [0, 3_600, 7_200, 10_800, 14_400, 18_000]
    );
    assert_eq!(history.value[1].close, 256.4);
    let asked: Vec<String> = server.asked().into_iter().map(|asked| asked.url).collect();
    let url = |from: i64, to: i64| {
        format!("/v1/shims/tradingview/history?symbol=Crypto.SOL%2FUSD&resolution=60&from={from}&to={to}")
    };
    assert_eq!(asked, [url(T, T + 3 * HOUR - 1), url(T + 3 * HOUR, T + 6 * HOUR - 1)]);
}

#[test]
fn what_benchmarks_lack_is_reported_not_filled() {
    let server = Server::play(vec![
        Reply::fixture("benchmarks_messy.json"),
        Reply::fixture("benchmarks_no_data.json"),
    ]);
    let (http, _) = client();
    let benchmarks = Benchmarks::new(&http, server.base()).with_bars_a_page(8);
    let history = benchmarks.history("Crypto.SOL/USD", Resolution::HOUR, T, T + 10 * HOUR).unwrap();
    assert_eq!(history.value.iter().map(|bar| (bar.ts - T) / HOUR).collect::<Vec<_>>(), [0, 1, 5]);
    let findings = &history.findings;
    let gaps: Vec<_> = findings.of(FindingKind::Gap).map(|gap| (gap.from_ts, gap.to_ts)).collect();
    let at = |from, to| (Some(T + from * HOUR), Some(T + to * HOUR));
    assert_eq!(gaps, [at(2, 5), at(6, 10)]);
    for (kind, ts) in [
        (FindingKind::Unsorted, T),
        (FindingKind::DuplicateDropped, T + HOUR),
        (FindingKind::NullValue, T + 6 * HOUR),
    ] {
        let found: Vec<_> = findings.of(kind).collect();
        assert_eq!((found.len(), found[0].from_ts), (1, Some(ts)), "{kind:?}");
    }
}

#[test]
fn benchmarks_that_contradict_themselves_are_refused() {
    let cases = [
        ("benchmarks_conflict.json", "two different values at 2024-11-23T00:00Z"),
        ("benchmarks_error.json", "the service answers: Price feed 'Crypto.NOPE/USD' not found"),
        ("benchmarks_no_data.json", "no usable observation: the service has none in this window"),
        ("benchmarks_uneven.json", "`t` has 2 entries, `c` has 1"),
        (
            "benchmarks_milliseconds.json",
            "t[0]: 1732320000000 is not a unix time in seconds between 1973 and 2100 (it reads like milliseconds)",
        ),
        ("benchmarks_outside.json", "bar 0 (1732320000): the close of 400 is outside the bar's"),
        ("benchmarks_nan.json", "the answer holds NaN or Infinity"),
    ];
    for (name, expected) in cases {
        let server = Server::play(vec![Reply::fixture(name)]);
        let (http, _) = client();
        let benchmarks = Benchmarks::new(&http, server.base());
        let error =
            benchmarks.history("Crypto.SOL/USD", Resolution::HOUR, T, T + 6 * HOUR).unwrap_err().to_string();
        assert!(error.contains(expected), "{name}: {error:?}");
    }
    let (http, _) = client();
    let nowhere = Benchmarks::new(&http, ballast_feeds::Base::parse("http://127.0.0.1:9").unwrap());
    assert!(nowhere.history("S", Resolution::HOUR, T, T).unwrap_err().is_setting());
    assert!(nowhere.history(" ", Resolution::HOUR, T, T + 1).unwrap_err().is_setting());
    assert!("7".parse::<Resolution>().unwrap_err().is_setting());
    assert_eq!("D".parse::<Resolution>().unwrap().secs(), 86_400);
}
