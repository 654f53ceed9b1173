//! Step `builtins`: the helpers that compiled code calls for 128-bit integers, floats and memory, as bitcode that
//! every program is linked with.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Setup, empty_dir, hunks, use_it};
use crate::process::run;
use crate::registry::Crate;

/// Helpers written for Solana's virtual machine.
pub const SOURCE: Crate = Crate {
    name: "solana-compiler-builtins",
    version: "0.3.0",
    sha256: "bf13f89e67fce1ee57bd4e03b49ef0deeaf57a19b9ba0f33c0180a3569b0385c",
};
/// The edits that make them free-standing, with LLVM's calling convention.
pub const EDITS: &str = include_str!("../../data/builtins.hunks");

const MANIFEST: &str = r#"[package]
name = "sbpf_builtins"
version = "0.1.0"
edition = "2021"
[workspace]
[features]
weak-linkage = []
[profile.release]
opt-level = 3
codegen-units = 1
panic = "abort"
overflow-checks = false
"#;

/// Compiles them; the results are `builtins/builtins.bc` and rust's own `builtins/libcompiler_builtins.rlib`.
pub fn build(setup: &Setup) -> Result<()> {
    let source = SOURCE.unpack(&setup.root.join("crates"), "")?;
    hunks::apply(EDITS, "builtins.hunks", &source)?;
    fs::write(source.join("Cargo.toml"), MANIFEST).context("Cargo.toml")?;
    // Its lock file is for the manifest that was replaced.
    fs::remove_file(source.join("Cargo.lock")).context("Cargo.lock")?;

    let target_dir = source.join("target");
    let mut cargo = use_it::cargo(&setup.root, &["-Cpasses=lower-atomic".into()]);
    cargo
        .current_dir(&source)
        .args(["rustc", "--quiet", "--release", "-Zjson-target-spec", "-Zbuild-std=core", "--target"])
        .arg(setup.target_spec())
        .arg("--target-dir")
        .arg(&target_dir)
        .args(["--", "--emit=llvm-bc", "--cap-lints=allow"]);
    run(&mut cargo, "building the runtime helpers")?;

    let results = setup.root.join("builtins");
    empty_dir(&results)?;
    let built = target_dir.join("sbpf-solana/release/deps");
    fs::copy(only_file(&built, "sbpf_builtins-", ".bc")?, results.join("builtins.bc"))?;
    let rlib = only_file(&built, "libcompiler_builtins-", ".rlib")?;
    fs::copy(rlib, results.join("libcompiler_builtins.rlib"))?;
    fs::remove_dir_all(&target_dir).with_context(|| target_dir.display().to_string())
}

fn only_file(dir: &Path, prefix: &str, suffix: &str) -> Result<PathBuf> {
    let mut found = None;
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(prefix) && name.ends_with(suffix) {
            anyhow::ensure!(found.is_none(), "two files {prefix}*{suffix} in {}", dir.display());
            found = Some(entry.path());
        }
    }
    found.with_context(|| format!("no file {prefix}*{suffix} in {}", dir.display()))
}
