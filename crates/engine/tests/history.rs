//! What the real history says, read from the folder that BALLAST_DATA names.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use ballast_engine::curve::RateCurve;
use ballast_engine::data::{DataDir, DataError, Gap, LendingKey, PriceColumn};
use ballast_engine::generate::{OuParams, PegParams, PriceParams, calibrate};
use ballast_engine::market::{
    HistoryConfig, HistoryMarket, MarketError, MarketSource, MarketStep, RateTarget, ReserveHistory,
    StableSource, StakeSource,
};
use ballast_engine::time::parse_utc;

/// The data folder; none, said aloud, when BALLAST_DATA is unset. Set and missing is a failure.
fn data() -> Option<DataDir> {
    let Some(folder) = std::env::var_os("BALLAST_DATA") else {
        println!("skipped: BALLAST_DATA names no folder");
        return None;
    };
    Some(DataDir::open(Path::new(&folder)).unwrap())
}

fn ts(text: &str) -> i64 {
    parse_utc(text).unwrap()
}

fn key(text: &str) -> LendingKey {
    text.parse().unwrap()
}

fn curve() -> RateCurve {
    RateCurve::new(&[(0, 0), (7_000, 350), (9_000, 700), (10_000, 8_000)], 1_000).unwrap()
}

fn reserve(name: &str, market: &str) -> ReserveHistory {
    ReserveHistory { name: name.into(), key: key(market), curve: curve(), target: RateTarget::SupplyApr }
}

/// A window with two reserves, rates from 2025-08-01 and the pool from 2022-11-05.
fn config(from: &str, to: &str) -> HistoryConfig {
    HistoryConfig {
        reserves: vec![
            reserve("main", "base:USDC"),
            reserve("alt", "polygon:0x3c499c542cef5e3811e1192ce70d8cc03d5c3359"),
        ],
        rates_from_ts: Some(ts("2025-08-01")),
        lp_from_ts: Some(ts("2022-11-05")),
        ..HistoryConfig::new(ts(from), ts(to), 3_600)
    }
}

fn steps(data: &DataDir, config: &HistoryConfig) -> Vec<MarketStep> {
    HistoryMarket::open(data, config).unwrap().map(Result::unwrap).collect()
}

fn within(found: f64, expected: f64, tolerance: f64) -> bool {
    (found / expected - 1.0).abs() <= tolerance
}

#[test]
fn the_known_events_are_in_the_files() {
    let Some(data) = data() else { return };
    let prices = data.prices().unwrap();
    let lowest = |column, from: &str, to: &str| {
        let window = prices.series(column).window(ts(from), ts(to));
        window.iter().map(|point| point.1).fold(f64::INFINITY, f64::min)
    };
    assert_eq!(lowest(PriceColumn::Usdc, "2023-03-11", "2023-03-12"), 0.9128);
    assert!(lowest(PriceColumn::Sol, "2022-11-05", "2022-11-05T12:00") > 34.0);
    assert!(lowest(PriceColumn::Sol, "2022-11-09", "2022-11-11") < 15.5);
    assert!(within(data.ust().unwrap().close().points().last().unwrap().1, 0.2458, 1e-3));
    assert_eq!(data.lp().unwrap().rows().len(), 981);
    assert_eq!(data.lending().unwrap().markets().count(), 19);
}

#[test]
fn gaps_are_found_where_they_are() {
    let Some(data) = data() else { return };
    let prices = data.prices().unwrap();
    let gaps = prices.series(PriceColumn::Usdc).gaps(ts("2022-01-01"), ts("2023-04-01"), 3_599);
    let gap = |from: &str, to: &str| Gap { from_ts: ts(from), to_ts: ts(to) };
    assert_eq!(
        gaps,
        [gap("2022-09-26T03:00", "2023-03-11T14:00"), gap("2023-03-24T13:00", "2023-03-24T14:00")]
    );
    assert_eq!(prices.series(PriceColumn::Sol).gaps(ts("2022-01-01"), ts("2023-01-01"), 3_599), []);
}

#[test]
fn a_symbol_of_two_tokens_is_refused() {
    let Some(data) = data() else { return };
    let error = data.lending().unwrap().rows(&key("arbitrum:USDC")).unwrap_err();
    assert!(matches!(error, DataError::AmbiguousMarket { choices, .. } if choices.len() == 2));
}

#[test]
fn missing_history_is_refused_with_a_way_out() {
    let Some(data) = data() else { return };
    let error = HistoryMarket::open(&data, &config("2022-11-01", "2022-12-01")).unwrap_err().to_string();
    assert!(error.starts_with("usdc_usdt (prices_hourly.csv) lacks 30d (1 stretch)"), "{error}");
    assert!(error.ends_with("Choose what plays the stable asset instead: par or UST."), "{error}");

    let own_dates = HistoryConfig { rates_from_ts: None, ..config("2024-01-01", "2024-02-01") };
    let error = HistoryMarket::open(&data, &own_dates).unwrap_err();
    assert!(
        matches!(&error, MarketError::Gaps { series, .. } if series.contains("lending_rates_daily.csv")),
        "{error}"
    );
    assert!(
        error.to_string().contains("The series runs from 2025-07-23T00:35Z to 2026-08-22T00:58Z"),
        "{error}"
    );
}

