//! What an engine command can fail with.

/// Why a command failed. All but [`Self::Output`] and [`Self::Network`] are the input's fault.
#[derive(Debug, thiserror::Error)]
pub enum EngineCliError {
    /// The input is of no use; the text names what is wrong with it and where.
    #[error("{0}")]
    Input(String),
    /// A source on the network gave no usable answer.
    #[error("{0}")]
    Network(String),
    /// The answer could not be written.
    #[error("cannot write the answer: {0}")]
    Output(std::io::Error),
}

impl EngineCliError {
    /// Bad input.
    pub fn input(problem: impl ToString) -> Self {
        Self::Input(problem.to_string())
    }

    /// 2 bad input, 3 no answer from elsewhere.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Network(_) | Self::Output(_) => 3,
        }
    }
}
