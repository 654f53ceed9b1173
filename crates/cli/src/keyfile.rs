//! Keypair files: a JSON array of the 64 bytes of a secret and its public key, as Solana's tools write them.
//! No error ever shows what is in the file.

use std::path::Path;

use solana_keypair::Keypair;

use crate::error::CliError;

/// Reads the keypair in the file at `path`.
pub fn read(path: &Path) -> Result<Keypair, CliError> {
    let bad = |problem: &str| CliError::input(format!("{}: {problem}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| bad(&error.to_string()))?;
    // The parser's own message would quote what it found.
    let bytes: Vec<u8> = serde_json::from_str(&text)
        .map_err(|_| bad("not a keypair file: expected a JSON array of 64 bytes"))?;
    if bytes.len() != 64 {
        return Err(bad("not a keypair file: it does not hold 64 bytes"));
    }
    Keypair::try_from(bytes.as_slice())
        .map_err(|_| bad("not a keypair: its public half does not belong to its secret half"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use solana_signer::Signer;

    use super::*;

    #[test]
    fn keypairs_are_read_and_nothing_leaks() {
        let dir = std::env::temp_dir().join(format!("ballast-keyfile-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let keypair = Keypair::new();
        let write = |name: &str, text: &str| {
            let path = dir.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let good = write("good.json", &serde_json::to_string(&keypair.to_bytes().to_vec()).unwrap());
        assert_eq!(read(&good).unwrap().pubkey(), keypair.pubkey());
        let mut torn = keypair.to_bytes().to_vec();
        torn[63] ^= 1;
        for (name, text) in [
            ("torn.json", serde_json::to_string(&torn).unwrap()),
            ("short.json", "[123,45]".to_owned()),
            ("word.json", "\"hunter2\"".to_owned()),
        ] {
            let error = read(&write(name, &text)).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            let error = error.to_string();
            assert!(error.contains(name) && !error.contains("hunter2") && !error.contains("123"), "{error}");
        }
        assert!(read(&dir.join("absent.json")).unwrap_err().to_string().contains("absent.json"));
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
