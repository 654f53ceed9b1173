//! The `ballast` binary; see the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    ballast_cli::main()
}
