use super::*;
use crate::detect::cusum::Direction;
use crate::detect::levels::{Measure, PegSide};
use proptest::prelude::*;

fn rule(measure: Measure, threshold: f64) -> Rule {
    Rule {
        name: "rule".into(),
        measure,
        threshold: Some(threshold),
        release: None,
        confirm: 1,
        level: 2,
        breaker: None,
    }
}

fn set(rule: Rule) -> RuleSet {
    RuleSet { rules: vec![rule], max_gap_secs: None }
}

fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).into()).collect()
}

/// Time of the first flag over rows that are an hour apart.
fn first_flag(rules: &RuleSet, names: &[&str], rows: &[&[f64]]) -> Option<Flag> {
    let mut watch = Watch::new(rules, &columns(names)).unwrap();
    for (row, hour) in rows.iter().zip(1i64..) {
        for event in watch.observe(hour * 3_600, row).unwrap() {
            if let Event::Raised(flag) = event {
                return Some(flag);
            }
        }
    }
    None
}

fn peg() -> Measure {
    Measure::PegDeviation { column: "p".into(), peg: 1.0, side: PegSide::Both }
}

#[test]
fn a_flag_needs_its_confirmations_and_carries_them() {
    let rules = set(Rule { confirm: 3, ..rule(peg(), 0.01) });
    let rows: [&[f64]; 8] = [&[1.0], &[0.98], &[0.97], &[1.0], &[0.98], &[f64::NAN], &[0.97], &[0.96]];
    let flag = first_flag(&rules, &["p"], &rows).unwrap();
    assert_eq!((flag.first_ts, flag.raised_ts, flag.breaker), (5 * 3_600, 8 * 3_600, Breaker::PegDeviation));
    let seen: Vec<f64> = flag.evidence.iter().map(|evidence| evidence.values["p"]).collect();
    assert_eq!(seen, [0.98, 0.97, 0.96]);
    assert!((flag.statistic - 0.04).abs() < 1e-12 && flag.average_run_length.is_none());
}

#[test]
fn hysteresis_keeps_it_raised_until_well_inside() {
    let rules = set(Rule { confirm: 2, release: Some(0.005), ..rule(peg(), 0.01) });
    let mut watch = Watch::new(&rules, &columns(&["p"])).unwrap();
    let mut changes = Vec::new();
    let prices = [0.98, 0.98, 0.992, 0.992, 0.998, 0.992, 0.998, 0.998, 0.98, 0.98];
    for (price, ts) in prices.iter().zip(1..) {
        for event in watch.observe(ts, &[*price]).unwrap() {
            changes.push((ts, matches!(event, Event::Raised(_))));
        }
    }
    assert_eq!(changes, [(2, true), (8, false), (10, true)]);
    assert_eq!(watch.raised().collect::<Vec<_>>(), ["rule"]);
}

/// Measure, threshold, columns, rows of which only the last flags, breaker.
type Case = (Measure, f64, &'static [&'static str], Vec<Vec<f64>>, Breaker);

#[test]
fn every_measure_flags_what_it_is_for() {
    let name = |text: &str| text.to_owned();
    let cases: Vec<Case> = vec![
        (
            Measure::Utilisation { column: name("u"), of: None },
            0.95,
            &["u"],
            vec![vec![0.9], vec![0.96]],
            Breaker::Utilisation,
        ),
        (
            Measure::Utilisation { column: name("b"), of: Some(name("s")) },
            0.95,
            &["s", "b"],
            vec![vec![100.0, 90.0], vec![100.0, 96.0]],
            Breaker::Utilisation,
        ),
        (
            Measure::WithdrawableLiquidity { column: name("w"), of: Some(name("t")) },
            0.05,
            &["w", "t"],
            vec![vec![10.0, 100.0], vec![4.0, 100.0]],
            Breaker::WithdrawableLiquidity,
        ),
        (
            Measure::NetOutflow { column: name("f"), of: name("t"), window_secs: 7_200 },
            0.25,
            &["f", "t"],
            vec![
                vec![-20.0, 80.0],
                vec![10.0, 90.0],
                vec![-10.0, 80.0],
                vec![-12.0, 68.0],
                vec![-10.0, 58.0],
            ],
            Breaker::WithdrawableLiquidity,
        ),
        (
            Measure::OracleGap { spot: name("s"), oracle: name("o") },
            0.02,
            &["s", "o"],
            vec![vec![1.01, 1.0], vec![0.97, 1.0]],
            Breaker::OracleDivergent,
        ),
        (
            Measure::OracleStale { published: name("p") },
            60.0,
            &["p"],
            vec![vec![3_600.0], vec![7_100.0]],
            Breaker::OracleStale,
        ),
        (
            Measure::OracleWide { confidence: name("c"), price: name("p") },
            0.01,
            &["c", "p"],
            vec![vec![0.5, 100.0], vec![1.0, 100.0]],
            Breaker::OracleWide,
        ),
        (
            Measure::ExchangeRateFall { column: name("x"), window_secs: None },
            0.001,
            &["x"],
            vec![vec![1.1], vec![1.0988]],
            Breaker::ExchangeRateFall,
        ),
        (
            Measure::SupplyJump { column: name("m"), window_secs: 3_600 },
            0.1,
            &["m"],
            vec![vec![100.0], vec![111.0]],
            Breaker::SupplyJump,
        ),
        (
            Measure::ProgramdataChange { column: name("d") },
            1.0,
            &["d"],
            vec![vec![250_000_000.0], vec![250_000_001.0]],
            Breaker::ProgramdataChange,
        ),
    ];
    for (measure, threshold, names, rows, breaker) in cases {
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        let label = format!("{measure:?}");
        let rules = set(rule(measure, threshold));
        assert_eq!(first_flag(&rules, names, &rows[..rows.len() - 1]), None, "{label}");
        let flag = first_flag(&rules, names, &rows).unwrap();
        assert_eq!((flag.breaker, flag.raised_ts), (breaker, rows.len() as i64 * 3_600), "{label}");
    }
}

