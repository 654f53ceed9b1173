//! Back-tests: the same report from any number of threads, every rival in it, trials counted.

use ballast_engine::evaluate::TrialLog;
use ballast_engine::report::render_html;
use ballast_replay::{Backtest, PolicyKind, ReplaySettings, RiskClass};

use crate::{programs, settings};

fn forty_days() -> ReplaySettings {
    settings("2025-01-01", "2025-02-10", RiskClass::Balanced)
}

fn run(settings: &ReplaySettings, threads: usize, log: Option<&TrialLog>) -> Backtest {
    Backtest::run(programs(), settings, settings.policy, threads, log, |_| ()).unwrap()
}

#[test]
fn one_thread_and_three_find_the_same_to_the_byte() {
    let settings = forty_days();
    let (one, three) = (run(&settings, 1, None), run(&settings, 3, None));
    let json = |found: &Backtest| serde_json::to_string(&found.report).unwrap();
    assert_eq!(json(&one), json(&three));
    assert_eq!(render_html(&one.report).unwrap(), render_html(&three.report).unwrap());
    assert_eq!(one.trial, three.trial);

    let names: Vec<&str> = one.report.contestants.iter().map(|contestant| contestant.name.as_str()).collect();
    assert_eq!(names[..3], ["engine", "plain", "equal-weight"]);
    assert_eq!(names.len(), 7, "every venue on its own: {names:?}");
    let against: Vec<&str> = one.report.comparisons.iter().map(|found| found.against.as_str()).collect();
    assert_eq!(against, ["plain", "equal-weight", "best single venue, known afterwards"]);
    for contestant in &one.report.contestants {
        assert_eq!(contestant.equity.len(), 40);
        let used = contestant.limit_utilisation.iter().flat_map(|(_, limits)| limits.values());
        assert!(used.clone().count() == 120 && used.clone().all(|share| share.is_finite() && *share >= 0.0));
        assert!(contestant.stats["sharpe"].is_number());
    }
    // A venue alone holds that venue alone.
    let alone = &one.report.contestants[3];
    assert!(
        alone
            .weights
            .iter()
            .skip(8)
            .all(|(_, weights)| weights[0] > 0.8 && weights[1..].iter().all(|w| *w < 0.01))
    );
}

#[test]
fn what_was_tried_before_counts_against_the_next() {
    let path = std::env::temp_dir().join(format!("ballast-backtest-{}.jsonl", std::process::id()));
    let mut log = TrialLog::read(&path).unwrap();
    let mut settings = forty_days();
    let first = run(&settings, 2, Some(&log));
    assert_eq!(first.report.trials, 1);
    log.add(first.trial.clone()).unwrap();
    // The same again is no new trial; another policy on the same market is.
    assert_eq!(run(&settings, 2, Some(&log)).report.trials, 1);
    settings.policy = PolicyKind::Hold;
    let second = run(&settings, 2, Some(&log));
    assert_eq!(second.report.trials, 2);
    assert_ne!(second.trial.id, first.trial.id);
    std::fs::remove_file(&path).unwrap();
}
