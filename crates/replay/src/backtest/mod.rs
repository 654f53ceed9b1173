//! A back-test: the engine against the plain policy, equal weight and every single venue, on the real bytecode and after
//! costs, and what of the difference could be luck.
//!
//! The engine sees nothing that was not known at the time: forecasts are walked forward inside the run, decisions are
//! made on the end of one step and land in the next. Only its parameters were chosen beforehand, which is what the
//! count of trials is for.

mod contestant;
mod flags;

use std::collections::BTreeMap;

use ballast_engine::evaluate::{self, Trial, TrialLog};
use ballast_engine::hex;
use ballast_engine::report::ReplayReport;
use ballast_engine::report::backtest::{BacktestProvenance, BacktestReport, Comparison, DataWindow};
use ballast_engine::stats;
use ballast_sandbox::Programs;
use sha2::{Digest, Sha256};

use crate::settings::{PolicyKind, ReplaySettings};
use crate::{Contest, ContestProgress, ReplayError};

/// Everything a back-test found.
pub struct Backtest {
    /// What the report shows.
    pub report: BacktestReport,
    /// The challenger's trial, for the log.
    pub trial: Trial,
    /// The replays behind it, in the order of the contestants.
    pub replays: Vec<ReplayReport>,
}

impl Backtest {
    /// Runs `challenger` against everybody on `threads` threads. `log` holds what was tried before.
    pub fn run(
        programs: &Programs,
        settings: &ReplaySettings,
        challenger: PolicyKind,
        threads: usize,
        log: Option<&TrialLog>,
        on_progress: impl Fn(ContestProgress) + Sync,
    ) -> Result<Self, ReplayError> {
        let contest = Contest::against_all(settings.clone(), challenger)?;
        let replays = contest.run(programs, threads, on_progress)?;
        let names = names(contest.contestants(), &replays);
        let id = identity(settings, challenger)?;
        let comparisons = compare(contest.contestants(), &names, &replays, &id, log);
        let trial = Trial {
            id: id.clone(),
            name: names.first().cloned().unwrap_or_default(),
            excess_sharpe: comparisons
                .iter()
                .filter_map(|comparison| Some((comparison.against.clone(), comparison.excess_sharpe?)))
                .collect(),
        };
        let contestants = names
            .iter()
            .zip(&replays)
            .map(|(name, replay)| contestant::of(name, replay, settings))
            .collect::<Result<_, _>>()?;
        let trials = comparisons.iter().map(|comparison| comparison.trials).max().unwrap_or(1);
        let report = BacktestReport {
            title: title(&replays),
            provenance: provenance(&replays, settings, &id)?,
            contestants,
            flags: replays.first().map(flags::of).transpose()?.unwrap_or_default(),
            comparisons: comparisons.iter().map(|found| shown(found, &names, &replays)).collect(),
            trials: u64::try_from(trials).unwrap_or(u64::MAX),
        };
        report.validate().map_err(|error| ReplayError::Settings(error.to_string()))?;
        Ok(Self { report, trial, replays })
    }
}

/// A name for everybody: the policy's, or the one venue.
fn names(kinds: &[PolicyKind], replays: &[ReplayReport]) -> Vec<String> {
    let name = |(kind, replay): (&PolicyKind, &ReplayReport)| match kind {
        PolicyKind::Single(slot) => {
            let venue = replay.meta.strategies.get(*slot).map_or("nothing", String::as_str);
            format!("only {venue}")
        }
        _ => replay.meta.policy.clone(),
    };
    kinds.iter().zip(replays).map(name).collect()
}

/// What makes a trial another one: model, settings, market. The settings' own encoding, so that nothing is forgotten.
fn identity(settings: &ReplaySettings, challenger: PolicyKind) -> Result<String, ReplayError> {
    let model = match challenger {
        PolicyKind::Engine => {
            settings.engine_model()?.canonical().map_err(|error| ReplayError::Settings(error.to_string()))?
        }
        other => format!("{other:?}"),
    };
    // Where the files lie does not matter, that there are any does.
    let source = if settings.data.is_some() { "history" } else { "generated" };
    let on = ReplaySettings { model: None, policy: challenger, data: None, ..settings.clone() };
    Ok(hex::encode(Sha256::digest(format!("{model} {source} {on:?}").as_bytes())))
}

