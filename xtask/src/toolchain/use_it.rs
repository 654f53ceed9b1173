//! Building with the tool-chain: the environment and the flags that every program is compiled with.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::Toolchain;
use crate::process::command;
use crate::registry::cargo_home;

/// The flags that do not depend on where things are; part of the tool-chain's identity.
pub const FLAGS: &[&str] = &[
    // The machine has one thread: atomics become plain loads and stores.
    "-Cpasses=lower-atomic",
    "-Clink-arg=--arch=v3",
    // One call has 4 KiB of stack. The linker wrapper looks for this very text.
    "-Clink-arg=--llvm-args=-bpf-stack-size=4096",
    "-Clink-arg=--llvm-args=--bpf-max-stores-per-memfunc=5",
    // Instructions of newer BPF that SBPF v3 does not have.
    "-Clink-arg=--llvm-args=--disable-gotox",
    "-Clink-arg=--llvm-args=--disable-ldsx",
    "-Clink-arg=--llvm-args=--disable-movsx",
    "-Clink-arg=--llvm-args=--disable-bswap",
    // Linking optimises the whole program: without a cap LLVM folds every handler into the dispatcher, whose
    // frame then overflows.
    "-Cllvm-args=-inline-max-stacksize=512",
    "-Clink-arg=--llvm-args=-inline-max-stacksize=512",
    "--cfg=target_feature=\"static-syscalls\"",
    "-Aexplicit_builtin_cfgs_in_flags",
    "--cfg=getrandom_backend=\"unsupported\"",
];

/// Separates flags in CARGO_ENCODED_RUSTFLAGS, so that paths may contain spaces.
const SEPARATOR: &str = "\x1f";

/// Variables of the user's that would change the bytecode or where it goes.
const FOREIGN: [&str; 11] = [
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_RUSTC",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "RUSTC",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTFLAGS",
];

impl Toolchain {
    /// `cargo build` for SBPF programs of the workspace in `dir`, with output in `target_dir`. The caller adds
    /// packages. Programs appear in `target_dir/sbpf-solana/release/libNAME.so`.
    pub fn cargo_build(&self, dir: &Path, target_dir: &Path) -> Result<Command> {
        let mut cargo = cargo(&self.root, &self.flags(dir)?);
        cargo
            .current_dir(dir)
            .args(["build", "--release", "--lib", "-Zjson-target-spec"])
            .arg("-Zbuild-std=core,alloc,std,panic_abort")
            .arg("--target")
            .arg(self.root.join("sbpf-solana.json"))
            .arg("--target-dir")
            .arg(target_dir);
        Ok(cargo)
    }

    /// The finished program `name` below `target_dir`.
    pub fn program_file(target_dir: &Path, name: &str) -> PathBuf {
        target_dir.join(format!("sbpf-solana/release/lib{name}.so"))
    }

    fn flags(&self, dir: &Path) -> Result<Vec<String>> {
        let mut flags: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        // Panic messages carry file names. The same source gives the same bytes wherever it is built.
        let sources = self.root.join("rust/lib/rustlib/src/rust");
        for (path, stands_for) in [(dir, "/ballast"), (&*cargo_home()?, "/cargo"), (&*sources, "/rust")] {
            flags.push(remap(path, stands_for));
            // Cargo names what is below the workspace by its relative path.
            if let Ok(relative) = path.strip_prefix(dir)
                && path != dir
            {
                flags.push(remap(relative, stands_for));
            }
        }
        Ok(flags)
    }
}

fn remap(path: &Path, stands_for: &str) -> String {
    format!("--remap-path-prefix={}={stands_for}", path.display())
}

/// The private copy's cargo, with `flags` for the target.
pub fn cargo(root: &Path, flags: &[String]) -> Command {
    let mut cargo = cargo_in(&root.join("rust/bin"));
    cargo
        // Building the standard library is not stable; this version of it is pinned.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join(SEPARATOR))
        .env("CARGO_TARGET_SBPF_SOLANA_LINKER", root.join("bin/sbpf-link"));
    cargo
}

/// The cargo and rustc in `bin`, without settings of the user's that would change what they make.
pub fn cargo_in(bin: &Path) -> Command {
    let mut cargo = command(bin.join("cargo"));
    for name in FOREIGN {
        cargo.env_remove(name);
    }
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PROFILE_") {
            cargo.env_remove(name);
        }
    }
    let mut path = bin.as_os_str().to_owned();
    if let Some(rest) = env::var_os("PATH") {
        path.push(":");
        path.push(rest);
    }
    cargo.env("PATH", path);
    cargo
}