#[test]
fn windows_forget() {
    let fall = |window_secs| Measure::ExchangeRateFall { column: "x".into(), window_secs };
    let slow: Vec<Vec<f64>> = (0..10).map(|hour| vec![1.0 - 0.004 * f64::from(hour)]).collect();
    let rows: Vec<&[f64]> = slow.iter().map(Vec::as_slice).collect();
    assert_eq!(first_flag(&set(rule(fall(Some(7_200)), 0.02)), &["x"], &rows), None);
    assert_eq!(first_flag(&set(rule(fall(None), 0.02)), &["x"], &rows).unwrap().raised_ts, 6 * 3_600);
}

#[test]
fn a_gap_ends_counts_and_windows_but_no_pin() {
    let fall = rule(Measure::ExchangeRateFall { column: "x".into(), window_secs: None }, 0.1);
    let pin = Rule { name: "pin".into(), ..rule(Measure::ProgramdataChange { column: "x".into() }, 1.0) };
    let rules = RuleSet { rules: vec![fall, pin], max_gap_secs: Some(100) };
    let mut watch = Watch::new(&rules, &columns(&["x"])).unwrap();
    assert!(watch.observe(0, &[1.0]).unwrap().is_empty());
    let after = watch.observe(1_000, &[0.5]).unwrap();
    assert!(matches!(after.as_slice(), [Event::Raised(flag)] if flag.rule == "pin"), "{after:?}");
    let confirm = RuleSet { max_gap_secs: Some(100), ..set(Rule { confirm: 2, ..rule(peg(), 0.1) }) };
    let mut watch = Watch::new(&confirm, &columns(&["p"])).unwrap();
    assert!(watch.observe(0, &[0.5]).unwrap().is_empty() && watch.observe(1_000, &[0.5]).unwrap().is_empty());
    assert_eq!(watch.observe(1_010, &[0.5]).unwrap().len(), 1);
}

#[test]
fn a_cusum_rule_knows_its_run_length_and_stays_raised() {
    let measure =
        Measure::Cusum { column: "x".into(), mean: 0.0, sigma: 1.0, k: 0.5, direction: Direction::Down };
    let bare = rule(measure, 4.0);
    assert!(bare.check().unwrap_err().to_string().contains("must name the breaker"));
    let rules = set(Rule { breaker: Some(Breaker::PegDeviation), ..bare });
    let rows: [&[f64]; 5] = [&[0.0], &[-2.0], &[-2.5], &[0.2], &[-2.0]];
    let flag = first_flag(&rules, &["x"], &rows).unwrap();
    let length = flag.average_run_length.unwrap();
    assert_eq!((flag.raised_ts, length.basis), (5 * 3_600, RunLengthBasis::Exact));
    assert!((length.observations - 335.4).abs() < 0.5);
}

#[test]
fn a_collapse_does_not_keep_a_cusum_raised_for_long_after_it() {
    let measure =
        Measure::Cusum { column: "x".into(), mean: 0.0, sigma: 1.0, k: 0.5, direction: Direction::Down };
    let rules = set(Rule { breaker: Some(Breaker::PegDeviation), ..rule(measure, 4.0) });
    let mut watch = Watch::new(&rules, &columns(&["x"])).unwrap();
    watch.observe(0, &[-500.0]).unwrap();
    assert_eq!(watch.raised().count(), 1);
    for ts in 1..=8 {
        watch.observe(ts, &[0.0]).unwrap();
    }
    assert_eq!(watch.raised().count(), 1);
    watch.observe(9, &[0.0]).unwrap();
    assert_eq!(watch.raised().count(), 0);
}

