//! Finding the programs' bytecode.

use std::path::{Path, PathBuf};

/// Bytecode of every program a world needs.
#[derive(Clone)]
pub struct Programs {
    /// Ballast itself.
    pub ballast: Vec<u8>,
    /// Kamino Lend: the stand-in, or the real one.
    pub kamino_lend: Vec<u8>,
    /// Raydium CPMM: the stand-in, or the real one.
    pub raydium_cpmm: Vec<u8>,
    /// The SPL stake pool.
    pub spl_stake_pool: Vec<u8>,
}

/// Why bytecode could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}; `cargo xtask build` makes it")]
pub struct MissingProgram {
    /// Where it was looked for.
    pub path: String,
    /// The cause.
    pub why: std::io::Error,
}

/// Where `cargo xtask build` puts bytecode: `BALLAST_DEPLOY_DIR`, or `target/deploy` in the workspace.
pub fn deploy_dir() -> PathBuf {
    std::env::var_os("BALLAST_DEPLOY_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/deploy"), PathBuf::from)
}

/// Where real venue programs are, if the caller has any: `VENUE_ELF_DIR`.
pub fn venue_dir() -> Option<PathBuf> {
    std::env::var_os("VENUE_ELF_DIR").map(PathBuf::from)
}

fn read(dir: &Path, name: &str) -> Result<Vec<u8>, MissingProgram> {
    let path = dir.join(format!("{name}.so"));
    std::fs::read(&path).map_err(|why| MissingProgram { path: path.display().to_string(), why })
}

impl Programs {
    /// Ballast with the stand-ins.
    pub fn load() -> Result<Self, MissingProgram> {
        Self::load_from(&deploy_dir(), &deploy_dir())
    }

    /// Ballast with the real venues, where `VENUE_ELF_DIR` names them; `None` where it is not set.
    pub fn load_real() -> Option<Result<Self, MissingProgram>> {
        venue_dir().map(|venues| Self::load_from(&deploy_dir(), &venues))
    }

    /// Ballast from `deploy`, venues from `venues`.
    pub fn load_from(deploy: &Path, venues: &Path) -> Result<Self, MissingProgram> {
        Ok(Self {
            ballast: read(deploy, "ballast")?,
            kamino_lend: read(venues, "kamino_lend").or_else(|_| read(venues, "kamino_lending"))?,
            raydium_cpmm: read(venues, "raydium_cpmm")?,
            spl_stake_pool: read(venues, "spl_stake_pool")?,
        })
    }
}
