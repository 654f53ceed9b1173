//! Step `std`: the standard library's sources at the place where cargo looks for them, taught the target.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::debian::{Pin, unpack};
use super::rust_host::RUST_VERSION;
use super::{Setup, empty_dir, hunks};
use crate::process::{command, run};
use crate::progress::say;

/// The pinned package with the sources.
pub const PINS: &str = include_str!("../../data/rust-src.pins");
/// The edits that teach them about `target_os = "solana"`.
pub const EDITS: &str = include_str!("../../data/std.hunks");

/// Suites that may carry the same version when the pinned package is gone.
const SUITES: [&str; 2] = ["trixie-backports", "sid"];

/// Unpacks the sources and applies the edits.
pub fn prepare(setup: &Setup) -> Result<()> {
    let library = setup.library();
    let parent = library.parent().context("no parent folder")?;
    empty_dir(parent)?;
    unpack_sources(setup, &library)?;
    hunks::apply(EDITS, "std.hunks", &library)
}

/// Debian's package of the sources, else those that rustup installed.
fn unpack_sources(setup: &Setup, library: &Path) -> Result<()> {
    let pins = Pin::parse_list(PINS);
    let pin = pins.first().context("rust-src.pins is empty")?;
    let installed = setup.host.sysroot().join("lib/rustlib/src/rust/library");
    match setup.mirror.fetch(pin, &setup.downloads(), &SUITES, RUST_VERSION) {
        Ok(deb) => {
            let scratch = setup.root.join("rust-src");
            let member = format!("./usr/src/rustc-{RUST_VERSION}/library");
            empty_dir(&scratch)?;
            unpack(&deb, &scratch, &[&member])?;
            fs::rename(scratch.join(&member), library).with_context(|| library.display().to_string())?;
            fs::remove_dir_all(&scratch).with_context(|| scratch.display().to_string())
        }
        Err(error) if installed.join("std").is_dir() => {
            say(format!("{error:#}; using rustup's component rust-src instead"));
            // A true copy: the edits must not reach the installed files through hard links.
            let mut copy = command("cp");
            copy.arg("--recursive").arg(&installed).arg(library);
            run(&mut copy, "copying rust-src")
        }
        Err(error) => Err(error.context(format!(
            "no sources of the standard library; `rustup component add rust-src --toolchain {RUST_VERSION}` is \
             another way to get them"
        ))),
    }
}
