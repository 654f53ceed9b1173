//! SHA-256 of bytes, files and folders: for pinned downloads and for knowing what is up to date.

use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// Collects the inputs of a step. Each part is framed by its length, so parts cannot run into each other.
#[derive(Default)]
pub struct Fingerprint {
    hasher: Sha256,
}

impl Fingerprint {
    /// Adds one input.
    pub fn add(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.frame(bytes.as_ref());
        self
    }

    /// Adds every file below `dir`, by path relative to `dir` and content. Build output is not an input.
    pub fn add_tree(mut self, dir: &Path) -> Result<Self> {
        for path in files_below(dir)? {
            let relative = path.strip_prefix(dir).unwrap_or(&path);
            self.frame(relative.as_os_str().as_encoded_bytes());
            self.frame(&fs::read(&path).with_context(|| path.display().to_string())?);
        }
        Ok(self)
    }

    /// Adds one file's content.
    pub fn add_file(self, path: &Path) -> Result<Self> {
        Ok(self.add(fs::read(path).with_context(|| path.display().to_string())?))
    }

    /// The fingerprint as lower-case hexadecimal.
    pub fn finish(self) -> String {
        hex(&self.hasher.finalize())
    }

    fn frame(&mut self, bytes: &[u8]) {
        self.hasher.update((bytes.len() as u64).to_le_bytes());
        self.hasher.update(bytes);
    }
}

/// The SHA-256 of a file's content, as lower-case hexadecimal.
pub fn file_sha256(path: &Path) -> Result<String> {
    let mut file = fs::File::open(path).with_context(|| path.display().to_string())?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).with_context(|| path.display().to_string())?;
        if read == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
    }
}

/// Files below `dir` in a fixed order.
fn files_below(dir: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        entries.push(entry?.path());
    }
    entries.sort();
    let mut files = Vec::new();
    for path in entries {
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "target") {
                files.extend(files_below(&path)?);
            }
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let joined = Fingerprint::default().add("ab").add("c").finish();
        let split = Fingerprint::default().add("a").add("bc").finish();
        assert_ne!(joined, split);
    }

    #[test]
    fn a_file_has_its_published_sum() -> Result<()> {
        let path = std::env::temp_dir().join(format!("xtask-digest-{}", std::process::id()));
        fs::write(&path, "abc")?;
        let sum = file_sha256(&path);
        fs::remove_file(&path)?;
        assert_eq!(sum?, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        Ok(())
    }

    #[test]
    fn a_tree_changes_with_names_and_contents_but_not_with_build_output() -> Result<()> {
        let dir = std::env::temp_dir().join(format!("xtask-tree-{}", std::process::id()));
        fs::create_dir_all(dir.join("src"))?;
        fs::write(dir.join("src/a"), "1")?;
        let first = Fingerprint::default().add_tree(&dir)?.finish();
        fs::create_dir_all(dir.join("target"))?;
        fs::write(dir.join("target/out"), "x")?;
        let with_output = Fingerprint::default().add_tree(&dir)?.finish();
        fs::rename(dir.join("src/a"), dir.join("src/b"))?;
        let renamed = Fingerprint::default().add_tree(&dir)?.finish();
        fs::remove_dir_all(&dir)?;
        assert_eq!(first, with_output);
        assert_ne!(first, renamed);
        Ok(())
    }
}
