//! `ballast model`

use std::path::PathBuf;

use ballast_client::address;
use ballast_keeper::ModelFile;
use clap::Subcommand;
use serde::Serialize;

use crate::error::CliError;
use crate::output::{fields, show};

/// What to do with a model file.
#[derive(Clone, Debug, Subcommand)]
pub enum ModelCommand {
    /// Show the hash that governance approves
    Hash {
        /// Model file, such as models/plain-v1.toml
        file: PathBuf,
    },
}

#[derive(Debug, Serialize)]
struct Hashed {
    name: String,
    version: u32,
    hash: String,
    account: String,
    canonical: String,
}

/// Runs it.
pub fn run(json: bool, command: ModelCommand) -> Result<(), CliError> {
    let ModelCommand::Hash { file } = command;
    let model = ModelFile::read(&file)?;
    let hash = model.hash()?;
    let hashed = Hashed {
        name: model.name.clone(),
        version: model.version,
        hash: hex::encode(hash),
        account: address::model(&hash).to_string(),
        canonical: model.canonical()?,
    };
    show(json, &hashed, |model| {
        fields(&[
            ("Model", format!("{} version {}", model.name, model.version)),
            ("Hash", model.hash.clone()),
            ("Account", model.account.clone()),
            ("Canonical", model.canonical.clone()),
        ])
    })
}
