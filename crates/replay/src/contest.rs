//! One market, several policies: what each would have made of it, on the real bytecode.
//!
//! Every contestant gets a chain of its own and the same market, holders and fees. They run on as many threads as asked;
//! the reports come back in the contestants' order whatever the threads did.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ballast_engine::report::ReplayReport;
use ballast_sandbox::Programs;

use crate::settings::{PolicyKind, ReplaySettings};
use crate::{Replay, ReplayError};

/// Who competes, and on what.
#[derive(Clone, Debug)]
pub struct Contest {
    settings: ReplaySettings,
    contestants: Vec<PolicyKind>,
}

/// How far a contest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContestProgress {
    /// Steps done by all contestants together.
    pub done: usize,
    /// Steps of all contestants together.
    pub total: usize,
}

impl Contest {
    /// `challenger` against the plain policy, equal weight, and every venue on its own.
    pub fn against_all(settings: ReplaySettings, challenger: PolicyKind) -> Result<Self, ReplayError> {
        let mut contestants = vec![challenger];
        for baseline in [PolicyKind::Plain, PolicyKind::EqualWeight] {
            if baseline != challenger {
                contestants.push(baseline);
            }
        }
        let singles = (0..settings.slot_count()?).map(PolicyKind::Single);
        contestants.extend(singles.filter(|single| *single != challenger));
        Ok(Self { settings, contestants })
    }

    /// Who competes, in the order of the reports.
    pub fn contestants(&self) -> &[PolicyKind] {
        &self.contestants
    }

    /// Runs everybody on `threads` threads (at least one).
    pub fn run(
        &self,
        programs: &Programs,
        threads: usize,
        on_progress: impl Fn(ContestProgress) + Sync,
    ) -> Result<Vec<ReplayReport>, ReplayError> {
        let next = AtomicUsize::new(0);
        let (done, total) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let results: Vec<Mutex<Option<Result<ReplayReport, ReplayError>>>> =
            self.contestants.iter().map(|_| Mutex::new(None)).collect();
        let work = || {
            while let Some((policy, place)) = {
                let taken = next.fetch_add(1, Ordering::Relaxed);
                self.contestants.get(taken).zip(results.get(taken))
            } {
                let result = self.one(programs, *policy, |steps| {
                    // Every market has as many steps; the first to know says so.
                    total.store(steps.saturating_mul(self.contestants.len()), Ordering::Relaxed);
                    let done = done.fetch_add(1, Ordering::Relaxed).saturating_add(1);
                    on_progress(ContestProgress { done, total: total.load(Ordering::Relaxed) });
                });
                if let Ok(mut place) = place.lock() {
                    *place = Some(result);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads.clamp(1, self.contestants.len().max(1)) {
                scope.spawn(work);
            }
            work();
        });
        let lost = || ReplayError::Settings("a contestant's thread ended without a result".into());
        results
            .into_iter()
            .map(|place| place.into_inner().ok().flatten().ok_or_else(lost).and_then(|result| result))
            .collect()
    }

    fn one(
        &self,
        programs: &Programs,
        policy: PolicyKind,
        on_step: impl Fn(usize),
    ) -> Result<ReplayReport, ReplayError> {
        let settings = ReplaySettings { policy, ..self.settings.clone() };
        let replay = Replay::new(programs, settings)?;
        let steps = replay.total_steps();
        replay.run(|_| on_step(steps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RiskClass;

    #[test]
    fn a_challenger_meets_every_baseline_once() {
        let settings = ReplaySettings::new(0, 36_000, RiskClass::Balanced);
        let contest = Contest::against_all(settings.clone(), PolicyKind::Hold).unwrap();
        let singles = (0..4).map(PolicyKind::Single);
        let expected: Vec<_> = [PolicyKind::Hold, PolicyKind::Plain, PolicyKind::EqualWeight]
            .into_iter()
            .chain(singles)
            .collect();
        assert_eq!(contest.contestants(), expected);
        let plain = Contest::against_all(settings, PolicyKind::Plain).unwrap();
        assert_eq!(plain.contestants().iter().filter(|kind| **kind == PolicyKind::Plain).count(), 1);
        let settings = ReplaySettings::new(0, 36_000, RiskClass::Balanced);
        let single = Contest::against_all(settings, PolicyKind::Single(1)).unwrap();
        assert_eq!(single.contestants().len(), 6, "itself, two policies, the three other venues");
    }
}
