//! Ballast's build driver: `cargo xtask COMMAND`. Everything a clone needs, from two commands.

mod bytecode;
mod check;
mod clean;
mod digest;
mod forward;
mod idl;
mod metadata;
mod options;
mod peers;
mod process;
mod programs;
mod progress;
mod registry;
mod stake_pool;
mod stamp;
mod toolchain;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};
use options::Options;
use workspace::Workspace;

const USAGE: &str = "\
cargo xtask COMMAND

  build [--program NAME]... [--own-toolchain]
                     programs to target/deploy/*.so and the IDL to target/idl/ballast.json; skips what is up to date
  test [--only STEP]... [--keep-going] [--list]
                     everything CI runs, in order: format, clippy, build, IDL, tests, replay, demo
  demo [ARGS]...     builds, then runs the local chain with vaults and a keeper (try --for 60, --help)
  bench [ARGS]...    builds, then measures compute units
  bench engine [ARGS]...
                     the engine beside its Python peers (sets them up in target/peers when Python 3 is there; try
                     --only HRP, --repeats 5)
  idl [--check | --write]
                     makes target/idl/ballast.json; compares it with idl/ballast.json, or replaces that
  toolchain [--path] sets up the SBPF tool-chain (or says where it is); `build` does it by itself when needed
  clean [--all]      removes built programs and IDL; with --all the tool-chain and the whole target folder too

Programs: ballast, kamino_lend, raydium_cpmm, malicious, pass_through, spl_stake_pool. How it works: docs/building.md";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_else(|| "help".into());
    match dispatch(&command, args.collect()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: &str, args: Vec<String>) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    // These hand every argument to the program they start.
    match command {
        "demo" => return forward::demo(&workspace, &args),
        "bench" if args.first().is_some_and(|what| what == "engine") => {
            return peers::bench(&workspace, args.get(1..).unwrap_or_default());
        }
        "bench" => return forward::bench(&workspace, &args),
        _ => {}
    }
    let mut options = Options::new(args);
    if command == "help" || command == "--help" || options.flag("--help") {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    }
    match command {
        "build" => {
            let request = bytecode::Request {
                programs: programs::named(&options.values("--program")?)?,
                own_toolchain: options.flag("--own-toolchain"),
            };
            options.finish()?;
            bytecode::build(&workspace, &request)?;
        }
        "test" => {
            let plan =
                check::Plan { only: options.values("--only")?, keep_going: options.flag("--keep-going") };
            let list = options.flag("--list");
            options.finish()?;
            if list {
                check::print_steps();
                return Ok(ExitCode::SUCCESS);
            }
            return check::run(&workspace, &plan);
        }
        "idl" => {
            let mode = match (options.flag("--check"), options.flag("--write")) {
                (false, false) => idl::Mode::Generate,
                (true, false) => idl::Mode::Check,
                (false, true) => idl::Mode::Write,
                (true, true) => bail!("--check and --write exclude each other"),
            };
            options.finish()?;
            idl::run_mode(&workspace, mode)?;
        }
        "toolchain" => {
            let path_only = options.flag("--path");
            options.finish()?;
            if path_only {
                println!("{}", workspace.toolchain_dir().display());
            } else {
                toolchain::ensure(&workspace)?;
            }
        }
        "clean" => {
            let all = options.flag("--all");
            options.finish()?;
            clean::run(&workspace, all)?;
        }
        other => bail!("unknown command `{other}`; see `cargo xtask help`"),
    }
    Ok(ExitCode::SUCCESS)
}
