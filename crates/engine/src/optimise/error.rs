/// Why there are no weights.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OptimiseError {
    /// The problem as stated is of no use; the text names the entry.
    #[error("{0}")]
    Input(String),
    /// No weights satisfy all constraints together.
    #[error("no weights satisfy all constraints together: {}", list(.0))]
    Infeasible(Vec<Conflict>),
    /// The objective improves without end.
    #[error("the objective improves without end: nothing limits the weight of {}", .0.join(", "))]
    Unbounded(Vec<String>),
    /// The solver stopped short of the accuracy it promises.
    #[error("the solver stopped short of its accuracy: {0}")]
    NotSolved(String),
}

impl OptimiseError {
    pub(crate) fn input(problem: impl Into<String>) -> Self {
        Self::Input(problem.into())
    }
}

/// A named constraint that the others rule out.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// Its name, as in the problem.
    pub constraint: String,
    /// What it asks for, e.g. "at least 0.02".
    pub asked: String,
    /// By how much it fails where the sum of all violations is least.
    pub violation: f64,
    /// The nearest that all other constraints allow; none when they cannot hold together either.
    pub attainable: Option<f64>,
    /// Constraints that are tight there.
    pub limited_by: Vec<String>,
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}) cannot hold: ", self.constraint, self.asked)?;
        let side = if self.asked.starts_with("at most") { "least" } else { "most" };
        match self.attainable {
            Some(value) if self.asked.starts_with("exactly") => {
                write!(f, "the nearest that the others allow is {}", round(value))?;
            }
            Some(value) => write!(f, "the {side} that the others allow is {}", round(value))?,
            None => write!(f, "it fails by {}", round(self.violation))?,
        }
        if self.limited_by.is_empty() {
            return Ok(());
        }
        write!(f, " (limited by {})", self.limited_by.join(", "))
    }
}

fn list(conflicts: &[Conflict]) -> String {
    conflicts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Six significant digits: enough to act on, without the solver's noise.
pub(crate) fn round(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}
