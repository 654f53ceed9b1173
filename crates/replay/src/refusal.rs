//! Telling what the chain refuses, which is counted, from what should not happen, which ends the replay.

use ballast_sandbox::{DeploymentError, Done};

/// What became of a transaction.
pub enum Outcome {
    /// It went through.
    Done(Box<Done>),
    /// The program, or a venue, refused it: the limit's name.
    Refused(String),
}

/// Sorts `result`. Errors that are no refusal (a missing account, a runtime failure) stay errors.
pub fn outcome(result: Result<Done, DeploymentError>) -> Result<Outcome, DeploymentError> {
    let failed = match result {
        Ok(done) => return Ok(Outcome::Done(Box::new(done))),
        Err(DeploymentError::Failed(failed)) => failed,
        Err(other) => return Err(other),
    };
    match (&failed.refusal, failed.code) {
        (Some(refusal), _) => Ok(Outcome::Refused(refusal.name.clone())),
        (None, Some(code)) => Ok(Outcome::Refused(format!("venue error {code}"))),
        (None, None) => Err(failed.into()),
    }
}
