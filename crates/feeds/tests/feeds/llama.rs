use ballast_feeds::FindingKind;
use ballast_feeds::llama::{Coins, Yields};

use crate::server::{Reply, Server, client, fixture};

const POOL: &str = "d2141a59-c199-4be7-8d4b-c8223954836b";
const T: i64 = 1_732_320_000;
const HOUR: i64 = 3_600;

#[test]
fn pools_come_as_fractions_and_doubts_are_reported() {
    let server = Server::play(vec![Reply::fixture("llama_pools.json")]);
    let (http, _) = client();
    let pools = Yields::new(&http, server.base()).pools().unwrap();
    assert_eq!(server.asked()[0].url, "/pools");
    assert_eq!(pools.value.len(), 7);
    let kamino = pools.value.iter().find(|pool| pool.id == POOL).unwrap();
    assert!((kamino.apy - 0.0595).abs() < 1e-15 && (kamino.apy_base.unwrap() - 0.052).abs() < 1e-15);
    assert_eq!(
        (kamino.chain.as_str(), kamino.symbol.as_str(), kamino.tvl_usd),
        ("Solana", "USDC", 153_241_877.0)
    );
    let kinds = [FindingKind::NullValue, FindingKind::PartsDiffer, FindingKind::DuplicateDropped];
    for kind in kinds {
        assert_eq!(pools.findings.of(kind).count(), 1, "{kind:?}");
    }
    assert_eq!(pools.findings.as_slice().len(), 3);
    let parts = pools.findings.of(FindingKind::PartsDiffer).next().unwrap();
    assert_eq!(parts.detail, "apy 35% but base and reward make 35.75%");
}

#[test]
fn fractions_where_percent_belongs_are_seen() {
    let server = Server::play(vec![
        Reply::fixture("llama_pools_fractions.json"),
        Reply::fixture("llama_chart_fractions.json"),
    ]);
    let (http, _) = client();
    let yields = Yields::new(&http, server.base());
    for findings in [yields.pools().unwrap().findings, yields.chart(POOL, None).unwrap().findings] {
        let unit = findings.of(FindingKind::UnitSuspect).next().unwrap();
        assert!(
            unit.detail.contains("percent a year is expected, this reads like fractions"),
            "{}",
            unit.detail
        );
    }
}

#[test]
fn a_pools_history_keeps_its_holes() {
    let server = Server::play(vec![Reply::fixture("llama_chart.json")]);
    let (http, _) = client();
    let chart = Yields::new(&http, server.base()).chart(POOL, None).unwrap();
    assert_eq!(server.asked()[0].url, format!("/chart/{POOL}"));
    // Ten days, one null, one missing.
    assert_eq!(chart.value.len(), 8);
    assert!((chart.value[0].apy - 0.051).abs() < 1e-15);
    // 2024-11-01T23:01:01.001Z
    assert_eq!(chart.value[0].ts, 1_730_502_061);
    assert_eq!(chart.value.iter().filter(|point| point.tvl_usd.is_none()).count(), 1);
    let findings = &chart.findings;
    assert_eq!(findings.of(FindingKind::Gap).count(), 2);
    assert_eq!(findings.of(FindingKind::NullValue).count(), 2);
    assert_eq!(findings.of(FindingKind::DuplicateDropped).count(), 1);
    assert_eq!(findings.of(FindingKind::UnitSuspect).count(), 0);
}

#[test]
fn both_sides_of_a_lending_market() {
    let server = Server::play(vec![Reply::fixture("llama_lending.json")]);
    let (http, _) = client();
    let (from, to) = (1_730_419_200, 1_730_419_200 + 5 * 86_400);
    let chart = Yields::new(&http, server.base()).lending_chart(POOL, Some((from, to))).unwrap();
    assert_eq!(server.asked()[0].url, format!("/chartLendBorrow/{POOL}"));
    assert_eq!(chart.value.len(), 5);
    let first = chart.value[0];
    assert!((first.supply - 0.051).abs() < 1e-15 && (first.borrow - 0.070833).abs() < 1e-12);
    assert_eq!(chart.findings.of(FindingKind::OutsideWindow).count(), 1);
}

