//! The demo's people: a keypair file each, made once and kept.

use std::fs;
use std::io::{ErrorKind, Write};
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
    /// Reads `name`'s key from `dir`, or makes one. Several demos may do this at once: all of them get the key of
    /// whoever was first.
    pub fn find_or_make(dir: &Path, name: &str) -> Result<Self> {
        let path = dir.join(format!("{name}.json"));
        if !path.exists() {
            make(&path).with_context(|| format!("writing {}", path.display()))?;
        }
        let keypair = keyfile::read(&path).context("delete it, and a new one is made")?;
        Ok(Self { keypair, path })
    }

    /// Their address.
    pub fn address(&self) -> Pubkey {
        self.keypair.pubkey()
    }
}

/// Makes the file at `path` with a new key in it, all at once: nobody ever reads a half of it, and one that somebody
/// else made in the meantime stays.
fn make(path: &Path) -> Result<()> {
    let keypair = Keypair::new();
    let json = serde_json::to_string(&keypair.to_bytes().to_vec())?;
    // A name that no other attempt has: the new key's own address.
    let draft = path.with_extension(format!("{}.draft", keypair.pubkey()));
    write_private(&draft, json.as_bytes())?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

/// Only the owner may read it: a key is a key, also on a toy chain.
fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(content)
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

    #[test]
    fn many_demos_at_once_agree_on_every_key() {
        let dir = std::env::temp_dir().join(format!("ballast-demo-race-{}", std::process::id()));
        for round in 0..50 {
            let dir = dir.join(round.to_string());
            fs::create_dir_all(&dir).unwrap();
            let start = std::sync::Barrier::new(8);
            let found: Vec<Pubkey> = std::thread::scope(|scope| {
                let racers: Vec<_> = (0..8)
                    .map(|_| {
                        scope.spawn(|| {
                            start.wait();
                            Someone::find_or_make(&dir, "deployer").unwrap().address()
                        })
                    })
                    .collect();
                racers.into_iter().map(|racer| racer.join().unwrap()).collect()
            });
            assert!(found.iter().all(|key| *key == found[0]), "{found:?}");
            assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "no draft is left");
        }
        fs::remove_dir_all(&dir).unwrap();
    }
}
