//! The demo's people: a keypair file each, made once and kept under `target/demo`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::keyfile;

/// Everybody who signs something.
pub const NAMES: [&str; 6] = ["deployer", "governance", "guardian", "keeper", "treasury", "wallet"];

/// Somebody with a key in a file.
#[derive(Debug)]
pub struct Someone {
    /// The key.
    pub keypair: Keypair,
    /// Its file, in the format of every Solana tool: a JSON array of 64 bytes.
    pub path: PathBuf,
}

impl Someone {
    /// Reads `name`'s key from `dir`, or makes one.
    pub fn find_or_make(dir: &Path, name: &str) -> Result<Self> {
        let path = dir.join(format!("{name}.json"));
        if path.exists() {
            let keypair = keyfile::read(&path).context("delete it, and a new one is made")?;
            return Ok(Self { keypair, path });
        }
        let keypair = Keypair::new();
        write(&path, &keypair).with_context(|| format!("writing {}", path.display()))?;
        Ok(Self { keypair, path })
    }

    /// Their address.
    pub fn address(&self) -> Pubkey {
        self.keypair.pubkey()
    }
}

/// Only the owner may read it: a key is a key, also on a toy chain.
fn write(path: &Path, keypair: &Keypair) -> Result<()> {
    let json = serde_json::to_string(&keypair.to_bytes().to_vec())?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(json.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_is_made_once_and_found_again() {
        let dir = std::env::temp_dir().join(format!("ballast-demo-keys-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let made = Someone::find_or_make(&dir, "wallet").unwrap();
        let found = Someone::find_or_make(&dir, "wallet").unwrap();
        assert_eq!(made.address(), found.address());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&made.path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&made.path, "[1,2]").unwrap();
        let error = format!("{:#}", Someone::find_or_make(&dir, "wallet").unwrap_err());
        assert!(error.contains("delete it") && error.contains("wallet.json"), "{error}");
        fs::remove_dir_all(&dir).unwrap();
    }
}