/// The challenger against each baseline, and against the single venue that turned out best.
fn compare(
    kinds: &[PolicyKind],
    names: &[String],
    replays: &[ReplayReport],
    id: &str,
    log: Option<&TrialLog>,
) -> Vec<evaluate::Comparison> {
    let Some(ours) = replays.first().map(ReplayReport::equity) else { return Vec::new() };
    let total = |replay: &ReplayReport| replay.summary.returns.total_return;
    let rivals = kinds.iter().zip(names.iter().zip(replays)).skip(1);
    let best = rivals
        .clone()
        .filter(|(kind, _)| matches!(kind, PolicyKind::Single(_)))
        .max_by(|a, b| total(a.1.1).total_cmp(&total(b.1.1)));
    let against = |name: &str, theirs: &ReplayReport| {
        let tried = log.map(|log| log.rivals_of(id, name)).unwrap_or_default();
        evaluate::compare(name, &ours, &theirs.equity(), &tried)
    };
    let policies = rivals.filter(|(kind, _)| !matches!(kind, PolicyKind::Single(_)));
    policies
        .map(|(_, (name, theirs))| against(name, theirs))
        .chain(best.map(|(_, (_, theirs))| against(BEST_SINGLE, theirs)))
        .collect()
}

/// The venue that would have been picked by who knew how it ends.
const BEST_SINGLE: &str = "best single venue, known afterwards";

fn shown(found: &evaluate::Comparison, names: &[String], replays: &[ReplayReport]) -> Comparison {
    let sharpe = |replay: Option<&ReplayReport>| {
        let daily: Vec<f64> = replay
            .map(|replay| evaluate::daily_returns(&replay.equity()).into_values().collect())
            .unwrap_or_default();
        stats::sharpe(&daily, 365.0)
    };
    let theirs = names.iter().position(|name| *name == found.against).or_else(|| best_single(names, replays));
    let difference =
        sharpe(replays.first()).zip(sharpe(theirs.and_then(|index| replays.get(index)))).map(|(a, b)| a - b);
    Comparison {
        against: found.against.clone(),
        mean_excess: found.excess_annual,
        sharpe_difference: difference.unwrap_or(0.0),
        deflated_sharpe: found.deflated,
        verdict: found.verdict.words().into(),
    }
}

fn best_single(names: &[String], replays: &[ReplayReport]) -> Option<usize> {
    let singles = names.iter().zip(replays).enumerate().filter(|(_, (name, _))| name.starts_with("only "));
    let total = |replay: &ReplayReport| replay.summary.returns.total_return;
    singles.max_by(|a, b| total(a.1.1).total_cmp(&total(b.1.1))).map(|(index, _)| index)
}

fn title(replays: &[ReplayReport]) -> String {
    replays.first().map_or_else(String::new, |replay| {
        format!("{}: {} against the baselines", replay.meta.vault, replay.meta.policy)
    })
}

fn provenance(
    replays: &[ReplayReport],
    settings: &ReplaySettings,
    id: &str,
) -> Result<BacktestProvenance, ReplayError> {
    let mut hashes = BTreeMap::from([("trial".to_owned(), id.to_owned())]);
    if settings.policy == PolicyKind::Engine {
        let hash =
            settings.engine_model()?.hash().map_err(|error| ReplayError::Settings(error.to_string()))?;
        hashes.insert("model".into(), hex::encode(hash));
    }
    let Some(provenance) = replays.first().map(|replay| &replay.meta.provenance) else {
        return Ok(BacktestProvenance::default());
    };
    let window = |used: &ballast_engine::market::SeriesUse| DataWindow {
        series: format!("{} from {}, {}", used.drives, used.file, used.series),
        from_ts: used.own_from_ts,
        to_ts: used.own_to_ts,
        note: match used.offset_secs {
            0 => format!("{} observations, {} gaps", used.observations, used.gaps.len()),
            offset => format!(
                "{} observations, {} gaps, dates moved by {} days",
                used.observations,
                used.gaps.len(),
                offset / 86_400
            ),
        },
    };
    Ok(BacktestProvenance {
        windows: provenance.series.iter().map(window).collect(),
        seeds: BTreeMap::from([("holders".to_owned(), settings.seed)]),
        hashes,
        assumptions: provenance.assumptions.clone(),
    })
}

/// Points of the report's charts: daily, which a year of hours is thinned to.
pub(crate) fn daily<T: Clone>(rows: &[(i64, T)]) -> Vec<(i64, T)> {
    let mut kept: Vec<(i64, T)> = Vec::new();
    for row in rows {
        match kept.last_mut().filter(|last| last.0.div_euclid(86_400) == row.0.div_euclid(86_400)) {
            Some(last) => *last = row.clone(),
            None => kept.push(row.clone()),
        }
    }
    kept
}
