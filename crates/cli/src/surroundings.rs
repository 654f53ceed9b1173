//! Which chain and which wallet are meant where the command line does not say, or says it in a word.

use std::path::{Path, PathBuf};

/// The local chain's node.
pub const LOCAL_URL: &str = "http://127.0.0.1:8899";

/// Environment variable that names the wallet's file.
pub const KEYPAIR_VARIABLE: &str = "BALLAST_KEYPAIR";

/// Public clusters and the local chain, by the words of Solana's own tools.
const CLUSTERS: [(&str, &str, &str); 4] = [
    ("localhost", "l", LOCAL_URL),
    ("devnet", "d", "https://api.devnet.solana.com"),
    ("testnet", "t", "https://api.testnet.solana.com"),
    ("mainnet-beta", "m", "https://api.mainnet-beta.solana.com"),
];

/// The address that `text` stands for: a cluster's name, or an address itself.
pub fn resolve_url(text: &str) -> Result<String, String> {
    let named = CLUSTERS.iter().find(|(name, letter, _)| text == *name || text == *letter);
    if let Some((_, _, url)) = named {
        return Ok((*url).to_owned());
    }
    if text.starts_with("http://") || text.starts_with("https://") {
        return Ok(text.to_owned());
    }
    let names: Vec<&str> = CLUSTERS.iter().map(|(name, _, _)| *name).collect();
    Err(format!("--url {text}: expected http:// or https://, or one of {}", names.join(", ")))
}

/// The wallet's file, and whether this command was told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletFile {
    /// The file.
    pub path: PathBuf,
    /// True where an option or the environment names it: it must then be there. False where it is only what
    /// Solana's tools use by default.
    pub is_named: bool,
}

/// The wallet's file: from `option`, else from the environment's `variable`, else from the configuration of Solana's
/// tools below `home`.
pub fn wallet_file(
    option: Option<&Path>,
    variable: Option<PathBuf>,
    home: Option<&Path>,
) -> Option<WalletFile> {
    let named =
        option.map(Path::to_path_buf).or_else(|| variable.filter(|path| !path.as_os_str().is_empty()));
    if let Some(path) = named {
        return Some(WalletFile { path, is_named: true });
    }
    let config = std::fs::read_to_string(home?.join(".config/solana/cli/config.yml")).ok()?;
    let path = PathBuf::from(keypair_path(&config)?);
    // Solana's tools also take hardware wallets, as usb://; these are no files.
    path.is_file().then_some(WalletFile { path, is_named: false })
}

/// `keypair_path` out of the configuration of Solana's tools: YAML with one key a line.
fn keypair_path(config: &str) -> Option<&str> {
    let value = config.lines().find_map(|line| line.strip_prefix("keypair_path:"))?.trim();
    let quoted = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    Some(quoted('"').or_else(|| quoted('\'')).unwrap_or(value)).filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn clusters_go_by_name_and_anything_else_by_address() {
        for (text, url) in [
            ("localhost", LOCAL_URL),
            ("l", LOCAL_URL),
            ("devnet", "https://api.devnet.solana.com"),
            ("mainnet-beta", "https://api.mainnet-beta.solana.com"),
            ("m", "https://api.mainnet-beta.solana.com"),
            ("https://node.example/key", "https://node.example/key"),
        ] {
            assert_eq!(resolve_url(text).as_deref(), Ok(url));
        }
        let error = resolve_url("mainet").unwrap_err();
        assert!(error.contains("--url mainet") && error.contains("mainnet-beta"), "{error}");
    }

    #[test]
    fn the_wallet_is_named_by_option_variable_or_solanas_tools() {
        let home = std::env::temp_dir().join(format!("ballast-home-{}", std::process::id()));
        let dir = home.join(".config/solana/cli");
        std::fs::create_dir_all(&dir).unwrap();
        let id = home.join("id.json");
        std::fs::write(&id, "[]").unwrap();
        let config = |path: &str| {
            std::fs::write(dir.join("config.yml"), format!("---\njson_rpc_url: x\nkeypair_path: {path}\n"))
        };
        let (option, variable) = (PathBuf::from("a.json"), PathBuf::from("b.json"));
        let named = |path: &str| Some(WalletFile { path: path.into(), is_named: true });

        config(&id.display().to_string()).unwrap();
        assert_eq!(wallet_file(Some(&option), Some(variable.clone()), Some(&home)), named("a.json"));
        assert_eq!(wallet_file(None, Some(variable), Some(&home)), named("b.json"));
        let implied = Some(WalletFile { path: id.clone(), is_named: false });
        assert_eq!(wallet_file(None, None, Some(&home)), implied);
        assert_eq!(wallet_file(None, Some(PathBuf::new()), Some(&home)), implied);
        config(&format!("\"{}\"", id.display())).unwrap();
        assert_eq!(wallet_file(None, None, Some(&home)), implied);
        for absent in ["usb://ledger", "/nonexistent/id.json", ""] {
            config(absent).unwrap();
            assert_eq!(wallet_file(None, None, Some(&home)), None, "{absent}");
        }
        assert_eq!(wallet_file(None, None, None), None);
        std::fs::remove_dir_all(&home).unwrap();
    }
}
