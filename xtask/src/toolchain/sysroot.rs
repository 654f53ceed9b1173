//! Step `sysroot`: a private copy of rustc's sysroot. Cargo looks for the standard library's sources below the
//! sysroot; the installed one must not change, so the copy gets them. Hard links make it quick and small.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};

use super::{Setup, empty_dir};

/// Copies `bin` and `lib`, without any sources of the standard library that rustup installed.
pub fn copy(setup: &Setup) -> Result<()> {
    let from = setup.host.sysroot();
    let to = setup.rust();
    empty_dir(&to)?;
    for folder in ["bin", "lib"] {
        link_tree(&from.join(folder), &to.join(folder), Path::new("rustlib/src"))?;
    }
    Ok(())
}

/// Mirrors `from` at `to` with hard links, or copies where the file system refuses; leaves out `from/skip`.
fn link_tree(from: &Path, to: &Path, skip: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            match skip.strip_prefix(entry.file_name()) {
                Ok(rest) if rest.as_os_str().is_empty() => continue,
                Ok(rest) => link_tree(&source, &target, rest)?,
                Err(_) => link_tree(&source, &target, Path::new("/"))?,
            }
        } else if kind.is_symlink() {
            symlink(fs::read_link(&source)?, &target).with_context(|| target.display().to_string())?;
        } else if fs::hard_link(&source, &target).is_err() {
            fs::copy(&source, &target).with_context(|| target.display().to_string())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_mirrored_but_the_skipped_folder() -> Result<()> {
        let dir = std::env::temp_dir().join(format!("xtask-sysroot-{}", std::process::id()));
        let (from, to) = (dir.join("from"), dir.join("to"));
        for folder in ["rustlib/src/rust", "rustlib/etc", "src"] {
            fs::create_dir_all(from.join(folder))?;
            fs::write(from.join(folder).join("file"), folder)?;
        }
        symlink("src/file", from.join("link"))?;
        link_tree(&from, &to, Path::new("rustlib/src"))?;
        let mirrored = (
            to.join("rustlib/etc/file").is_file(),
            to.join("src/file").is_file(),
            to.join("rustlib/src").exists(),
            fs::read_link(to.join("link"))?,
        );
        fs::remove_dir_all(&dir)?;
        assert_eq!(mirrored, (true, true, false, "src/file".into()));
        Ok(())
    }
}
