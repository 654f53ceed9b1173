//! Every error of the program is raised by some test, or it is said here why it cannot be.

use std::path::Path;

use ballast::BallastError;

/// Errors that no test raises: defences behind another check that always comes first.
const NOT_RAISED: &[(BallastError, &str)] = &[];

/// The text of all test sources below `dir`, this file left out.
fn sources(dir: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text.push_str(&sources(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") && !path.ends_with("errors.rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
    text
}

fn is_named(text: &str, error: BallastError) -> bool {
    let name = format!("BallastError::{}", error.name());
    let after = |at: usize| text[at + name.len()..].chars().next();
    text.match_indices(&name).any(|(at, _)| after(at).is_none_or(|next| !next.is_alphanumeric()))
}

#[test]
fn every_error_is_named_in_a_test_or_excused() {
    let text = sources(Path::new(env!("CARGO_MANIFEST_DIR")));
    let excused = |error: &BallastError| NOT_RAISED.iter().any(|(other, _)| other == error);
    let missing: Vec<String> = BallastError::ALL
        .iter()
        .filter(|error| !excused(error) && !is_named(&text, **error))
        .map(BallastError::name)
        .collect();
    assert_eq!(missing, Vec::<String>::new(), "not named in any test");
    for (error, why) in NOT_RAISED {
        assert!(!why.is_empty() && !is_named(&text, *error), "{} is raised after all", error.name());
    }
}
