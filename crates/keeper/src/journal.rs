//! The run directory: inputs of decisions by their hash, what was seen of pools, and how the last runs went.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ballast_engine::policy::IncomeWatch;
use serde::Serialize;
use serde::de::DeserializeOwned;
use solana_pubkey::Pubkey;

use crate::error::KeeperError;
use crate::health::HealthState;
use crate::input::EncodedInput;
use crate::model::{ModelFile, PoolHistoryParams};
use crate::pool_history::PoolHistory;

/// Files of one vault's runs, in a folder of its own.
#[derive(Clone, Debug)]
pub struct Journal {
    dir: PathBuf,
}

impl Journal {
    /// The journal of `vault` under `run_dir`, which is made if absent.
    pub fn open(run_dir: &Path, vault: &Pubkey) -> Result<Self, KeeperError> {
        let dir = run_dir.join(vault.to_string());
        fs::create_dir_all(dir.join("inputs")).map_err(|error| failed(&dir, error))?;
        Ok(Self { dir })
    }

    /// Where the input with `hash` is kept: a decision's `input_hash` is all that is needed to find it.
    pub fn input_path(&self, hash: &[u8; 32]) -> PathBuf {
        self.dir.join("inputs").join(format!("{}.json", hex::encode(hash)))
    }

    /// Keeps a decision's input. Called before the decision is sent: none is ever on chain without it.
    pub fn keep_input(&self, input: &EncodedInput) -> Result<PathBuf, KeeperError> {
        let path = self.input_path(&input.hash);
        replace(&path, input.json.as_bytes())?;
        Ok(path)
    }

    /// How the last runs went; the default before the first.
    pub fn health(&self) -> Result<HealthState, KeeperError> {
        Ok(read(&self.dir.join("health.json"))?.unwrap_or_default())
    }

    /// Keeps how the last runs went.
    pub fn keep_health(&self, health: &HealthState) -> Result<(), KeeperError> {
        write(&self.dir.join("health.json"), health)
    }

    /// What was seen of pools, under the model's parameters.
    pub fn pool_history(&self, params: PoolHistoryParams) -> Result<PoolHistory, KeeperError> {
        let kept: Option<PoolHistory> = read(&self.dir.join("pools.json"))?;
        Ok(kept.map_or_else(|| PoolHistory::new(params), |history| history.with_params(params)))
    }

    /// Keeps what was seen of pools.
    pub fn keep_pool_history(&self, history: &PoolHistory) -> Result<(), KeeperError> {
        write(&self.dir.join("pools.json"), history)
    }

    /// What was seen of incomes, under `model`; `None` for a model that decides on none.
    pub fn incomes(&self, model: &ModelFile) -> Result<Option<IncomeWatch>, KeeperError> {
        let Some(fresh) = model.watch() else { return Ok(None) };
        let kept: Option<IncomeWatch> = read(&self.dir.join("incomes.json"))?;
        Ok(Some(kept.map_or_else(|| fresh.clone(), |kept| kept.with_params(fresh.params()))))
    }

    /// Keeps what was seen of incomes.
    pub fn keep_incomes(&self, incomes: &IncomeWatch) -> Result<(), KeeperError> {
        write(&self.dir.join("incomes.json"), incomes)
    }
}

fn failed(path: &Path, problem: impl ToString) -> KeeperError {
    KeeperError::Journal { path: path.to_owned(), problem: problem.to_string() }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, KeeperError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| failed(path, error)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, error)),
    }
}

fn write(path: &Path, value: &impl Serialize) -> Result<(), KeeperError> {
    let json = serde_json::to_vec_pretty(value).map_err(|error| failed(path, error))?;
    replace(path, &json)
}

/// Writes beside and renames: a run that is cut off leaves the old file or the new one.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), KeeperError> {
    let beside = path.with_extension("new");
    fs::write(&beside, bytes).map_err(|error| failed(&beside, error))?;
    fs::rename(&beside, path).map_err(|error| failed(path, error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_kept_is_found_again() {
        let dir = std::env::temp_dir().join(format!("ballast-journal-{}", std::process::id()));
        let vault = Pubkey::new_from_array([3; 32]);
        let journal = Journal::open(&dir, &vault).unwrap();
        assert_eq!(journal.health().unwrap(), HealthState::default());
        let state = HealthState { stuck_runs: 2, ..HealthState::default() };
        journal.keep_health(&state).unwrap();
        assert_eq!(Journal::open(&dir, &vault).unwrap().health().unwrap(), state);
        let input = EncodedInput { json: "{}".to_owned(), hash: [5; 32] };
        let path = journal.keep_input(&input).unwrap();
        assert_eq!(path, journal.input_path(&[5; 32]));
        assert_eq!(fs::read_to_string(&path).unwrap(), "{}");
        fs::write(dir.join(vault.to_string()).join("health.json"), "{").unwrap();
        let error = journal.health().unwrap_err().to_string();
        assert!(error.contains("health.json"), "{error}");
        fs::remove_dir_all(&dir).unwrap();
    }
}
