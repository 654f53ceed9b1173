//! Keys by name: "payer", "key:NAME", "local:NAME" or an address.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::error::CliError;
use crate::keyfile;

/// The keypairs at hand. Plans name keys, they never contain them.
pub struct KeyRing {
    payer: Keypair,
    named: BTreeMap<String, Keypair>,
    dir: Option<PathBuf>,
}

impl KeyRing {
    /// Just a payer.
    pub fn new(payer: Keypair) -> Self {
        Self { payer, named: BTreeMap::new(), dir: None }
    }

    /// Looks names up in `dir`: "key:NAME" is the file NAME.json.
    pub fn with_dir(self, dir: PathBuf) -> Self {
        Self { dir: Some(dir), ..self }
    }

    /// Adds a keypair under `name`.
    pub fn add(&mut self, name: &str, keypair: Keypair) {
        self.named.insert(name.to_owned(), keypair);
    }

    /// Who pays.
    pub fn payer(&self) -> &Keypair {
        &self.payer
    }

    /// The address that `text` stands for: "payer", "key:NAME" or an address.
    pub fn address(&mut self, text: &str) -> Result<Pubkey, CliError> {
        if text == "payer" {
            return Ok(self.payer.pubkey());
        }
        let Some(name) = text.strip_prefix("key:") else {
            return text.parse().map_err(|_| {
                CliError::input(format!("\"{text}\" is not \"payer\", \"key:NAME\" or an address"))
            });
        };
        if let Some(keypair) = self.named.get(name) {
            return Ok(keypair.pubkey());
        }
        let is_plain =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !is_plain {
            return Err(CliError::input(format!(
                "\"{name}\" is no name for a key: letters, digits, - and _"
            )));
        }
        let dir = self.dir.as_deref().ok_or_else(|| {
            CliError::input(format!("\"{text}\": say where {name}.json is with --keys DIR"))
        })?;
        let keypair = keyfile::read(&file_of(dir, name))?;
        let address = keypair.pubkey();
        self.named.insert(name.to_owned(), keypair);
        Ok(address)
    }

    /// The keypair of `address`, if it is here.
    pub fn signer(&self, address: &Pubkey) -> Option<&Keypair> {
        std::iter::once(&self.payer).chain(self.named.values()).find(|keypair| keypair.pubkey() == *address)
    }
}

fn file_of(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.json"))
}

/// The address of "local:NAME": whoever sets up a local chain puts venues and prices at addresses that
/// follow from their names, so that a plan can name them. Nobody has keys for these.
pub fn local_address(name: &str) -> Pubkey {
    Pubkey::new_from_array(Sha256::digest(format!("ballast:local:{name}").as_bytes()).into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn keys_go_by_name() {
        let payer = Keypair::new();
        let (payer_key, keeper) = (payer.pubkey(), Keypair::new());
        let keeper_key = keeper.pubkey();
        let mut ring = KeyRing::new(payer);
        ring.add("keeper", keeper);
        assert_eq!(ring.address("payer").unwrap(), payer_key);
        assert_eq!(ring.address("key:keeper").unwrap(), keeper_key);
        assert_eq!(ring.address(&keeper_key.to_string()).unwrap(), keeper_key);
        assert!(ring.signer(&keeper_key).is_some() && ring.signer(&Pubkey::default()).is_none());
        for (text, problem) in [
            ("key:guardian", "--keys DIR"),
            ("key:../guardian", "is no name for a key"),
            ("nonsense", "is not \"payer\""),
        ] {
            let error = ring.address(text).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
