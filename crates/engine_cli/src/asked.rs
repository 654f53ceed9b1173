//! For tests: a command as it is typed.

use std::io::Read;

use clap::Parser;
use serde_json::Value;

use crate::EngineCliError;

#[derive(Parser)]
struct Line<A: clap::Args> {
    #[command(flatten)]
    args: A,
}

/// Arguments of a command from the words after its name.
pub fn arguments<'a, A: clap::Args>(words: impl IntoIterator<Item = &'a str>) -> Result<A, EngineCliError> {
    let line = Line::<A>::try_parse_from(std::iter::once("command").chain(words));
    line.map(|line| line.args).map_err(EngineCliError::input)
}

/// What a command answers to `words` and the standard `input`.
pub fn ask<'a, A: clap::Args>(
    run: impl Fn(&A, &mut dyn Read) -> Result<String, EngineCliError>,
    words: impl IntoIterator<Item = &'a str>,
    input: &str,
) -> Result<Value, EngineCliError> {
    let answer = run(&arguments(words)?, &mut input.as_bytes())?;
    Ok(serde_json::from_str(&answer).unwrap())
}

/// The same, or what the command says when it refuses its input; that it ends with 2 is checked here.
pub fn ask_or_refusal<'a, A: clap::Args>(
    run: impl Fn(&A, &mut dyn Read) -> Result<String, EngineCliError>,
    words: impl IntoIterator<Item = &'a str>,
    input: &str,
) -> Result<Value, String> {
    ask(run, words, input).map_err(|error| {
        assert_eq!(error.exit_code(), 2, "{error}");
        error.to_string()
    })
}
