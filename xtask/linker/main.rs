//! The linker that rustc calls for SBPF programs: a wrapper around `sbpf-linker`.
//!
//! It lives in `TOOLCHAIN/bin` and
//! 1. runs `sbpf-linker` on the unpacked C library and libLLVM 23, so that nothing is installed on the host;
//! 2. puts the runtime helpers before and after rustc's inputs;
//! 3. exports only the helpers that the code generator turns out to call (it names the missing ones, we retry);
//! 4. links a second time with a lower frame limit and refuses functions whose frame could overlap with
//!    arguments passed on the stack.
//!
//! Standard library only: the set-up compiles this one file with rustc.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

/// Bytes of stack that the virtual machine gives one function call, as `xtask` passes it to LLVM.
const FRAME_LIMIT: &str = "bpf-stack-size=4096";
/// The largest frame we accept. Arguments six and up live in the lowest bytes of the callee's frame and LLVM
/// does not count them: 64 bytes leave room for eight.
const SAFE_FRAME_LIMIT: &str = "bpf-stack-size=4032";
/// Each try learns of more helpers to export; real programs need two or three.
const MAX_TRIES: usize = 8;

fn main() -> ExitCode {
    let args = env::args().skip(1).map(supported_optimisation).collect();
    match Linker::beside_this_program().and_then(|linker| linker.link(args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("sbpf-link: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Where the pieces of the tool-chain are.
struct Linker {
    root: PathBuf,
}

impl Linker {
    fn beside_this_program() -> Result<Self, String> {
        let program = env::current_exe().map_err(|e| format!("own path unknown: {e}"))?;
        match program.parent().and_then(Path::parent) {
            Some(root) => Ok(Self { root: root.into() }),
            None => Err(format!("{} is not inside a tool-chain", program.display())),
        }
    }

    /// Links `args` (rustc's own arguments) into a program, or says what is wrong with it.
    fn link(&self, args: Vec<String>) -> Result<(), String> {
        let mut exports = Vec::new();
        for _ in 0..MAX_TRIES {
            let output = self.run(&args, &exports)?;
            let log = String::from_utf8_lossy(&output.stderr);
            if output.status.success() {
                print_log(&log);
                return self.check_frames(&args, &exports);
            }
            let before = exports.len();
            for symbol in missing_symbols(&log) {
                if !exports.contains(&symbol) {
                    exports.push(symbol);
                }
            }
            if exports.len() == before {
                print_log(&log);
                return Err(frame_error(&log).unwrap_or(format!("linking failed ({})", output.status)));
            }
        }
        Err(format!("symbols still missing after {MAX_TRIES} tries: {}", exports.join(" ")))
    }

    /// Links again with the lower limit into a scratch folder, only to learn of frames that come too close.
    fn check_frames(&self, args: &[String], exports: &[String]) -> Result<(), String> {
        let scratch = env::temp_dir().join(format!("sbpf-link-{}", std::process::id()));
        fs::create_dir_all(&scratch).map_err(|e| format!("{}: {e}", scratch.display()))?;
        let trial = with_frame_limit(args, &scratch.join("trial.so"));
        let output = self.run(&trial, exports);
        // The folder is ours and in the temporary directory: a left-over is harmless.
        let _ = fs::remove_dir_all(&scratch);
        let output = output?;
        if output.status.success() {
            return Ok(());
        }
        let log = String::from_utf8_lossy(&output.stderr);
        Err(frame_error(&log).unwrap_or_else(|| {
            print_log(&log);
            "the link with the lower frame limit failed for another reason".into()
        }))
    }

    fn run(&self, args: &[String], exports: &[String]) -> Result<Output, String> {
        let libraries = self.root.join("runtime/usr/lib/x86_64-linux-gnu");
        let loader = libraries.join("ld-linux-x86-64.so.2");
        Command::new(&loader)
            .arg("--library-path")
            .arg(&libraries)
            .arg(self.root.join("tools/bin/sbpf-linker"))
            .arg(self.root.join("builtins/builtins.bc"))
            .args(args)
            .arg(self.root.join("builtins/libcompiler_builtins.rlib"))
            .args(["--disable-math-builtins", "--disable-memory-builtins", "--deploy=false"])
            .args(exports.iter().map(|symbol| format!("--export={symbol}")))
            // Where sbpf-linker looks for libLLVM*; the host's programs must not see it.
            .env("LD_LIBRARY_PATH", OsString::from(self.root.join("llvm")))
            // Its errors are messages for people; a trace of its own frames only hides them.
            .env("RUST_BACKTRACE", "0")
            .output()
            .map_err(|e| format!("{}: {e}", loader.display()))
    }
}

/// LLVM 23's linker pipelines have no `-Os` and `-Oz`; the functions keep their own size attributes.
fn supported_optimisation(arg: String) -> String {
    if arg == "-Os" || arg == "-Oz" { "-O2".into() } else { arg }
}

/// What to tell the author when the log complains about stack frames.
fn frame_error(log: &str) -> Option<String> {
    let names = oversized_functions(log);
    (!names.is_empty())
        .then(|| format!("stack frame over 4032 bytes (Box what is large) in: {}", names.join(", ")))
}

/// The names in lines such as `Symbol __multi3 is missing`.
fn missing_symbols(log: &str) -> Vec<String> {
    names_between(log, "Symbol ", " is missing")
}

/// The names in lines such as `stack limit exceeded in function foo`.
fn oversized_functions(log: &str) -> Vec<String> {
    let mut names: Vec<String> = log
        .split("in function ")
        .skip(1)
        .filter_map(|rest| rest.split_whitespace().next())
        .map(String::from)
        .collect();
    names.sort();
    names.dedup();
    names
}

fn names_between(log: &str, before: &str, after: &str) -> Vec<String> {
    let mut names: Vec<String> = log
        .split(before)
        .skip(1)
        .filter_map(|rest| rest.split_once(after))
        .map(|(name, _)| name)
        .filter(|name| !name.contains(char::is_whitespace))
        .map(String::from)
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The same arguments with the lower frame limit and another output file.
fn with_frame_limit(args: &[String], output: &Path) -> Vec<String> {
    let mut after_o = false;
    args.iter()
        .map(|arg| {
            let mapped = if after_o {
                output.display().to_string()
            } else {
                arg.replace(FRAME_LIMIT, SAFE_FRAME_LIMIT)
            };
            after_o = arg == "-o";
            mapped
        })
        .collect()
}

/// Passes the linker's messages on, without its advice to link the builtins that we link ourselves.
fn print_log(log: &str) {
    for line in log.lines().filter(|line| !line.contains("solana-compiler-builtins` was not linked")) {
        eprintln!("{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_missing_symbol_once() {
        let log = "error: Symbol __multi3 is missing\nSymbol __divti3 is missing; Symbol __multi3 is missing";
        assert_eq!(missing_symbols(log), ["__divti3", "__multi3"]);
        assert!(missing_symbols("Symbol table is fine, nothing is missing").is_empty());
    }

    #[test]
    fn reads_each_oversized_function_once() {
        let log = "stack limit in function big \nstack limit in function big\nstack limit in function wide";
        assert_eq!(oversized_functions(log), ["big", "wide"]);
    }

    #[test]
    fn lowers_the_limit_and_moves_the_output() {
        let args = ["--llvm-args=-bpf-stack-size=4096", "-o", "real.so", "in.o"].map(String::from);
        assert_eq!(
            with_frame_limit(&args, Path::new("trial.so")),
            ["--llvm-args=-bpf-stack-size=4032", "-o", "trial.so", "in.o"]
        );
    }

    #[test]
    fn replaces_size_pipelines_only() {
        assert_eq!(supported_optimisation("-Oz".into()), "-O2");
        assert_eq!(supported_optimisation("-O3".into()), "-O3");
        assert_eq!(supported_optimisation("-o".into()), "-o");
    }
}
