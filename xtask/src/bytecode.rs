//! `xtask build`: programs to `target/deploy/*.so`, and the interface description, skipping what is up to date.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::digest::{Fingerprint, file_sha256};
use crate::metadata::Metadata;
use crate::process::{capture, cargo, find_on_path, run};
use crate::programs::{BALLAST, Program, Source};
use crate::progress::{say, seconds};
use crate::stake_pool;
use crate::stamp::{Stamps, write_whole};
use crate::toolchain::{self, Toolchain};
use crate::workspace::Workspace;

/// What to build, and with what.
pub struct Request {
    /// The programs.
    pub programs: Vec<&'static Program>,
    /// Use the project's own tool-chain even where `cargo build-sbf` is on PATH.
    pub own_toolchain: bool,
}

impl Request {
    /// Every program, with whatever compiler there is.
    pub fn everything() -> Self {
        Self { programs: crate::programs::ALL.iter().collect(), own_toolchain: false }
    }
}

/// Builds what is out of date and prints every program's size.
pub fn build(workspace: &Workspace, request: &Request) -> Result<()> {
    let start = Instant::now();
    let _lock = workspace.lock()?;
    let compiler = Compiler::choose(workspace, request.own_toolchain)?;
    let metadata = Metadata::read(workspace.root())?;
    let stamps = Stamps::in_dir(workspace.driver_dir().join("stamps"));

    let mut outdated = Vec::new();
    for program in &request.programs {
        let inputs = inputs(workspace, &metadata, &compiler, program)?;
        if !is_current(workspace, &stamps, program, &inputs) {
            outdated.push((*program, inputs));
        }
    }
    compile(workspace, &metadata, &compiler, &stamps, &outdated)?;
    if request.programs.iter().any(|program| program.name == BALLAST) {
        crate::idl::ensure(workspace, &metadata)?;
    }
    for program in &request.programs {
        let size = fs::metadata(deployed(workspace, program))?.len();
        let state =
            if outdated.iter().any(|(built, _)| built.name == program.name) { "built" } else { "up to date" };
        println!(
            "target/deploy/{}.so{:>w$} bytes  {state}",
            program.name,
            size,
            w = 28usize.saturating_sub(program.name.len())
        );
    }
    say(format!("build finished in {}", seconds(start.elapsed())));
    Ok(())
}

fn deployed(workspace: &Workspace, program: &Program) -> PathBuf {
    workspace.deploy_dir().join(format!("{}.so", program.name))
}

/// Everything that can change a program's bytecode.
fn inputs(
    workspace: &Workspace,
    metadata: &Metadata,
    compiler: &Compiler,
    program: &Program,
) -> Result<String> {
    let mut print = Fingerprint::default().add(compiler.id());
    match program.source {
        Source::Workspace { package } => {
            let root = workspace.root();
            print = print.add_file(&root.join("Cargo.toml"))?.add_file(&root.join("Cargo.lock"))?;
            for dir in metadata.source_dirs(package)? {
                print = print.add_tree(&dir)?;
            }
        }
        Source::StakePoolCrate => {
            print = print.add(stake_pool::SOURCE.sha256).add(stake_pool::MANIFEST_ADDITION)
        }
    }
    Ok(print.finish())
}

/// A program is current when its stamp names these inputs and the very file that is there: others may write to
/// the folder too.
fn is_current(workspace: &Workspace, stamps: &Stamps, program: &Program, inputs: &str) -> bool {
    file_sha256(&deployed(workspace, program))
        .is_ok_and(|output| stamps.is_current(program.name, &stamp(inputs, &output)))
}

fn stamp(inputs: &str, output: &str) -> String {
    format!("from {inputs}\nto {output}\n")
}