#[test]
fn november_2022_crashes_sol_and_says_what_it_assumed() {
    let Some(data) = data() else { return };
    let config = HistoryConfig { stable: StableSource::Par, ..config("2022-11-05", "2022-11-12") };
    let market = HistoryMarket::open(&data, &config).unwrap();
    let provenance = market.provenance().clone();
    assert_eq!(market.total_steps(), 7 * 24);
    let steps: Vec<MarketStep> = market.map(Result::unwrap).collect();
    let sol: Vec<f64> = steps.iter().map(|step| step.sol_usd.unwrap().price()).collect();
    let lowest = sol.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(sol[0] > 30.0 && lowest < 15.5, "{} {lowest}", sol[0]);
    let widest = steps.iter().map(|step| step.sol_usd.unwrap()).map(|q| q.conf_e8 as f64 / q.price_e8 as f64);
    assert!(widest.fold(0.0, f64::max) > 0.005);
    assert!(steps.iter().all(|step| step.stable_usd.unwrap().price_e8 == 100_000_000));
    assert!(provenance.assumptions.iter().any(|line| line.contains("one US dollar at all times")));
    let rates = provenance.series.iter().find(|used| used.drives == "reserve main").unwrap();
    assert_eq!(rates.offset_secs, ts("2025-08-01") - ts("2022-11-05"));
    assert_eq!((rates.own_from_ts, rates.own_to_ts), (ts("2025-08-01"), ts("2025-08-08")));
}

#[test]
fn march_2023_depegs_usdc_and_may_2022_kills_ust() {
    let Some(data) = data() else { return };
    let stable = |config: &HistoryConfig| {
        let prices = steps(&data, config).into_iter().filter_map(|step| Some(step.stable_usd?.price()));
        prices.fold(f64::INFINITY, f64::min)
    };
    assert_eq!(stable(&config("2023-03-11T14:00", "2023-03-20")), 0.9128);
    let ust = HistoryConfig {
        stable: StableSource::Ust,
        lp_from_ts: None,
        ..config("2022-05-01", "2022-05-13T01:00")
    };
    assert!(within(stable(&ust), 0.2458, 1e-3));
}

#[test]
fn a_year_of_hours_has_every_step_and_reports_its_gaps() {
    let Some(data) = data() else { return };
    let config = HistoryConfig { lp_from_ts: Some(ts("2022-01-01")), ..config("2024-01-01", "2024-12-31") };
    let market = HistoryMarket::open(&data, &config).unwrap();
    let sources = market.provenance().series.len();
    let steps: Vec<MarketStep> = market.map(Result::unwrap).collect();
    assert_eq!((steps.len(), sources), (8_760, 5));
    for step in &steps {
        let main = step.reserves[0].unwrap();
        assert!(main.supply_apr > 0.02 && main.utilisation < 1.0);
        assert!(step.lp.unwrap().known_fee_apr.unwrap() > 0.0);
    }
    // The observed supply rate is what the venue's curve is made to pay.
    let observed = data.lending().unwrap();
    let rows = observed.rows(&key("base:USDC")).unwrap();
    let in_force = rows.iter().rfind(|row| row.ts <= ts("2025-08-01")).unwrap();
    assert!((steps[0].reserves[0].unwrap().supply_apr - in_force.supply_apr).abs() < 1e-9);
}

#[test]
fn staking_can_be_fitted() {
    let Some(data) = data() else { return };
    let config = HistoryConfig { stake: StakeSource::FittedBnSol, ..config("2024-11-01", "2024-11-02") };
    let apr = steps(&data, &config)[0].stake.apr;
    assert!((0.065..0.085).contains(&apr), "{apr}");
}

#[test]
fn the_generator_is_calibrated_on_these_files() {
    let Some(data) = data() else { return };
    let prices = data.prices().unwrap();
    let sol = prices.series(PriceColumn::Sol).window(ts("2023-07-01"), ts("2025-06-14"));
    let (found, ours) = (calibrate::jump_diffusion(sol, 3_600).unwrap(), PriceParams::default());
    assert!(within(found.volatility, ours.volatility, 0.03), "{found:?}");
    assert!(within(found.jumps_per_year, ours.jumps_per_year, 0.1), "{found:?}");
    assert!(within(found.jump_sd, ours.jump_sd, 0.05), "{found:?}");
    assert!((found.jump_mean - ours.jump_mean).abs() < 0.001, "{found:?}");

    let log = |points: &[(i64, f64)]| points.iter().map(|point| (point.0, point.1.ln())).collect::<Vec<_>>();
    let near = |found: OuParams, ours: OuParams| {
        let mean = (found.mean - ours.mean).abs() < 0.05 * ours.sd.max(ours.mean.abs());
        assert!(
            mean && within(found.sd, ours.sd, 0.05) && within(found.reversion, ours.reversion, 0.1),
            "{found:?}"
        );
    };
    let usdc = log(prices.series(PriceColumn::Usdc).window(ts("2023-04-01"), ts("2025-06-14")));
    near(calibrate::ornstein_uhlenbeck(&usdc, 3_600).unwrap(), PegParams::default().noise);
    let lending = data.lending().unwrap();
    let utilisation = |market: &str| {
        let series =
            lending.series(&key(market), "logit", |row| calibrate::logit(row.utilisation()?)).unwrap();
        calibrate::ornstein_uhlenbeck(series.points(), 86_400).unwrap()
    };
    near(utilisation("base:USDC"), OuParams::UTILISATION);
    near(utilisation("arbitrum:0xaf88d065e77c8cc2239327c5edb3a432268e5831"), OuParams::UTILISATION_RESTLESS);
    // The first month is left out: the pool was filling.
    let turnover = data.lp().unwrap().turnover().unwrap();
    let turnover = log(turnover.window(ts("2021-06-04"), ts("2024-01-10")));
    near(calibrate::ornstein_uhlenbeck(&turnover, 86_400).unwrap(), OuParams::POOL_TURNOVER);
}
