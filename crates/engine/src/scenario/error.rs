use super::markov::MarkovError;

/// Why scenarios cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ScenarioError {
    /// A field of the specification; the text says which and why.
    #[error("{field}: {problem}")]
    Field {
        /// Path of the field.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The history: the text says where and why.
    #[error("history: {0}")]
    History(String),
    /// The regimes cannot be fitted.
    #[error("regimes of `{column}`: {source}")]
    Regimes {
        /// Column fitted.
        column: String,
        /// Why.
        source: MarkovError,
    },
    /// Bytes that are no scenario set.
    #[error("not a scenario set: {0}")]
    Decode(String),
}

impl ScenarioError {
    /// A field that is wrong.
    pub fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Field { field: field.into(), problem: problem.into() }
    }
}
