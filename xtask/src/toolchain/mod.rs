//! The SBPF tool-chain: rustc and its standard library for `os = "solana"`, made from package registries alone.
//!
//! It is made in six steps, each with a stamp keyed by its inputs: an interrupted step is done again, a finished
//! one is not. docs/building.md explains why each step is needed and where the limits are.

mod archive;
mod builtins;
mod debian;
mod hunks;
mod linker;
mod prerequisites;
mod runtime;
mod rust_host;
mod std_source;
mod sysroot;
mod use_it;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::digest::Fingerprint;
use crate::progress::{say, seconds};
use crate::stamp::{Stamps, write_whole};
use crate::workspace::{Workspace, lock_file};
use debian::Mirror;
use rust_host::RustHost;

/// The description of the target for rustc.
const TARGET_SPEC: &str = include_str!("../../data/sbpf-solana.json");

/// A finished tool-chain. How to build with it is in `use_it.rs`.
pub struct Toolchain {
    root: PathBuf,
    id: String,
}

impl Toolchain {
    /// Changes when anything that can change the bytecode changes.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// Returns the tool-chain, after making whatever part of it is missing or out of date.
pub fn ensure(workspace: &Workspace) -> Result<Toolchain> {
    let root = workspace.toolchain_dir();
    prerequisites::platform()?;
    let host = RustHost::find(workspace.root())?;
    let plan = Plan::new(&host);
    let stamps = Stamps::in_dir(root.join("stamps"));
    if plan.steps.iter().any(|step| !stamps.is_current(step.name, &step.key)) {
        prerequisites::tools()?;
        let _lock = lock_file(&root, "another process is setting up this tool-chain; waiting for it")?;
        let setup = Setup { root: root.clone(), host, mirror: Mirror::find()? };
        say(format!("SBPF tool-chain in {} (once; about 2 to 5 minutes)", root.display()));
        plan.carry_out(&setup, &stamps)?;
    }
    Ok(Toolchain { root, id: plan.id() })
}

/// Where a set-up happens and what it draws on.
struct Setup {
    root: PathBuf,
    host: RustHost,
    mirror: Mirror,
}

impl Setup {
    /// Verified downloads; kept, so that a repeated step does not fetch them again.
    fn downloads(&self) -> PathBuf {
        self.root.join("downloads")
    }

    /// The private copy of rustc's sysroot.
    fn rust(&self) -> PathBuf {
        self.root.join("rust")
    }

    /// The standard library's sources, where cargo looks for them.
    fn library(&self) -> PathBuf {
        self.rust().join("lib/rustlib/src/rust/library")
    }

    /// The target description that rustc reads.
    fn target_spec(&self) -> PathBuf {
        self.root.join("sbpf-solana.json")
    }
}

struct Step {
    name: &'static str,
    about: &'static str,
    key: String,
    run: fn(&Setup) -> Result<()>,
}

/// The steps in order, each with the fingerprint of its inputs.
struct Plan {
    steps: Vec<Step>,
}

impl Plan {
    fn new(host: &RustHost) -> Self {
        let runtime = Fingerprint::default().add("runtime 1").add(runtime::PINS).finish();
        let sysroot = Fingerprint::default().add("sysroot 1").add(host.identity()).finish();
        let std_source = Fingerprint::default()
            .add("std 1")
            .add(std_source::PINS)
            .add(std_source::EDITS)
            .add(&sysroot)
            .finish();
        let target = Fingerprint::default().add("target 1").add(TARGET_SPEC).finish();
        let linker = Fingerprint::default()
            .add("linker 1")
            .add(linker::SBPF_LINKER.sha256)
            .add(host.version())
            .finish();
        let wrapper =
            Fingerprint::default().add("wrapper 1").add(linker::WRAPPER).add(host.version()).finish();
        let builtins = Fingerprint::default()
            .add("builtins 1")
            .add(builtins::SOURCE.sha256)
            .add(builtins::EDITS)
            .add(&std_source)
            .add(&target)
            .finish();
        let step = |name, about, key, run| Step { name, about, key, run };
        Self {
            steps: vec![
                step(
                    "runtime",
                    "libLLVM 23 and the C library it wants, unpacked",
                    runtime,
                    runtime::unpack_packages,
                ),
                step("sysroot", "private copy (hard links) of rustc's sysroot", sysroot, sysroot::copy),
                step(
                    "std",
                    "the standard library's sources, taught the target",
                    std_source,
                    std_source::prepare,
                ),
                step("target", "target description", target, write_target_spec),
                step("linker", "sbpf-linker", linker, linker::install),
                step("wrapper", "the program that rustc calls to link", wrapper, linker::compile_wrapper),
                step("builtins", "128-bit and float helpers as bitcode", builtins, builtins::build),
            ],
        }
    }

    fn id(&self) -> String {
        let inputs = use_it::FLAGS.iter().copied().chain(self.steps.iter().map(|step| step.key.as_str()));
        inputs.fold(Fingerprint::default(), Fingerprint::add).finish()
    }

    fn carry_out(&self, setup: &Setup, stamps: &Stamps) -> Result<()> {
        let total = self.steps.len();
        for (number, step) in (1..).zip(&self.steps) {
            let title = format!("tool-chain {number}/{total} {}: {}", step.name, step.about);
            if stamps.is_current(step.name, &step.key) {
                say(format!("{title}: done before"));
                continue;
            }
            say(title);
            let start = Instant::now();
            stamps.invalidate(step.name)?;
            (step.run)(setup).with_context(|| format!("tool-chain step `{}`", step.name))?;
            stamps.record(step.name, &step.key)?;
            say(format!("tool-chain {number}/{total} {}: {}", step.name, seconds(start.elapsed())));
        }
        Ok(())
    }
}

fn write_target_spec(setup: &Setup) -> Result<()> {
    write_whole(&setup.target_spec(), TARGET_SPEC.as_bytes())
}

/// Makes `dir` an empty folder.
fn empty_dir(dir: &Path) -> Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| dir.display().to_string())?;
    }
    fs::create_dir_all(dir).with_context(|| dir.display().to_string())
}
