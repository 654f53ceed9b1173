//! Steps `linker` and `wrapper`: blueshift's `sbpf-linker` from its registry crate, and our wrapper around it.

use std::fs;

use anyhow::{Context, Result};

use super::{Setup, use_it};
use crate::process::{command, run};
use crate::registry::{Crate, OWN_WORKSPACE};

/// The linker. It opens libLLVM at run time, so it builds without any LLVM.
pub const SBPF_LINKER: Crate = Crate {
    name: "sbpf-linker",
    version: "0.2.6",
    sha256: "fb77b853725e5cc2455815109cadb110ecb62965dac9e91511a0531c9ea61f22",
};

/// The wrapper's source: one file, standard library only.
pub const WRAPPER: &str = include_str!("../../linker/main.rs");

/// Installs the linker in `tools/bin`.
pub fn install(setup: &Setup) -> Result<()> {
    let source = SBPF_LINKER.unpack(&setup.root.join("crates"), OWN_WORKSPACE)?;
    let build_dir = setup.root.join("tools/build");
    let mut install = use_it::cargo_in(&setup.host.sysroot().join("bin"));
    install
        .current_dir(&source)
        .args(["install", "--locked", "--force", "--path", "."])
        .arg("--root")
        .arg(setup.root.join("tools"))
        .arg("--target-dir")
        .arg(&build_dir);
    run(&mut install, "building sbpf-linker")?;
    // Kept while unfinished, so that an interrupted build goes on where it was.
    fs::remove_dir_all(&build_dir).with_context(|| build_dir.display().to_string())
}

/// Compiles the wrapper into `bin`.
pub fn compile_wrapper(setup: &Setup) -> Result<()> {
    let bin = setup.root.join("bin");
    fs::create_dir_all(&bin).with_context(|| bin.display().to_string())?;
    let wrapper_source = setup.root.join("bin/sbpf-link.rs");
    fs::write(&wrapper_source, WRAPPER).with_context(|| wrapper_source.display().to_string())?;
    let mut rustc = command(setup.host.sysroot().join("bin/rustc"));
    rustc.args(["--edition", "2024", "-O", "-o"]).arg(bin.join("sbpf-link")).arg(&wrapper_source);
    run(&mut rustc, "building the linker wrapper")
}
