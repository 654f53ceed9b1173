//! The detectors on three real collapses, and on the calm rest: what docs/engine/detect.md states is printed here.
//! `BALLAST_DATA=folder cargo test -p ballast-engine --test detect_history -- --nocapture`
#![allow(clippy::unwrap_used)]

use std::path::Path;

use ballast_engine::data::{DataDir, PriceColumn, Series};
use ballast_engine::detect::cusum::{Direction, baseline};
use ballast_engine::detect::levels::{Breaker, Event, Measure, PegSide, Rule, RuleSet, Watch};
use ballast_engine::time::{format_span, format_utc, parse_utc};

const HOUR: i64 = 3_600;
const YEAR: f64 = 8_760.0;

/// What a rule did: flags inside the event's window, and elsewhere.
struct Found {
    first: Option<i64>,
    observations: usize,
    elsewhere: usize,
}

/// The data folder; none, said aloud, when BALLAST_DATA is unset. Set and missing is a failure.
fn data() -> Option<DataDir> {
    let Some(folder) = std::env::var_os("BALLAST_DATA") else {
        println!("skipped: BALLAST_DATA names no folder");
        return None;
    };
    Some(DataDir::open(Path::new(&folder)).unwrap())
}

fn at(text: &str) -> i64 {
    parse_utc(text).unwrap()
}

fn rule(name: &str, measure: Measure, threshold: f64, confirm: u32) -> Rule {
    let release = Some(threshold / 2.0);
    let breaker = Some(Breaker::PegDeviation);
    Rule { name: name.into(), measure, threshold: Some(threshold), release, confirm, level: 1, breaker }
}

fn below(threshold: f64, confirm: u32) -> Rule {
    let measure = Measure::PegDeviation { column: "x".into(), peg: 1.0, side: PegSide::Below };
    rule(&format!("{}% below peg, {confirm} h", threshold * 100.0), measure, threshold, confirm)
}

fn fall(threshold: f64) -> Rule {
    let measure = Measure::ExchangeRateFall { column: "x".into(), window_secs: Some(24 * HOUR) };
    rule(&format!("{:.0}% below the day's highest, 2 h", threshold * 100.0), measure, threshold, 2)
}

fn cusum(calm: &[(i64, f64)], k: f64, h: f64) -> Rule {
    let values: Vec<f64> = calm.iter().map(|point| point.1).collect();
    let (mean, sigma) = baseline(&values).unwrap();
    let measure = Measure::Cusum { column: "x".into(), mean, sigma, k, direction: Direction::Down };
    Rule { release: Some(h), ..rule(&format!("CUSUM k {k}, h {h}"), measure, h, 1) }
}

fn watch(points: &[(i64, f64)], rule: Rule, window: (i64, i64)) -> Found {
    let rules = RuleSet { rules: vec![rule], max_gap_secs: Some(6 * HOUR) };
    let mut watch = Watch::new(&rules, &["x".to_owned()]).unwrap();
    let mut found = Found { first: None, observations: 0, elsewhere: 0 };
    for (ts, value) in points {
        let inside = (window.0..window.1).contains(ts);
        found.observations += usize::from(!inside);
        for event in watch.observe(*ts, &[*value]).unwrap() {
            match event {
                Event::Raised(_) if inside => found.first = found.first.or(Some(*ts)),
                Event::Raised(_) => found.elsewhere += 1,
                Event::Cleared { .. } => {}
            }
        }
    }
    found
}

fn report(event: &str, name: &str, sign: i64, prices: &Series, found: &Found) -> i64 {
    let first = found.first.unwrap();
    let price = prices.at_or_before(first, HOUR).unwrap().value;
    println!(
        "| {event} | {name} | {} | {} | {} | {price:.4} | {} | {:.1} |",
        format_utc(sign),
        format_utc(first),
        format_span(first - sign),
        found.elsewhere,
        found.elsewhere as f64 * YEAR / found.observations as f64
    );
    first
}

