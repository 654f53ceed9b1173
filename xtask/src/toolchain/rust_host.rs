//! The rustc that the tool-chain is made from. Its version is fixed: the edits to the standard library and the
//! bitcode that the linker reads both depend on it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process::{capture, command};

/// The version of rustc and of the standard library's sources.
pub const RUST_VERSION: &str = "1.95.0";

/// An installed rustc.
pub struct RustHost {
    sysroot: PathBuf,
    version: String,
}

impl RustHost {
    /// The rustc that rust-toolchain.toml selects in `workspace`, if it is the right one.
    pub fn find(workspace: &Path) -> Result<Self> {
        let remedy = format!("install it with `rustup toolchain install {RUST_VERSION} --profile minimal`");
        let version = capture(command("rustc").arg("-vV").current_dir(workspace), "rustc -vV")
            .with_context(|| format!("missing prerequisite: rustc {RUST_VERSION}; {remedy}"))?;
        let release = release(&version);
        if release != Some(RUST_VERSION) {
            bail!(
                "missing prerequisite: rustc {RUST_VERSION} (found {}); {remedy}",
                release.unwrap_or("an unknown version")
            );
        }
        let sysroot = capture(
            command("rustc").args(["--print", "sysroot"]).current_dir(workspace),
            "rustc --print sysroot",
        )?;
        let sysroot = PathBuf::from(sysroot.trim());
        // A distribution's rustc has the whole of /usr as its sysroot: nothing one could copy.
        if !sysroot.join("bin/cargo").is_file() || !sysroot.join("lib/rustlib/components").is_file() {
            bail!(
                "missing prerequisite: rustc {RUST_VERSION} in a folder of its own ({} is not one); {remedy}",
                sysroot.display()
            );
        }
        Ok(Self { sysroot, version })
    }

    /// The folder with `bin` and `lib`.
    pub fn sysroot(&self) -> &Path {
        &self.sysroot
    }

    /// What `rustc -vV` prints.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Version and place: a copy of one is not a copy of another.
    pub fn identity(&self) -> String {
        format!("{}{}", self.version, self.sysroot.display())
    }
}

fn release(version: &str) -> Option<&str> {
    version.lines().find_map(|line| line.strip_prefix("release: "))
}

#[cfg(test)]
mod tests {
    use super::release;

    #[test]
    fn reads_the_release_line() {
        assert_eq!(release("rustc 1.95.0 (x 2026)\nbinary: rustc\nrelease: 1.95.0\n"), Some("1.95.0"));
        assert_eq!(release("gibberish"), None);
    }
}