fn compile(
    workspace: &Workspace,
    metadata: &Metadata,
    compiler: &Compiler,
    stamps: &Stamps,
    outdated: &[(&'static Program, String)],
) -> Result<()> {
    if outdated.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = outdated.iter().map(|(program, _)| program.name).collect();
    say(format!("building {} with {}", names.join(", "), compiler.about()));
    compiler.forget_older_output(workspace, stamps)?;

    for (program, inputs) in outdated {
        let built = compiler.compile(workspace, metadata, program)?;
        let bytes = fs::read(&built).with_context(|| built.display().to_string())?;
        let target = deployed(workspace, program);
        write_whole(&target, &bytes)?;
        stamps.record(program.name, &stamp(inputs, &file_sha256(&target)?))?;
    }
    Ok(())
}

/// What turns source into bytecode.
enum Compiler {
    /// Solana's platform tools, which the user installed.
    PlatformTools { version: String },
    /// The project's own.
    Own(Toolchain),
}

impl Compiler {
    fn choose(workspace: &Workspace, own: bool) -> Result<Self> {
        if !own && find_on_path("cargo-build-sbf").is_some() {
            let version = capture(cargo().args(["build-sbf", "--version"]), "cargo build-sbf --version")?;
            return Ok(Self::PlatformTools { version });
        }
        toolchain::ensure(workspace).map(Self::Own)
    }

    fn id(&self) -> &str {
        match self {
            Self::PlatformTools { version } => version,
            Self::Own(toolchain) => toolchain.id(),
        }
    }

    fn about(&self) -> &str {
        match self {
            Self::PlatformTools { .. } => "cargo build-sbf",
            Self::Own(_) => "the project's own tool-chain",
        }
    }

    /// Cargo does not notice that the standard library's sources changed: start over when the tool-chain did.
    fn forget_older_output(&self, workspace: &Workspace, stamps: &Stamps) -> Result<()> {
        const STAMP: &str = "sbpf-target";
        let dir = workspace.sbpf_target_dir();
        if matches!(self, Self::Own(_)) && !stamps.is_current(STAMP, self.id()) {
            if dir.exists() {
                say("the tool-chain changed: removing target/sbpf");
                fs::remove_dir_all(&dir).with_context(|| dir.display().to_string())?;
            }
            stamps.record(STAMP, self.id())?;
        }
        Ok(())
    }

    /// Compiles one program and returns the file. One at a time: cargo unites the features of what it builds
    /// together, and a program's bytes must not depend on which others were asked for.
    fn compile(&self, workspace: &Workspace, metadata: &Metadata, program: &Program) -> Result<PathBuf> {
        // The package's folder, that of its workspace, and what selects it there.
        let (dir, workspace_dir, selection) = match program.source {
            Source::Workspace { package } => {
                let dir = metadata.package_dir(package)?.to_path_buf();
                (dir, workspace.root().to_path_buf(), vec!["--package", package])
            }
            Source::StakePoolCrate => {
                let dir = stake_pool::unpack(&workspace.driver_dir())?;
                (dir.clone(), dir, vec!["--locked"])
            }
        };
        match self {
            Self::PlatformTools { .. } => build_sbf(workspace, &dir, program.name),
            Self::Own(toolchain) => {
                // One folder for all, so that the standard library compiles once.
                let target_dir = workspace.sbpf_target_dir();
                let mut command = toolchain.cargo_build(&workspace_dir, &target_dir)?;
                command.args(selection);
                run(&mut command, &format!("building {}", program.name))?;
                Ok(Toolchain::program_file(&target_dir, program.name))
            }
        }
    }
}

/// Builds the program in `dir` with the platform tools; their rustc is older than the host's and has its own name.
fn build_sbf(workspace: &Workspace, dir: &Path, library: &str) -> Result<PathBuf> {
    let output = workspace.driver_dir().join("build-sbf");
    let mut command = cargo();
    command
        .current_dir(dir)
        .args(["build-sbf", "--manifest-path", "Cargo.toml", "--sbf-out-dir"])
        .arg(&output)
        .args(["--", "--ignore-rust-version"]);
    run(&mut command, &format!("cargo build-sbf for {library}"))?;
    Ok(output.join(format!("{library}.so")))
}
