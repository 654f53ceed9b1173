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
    /// What it asks for.
    pub asked: Asked,
    /// By how much it fails where the sum of all violations is least.
    pub violation: f64,
    /// The nearest that all other constraints allow; none when they cannot hold together either.
    pub attainable: Option<f64>,
    /// Constraints that are tight there.
    pub limited_by: Vec<String>,
}

/// What a constraint asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Asked {
    /// One value.
    Exactly(f64),
    /// This value or more.
    AtLeast(f64),
    /// This value or less.
    AtMost(f64),
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (asks, value, reach) = match self.asked {
            Asked::Exactly(value) => ("exactly", value, "nearest"),
            Asked::AtLeast(value) => ("at least", value, "most"),
            Asked::AtMost(value) => ("at most", value, "least"),
        };
        match self.attainable {
            Some(attainable) => {
                let (value, attainable) = apart(value, attainable);
                write!(f, "{} ({asks} {value}) cannot hold: ", self.constraint)?;
                write!(f, "the {reach} that the others allow is {attainable}")?;
            }
            None => {
                write!(f, "{} ({asks} {}) cannot hold: ", self.constraint, round(value, 6))?;
                write!(f, "it fails by {}", round(self.violation, 6))?;
            }
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

/// So many significant digits.
fn round(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().unwrap_or(value)
}

/// Both numbers with six significant digits, enough to act on without the solver's noise, or as many as tell them apart.
fn apart(left: f64, right: f64) -> (f64, f64) {
    let pairs = (6..=17).map(|digits| (round(left, digits), round(right, digits)));
    pairs.into_iter().find(|(left, right)| left != right).unwrap_or((left, right))
}
