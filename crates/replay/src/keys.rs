//! Keys and addresses that depend on their names alone: same replay, same addresses, same compute units.

use sha2::{Digest, Sha256};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;

/// The key pair called `name`. Worth nothing outside a replay.
pub fn keypair(name: &str) -> Keypair {
    Keypair::new_from_array(Sha256::digest(format!("ballast replay key {name}").as_bytes()).into())
}

/// The address called `name`.
pub fn address(name: &str) -> Pubkey {
    Pubkey::new_from_array(Sha256::digest(format!("ballast replay address {name}").as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use solana_signer::Signer;

    use super::*;

    #[test]
    fn names_decide() {
        assert_eq!(keypair("a").pubkey(), keypair("a").pubkey());
        assert_ne!(keypair("a").pubkey(), keypair("b").pubkey());
        assert_ne!(address("a"), address("b"));
    }
}
