use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// One back-test that was run. What was tried and forgotten is what makes luck look like skill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// What ran on what: a hash of model, settings and market, hex. The same again is the same trial.
    pub id: String,
    /// The model's or policy's name.
    pub name: String,
    /// Daily Sharpe ratio of the differences to each rival, by the rival's name.
    pub excess_sharpe: BTreeMap<String, f64>,
}

/// Every trial so far, as a file of JSON lines.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialLog {
    path: PathBuf,
    trials: Vec<Trial>,
}

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrialLogError {
    /// It cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A line is no trial.
    #[error("{}, row {row}: {source}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        row: usize,
        /// The cause.
        source: serde_json::Error,
    },
}

impl TrialLog {
    /// Reads the log at `path`; one that is not there yet is empty.
    pub fn read(path: &Path) -> Result<Self, TrialLogError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(TrialLogError::File { path: path.to_owned(), source }),
        };
        let mut trials: Vec<Trial> = Vec::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let trial: Trial = serde_json::from_str(line).map_err(|source| TrialLogError::Line {
                path: path.to_owned(),
                row: index + 1,
                source,
            })?;
            if !trials.iter().any(|known| known.id == trial.id) {
                trials.push(trial);
            }
        }
        Ok(Self { path: path.to_owned(), trials })
    }

    /// Distinct trials in the log.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// The daily Sharpe ratios that other trials than `id` had against `rival`.
    pub fn rivals_of(&self, id: &str, rival: &str) -> Vec<f64> {
        let others = self.trials.iter().filter(|trial| trial.id != id);
        others.filter_map(|trial| trial.excess_sharpe.get(rival).copied()).collect()
    }

    /// Appends `trial` to the file, unless it is there.
    pub fn add(&mut self, trial: Trial) -> Result<(), TrialLogError> {
        if self.trials.iter().any(|known| known.id == trial.id) {
            return Ok(());
        }
        let file = |source| TrialLogError::File { path: self.path.clone(), source };
        let mut line =
            serde_json::to_string(&trial).map_err(|error| file(std::io::Error::other(error.to_string())))?;
        line.push('\n');
        let mut out = std::fs::OpenOptions::new().create(true).append(true).open(&self.path).map_err(file)?;
        // One write: lines of several processes do not mix.
        out.write_all(line.as_bytes()).map_err(file)?;
        self.trials.push(trial);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(id: &str, sharpe: f64) -> Trial {
        Trial { id: id.into(), name: "engine".into(), excess_sharpe: [("plain".to_owned(), sharpe)].into() }
    }

    #[test]
    fn what_was_tried_is_kept_and_counted_once() {
        let path = std::env::temp_dir().join(format!("ballast-trials-{}.jsonl", std::process::id()));
        let mut log = TrialLog::read(&path).unwrap();
        assert!(log.trials().is_empty());
        for (id, sharpe) in [("a", 0.1), ("b", 0.3), ("a", 0.1)] {
            log.add(trial(id, sharpe)).unwrap();
        }
        let again = TrialLog::read(&path).unwrap();
        assert_eq!(again, log);
        assert_eq!(again.trials().len(), 2);
        assert_eq!(again.rivals_of("a", "plain"), vec![0.3]);
        assert!(again.rivals_of("a", "hold").is_empty());
        std::fs::write(&path, "{}\n").unwrap();
        let error = TrialLog::read(&path).unwrap_err().to_string();
        assert!(error.contains("row 1") && error.contains("id"), "{error}");
        std::fs::remove_file(&path).unwrap();
    }
}
