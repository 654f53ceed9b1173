//! Measures what the deployed bytecode costs: compute units, transaction bytes and accounts.
//!
//! `cargo xtask bench` runs it; it writes docs/benchmarks.md, or prints with `--print`. With `VENUE_ELF_DIR`
//! set, the venues are the real programs.

mod measure;
mod table;

use std::process::ExitCode;

use ballast_sandbox::{DeploymentError, Programs};

fn run() -> Result<String, Box<dyn std::error::Error>> {
    let real = Programs::load_real();
    let on_real_venues = real.is_some();
    let programs = real.unwrap_or_else(Programs::load)?;
    let rows = [1, 4, 8]
        .into_iter()
        .map(|slots| measure::with_slots(&programs, slots))
        .collect::<Result<Vec<_>, DeploymentError>>()?;
    let moves = measure::moves(&programs)?;
    Ok(table::page(&rows, &moves, &programs, on_real_venues))
}

fn main() -> ExitCode {
    let print = std::env::args().any(|argument| argument == "--print");
    let written = run().and_then(|page| {
        println!("{page}");
        if !print {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/benchmarks.md"), page)?;
        }
        Ok(())
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench: {why}");
            ExitCode::FAILURE
        }
    }
}
