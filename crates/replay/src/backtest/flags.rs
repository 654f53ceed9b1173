use ballast_engine::detect::levels::{Breaker, Event, Measure, PegSide, Rule, RuleSet, Watch};
use ballast_engine::report::ReplayReport;
use ballast_engine::report::backtest::FlagMark;

use crate::ReplayError;

/// What the detectors would have raised over the same time: a stable coin away from its peg, a reserve lent out.
pub fn of(replay: &ReplayReport) -> Result<Vec<FlagMark>, ReplayError> {
    let names: Vec<String> = replay.meta.strategies.clone();
    let columns: Vec<String> = std::iter::once(PEG.to_owned()).chain(names.iter().cloned()).collect();
    let lent = names.iter().zip(0..).filter(|(_, slot)| {
        replay.rows.iter().any(|row| row.utilisations.get(*slot).copied().flatten().is_some())
    });
    let rules = RuleSet {
        rules: std::iter::once(peg()).chain(lent.map(|(name, _)| lent_out(name))).collect(),
        max_gap_secs: None,
    };
    let failed = |error: ballast_engine::detect::DetectError| ReplayError::Settings(error.to_string());
    let mut watch = Watch::new(&rules, &columns).map_err(failed)?;
    let mut flags = Vec::new();
    for row in &replay.rows {
        let utilisations = row.utilisations.iter().map(|value| value.unwrap_or(f64::NAN));
        let values: Vec<f64> =
            std::iter::once(row.stable_usd.unwrap_or(f64::NAN)).chain(utilisations).collect();
        for event in watch.observe(row.ts, &values).map_err(failed)? {
            let Event::Raised(flag) = event else { continue };
            flags.push(FlagMark {
                ts: flag.raised_ts,
                rule: flag.rule,
                breaker: word(&flag.breaker),
                level: flag.level,
                evidence: format!("{:.4} against a threshold of {:.4}", flag.statistic, flag.threshold),
            });
        }
    }
    Ok(flags)
}

const PEG: &str = "stable coin in dollars";

/// Two percent off for two hours: deposits pause.
fn peg() -> Rule {
    Rule {
        name: "peg".into(),
        measure: Measure::PegDeviation { column: PEG.into(), peg: 1.0, side: PegSide::Below },
        threshold: Some(0.02),
        release: Some(0.01),
        confirm: 2,
        level: 2,
        breaker: None,
    }
}

/// Lent out to the last hundredth for six hours: no more goes in.
fn lent_out(name: &str) -> Rule {
    Rule {
        name: format!("{name} lent out"),
        measure: Measure::Utilisation { column: name.into(), of: None },
        threshold: Some(0.99),
        release: Some(0.97),
        confirm: 6,
        level: 1,
        breaker: None,
    }
}

fn word(breaker: &Breaker) -> String {
    let text = serde_json::to_value(breaker).ok();
    text.as_ref().and_then(serde_json::Value::as_str).unwrap_or("unknown").replace('_', " ")
}