#[test]
fn yields_that_cannot_be_right_are_refused() {
    let chart = fixture("llama_chart.json");
    let cases = [
        ("{\"status\":\"error\",\"data\":[]}".to_owned(), "the service answers: error"),
        ("{\"status\":\"success\"}".to_owned(), "field `data` is missing"),
        ("{\"status\":\"success\",\"data\":[]}".to_owned(), "`data` is empty"),
        (
            chart.replacen("2024-11-01T23", "yesterday", 1),
            "data[0].timestamp: \"yesterday:01:01.001Z\" is not an ISO 8601 time",
        ),
        (chart.replacen("5.1", "-500.0", 1), "data[0].apy: -500 is below -100"),
        (chart.replacen("150000000.0", "-1", 1), "data[0].tvlUsd: -1 is below 0"),
        (chart.replacen("\"apy\": 4.9", "\"apy\": 4.8", 1), "two different values at 2024-11-03T23:01Z"),
        (chart.replacen("5.1", "\"5.1\"", 1), "invalid type: string \"5.1\", expected f64"),
    ];
    for (body, expected) in cases {
        let server = Server::play(vec![Reply::ok(body)]);
        let (http, _) = client();
        let error = Yields::new(&http, server.base()).chart(POOL, None).unwrap_err().to_string();
        assert!(error.contains(expected), "{error:?} lacks {expected:?}");
    }
    let (http, _) = client();
    let nowhere = Yields::new(&http, ballast_feeds::Base::parse("http://127.0.0.1:9").unwrap());
    assert!(nowhere.chart("../pools", None).unwrap_err().is_setting());
}

#[test]
fn coins_are_put_on_the_grid_and_it_is_said() {
    let server = Server::play(vec![Reply::fixture("llama_coins.json")]);
    let (http, _) = client();
    let coins = Coins::new(&http, server.base());
    let history = coins.history("coingecko:solana", T, T + 4 * HOUR, HOUR, 600).unwrap();
    assert_eq!(
        server.asked()[0].url,
        format!("/chart/coingecko:solana?start={T}&span=4&period=60m&searchWidth=600")
    );
    let prices: Vec<_> = history.value.iter().map(|point| (point.ts - T, point.price)).collect();
    assert_eq!(prices, [(0, 255.1), (3_600, 256.4), (10_800, 253.7)]);
    let aligned = history.findings.of(FindingKind::Aligned).next().unwrap();
    assert_eq!(aligned.detail, "prices up to 41s away were assigned to the moment asked for");
    let gap = history.findings.of(FindingKind::Gap).next().unwrap();
    assert_eq!((gap.from_ts, gap.to_ts), (Some(T + 2 * HOUR), Some(T + 3 * HOUR)));
    for (coin, step, search) in
        [("solana", HOUR, 600), ("a:b/c", HOUR, 600), ("a:b", HOUR, 1_800), ("a:b", 30, 1)]
    {
        assert!(
            coins.history(coin, T, T + HOUR, step, search).unwrap_err().is_setting(),
            "{coin} {step} {search}"
        );
    }
}

#[test]
fn coins_are_paged_by_five_hundred() {
    let empty = || Reply::ok("{\"coins\":{}}");
    let server = Server::play(vec![empty(), empty(), empty()]);
    let (http, _) = client();
    let error = Coins::new(&http, server.base())
        .history("a:b", T, T + 1_200 * HOUR, HOUR, 600)
        .unwrap_err()
        .to_string();
    assert_eq!(error, "a:b: no usable observation: the service has none in this window");
    let spans: Vec<String> = server.asked().into_iter().map(|asked| asked.url).collect();
    let expected = [(0, 500), (500, 500), (1_000, 200)].map(|(hour, span)| {
        format!("/chart/a:b?start={}&span={span}&period=60m&searchWidth=600", T + hour * HOUR)
    });
    assert_eq!(spans, expected);
}
