//! `xtask idl`: the program's interface description, and whether the committed one is the program's.
//!
//! Anchor makes it by running generated tests of the program crate. The code that does so is a binary of its own
//! (`xtask/idl`), so that the driver compiles without it.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::digest::Fingerprint;
use crate::metadata::Metadata;
use crate::process::{cargo, command, run};
use crate::programs::BALLAST;
use crate::progress::say;
use crate::stamp::{Stamps, write_whole};
use crate::workspace::Workspace;

/// What to do with the generated description.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Make `target/idl/ballast.json`.
    Generate,
    /// Make it and fail when the committed `idl/ballast.json` differs.
    Check,
    /// Make it and replace the committed one.
    Write,
}

/// `xtask idl`.
pub fn run_mode(workspace: &Workspace, mode: Mode) -> Result<()> {
    let metadata = Metadata::read(workspace.root())?;
    let _lock = workspace.lock()?;
    ensure(workspace, &metadata)?;
    let generated = workspace.idl_file();
    let current = fs::read_to_string(&generated).with_context(|| generated.display().to_string())?;
    match mode {
        Mode::Generate => println!("target/idl/ballast.json"),
        Mode::Write => {
            write_whole(&workspace.committed_idl_file(), current.as_bytes())?;
            println!("idl/ballast.json");
        }
        Mode::Check => {
            let committed = fs::read_to_string(workspace.committed_idl_file())
                .context("idl/ballast.json cannot be read; `cargo xtask idl --write` makes it")?;
            if let Some(difference) = first_difference(&committed, &current) {
                bail!("idl/ballast.json is not the program's: {difference}; run `cargo xtask idl --write`");
            }
            println!("idl/ballast.json is current");
        }
    }
    Ok(())
}

/// Generates the description unless it is up to date.
pub fn ensure(workspace: &Workspace, metadata: &Metadata) -> Result<()> {
    const STAMP: &str = "idl";
    let mut print = Fingerprint::default()
        .add(include_str!("../idl/main.rs"))
        .add_file(&workspace.root().join("Cargo.toml"))?
        .add_file(&workspace.root().join("Cargo.lock"))?;
    for dir in metadata.source_dirs(BALLAST)? {
        print = print.add_tree(&dir)?;
    }
    let inputs = print.finish();
    let stamps = Stamps::in_dir(workspace.driver_dir().join("stamps"));
    if stamps.is_current(STAMP, &inputs) && workspace.idl_file().is_file() {
        return Ok(());
    }
    say("generating target/idl/ballast.json");
    stamps.invalidate(STAMP)?;
    generate(workspace, metadata)?;
    stamps.record(STAMP, &inputs)
}

fn generate(workspace: &Workspace, metadata: &Metadata) -> Result<()> {
    let mut build = cargo();
    build.current_dir(workspace.root()).args(["build", "--quiet", "--package", "xtask"]);
    build.args(["--features", "idl", "--bin", "ballast-idl"]);
    run(&mut build, "building the IDL generator")?;

    let output = workspace.idl_file();
    fs::create_dir_all(output.parent().unwrap_or(&output))?;
    let partial = output.with_extension("partial");
    let mut generate = command(metadata.target_dir().join("debug/ballast-idl"));
    generate
        .arg(metadata.package_dir(BALLAST)?)
        .arg(&partial)
        // The generator sets RUSTFLAGS for the cargo it starts, which would recompile every dependency. This
        // variable has precedence, and empty means the flags that the host's builds already use: none.
        .env("CARGO_ENCODED_RUSTFLAGS", "");
    run(&mut generate, "generating the IDL")?;
    fs::rename(&partial, &output).with_context(|| output.display().to_string())
}

/// The first line in which two texts differ, in words.
fn first_difference(committed: &str, generated: &str) -> Option<String> {
    let mut pairs = (1..).zip(Lines { left: committed.lines(), right: generated.lines() });
    pairs.find(|(_, (left, right))| left != right).map(|(number, (left, right))| {
        let show =
            |line: Option<&str>| line.map_or("nothing".to_owned(), |text| format!("`{}`", text.trim()));
        format!("line {number} has {}, the program says {}", show(left), show(right))
    })
}

/// The lines of two texts side by side, to the end of the longer one.
struct Lines<'a> {
    left: std::str::Lines<'a>,
    right: std::str::Lines<'a>,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (Option<&'a str>, Option<&'a str>);

    fn next(&mut self) -> Option<Self::Item> {
        match (self.left.next(), self.right.next()) {
            (None, None) => None,
            pair => Some(pair),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named_by_line() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        let changed = first_difference("a\n  b\nc\n", "a\n  x\ny\n");
        assert_eq!(changed.as_deref(), Some("line 2 has `b`, the program says `x`"));
        let longer = first_difference("a\n", "a\nb\n");
        assert_eq!(longer.as_deref(), Some("line 2 has nothing, the program says `b`"));
    }
}
