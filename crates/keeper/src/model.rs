//! Model files: what decisions are made by, and the hash that governance approves.
//!
//! The hash is the SHA-256 of the model's canonical encoding: JSON without white space, fields in the order
//! of the structs here, integers only. Comments and layout of the TOML file do not matter to it; a key that
//! this version does not know is refused, because it would not be in the hash.

use std::path::{Path, PathBuf};

use ballast_engine::policy::{Engine, EngineConfig, IncomeWatch, Plain, PlainConfig, Policy, WatchParams};
use ballast_engine::scenario::{ScenarioError, ScenarioSet, ScenarioSpec, scenario_set};
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
    /// The most lower-quantile income inside the limits, tail and liquidity included: [`Engine`].
    Engine {
        /// Version of what the engine looks at and how ([`ENGINE_SCHEMA`]): another version decides otherwise.
        schema: u32,
        /// How it decides.
        decide: EngineConfig,
        /// How it forecasts.
        watch: WatchParams,
        /// What it fears.
        scenarios: ScenarioParams,
    },
}

/// Version of the engine's features and methods. It counts up whenever the same inputs would decide otherwise.
pub const ENGINE_SCHEMA: u32 = 1;

/// The scenario set of a model: how to draw it, and the hash of what must come out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioParams {
    /// Period of a scenario, days.
    pub horizon_days: u16,
    /// Confidence level of VaR and CVaR, bps.
    pub alpha_bps: u16,
    /// Scenarios in the set.
    pub count: u16,
    /// Seed.
    pub seed: u64,
    /// Kinds of strategy, each by the names of its risk factors: the tails of these are kept.
    pub strategies: Vec<Vec<String>>,
    /// SHA-256 of the set's encoding, hex: calibration belongs to the model too.
    pub set_sha256: String,
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
    /// The scenario set cannot be drawn.
    #[error("scenarios of model {name}: {source}")]
    Scenarios {
        /// The model's name.
        name: String,
        /// The cause.
        source: Box<ScenarioError>,
    },
    /// What is drawn is not what was approved.
    #[error("model {name} was approved with scenario set {approved}, this version draws {drawn}")]
    OtherScenarios {
        /// The model's name.
        name: String,
        /// Hash in the file.
        approved: String,
        /// Hash of what is drawn.
        drawn: String,
    },
    /// The canonical encoding could not be made.
    #[error("model cannot be encoded: {0}")]
    Encode(#[from] serde_json::Error),
}

/// The model that ships with this version.
const BUILT_IN: &str = include_str!("../../../models/engine-v1.toml");

