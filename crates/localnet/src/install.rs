//! Node and the chain's package: checked and installed once, then left alone.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::error::{LocalNetError, Result};

/// Oldest Node major version the script and the chain's package work with.
const MIN_NODE_MAJOR: u32 = 20;

/// The package's lock file: what is installed, with checksums.
const PACKAGE_LOCK: &str = include_str!("../node/package-lock.json");

/// The script and what it needs, carried in the binary so that an installed one works too.
const FILES: [(&str, &str); 6] = [
    ("package.json", include_str!("../node/package.json")),
    ("package-lock.json", PACKAGE_LOCK),
    ("policy.mjs", include_str!("../node/policy.mjs")),
    ("page.mjs", include_str!("../node/page.mjs")),
    ("proxy.mjs", include_str!("../node/proxy.mjs")),
    ("server.mjs", include_str!("../node/server.mjs")),
];

/// Makes the script runnable and returns its path. Several processes may do this at once.
pub(crate) fn prepare(state_dir: &Path) -> Result<PathBuf> {
    let package = chain_package(std::env::consts::OS, std::env::consts::ARCH)?;
    check_node()?;
    let dir = state_dir.join("node");
    fs::create_dir_all(&dir).map_err(LocalNetError::io(format!("creating {}", dir.display())))?;

    // Held until the function returns; the system releases it if this process dies.
    let lock_path = state_dir.join("install.lock");
    let lock =
        File::create(&lock_path).map_err(LocalNetError::io(format!("creating {}", lock_path.display())))?;
    lock.lock().map_err(LocalNetError::io(format!("locking {}", lock_path.display())))?;

    for (name, content) in FILES {
        write_if_changed(&dir.join(name), content)?;
    }
    install_package(&dir, package)?;
    Ok(dir.join("server.mjs"))
}

/// The package with the chain's build for a platform.
fn chain_package(os: &str, arch: &str) -> Result<&'static str> {
    match (os, arch) {
        ("linux", "x86_64") => Ok("@solana/surfpool-linux-x64-gnu"),
        ("macos", "x86_64") => Ok("@solana/surfpool-darwin-x64"),
        ("macos", "aarch64") => Ok("@solana/surfpool-darwin-arm64"),
        _ => Err(LocalNetError::UnsupportedPlatform { os: os.to_owned(), arch: arch.to_owned() }),
    }
}

fn check_node() -> Result<()> {
    let output = match Command::new("node").arg("--version").output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(LocalNetError::NodeMissing { min: MIN_NODE_MAJOR });
        }
        Err(error) => return Err(LocalNetError::io("running `node --version`")(error)),
    };
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match node_major(&said) {
        Some(major) if major >= MIN_NODE_MAJOR => Ok(()),
        _ => Err(LocalNetError::NodeTooOld { found: said, min: MIN_NODE_MAJOR }),
    }
}

/// Major version in what `node --version` prints, such as `v20.20.2`.
fn node_major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Leaves an equal file alone: another chain may be starting from it.
fn write_if_changed(path: &Path, content: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|present| present == content) {
        return Ok(());
    }
    let partial = path.with_extension("partial");
    fs::write(&partial, content)
        .and_then(|()| fs::rename(&partial, path))
        .map_err(LocalNetError::io(format!("writing {}", path.display())))
}

/// Runs `npm ci` unless the lock file that was installed last is this one.
fn install_package(dir: &Path, package: &str) -> Result<()> {
    // Inside node_modules, which `npm ci` empties first: an interrupted run leaves no stamp.
    let stamp = dir.join("node_modules").join(".installed-lock.json");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == PACKAGE_LOCK) {
        return Ok(());
    }
    eprintln!("localnet: installing the local chain's package with npm (once, about 15 MB) ...");
    let started = Instant::now();
    let output = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => LocalNetError::NpmMissing,
            _ => LocalNetError::io("running `npm ci`")(error),
        })?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let failed = |said: String| LocalNetError::InstallFailed { dir: dir.to_path_buf(), output: said };
    if !output.status.success() {
        return Err(failed(last_lines(&said, 15)));
    }
    // The builds are optional dependencies, one for each platform, and npm calls it a success when
    // it cannot fetch one of those.
    let manifest = dir.join("node_modules").join(package).join("package.json");
    if !manifest.is_file() {
        return Err(failed(format!(
            "npm left out {package}. Is its registry reachable, and is this a glibc system? {}",
            last_lines(&said, 15)
        )));
    }
    fs::write(&stamp, PACKAGE_LOCK).map_err(LocalNetError::io(format!("writing {}", stamp.display())))?;
    eprintln!("localnet: installed in {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// The last `count` lines of a text.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_are_read() {
        assert_eq!(node_major("v20.20.2"), Some(20));
        assert_eq!(node_major("v8.1.0"), Some(8));
        assert_eq!(node_major("20.1.0"), None);
        assert_eq!(node_major(""), None);
        assert_eq!(node_major("v"), None);
    }

    #[test]
    fn platforms_without_a_build_are_named() {
        for (os, arch) in [("linux", "x86_64"), ("macos", "x86_64"), ("macos", "aarch64")] {
            let package = chain_package(os, arch).expect("a build");
            assert!(PACKAGE_LOCK.contains(package), "{package}");
        }
        for (os, arch) in [("linux", "aarch64"), ("windows", "x86_64")] {
            let message = chain_package(os, arch).map_err(|e| e.to_string());
            assert!(message.as_ref().is_err_and(|m| m.contains(os) && m.contains(arch)), "{message:?}");
        }
    }

    #[test]
    fn last_lines_keeps_the_end() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "b\nc");
        assert_eq!(last_lines("a", 5), "a");
        assert_eq!(last_lines("", 5), "");
    }

    #[test]
    fn the_lock_file_names_no_registry_and_pins_checksums() {
        assert!(!PACKAGE_LOCK.contains("http"));
        assert_eq!(PACKAGE_LOCK.matches("sha512-").count(), 3);
    }
}
