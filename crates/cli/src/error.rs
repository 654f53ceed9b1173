//! What the command can fail with, and the exit code that says which.

use ballast_client::CallError;
use ballast_keeper::input::InputError;
use ballast_keeper::model::ModelError;
use ballast_keeper::{KeeperError, SetupError};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// What was typed or a file that was named is of no use.
    #[error("{0}")]
    Input(String),
    /// The chain refused, or what should be done cannot be done now.
    #[error("{0}")]
    Refused(String),
    /// The chain, or the machine, could not be asked.
    #[error("{0}")]
    Environment(String),
    /// A transaction was sent, and nobody here knows what became of it.
    #[error("{0}")]
    Unknown(String),
}

impl CliError {
    /// Bad input.
    pub fn input(problem: impl ToString) -> Self {
        Self::Input(problem.to_string())
    }

    /// A refusal.
    pub fn refused(problem: impl ToString) -> Self {
        Self::Refused(problem.to_string())
    }

    /// Something outside of anybody's say.
    pub fn environment(problem: impl ToString) -> Self {
        Self::Environment(problem.to_string())
    }

    /// 1 the chain refused, 2 bad input, 3 no answer, or an outcome that nobody here knows.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) => 1,
            Self::Input(_) => 2,
            Self::Environment(_) | Self::Unknown(_) => 3,
        }
    }

    /// In one word, for machines.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Input(_) => "input",
            Self::Environment(_) => "environment",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl From<CallError> for CliError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Rejected(_) | CallError::Expired(_) | CallError::TooLarge { .. } => {
                Self::refused(error)
            }
            CallError::Request(_) => Self::input(error),
            CallError::Unknown(_) => Self::Unknown(error.to_string()),
            CallError::Unreachable(_) | CallError::NodeRefused(_) => Self::environment(error),
        }
    }
}

impl From<SetupError> for CliError {
    fn from(error: SetupError) -> Self {
        match error {
            SetupError::Call(error) => error.into(),
            SetupError::Missing { .. } | SetupError::Decode { .. } => Self::input(error),
            SetupError::Venue { .. } | SetupError::Unpriceable { .. } => Self::refused(error),
        }
    }
}

impl From<ModelError> for CliError {
    fn from(error: ModelError) -> Self {
        Self::input(error)
    }
}

impl From<InputError> for CliError {
    fn from(error: InputError) -> Self {
        Self::input(error)
    }
}

impl From<KeeperError> for CliError {
    fn from(error: KeeperError) -> Self {
        match error {
            KeeperError::Setup(error) => error.into(),
            KeeperError::Call(error) => error.into(),
            KeeperError::Model(error) => error.into(),
            KeeperError::Input(error) => error.into(),
            error @ (KeeperError::Journal { .. } | KeeperError::Unexpected(_)) => Self::environment(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_outcome_is_neither_a_refusal_nor_a_success() {
        let unknown = CliError::from(CallError::Unknown("outcome unknown: look it up".to_owned()));
        assert_eq!((unknown.exit_code(), unknown.kind()), (3, "unknown"));
        let refused = CliError::from(CallError::NodeRefused("the node refuses getSlot".to_owned()));
        assert_eq!((refused.exit_code(), refused.kind()), (3, "environment"));
        let expired = CliError::from(CallError::Expired("it did not land".to_owned()));
        assert_eq!((expired.exit_code(), expired.kind()), (1, "refused"));
    }
}
