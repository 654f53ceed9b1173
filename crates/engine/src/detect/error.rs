/// Why a detector cannot be set up, or an observation not used.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
pub enum DetectError {
    /// A setting is outside its range.
    #[error("{name} is {value}; it must be {allowed}")]
    Setting {
        /// Which.
        name: &'static str,
        /// As given.
        value: f64,
        /// What would do.
        allowed: &'static str,
    },
    /// No threshold up to the largest gives the wanted run length.
    #[error("no threshold up to {most} gives an average run length of {target} with k = {k}: {hint}")]
    Unreachable {
        /// Wanted.
        target: f64,
        /// Reference value.
        k: f64,
        /// Largest threshold tried.
        most: f64,
        /// What to change.
        hint: &'static str,
    },
    /// An observation is infinite.
    #[error("observation {row} is {value}, not a finite number")]
    NotFinite {
        /// From 1.
        row: usize,
        /// What stands there.
        value: f64,
    },
    /// A baseline that gives no mean or deviation.
    #[error("{found} observation(s) in the baseline, all equal or too few: mean and sigma must be given")]
    Baseline {
        /// Observations in it.
        found: usize,
    },
    /// No rules.
    #[error("no rules")]
    NoRules,
    /// Two rules have one name.
    #[error("rule `{0}` appears twice")]
    DuplicateRule(String),
    /// A rule reads a column that is not there.
    #[error("rule `{rule}` reads column `{column}`, which is missing; there are: {known}")]
    MissingColumn {
        /// Rule.
        rule: String,
        /// Column wanted.
        column: String,
        /// Columns there are.
        known: String,
    },
    /// A rule that makes no sense.
    #[error("rule `{rule}`: {problem}")]
    Rule {
        /// Rule.
        rule: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Another number of values than columns.
    #[error("observation at {ts}: {found} values for {columns} columns")]
    Width {
        /// Unix seconds.
        ts: i64,
        /// Values given.
        found: usize,
        /// Columns announced.
        columns: usize,
    },
    /// Time does not advance.
    #[error("time does not advance: {found} after {previous}")]
    Order {
        /// Unix seconds of the observation before.
        previous: i64,
        /// Unix seconds of this one.
        found: i64,
    },
    /// A value that cannot be what the rule takes it for.
    #[error("rule `{rule}`, column `{column}`, time {ts}: {problem}")]
    Value {
        /// Rule.
        rule: String,
        /// Column.
        column: String,
        /// Unix seconds.
        ts: i64,
        /// What is wrong with it.
        problem: String,
    },
}

/// Checks that `value` is finite and `holds`.
pub(super) fn check(
    name: &'static str,
    value: f64,
    allowed: &'static str,
    holds: impl Fn(f64) -> bool,
) -> Result<(), DetectError> {
    if value.is_finite() && holds(value) {
        Ok(())
    } else {
        Err(DetectError::Setting { name, value, allowed })
    }
}
