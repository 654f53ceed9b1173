//! Writes an Anchor program's interface description: `ballast-idl PROGRAM_DIR OUTPUT_FILE`.
//!
//! Started by `cargo xtask`, which owns the environment: the builder runs `cargo test` in the program's folder.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anchor_lang_idl::build::IdlBuilder;
use anyhow::{Context, Result};

fn main() -> ExitCode {
    match write_idl() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn write_idl() -> Result<()> {
    let mut args = env::args_os().skip(1).map(PathBuf::from);
    let program = args.next().context("which program folder?")?;
    let output = args.next().context("which output file?")?;
    let idl = IdlBuilder::new()
        .program_path(program)
        .resolution(true)
        .skip_lint(true)
        // The library's generated tests print the description; doc tests would only cost time.
        .cargo_args(vec!["--lib".into()])
        .build()?;
    let mut text = serde_json::to_string_pretty(&idl)?;
    text.push('\n');
    fs::write(&output, text).with_context(|| output.display().to_string())
}