impl ModelFile {
    /// The model that ships with this version: `models/engine-v1.toml` of the repository.
    pub fn built_in() -> Result<Self, ModelError> {
        Self::parse(BUILT_IN, Path::new("models/engine-v1.toml (built in)"))
    }

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
        if let Some((key, problem)) = model.policy.problem() {
            return wrong(key, problem);
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
    ///
    /// # Errors
    /// A scenario set that cannot be drawn, or is not the one in the file.
    pub fn policy(&self) -> Result<Box<dyn Policy>, ModelError> {
        match &self.policy {
            PolicyParams::Plain { horizon_secs, min_gain_bps, min_move_bps, grid_bps } => {
                Ok(Box::new(Plain::new(PlainConfig {
                    horizon_secs: f64::from(*horizon_secs),
                    min_gain_bps: f64::from(*min_gain_bps),
                    min_move_bps: *min_move_bps,
                    grid_bps: *grid_bps,
                })))
            }
            PolicyParams::Engine { decide, scenarios, .. } => {
                Ok(Box::new(Engine::new(*decide, self.drawn(scenarios)?)))
            }
        }
    }

    /// A watch over incomes, for a policy that decides on forecasts.
    pub fn watch(&self) -> Option<IncomeWatch> {
        match &self.policy {
            PolicyParams::Plain { .. } => None,
            PolicyParams::Engine { watch, .. } => Some(IncomeWatch::new(*watch)),
        }
    }

    /// The scenario set, checked against the approved hash.
    fn drawn(&self, params: &ScenarioParams) -> Result<ScenarioSet, ModelError> {
        let failed = |source| ModelError::Scenarios { name: self.name.clone(), source: Box::new(source) };
        let set = scenario_set(&params.spec()?, None).map_err(failed)?;
        let drawn = set.sha256().map_err(failed)?;
        if drawn != params.set_sha256 {
            let approved = params.set_sha256.clone();
            return Err(ModelError::OtherScenarios { name: self.name.clone(), approved, drawn });
        }
        Ok(set)
    }
}

impl PolicyParams {
    /// The first parameter that makes no sense, and why.
    fn problem(&self) -> Option<(&'static str, &'static str)> {
        let checks: &[(bool, &str, &str)] = match self {
            Self::Plain { horizon_secs, grid_bps, min_move_bps, .. } => &[
                (*horizon_secs > 0, "policy.horizon_secs", "must be above zero"),
                ((1..=10_000).contains(grid_bps), "policy.grid_bps", "must be 1 to 10000"),
                (*min_move_bps <= 10_000, "policy.min_move_bps", "must be at most 10000"),
            ],
            Self::Engine { schema, decide, watch, .. } => &[
                (*schema == ENGINE_SCHEMA, "policy.schema", "is not the one that this version decides by"),
                (decide.horizon_secs > 0, "policy.decide.horizon_secs", "must be above zero"),
                ((1..=10_000).contains(&decide.grid_bps), "policy.decide.grid_bps", "must be 1 to 10000"),
                (decide.min_move_bps <= 10_000, "policy.decide.min_move_bps", "must be at most 10000"),
                (decide.cvar_cap_bps <= 10_000, "policy.decide.cvar_cap_bps", "must be at most 10000"),
                (
                    decide.liquidity_min_bps <= 10_000,
                    "policy.decide.liquidity_min_bps",
                    "must be at most 10000",
                ),
                (watch.sample_secs > 0, "policy.watch.sample_secs", "must be above zero"),
                (
                    watch.horizon_secs >= watch.sample_secs,
                    "policy.watch.horizon_secs",
                    "must be at least sample_secs",
                ),
            ],
        };
        checks.iter().find(|(good, ..)| !good).map(|(_, key, problem)| (*key, *problem))
    }
}

impl ScenarioParams {
    /// What `ballast engine scenarios` would be asked for the same set.
    fn spec(&self) -> Result<ScenarioSpec, ModelError> {
        let strategy = |(number, factors): (usize, &Vec<String>)| serde_json::json!({ "name": number.to_string(), "factors": factors });
        let mut factors: Vec<serde_json::Value> = Vec::new();
        for name in self.strategies.iter().flatten() {
            // What holds SOL in a vault of another asset is one side of a pool.
            let factor = match name.as_str() {
                "asset:SOL" => {
                    serde_json::json!({ "id": name, "market": { "exposure": "constant_product" } })
                }
                _ => serde_json::json!(name),
            };
            if !factors.contains(&factor) {
                factors.push(factor);
            }
        }
        Ok(serde_json::from_value(serde_json::json!({
            "factors": factors,
            "strategies": self.strategies.iter().enumerate().map(strategy).collect::<Vec<_>>(),
            "horizon_days": self.horizon_days,
            "alpha": f64::from(self.alpha_bps) / 10_000.0,
            "count": self.count,
            "seed": self.seed,
        }))?)
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
    fn the_engine_draws_the_scenarios_that_its_file_was_approved_with() {
        let model = ModelFile::built_in().unwrap();
        assert_eq!(model.policy().unwrap().name(), "engine");
        assert!(model.watch().is_some() && parse(TEXT).unwrap().watch().is_none());
        let other = parse(&BUILT_IN.replace("seed = 20_261_123", "seed = 1")).unwrap();
        assert!(matches!(other.policy(), Err(ModelError::OtherScenarios { .. })));
        let nothing = BUILT_IN.replace("venue:kamino", "planet:mars");
        let error = parse(&nothing).unwrap().policy().err().unwrap().to_string();
        assert!(error.contains("planet:mars"), "{error}");
    }

    #[test]
    fn senseless_engines_are_refused() {
        for (from, to, key) in [
            ("schema = 1", "schema = 2", "policy.schema"),
            ("grid_bps = 100", "grid_bps = 0", "policy.decide.grid_bps"),
            ("cvar_cap_bps = 1_500", "cvar_cap_bps = 10_001", "policy.decide.cvar_cap_bps"),
            ("liquidity_min_bps = 2_000", "liquidity_min_bps = 10_001", "policy.decide.liquidity_min_bps"),
            ("sample_secs = 86_400", "sample_secs = 0", "policy.watch.sample_secs"),
            ("sample_secs = 86_400", "sample_secs = 604_801", "policy.watch.horizon_secs"),
            ("lower = \"q25\"", "lower = \"q99\"", "q99"),
        ] {
            assert!(BUILT_IN.contains(from), "{from}");
            let error = parse(&BUILT_IN.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
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
