//! Model files: what decisions are made by, and the hash that governance approves.
//!
//! The hash is the SHA-256 of the model's canonical encoding: JSON without white space, fields in the order
//! of the structs here, integers only. Comments and layout of the TOML file do not matter to it; a key that
//! this version does not know is refused, because it would not be in the hash.

use std::path::{Path, PathBuf};

use ballast_engine::policy::{Plain, PlainConfig};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A model: a policy with its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// What people call it.
    pub name: String,
    /// Counts up with every change of parameters.
    pub version: u32,
    /// The policy.
    pub policy: PolicyParams,
    /// How the yield of a liquidity pool is measured.
    pub pool_history: PoolHistoryParams,
}

/// A policy and its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum PolicyParams {
    /// Highest post-allocation net rate inside the limits: [`Plain`].
    Plain {
        /// Time over which the cost of a move must earn itself back, seconds.
        horizon_secs: u32,
        /// Least gain of a decision, bps of the vault a year.
        min_gain_bps: u16,
        /// Least change of a slot worth ordering, bps of the vault.
        min_move_bps: u16,
        /// Spacing of the weights that are compared first, bps of the vault.
        grid_bps: u16,
    },
}

/// Over how long a pool is watched before its fees count as known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolHistoryParams {
    /// Less than this is not enough to know anything, seconds.
    pub min_secs: u32,
    /// More than this is forgotten, seconds.
    pub max_secs: u32,
}

/// Why a model file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// It is not a model.
    #[error("{}: {source}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, column and cause.
        source: Box<toml::de::Error>,
    },
    /// A parameter makes no sense.
    #[error("{}: {key} {problem}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The key at fault.
        key: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The canonical encoding could not be made.
    #[error("model cannot be encoded: {0}")]
    Encode(#[from] serde_json::Error),
}

impl ModelFile {
    /// Reads and checks the file at `path`.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ModelError::Read { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Parses `text`; `path` names it in errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ModelError> {
        let model: Self = toml::from_str(text)
            .map_err(|source| ModelError::Parse { path: path.to_owned(), source: Box::new(source) })?;
        let wrong = |key, problem| Err(ModelError::Value { path: path.to_owned(), key, problem });
        let PolicyParams::Plain { horizon_secs, grid_bps, min_move_bps, .. } = &model.policy;
        if *horizon_secs == 0 {
            return wrong("policy.horizon_secs", "must be above zero");
        }
        if !(1..=10_000).contains(grid_bps) {
            return wrong("policy.grid_bps", "must be 1 to 10000");
        }
        if *min_move_bps > 10_000 {
            return wrong("policy.min_move_bps", "must be at most 10000");
        }
        if model.pool_history.min_secs == 0 || model.pool_history.min_secs > model.pool_history.max_secs {
            return wrong("pool_history.min_secs", "must be above zero and at most max_secs");
        }
        Ok(model)
    }

    /// The canonical encoding.
    pub fn canonical(&self) -> Result<String, ModelError> {
        Ok(serde_json::to_string(self)?)
    }

    /// SHA-256 of the canonical encoding: what governance approves.
    pub fn hash(&self) -> Result<[u8; 32], ModelError> {
        Ok(Sha256::digest(self.canonical()?.as_bytes()).into())
    }

    /// The policy, ready to decide.
    pub fn policy(&self) -> Plain {
        let PolicyParams::Plain { horizon_secs, min_gain_bps, min_move_bps, grid_bps } = self.policy;
        Plain::new(PlainConfig {
            horizon_secs: f64::from(horizon_secs),
            min_gain_bps: f64::from(min_gain_bps),
            min_move_bps,
            grid_bps,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TEXT: &str = include_str!("../../../models/plain-v1.toml");

    fn parse(text: &str) -> Result<ModelFile, ModelError> {
        ModelFile::parse(text, Path::new("model.toml"))
    }

    #[test]
    fn the_hash_ignores_comments_and_layout_but_no_value() {
        let model = parse(TEXT).unwrap();
        let spaced = parse(&format!("# a comment\n\n{TEXT}\n")).unwrap();
        assert_eq!(model.hash().unwrap(), spaced.hash().unwrap());
        let mut changed = model.clone();
        changed.version += 1;
        assert_ne!(model.hash().unwrap(), changed.hash().unwrap());
    }

    #[test]
    fn the_committed_model_never_changes_under_its_name() {
        let canonical = parse(TEXT).unwrap().canonical().unwrap();
        assert_eq!(
            canonical,
            r#"{"name":"plain","version":1,"policy":{"kind":"plain","horizon_secs":2592000,"min_gain_bps":5,"min_move_bps":50,"grid_bps":100},"pool_history":{"min_secs":86400,"max_secs":604800}}"#
        );
    }

    #[test]
    fn unknown_keys_and_senseless_values_are_refused() {
        let unknown = parse(&TEXT.replace("grid_bps", "grid")).unwrap_err().to_string();
        assert!(unknown.contains("model.toml") && unknown.contains("grid"), "{unknown}");
        let extra = parse(&format!("{TEXT}\nsurprise = 1\n")).unwrap_err().to_string();
        assert!(extra.contains("surprise"), "{extra}");
        for (from, to, key) in [
            ("horizon_secs = 2_592_000", "horizon_secs = 0", "policy.horizon_secs"),
            ("grid_bps = 100", "grid_bps = 0", "policy.grid_bps"),
            ("min_move_bps = 50", "min_move_bps = 10_001", "policy.min_move_bps"),
            ("min_secs = 86_400", "min_secs = 604_801", "pool_history.min_secs"),
        ] {
            assert!(TEXT.contains(from), "{from}");
            let error = parse(&TEXT.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
    }
}
