//! The programs under test, read from disk once a test binary.

use std::sync::OnceLock;

use ballast_sandbox::{Programs, elf};

/// Ballast with the stand-in venues.
///
/// # Panics
/// When `cargo xtask build` has not been run.
pub fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| Programs::load().unwrap_or_else(|why| panic!("{why}")))
}

/// Bytecode of the pass-through program (`programs/venues/pass_through`).
///
/// # Panics
/// When `cargo xtask build` has not been run.
pub fn pass_through() -> &'static [u8] {
    static ELF: OnceLock<Vec<u8>> = OnceLock::new();
    ELF.get_or_init(|| test_double("pass_through"))
}

/// Bytecode of the venues that turned bad (`programs/venues/malicious`).
///
/// # Panics
/// When `cargo xtask build` has not been run.
pub fn malicious() -> &'static [u8] {
    static ELF: OnceLock<Vec<u8>> = OnceLock::new();
    ELF.get_or_init(|| test_double("malicious"))
}

fn test_double(name: &str) -> Vec<u8> {
    let path = elf::deploy_dir().join(format!("{name}.so"));
    std::fs::read(&path)
        .unwrap_or_else(|why| panic!("{}: {why}; `cargo xtask build` makes it", path.display()))
}
