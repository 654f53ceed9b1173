use crate::market::MarketError;

/// Why nothing can be recommended.
#[derive(Debug, thiserror::Error)]
pub enum PersonaliseError {
    /// An answer is missing, unknown or of the wrong form.
    #[error("answers.{question}: {problem}")]
    Answer {
        /// The question's id.
        question: String,
        /// What is wrong, and what can be answered.
        problem: String,
    },
    /// Another field of the request.
    #[error("{field}: {problem}")]
    Field {
        /// Its name.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The generator refused its parameters.
    #[error(transparent)]
    Market(#[from] MarketError),
}

impl PersonaliseError {
    /// A field that is wrong.
    pub fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Field { field: field.into(), problem: problem.into() }
    }
}
