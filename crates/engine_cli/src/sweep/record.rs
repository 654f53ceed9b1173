//! What one task left behind.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// How a task ended. Times are not in it: they would differ from run to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The task.
    pub id: String,
    /// Its exit code; none if it was killed or never started.
    pub exit_code: Option<i32>,
    /// What it printed; what is not UTF-8 is replaced by U+FFFD.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
    /// Why there is no exit code.
    pub problem: Option<String>,
}

impl Record {
    /// Whether the program ended well and answered one JSON document.
    pub fn succeeded(&self) -> bool {
        self.failure().is_none()
    }

    /// Why the task counts as failed.
    pub fn failure(&self) -> Option<String> {
        match (&self.problem, self.exit_code) {
            (Some(problem), _) => Some(problem.clone()),
            (None, None) => Some("ended by a signal".to_owned()),
            (None, Some(0)) => serde_json::from_str::<IgnoredAny>(&self.stdout)
                .err()
                .map(|error| format!("standard output is not one JSON document: {error}")),
            (None, Some(code)) => Some(format!("exit code {code}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(exit_code: Option<i32>, stdout: &str) -> Record {
        Record { id: "1".into(), exit_code, stdout: stdout.into(), stderr: String::new(), problem: None }
    }

    #[test]
    fn only_a_clean_end_with_one_json_document_is_success() {
        assert!(record(Some(0), "{\"a\": 1}\n").succeeded());
        assert_eq!(record(Some(2), "{}").failure().unwrap(), "exit code 2");
        assert_eq!(record(None, "{}").failure().unwrap(), "ended by a signal");
        for stdout in ["", "{} {}", "NaN", "done"] {
            assert!(
                record(Some(0), stdout).failure().unwrap().starts_with("standard output is not"),
                "{stdout}"
            );
        }
        let stopped = Record { problem: Some("stopped after 2 s".into()), ..record(None, "") };
        assert_eq!(stopped.failure().unwrap(), "stopped after 2 s");
    }
}
