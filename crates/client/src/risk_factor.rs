//! Ids of the risks that strategies share.

use sha2::{Digest, Sha256};

/// The id of a risk factor's name, such as `venue:kamino` or `asset:SOL`: the first four bytes of the
/// name's SHA-256, little-endian. Zero stands for "none" on chain; no name in use may hash to it.
pub fn risk_factor_id(name: &str) -> u32 {
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(name.as_bytes()));
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_never_change() {
        // SHA-256("abc") begins ba 78 16 bf.
        assert_eq!(risk_factor_id("abc"), 0xbf16_78ba);
        assert_ne!(risk_factor_id("venue:kamino"), risk_factor_id("venue:raydium"));
    }
}