#[test]
fn ust_is_seen_before_it_falls() {
    let Some(data) = data() else { return };
    let ust = data.ust().unwrap();
    let points = ust.close().points();
    let (start, end) = (at("2022-05-07"), at("2022-05-14"));
    let calm = ust.close().window(0, start);
    let sign = points.iter().find(|point| point.0 >= start && point.1 < 0.997).unwrap().0;
    let broken = points.iter().find(|point| point.0 >= start && point.1 < 0.95).unwrap().0;
    println!("| UST | first close below 0.95 | | {} | | | | |", format_utc(broken));
    for rule in
        [below(0.005, 2), below(0.01, 2), below(0.02, 2), cusum(calm, 2.0, 8.0), cusum(calm, 3.0, 6.0)]
    {
        let name = rule.name.clone();
        let early = !name.starts_with("2%");
        let found = watch(points, rule, (start, end));
        let first = report("UST", &name, sign, ust.close(), &found);
        assert!(first < broken || !early, "{name}");
        assert!(found.elsewhere <= 4, "{name}: {}", found.elsewhere);
    }
}

#[test]
fn usdc_is_seen_as_soon_as_there_are_prices_again() {
    let Some(data) = data() else { return };
    let prices = data.prices().unwrap();
    let usdc = prices.series(PriceColumn::Usdc);
    let points = usdc.points();
    let (start, end) = (at("2023-03-10"), at("2023-03-20"));
    let sign = points.iter().find(|point| point.0 >= start && point.1 < 0.997).unwrap().0;
    // The series stops in September 2022: the depeg began while there was nothing to see.
    assert_eq!(sign, points.iter().find(|point| point.0 >= start).unwrap().0);
    let calm = usdc.window(0, start);
    for rule in
        [below(0.005, 2), below(0.01, 2), below(0.02, 2), cusum(calm, 2.0, 8.0), cusum(calm, 3.0, 6.0)]
    {
        let name = rule.name.clone();
        let found = watch(points, rule, (start, end));
        let first = report("USDC", &name, sign, usdc, &found);
        assert!(first - sign <= HOUR, "{name}");
    }
}

#[test]
fn sol_is_seen_on_the_way_down() {
    let Some(data) = data() else { return };
    let prices = data.prices().unwrap();
    let sol = prices.series(PriceColumn::Sol);
    let points = sol.points();
    let (start, end) = (at("2022-11-05"), at("2022-11-15"));
    let peak = points.iter().filter(|point| (start..at("2022-11-07")).contains(&point.0));
    let (peak_ts, highest) = peak.fold((0, 0.0), |best, point| if point.1 > best.1 { *point } else { best });
    let sign = points.iter().find(|point| point.0 > peak_ts && point.1 < 0.95 * highest).unwrap().0;
    let halved = points.iter().find(|point| point.0 > peak_ts && point.1 < 0.5 * highest).unwrap().0;
    println!(
        "| SOL | peak {highest} at {} | | half of it {} | | | | |",
        format_utc(peak_ts),
        format_utc(halved)
    );
    let returns: Vec<(i64, f64)> = points
        .iter()
        .zip(points.iter().skip(1))
        .filter(|(before, now)| now.0 - before.0 == HOUR)
        .map(|(before, now)| (now.0, (now.1 / before.1).ln()))
        .collect();
    let calm: Vec<(i64, f64)> =
        returns.iter().copied().filter(|p| (start - 90 * 24 * HOUR..start).contains(&p.0)).collect();
    for (rule, series) in [
        (fall(0.1), points),
        (fall(0.15), points),
        (fall(0.2), points),
        (cusum(&calm, 0.5, 10.0), returns.as_slice()),
        (cusum(&calm, 0.5, 20.0), returns.as_slice()),
    ] {
        let name = rule.name.clone();
        let found = watch(series, rule, (start, end));
        let first = report("SOL", &name, sign, sol, &found);
        assert!(first < halved, "{name}");
    }
}
