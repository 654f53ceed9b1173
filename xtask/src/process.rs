//! Child processes: found on PATH, started without the variables that `cargo run` gave the driver, and checked.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The program `name` on PATH.
pub fn find_on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(name)).find(|candidate| candidate.is_file())
}

/// `program`, as if the user had started it: cargo's variables about *this* package would make build scripts
/// that watch them run again, and an outer RUSTUP_TOOLCHAIN would overrule rust-toolchain.toml.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if set_by_cargo_run(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    if let Some(paths) = env::var_os("LD_LIBRARY_PATH") {
        match without_cargo_entries(&paths) {
            Some(kept) => command.env("LD_LIBRARY_PATH", kept),
            None => command.env_remove("LD_LIBRARY_PATH"),
        };
    }
    command
}

/// Cargo, of the version that rust-toolchain.toml names.
pub fn cargo() -> Command {
    command("cargo")
}

fn set_by_cargo_run(name: &str) -> bool {
    name.starts_with("CARGO_PKG_")
        || matches!(
            name,
            "CARGO"
                | "CARGO_MANIFEST_DIR"
                | "CARGO_MANIFEST_PATH"
                | "RUSTUP_TOOLCHAIN"
                | "RUSTUP_TOOLCHAIN_SOURCE"
                | "RUST_RECURSION_COUNT"
        )
}

/// The search path without the folders that cargo and rustup put in front for the driver itself.
fn without_cargo_entries(paths: &OsStr) -> Option<OsString> {
    let own = env::current_exe().ok();
    let kept: Vec<PathBuf> = env::split_paths(paths)
        .filter(|path| {
            let in_target =
                own.as_ref().and_then(|exe| exe.parent()).is_some_and(|dir| path.starts_with(dir));
            let text = path.to_string_lossy();
            !in_target && !text.contains("/rustlib/") && !text.contains("/toolchains/")
        })
        .collect();
    if kept.is_empty() { None } else { env::join_paths(kept).ok() }
}

/// Runs `command` with our own input and output. `what` names it in the error.
pub fn run(command: &mut Command, what: &str) -> Result<()> {
    let status = command.status().with_context(|| not_started(command, what))?;
    if !status.success() {
        bail!("{what} failed ({status})");
    }
    Ok(())
}

/// Runs `command` and returns what it printed; its errors become part of ours.
pub fn capture(command: &mut Command, what: &str) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| not_started(command, what))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("{what} failed ({}): {}", output.status, stderr.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn not_started(command: &Command, what: &str) -> String {
    format!("{what}: could not start {}", command.get_program().to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_the_user_set() {
        assert!(set_by_cargo_run("CARGO_PKG_NAME"));
        assert!(set_by_cargo_run("RUSTUP_TOOLCHAIN"));
        for kept in ["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_NET_OFFLINE", "RUSTUP_HOME", "PATH"] {
            assert!(!set_by_cargo_run(kept), "{kept}");
        }
    }

    #[test]
    fn drops_only_cargo_library_folders() {
        let kept = without_cargo_entries(OsStr::new("/opt/lib:/home/me/.rustup/toolchains/x/lib"));
        assert_eq!(kept, Some("/opt/lib".into()));
        assert_eq!(without_cargo_entries(OsStr::new("/x/lib/rustlib/y/lib")), None);
    }

    #[test]
    fn a_failing_command_says_which() {
        let error = capture(command("sh").args(["-c", "echo broken >&2; exit 3"]), "the test")
            .map_err(|e| e.to_string());
        assert_eq!(error, Err("the test failed (exit status: 3): broken".into()));
    }
}
