//! The results folder.
//!
//! `sweep.json` says which sweep of which program this is, `tasks/ID.json` is the record of a finished task,
//! `results.json` all of them. Every file appears whole or not at all, so a sweep that was stopped goes on where it was.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use ballast_engine::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::SweepError;
use super::grid::{Task, digest};
use super::record::Record;

/// An open results folder; no other sweep can write there until it is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

/// What the records belong to.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    /// Hash over the tasks' ids, in order.
    sweep: String,
    /// SHA-256 of the program's file: another build may answer otherwise.
    program: String,
}

impl Folder {
    /// Opens or makes the folder for `tasks` of `program`. With `fresh`, records of whatever was there are removed.
    ///
    /// # Errors
    /// It belongs to another sweep or another build of the program, is in use, or cannot be read or written.
    pub fn open(path: &Path, tasks: &[Task], program: &Path, fresh: bool) -> Result<Self, SweepError> {
        let manifest = Manifest { sweep: sweep_hash(tasks), program: file_hash(program)? };
        let records = path.join("tasks");
        fs::create_dir_all(&records).map_err(SweepError::io(&records))?;
        let lock_path = path.join("lock");
        let lock = File::create(&lock_path).map_err(SweepError::io(&lock_path))?;
        lock.try_lock().map_err(|_| SweepError::Busy(path.to_owned()))?;
        let folder = Self { path: path.to_owned(), _lock: lock };
        if fresh {
            folder.forget()?;
        }
        let file = path.join("sweep.json");
        match read(&file)? {
            None => folder.write(&file, &json(&manifest))?,
            Some(text) => folder.compare(&file, &text, &manifest)?,
        }
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of the records.
    pub fn records(&self) -> PathBuf {
        self.path.join("tasks")
    }

    /// The record of `task`, if it ran.
    pub fn record(&self, task: &Task) -> Result<Option<Record>, SweepError> {
        let path = self.record_path(&task.id);
        let Some(text) = read(&path)? else {
            return Ok(None);
        };
        let wrong = |problem: String| SweepError::Record { path: path.clone(), problem };
        let record: Record = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if record.id == task.id { Ok(Some(record)) } else { Err(wrong(format!("is of task {}", record.id))) }
    }

    /// Keeps `record`, in place of an earlier one.
    pub fn keep(&self, record: &Record) -> Result<(), SweepError> {
        self.write(&self.record_path(&record.id), &json(record))
    }

    /// Keeps the document of all results.
    pub fn write_results(&self, document: &str) -> Result<(), SweepError> {
        self.write(&self.path.join("results.json"), document)
    }

    fn record_path(&self, id: &str) -> PathBuf {
        self.records().join(format!("{id}.json"))
    }

    fn compare(&self, file: &Path, text: &str, manifest: &Manifest) -> Result<(), SweepError> {
        let found: Manifest = serde_json::from_str(text)
            .map_err(|error| SweepError::Record { path: file.to_owned(), problem: error.to_string() })?;
        let other = |of| Err(SweepError::OtherSweep { folder: self.path.clone(), of });
        if found.sweep != manifest.sweep {
            other("another sweep")
        } else if found.program != manifest.program {
            other("another build of the program")
        } else {
            Ok(())
        }
    }

    /// Removes what this program writes, nothing else.
    fn forget(&self) -> Result<(), SweepError> {
        let records = self.records();
        for entry in fs::read_dir(&records).map_err(SweepError::io(&records))? {
            let path = entry.map_err(SweepError::io(&records))?.path();
            if path.extension().is_some_and(|kind| kind == "json" || kind == "part") {
                fs::remove_file(&path).map_err(SweepError::io(&path))?;
            }
        }
        for name in ["sweep.json", "results.json"] {
            let path = self.path.join(name);
            if path.exists() {
                fs::remove_file(&path).map_err(SweepError::io(&path))?;
            }
        }
        Ok(())
    }

    /// Written aside and renamed: whoever reads sees all of it or the file before.
    fn write(&self, path: &Path, text: &str) -> Result<(), SweepError> {
        let aside = path.with_extension("part");
        fs::write(&aside, text).map_err(SweepError::io(&aside))?;
        fs::rename(&aside, path).map_err(SweepError::io(path))
    }
}

/// The sweep's name: a hash over its tasks, 64 hexadecimal digits.
pub fn sweep_hash(tasks: &[Task]) -> String {
    let ids: Vec<String> = tasks.iter().map(|task| task.id.clone()).collect();
    digest(&ids)
}

fn file_hash(program: &Path) -> Result<String, SweepError> {
    let wrong = |error: std::io::Error| SweepError::Program {
        program: program.to_owned(),
        problem: error.to_string(),
    };
    let mut hasher = Sha256::new();
    std::io::copy(&mut File::open(program).map_err(wrong)?, &mut hasher).map_err(wrong)?;
    Ok(hex::encode(hasher.finalize()))
}

fn read(path: &Path) -> Result<Option<String>, SweepError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SweepError::io(path)(error)),
    }
}

/// Of structs of texts and numbers, which always have a JSON form.
fn json<T: Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