#[test]
fn run_lengths_are_counted_on_calm_history() {
    let rules = RuleSet {
        rules: vec![rule(peg(), 0.01), Rule { name: "deep".into(), ..rule(peg(), 0.2) }],
        max_gap_secs: None,
    };
    let rows: Vec<[f64; 1]> = (0..100).map(|row| [if row % 10 == 9 { 0.98 } else { 1.0 }]).collect();
    let calm = rows.iter().zip(0i64..).map(|(row, ts)| (ts, row.as_slice()));
    let found = run_lengths(&rules, &columns(&["p"]), calm).unwrap();
    let (first, second) = (found[0].unwrap(), found[1].unwrap());
    assert_eq!((first.observations, first.basis), (10.0, RunLengthBasis::Measured));
    assert_eq!(second.basis, RunLengthBasis::AtLeast);
    assert!((second.observations - 100.0 / 3.0).abs() < 1e-9);
}

#[test]
fn rules_that_make_no_sense_are_named() {
    let cases = [
        (Rule { level: 5, ..rule(peg(), 0.1) }, "level 5"),
        (Rule { confirm: 0, ..rule(peg(), 0.1) }, "confirm 0"),
        (Rule { release: Some(0.2), ..rule(peg(), 0.1) }, "beyond the threshold"),
        (Rule { threshold: None, ..rule(peg(), 0.1) }, "no threshold"),
        (rule(peg(), 2.0), "reads like percent"),
        (rule(peg(), f64::NAN), "finite"),
        (rule(peg(), 0.0), "always reached"),
        (rule(Measure::SupplyJump { column: "p".into(), window_secs: 0 }, 0.1), "window of 0"),
        (rule(Measure::PegDeviation { column: "p".into(), peg: 0.0, side: PegSide::Both }, 0.1), "peg of 0"),
        (Rule { name: " ".into(), ..rule(peg(), 0.1) }, "no name"),
    ];
    for (bad, expected) in cases {
        let error = Watch::new(&set(bad), &columns(&["p"])).unwrap_err().to_string();
        assert!(error.contains(expected), "{error} lacks {expected}");
    }
    let missing = Watch::new(&set(rule(peg(), 0.1)), &columns(&["q"])).unwrap_err().to_string();
    assert!(missing.contains("column `p`") && missing.contains("q"), "{missing}");
    let twice = RuleSet { rules: vec![rule(peg(), 0.1), rule(peg(), 0.2)], max_gap_secs: None };
    assert_eq!(twice.check(), Err(DetectError::DuplicateRule("rule".into())));
    assert_eq!(RuleSet { rules: vec![], max_gap_secs: None }.check(), Err(DetectError::NoRules));
}

#[test]
fn observations_that_cannot_be_are_named() {
    let watch = |measure| Watch::new(&set(rule(measure, 0.5)), &columns(&["p"])).unwrap();
    assert!(watch(peg()).observe(0, &[f64::INFINITY]).unwrap_err().to_string().contains("column `p`"));
    assert!(watch(peg()).observe(0, &[-1.0]).unwrap_err().to_string().contains("below 0"));
    assert!(matches!(watch(peg()).observe(0, &[]), Err(DetectError::Width { .. })));
    let percent = watch(Measure::Utilisation { column: "p".into(), of: None }).observe(0, &[85.0]);
    assert!(percent.unwrap_err().to_string().contains("percent"));
    let future = watch(Measure::OracleStale { published: "p".into() }).observe(10, &[20.0]);
    assert!(future.unwrap_err().to_string().contains("10 s after"));
    let mut ordered = watch(peg());
    ordered.observe(5, &[1.0]).unwrap();
    assert_eq!(ordered.observe(5, &[1.0]), Err(DetectError::Order { previous: 5, found: 5 }));
}

proptest! {
    #[test]
    fn the_queue_gives_the_windows_extreme(values in prop::collection::vec(0.5f64..2.0, 1..60), window in 1i64..20) {
        let measure = Measure::ExchangeRateFall { column: "p".into(), window_secs: Some(window) };
        let rules = set(rule(measure, 0.2));
        let mut watch = Watch::new(&rules, &columns(&["p"])).unwrap();
        let mut raised = false;
        for (ts, value) in values.iter().enumerate() {
            watch.observe(ts as i64, &[*value]).unwrap();
            let from = ts.saturating_sub(window as usize);
            let highest = values[from..=ts].iter().copied().fold(0.0, f64::max);
            raised = 1.0 - value / highest >= 0.2;
            prop_assert_eq!(watch.raised().next().is_some(), raised);
        }
        prop_assert_eq!(watch.raised().next().is_some(), raised);
    }
}
