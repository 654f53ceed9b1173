//! Step `runtime`: what the code generator needs at run time, unpacked from Debian packages and never installed.

use std::os::unix::fs::symlink;

use anyhow::{Context, Result};

use super::debian::{Pin, unpack};
use super::{Setup, empty_dir};

/// The pinned packages.
pub const PINS: &str = include_str!("../../data/runtime.pins");

/// The suite whose current packages stand in for pins that are gone.
const SUITE: &str = "sid";

/// Unpacks the packages into `runtime` and puts a link to libLLVM alone into `llvm`.
pub fn unpack_packages(setup: &Setup) -> Result<()> {
    let dir = setup.root.join("runtime");
    empty_dir(&dir)?;
    for pin in Pin::parse_list(PINS) {
        let deb = setup.mirror.fetch(&pin, &setup.downloads(), &[SUITE], "")?;
        unpack(&deb, &dir, &[])?;
    }
    // The linker must find libLLVM, and only that, on its library path: everything else there would shadow the
    // host's libraries for the programs it starts.
    let llvm = setup.root.join("llvm");
    empty_dir(&llvm)?;
    let library = "usr/lib/x86_64-linux-gnu/libLLVM.so.23.1";
    dir.join(library).metadata().with_context(|| format!("the packages do not contain {library}"))?;
    symlink(format!("../runtime/{library}"), llvm.join("libLLVM.so.23.1"))?;
    Ok(())
}
