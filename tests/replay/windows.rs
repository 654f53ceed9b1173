//! The three windows that every change must survive, and a year.

use ballast_engine::market::StableSource;
use ballast_engine::report::{EventKind, ReplayReport};
use ballast_replay::{PolicyKind, ReplaySettings, RiskClass};

use crate::{assert_sound, data, replay, settings, table, ts};

/// A window of real history; the lending and pool series have dates of their own.
fn window(from: &str, to: &str, class: RiskClass, policy: PolicyKind) -> Option<ReplaySettings> {
    let mut settings = settings(from, to, class);
    settings.data = Some(data()?);
    settings.rates_from_ts = Some(ts("2025-08-01"));
    settings.policy = policy;
    Some(settings)
}

fn rejected(report: &ReplayReport, limits: &[&str]) -> u64 {
    let rejected = &report.summary.decisions.rejected;
    limits.iter().filter_map(|limit| rejected.get(*limit)).sum()
}

const ORACLE: [&str; 5] =
    ["OracleStale", "OracleWide", "OracleDivergent", "SpotDiverges", "OraclePublishTimeBackwards"];

/// Deposits are refused while a slot with money lacks an oracle bit: none may go through between a flag and
/// the word that prices are good again.
fn assert_no_deposit_at_bad_prices(report: &ReplayReport) {
    let mut bad = false;
    let mut steps = report.rows.iter().map(|row| row.ts).peekable();
    for ts in steps.by_ref() {
        let events: Vec<_> = report.events.iter().filter(|event| event.ts == ts).collect();
        if let Some(flag) = events.iter().find(|event| event.kind == EventKind::OracleFlag) {
            bad = flag.label != "prices are good again";
        }
        let paid_in =
            events.iter().any(|event| event.kind == EventKind::Flow && event.label.contains("deposits"));
        assert!(!(bad && paid_in), "a deposit went through at a bad price in {ts}");
    }
}

#[test]
fn sol_november_2022() {
    for (class, policy) in [
        (RiskClass::Conservative, PolicyKind::Plain),
        (RiskClass::Balanced, PolicyKind::Plain),
        (RiskClass::Growth, PolicyKind::EqualWeight),
    ] {
        let Some(mut settings) = window("2022-11-03", "2022-11-15", class, policy) else { return };
        settings.stable = StableSource::Par;
        let report = replay(settings);
        table(&report);
        assert_sound(&report);
        assert_no_deposit_at_bad_prices(&report);
        let depth = report.summary.returns.drawdown.depth;
        match class {
            // Lending alone cannot lose: what dips is the share price when a day's fees are taken.
            RiskClass::Conservative => assert!(depth > -1e-4, "{depth}"),
            RiskClass::Balanced => assert!(depth > -0.10, "{depth}"),
            // A quarter of the vault in a pool whose SOL lost more than half.
            RiskClass::Growth => assert!((-0.25..-0.03).contains(&depth), "{depth}"),
        }
    }
}

#[test]
fn usdc_march_2023() {
    let mut oracle = 0;
    for policy in [PolicyKind::Plain, PolicyKind::EqualWeight] {
        let Some(settings) = window("2023-03-11T14:00", "2023-03-18", RiskClass::Growth, policy) else {
            return;
        };
        let report = replay(settings);
        table(&report);
        assert_sound(&report);
        assert_no_deposit_at_bad_prices(&report);
        oracle += rejected(&report, &ORACLE);
        // The asset itself fell: in its own units only the pool moves.
        assert!(report.summary.returns.drawdown.depth > -0.10);
    }
    assert!(oracle > 0, "no decision was refused for its price during the depeg");
}

#[test]
fn ust_may_2022() {
    for (class, policy) in
        [(RiskClass::Balanced, PolicyKind::Plain), (RiskClass::Growth, PolicyKind::EqualWeight)]
    {
        let Some(mut settings) = window("2022-05-05", "2022-05-13", class, policy) else { return };
        settings.stable = StableSource::Ust;
        let report = replay(settings);
        table(&report);
        assert_sound(&report);
        assert_no_deposit_at_bad_prices(&report);
        let flagged = report.events.iter().any(|event| event.kind == EventKind::OracleFlag);
        assert!(flagged || policy == PolicyKind::Plain, "a collapse went unnoticed");
    }
}
