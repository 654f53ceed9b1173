//! Crates as sources: fetched through cargo's own client, pinned by the checksum of the published file.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::digest::file_sha256;
use crate::process::{capture, command, run};

/// Keeps cargo from taking an unpacked crate for a member of the workspace around it.
pub const OWN_WORKSPACE: &str = "\n[workspace]\n";

/// One published version of a crate.
pub struct Crate {
    /// Its name in the registry.
    pub name: &'static str,
    /// The exact version.
    pub version: &'static str,
    /// SHA-256 of the `.crate` file.
    pub sha256: &'static str,
}

impl Crate {
    /// Unpacks pristine sources into `dir/NAME-VERSION`, replacing what was there, and adds `manifest_addition` to
    /// their Cargo.toml. The folder may be inside our repository, so the addition should begin with
    /// [`OWN_WORKSPACE`].
    pub fn unpack(&self, dir: &Path, manifest_addition: &str) -> Result<PathBuf> {
        fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
        let file = self.fetch(dir)?;
        let target = dir.join(self.stem());
        if target.exists() {
            fs::remove_dir_all(&target).with_context(|| target.display().to_string())?;
        }
        let mut tar = command("tar");
        tar.args(["--extract", "--gzip", "--no-same-owner", "--file"]).arg(&file).arg("-C").arg(dir);
        run(&mut tar, &format!("unpacking {}", file.display()))?;
        let manifest = target.join("Cargo.toml");
        OpenOptions::new()
            .append(true)
            .open(&manifest)
            .and_then(|mut file| file.write_all(manifest_addition.as_bytes()))
            .with_context(|| manifest.display().to_string())?;
        Ok(target)
    }

    fn stem(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }

    /// The verified `.crate` file in cargo's own download folder.
    fn fetch(&self, dir: &Path) -> Result<PathBuf> {
        if let Some(file) = self.cached()? {
            return Ok(file);
        }
        // `cargo info` downloads one crate and none of its dependencies.
        let spec = format!("{}@{}", self.name, self.version);
        capture(
            command("cargo").args(["info", "--quiet", &spec]).current_dir(dir),
            &format!("cargo info {spec}"),
        )
        .with_context(|| format!("could not fetch crate {spec} from the registry"))?;
        self.cached()?.with_context(|| {
            format!(
                "crate {spec} with checksum {} is not in cargo's download folder after fetching it",
                self.sha256
            )
        })
    }

    fn cached(&self) -> Result<Option<PathBuf>> {
        let cache = cargo_home()?.join("registry/cache");
        let Ok(registries) = fs::read_dir(&cache) else {
            return Ok(None);
        };
        let mut mismatch = None;
        for registry in registries {
            let file = registry?.path().join(format!("{}.crate", self.stem()));
            if file.is_file() {
                let found = file_sha256(&file)?;
                if found == self.sha256 {
                    return Ok(Some(file));
                }
                mismatch = Some((file, found));
            }
        }
        match mismatch {
            None => Ok(None),
            Some((file, found)) => bail!("{}: checksum {found}, expected {}", file.display(), self.sha256),
        }
    }
}

/// Cargo's own folder.
pub fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = env::var_os("CARGO_HOME") {
        return Ok(home.into());
    }
    let home = env::var_os("HOME").context("neither CARGO_HOME nor HOME is set")?;
    Ok(Path::new(&home).join(".cargo"))
}
