//! `xtask clean`: removes what the driver made.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// Removes programs, IDL and their build folders; with `all` the tool-chain and cargo's whole target folder too.
pub fn run(workspace: &Workspace, all: bool) -> Result<()> {
    let idl_dir = workspace.root().join("target/idl");
    for dir in [workspace.deploy_dir(), workspace.sbpf_target_dir(), idl_dir, workspace.driver_dir()] {
        remove(&dir)?;
    }
    if all {
        remove(&workspace.toolchain_dir())?;
        process::run(process::cargo().arg("clean").current_dir(workspace.root()), "cargo clean")?;
    }
    Ok(())
}

fn remove(dir: &Path) -> Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| dir.display().to_string())?;
        println!("removed {}", dir.display());
    }
    Ok(())
}
