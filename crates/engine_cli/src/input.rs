//! Reading what a command is given, and writing what it answers.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{EngineCliError, json};

/// Where a command's input comes from: a file, or standard input.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Source {
    /// Read this file instead of standard input
    #[arg(long, short, value_name = "FILE")]
    pub input: Option<PathBuf>,
}

impl Source {
    /// What messages call it.
    pub fn name(&self) -> String {
        self.input.as_deref().map_or_else(|| "standard input".to_owned(), |path| path.display().to_string())
    }

    /// All of it as text.
    pub fn text(&self, standard: &mut dyn Read) -> Result<String, EngineCliError> {
        let wrong = |error: std::io::Error| EngineCliError::Input(format!("{}: {error}", self.name()));
        match &self.input {
            Some(path) => std::fs::read_to_string(path as &Path).map_err(wrong),
            None => {
                let mut text = String::new();
                standard.read_to_string(&mut text).map_err(wrong)?;
                Ok(text)
            }
        }
    }

    /// All of it as one JSON document; see [`json::parse`].
    pub fn json<T: DeserializeOwned>(&self, standard: &mut dyn Read) -> Result<T, EngineCliError> {
        let text = self.text(standard)?;
        json::parse(&text).map_err(|problem| EngineCliError::Input(format!("{}: {problem}", self.name())))
    }
}

/// `value` as the JSON document that a command answers.
pub fn answer<T: Serialize>(value: &T) -> Result<String, EngineCliError> {
    let mut text = serde_json::to_string_pretty(value).map_err(EngineCliError::input)?;
    text.push('\n');
    Ok(text)
}
