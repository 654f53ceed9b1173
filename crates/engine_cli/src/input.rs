//! Reading what a command is given, and writing what it answers.

use std::io::Read;
use std::path::PathBuf;

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
        let bytes = match &self.input {
            Some(path) => std::fs::read(path),
            None => {
                let mut bytes = Vec::new();
                standard.read_to_end(&mut bytes).map(|_| bytes)
            }
        };
        let wrong = |problem: String| EngineCliError::Input(format!("{}: {problem}", self.name()));
        utf8(bytes.map_err(|error| wrong(error.to_string()))?).map_err(wrong)
    }

    /// All of it as one JSON document; see [`json::parse`].
    pub fn json<T: DeserializeOwned>(&self, standard: &mut dyn Read) -> Result<T, EngineCliError> {
        let text = self.text(standard)?;
        json::parse(&text).map_err(|problem| EngineCliError::Input(format!("{}: {problem}", self.name())))
    }
}

/// Text in UTF-8. UTF-16, which Excel and PowerShell write, is named as such; anything else by its first wrong byte.
pub fn utf8(bytes: Vec<u8>) -> Result<String, String> {
    let marked = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    // Without a mark: every other byte of plain letters and digits is zero.
    let zeros = bytes.iter().take(64).filter(|byte| **byte == 0).count();
    if marked || (zeros > 0 && 3 * zeros >= bytes.len().min(64)) {
        return Err(
            "the text is in UTF-16; save it as UTF-8 (Excel: \"CSV UTF-8\", PowerShell: -Encoding utf8)"
                .into(),
        );
    }
    String::from_utf8(bytes).map_err(|error| {
        format!("the text is not UTF-8: byte {} is wrong", error.utf8_error().valid_up_to() + 1)
    })
}

/// `value` as the JSON document that a command answers.
pub fn answer<T: Serialize>(value: &T) -> Result<String, EngineCliError> {
    let mut text = serde_json::to_string_pretty(value).map_err(EngineCliError::input)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_is_named_as_such() {
        let text = "ts,r\n1,0.01\n";
        let wide = |mark: Option<u16>, order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            mark.into_iter().chain(text.encode_utf16()).flat_map(order).collect()
        };
        for bytes in [
            wide(Some(0xfeff), u16::to_le_bytes),
            wide(Some(0xfeff), u16::to_be_bytes),
            wide(None, u16::to_le_bytes),
            wide(None, u16::to_be_bytes),
        ] {
            assert!(utf8(bytes).unwrap_err().contains("UTF-16"));
        }
        assert_eq!(utf8(text.into()).unwrap(), text);
        assert_eq!(utf8(b"a\xff".to_vec()).unwrap_err(), "the text is not UTF-8: byte 2 is wrong");
    }
}
