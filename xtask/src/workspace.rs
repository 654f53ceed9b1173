//! Where things are: the repository's root and every folder the driver writes to.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::progress::say;

/// The repository.
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The repository that this driver belongs to, wherever it was called from.
    pub fn find() -> Result<Self> {
        let manifest_dir = env::var_os("CARGO_MANIFEST_DIR")
            .context("start the driver as `cargo xtask`, cargo tells it where the repository is")?;
        let root = Path::new(&manifest_dir)
            .parent()
            .context("the driver's own folder has no parent")?
            .canonicalize()?;
        Ok(Self { root })
    }

    /// The repository's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Finished programs, `NAME.so`. Tests and the local chain read from here.
    pub fn deploy_dir(&self) -> PathBuf {
        self.root.join("target/deploy")
    }

    /// Cargo's own folder for SBPF builds, apart from the host's so that neither invalidates the other.
    pub fn sbpf_target_dir(&self) -> PathBuf {
        self.root.join("target/sbpf")
    }

    /// The generated interface description.
    pub fn idl_file(&self) -> PathBuf {
        self.root.join("target/idl/ballast.json")
    }

    /// The committed interface description.
    pub fn committed_idl_file(&self) -> PathBuf {
        self.root.join("idl/ballast.json")
    }

    /// Sources unpacked from registry crates, and the stamps of what was built from what.
    pub fn driver_dir(&self) -> PathBuf {
        self.root.join("target/xtask")
    }

    /// `BALLAST_TOOLCHAIN` when set, else `.toolchain` in the repository.
    pub fn toolchain_dir(&self) -> PathBuf {
        match env::var_os("BALLAST_TOOLCHAIN") {
            Some(dir) if !dir.is_empty() => self.root.join(dir),
            _ => self.root.join(".toolchain"),
        }
    }

    /// Two builds at once would overwrite each other's results: waits until no other `xtask` builds in this
    /// repository. Released when the file is dropped.
    pub fn lock(&self) -> Result<File> {
        lock_file(&self.driver_dir(), "another `cargo xtask` is building; waiting for it")
    }
}

/// Holds `dir/lock`, after saying `waiting` if somebody else has it.
pub fn lock_file(dir: &Path, waiting: &str) -> Result<File> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let path = dir.join("lock");
    let file = File::create(&path).with_context(|| path.display().to_string())?;
    if file.try_lock().is_err() {
        say(waiting);
        file.lock().with_context(|| path.display().to_string())?;
    }
    Ok(file)
}
