//! Refusals, by exactly one code.

use std::fmt::Debug;

use ballast::BallastError;
use ballast_sandbox::{DeploymentError, Failed};
use solana_pubkey::Pubkey;

#[track_caller]
fn failure<T: Debug>(result: Result<T, DeploymentError>) -> Failed {
    match result {
        Err(DeploymentError::Failed(failed)) => *failed,
        Err(other) => panic!("not a transaction's failure: {other}"),
        Ok(done) => panic!("went through: {done:#?}"),
    }
}

/// Where assertions leave the names of the rules they saw broken, a file each: `cargo xtask test` compares them with
/// all there are. Nothing is left where it is not set.
const RAISED: &str = "BALLAST_RAISED_DIR";

/// Asserts that Ballast refused for breaking `rule`.
#[track_caller]
pub fn assert_refused<T: Debug>(result: Result<T, DeploymentError>, rule: BallastError) {
    assert_broken(&failure(result), rule);
}

/// The same for a failure in hand.
#[track_caller]
pub fn assert_broken(failed: &Failed, rule: BallastError) {
    let broken = failed.refusal.as_ref().map(|refusal| refusal.name.clone());
    assert_eq!(broken, Some(rule.name()), "{failed}\n{}", failed.logs.join("\n"));
    if let Some(dir) = std::env::var_os(RAISED) {
        std::fs::write(std::path::Path::new(&dir).join(rule.name()), "").expect("the folder can be written");
    }
}

/// Asserts a refusal by `code` that is not one of Ballast's own rules: Anchor's or another program's.
#[track_caller]
pub fn assert_other_refusal<T: Debug>(result: Result<T, DeploymentError>, code: u32) {
    let failed = failure(result);
    assert_eq!(failed.code, Some(code), "{failed}\n{}", failed.logs.join("\n"));
    assert_eq!(failed.refusal, None, "the refusal is Ballast's own");
}

/// Asserts that `venue` itself refused with `code`.
#[track_caller]
pub fn assert_venue_refused<T: Debug>(result: Result<T, DeploymentError>, venue: &Pubkey, code: u32) {
    let failed = failure(result);
    assert_eq!(failed.code, Some(code), "{failed}\n{}", failed.logs.join("\n"));
    let first = failed.logs.iter().find(|line| line.contains(" failed: "));
    assert!(first.is_some_and(|line| line.contains(&venue.to_string())), "{}", failed.logs.join("\n"));
}
