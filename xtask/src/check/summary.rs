//! The table at the end of `xtask test`.

use std::fmt;
use std::time::Duration;

use super::Outcome;
use crate::progress::seconds;

/// What became of one step.
pub struct Entry {
    /// The step's name.
    pub step: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

/// What became of all of them.
#[derive(Default)]
pub struct Summary {
    entries: Vec<Entry>,
}

impl Summary {
    /// Adds a step that ended.
    pub fn add(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// How many steps failed.
    pub fn failed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Failed(_)))
    }

    fn count(&self, is: impl Fn(&Outcome) -> bool) -> usize {
        self.entries.iter().filter(|entry| is(&entry.outcome)).count()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out)?;
        for Entry { step, outcome, took } in &self.entries {
            let (result, why) = match outcome {
                Outcome::Passed => ("passed", ""),
                Outcome::Failed(why) => ("FAILED", why.as_str()),
                Outcome::Skipped(why) => ("skipped", why.as_str()),
            };
            writeln!(out, "{}", format!("{step:<8} {result:<8} {:>8}  {why}", seconds(*took)).trim_end())?;
        }
        let passed = self.count(|outcome| matches!(outcome, Outcome::Passed));
        let skipped = self.count(|outcome| matches!(outcome, Outcome::Skipped(_)));
        writeln!(out, "{passed} passed, {} failed, {skipped} skipped", self.failed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_with_one_plain_line() {
        let mut summary = Summary::default();
        for outcome in
            [Outcome::Passed, Outcome::Failed("broken".into()), Outcome::Skipped("not asked".into())]
        {
            summary.add(Entry { step: "step", outcome, took: Duration::from_millis(1500) });
        }
        let text = summary.to_string();
        assert_eq!(text.lines().nth(1), Some("step     passed       1.5s"));
        assert_eq!(text.lines().nth(2), Some("step     FAILED       1.5s  broken"));
        assert_eq!(text.lines().last(), Some("1 passed, 1 failed, 1 skipped"));
    }
}
