//! Stamps: small files that say from which inputs a result was made. A stamp is removed before its step starts
//! and written after the step ended, so an interrupted step is always done again.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A folder of stamps.
pub struct Stamps {
    dir: PathBuf,
}

impl Stamps {
    /// The stamps in `dir`, which need not exist yet.
    pub fn in_dir(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Whether `name` was finished from exactly these inputs.
    pub fn is_current(&self, name: &str, inputs: &str) -> bool {
        fs::read_to_string(self.dir.join(name)).is_ok_and(|stamp| stamp == inputs)
    }

    /// Forgets `name`: its result is about to change.
    pub fn invalidate(&self, name: &str) -> Result<()> {
        match fs::remove_file(self.dir.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("stamp {name}"))
            }
            _ => Ok(()),
        }
    }

    /// Records that `name` is finished.
    pub fn record(&self, name: &str, inputs: &str) -> Result<()> {
        fs::create_dir_all(&self.dir).with_context(|| self.dir.display().to_string())?;
        write_whole(&self.dir.join(name), inputs.as_bytes())
    }
}

/// Writes a file so that a reader sees the old content or the new, never a part of it.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    fs::write(&partial, bytes).with_context(|| path.display().to_string())?;
    fs::rename(&partial, path).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_holds_for_its_inputs_until_invalidated() -> Result<()> {
        let dir = std::env::temp_dir().join(format!("xtask-stamps-{}", std::process::id()));
        let stamps = Stamps::in_dir(&dir);
        assert!(!stamps.is_current("step", "v1"));
        stamps.invalidate("step")?;
        stamps.record("step", "v1")?;
        assert!(stamps.is_current("step", "v1"));
        assert!(!stamps.is_current("step", "v2"));
        stamps.invalidate("step")?;
        assert!(!stamps.is_current("step", "v1"));
        fs::remove_dir_all(&dir)?;
        Ok(())
    }
}
