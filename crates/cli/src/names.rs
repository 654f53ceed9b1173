//! Words for what the chain keeps as numbers: risk classes, asset classes, adapters, pause levels, and
//! vaults by name ("usdc/conservative").

use ballast::adapters::kind;
use ballast_client::address;
use ballast_client::state::{asset_class, class};
use solana_pubkey::{Pubkey, pubkey};

/// Tokens known by symbol, with the decimals of their mints.
const KNOWN_TOKENS: [(&str, Pubkey, u8); 3] = [
    ("USDC", pubkey!("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"), 6),
    // Circle's on devnet.
    ("USDC", pubkey!("4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU"), 6),
    ("SOL", address::WRAPPED_SOL, 9),
];

const CLASSES: [(&str, u8); 3] =
    [("conservative", class::CONSERVATIVE), ("balanced", class::BALANCED), ("growth", class::GROWTH)];

const ASSET_CLASSES: [(&str, u32); 3] = [
    ("lending", asset_class::LENDING),
    ("liquidity", asset_class::LIQUIDITY),
    ("staking", asset_class::STAKING),
];

const ADAPTERS: [(&str, u8); 3] = [
    ("kamino-lend", kind::KAMINO_LEND),
    ("raydium-cpmm", kind::RAYDIUM_CPMM),
    ("spl-stake-pool", kind::SPL_STAKE_POOL),
];

const PAUSE_LEVELS: [&str; 5] = ["none", "no increases", "no deposits", "anyone may unwind", "wind-down"];

/// A word that stands for nothing here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{found}\" is not {what}: choose from {choices}")]
pub struct UnknownWord {
    found: String,
    what: &'static str,
    choices: String,
}

fn lookup<T: Copy>(words: &[(&str, T)], what: &'static str, text: &str) -> Result<T, UnknownWord> {
    let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text.trim()));
    found.map(|(_, value)| *value).ok_or_else(|| UnknownWord {
        found: text.to_owned(),
        what,
        choices: words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "),
    })
}

fn word<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> Option<&'static str> {
    words.iter().find(|(_, known)| known == value).map(|(word, _)| *word)
}

/// A risk class by name.
pub fn parse_class(text: &str) -> Result<u8, UnknownWord> {
    lookup(&CLASSES, "a risk class", text)
}

/// Name of a risk class.
pub fn class_name(class: u8) -> &'static str {
    word(&CLASSES, &class).unwrap_or("unknown")
}

/// Asset classes by name as a mask.
pub fn parse_asset_classes<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<u32, UnknownWord> {
    texts.into_iter().try_fold(0, |mask, text| Ok(mask | lookup(&ASSET_CLASSES, "an asset class", text)?))
}

/// Names of the asset classes in a mask.
pub fn asset_class_names(mask: u32) -> Vec<&'static str> {
    ASSET_CLASSES.iter().filter(|(_, bit)| mask & bit != 0).map(|(name, _)| *name).collect()
}

/// An adapter kind by name.
pub fn parse_adapter(text: &str) -> Result<u8, UnknownWord> {
    lookup(&ADAPTERS, "an adapter", text)
}

/// Name of an adapter kind.
pub fn adapter_name(kind: u8) -> &'static str {
    word(&ADAPTERS, &kind).unwrap_or("unknown")
}

/// Name of a pause level.
pub fn pause_name(level: u8) -> &'static str {
    PAUSE_LEVELS.get(usize::from(level)).copied().unwrap_or("unknown")
}

/// Symbol of a mint, where one is known.
pub fn symbol(mint: &Pubkey) -> Option<&'static str> {
    KNOWN_TOKENS.iter().find(|(_, known, _)| known == mint).map(|(symbol, _, _)| *symbol)
}

/// How people write a mint: its symbol, else its address.
pub fn symbol_or_address(mint: &Pubkey) -> String {
    symbol(mint).map_or_else(|| mint.to_string(), str::to_owned)
}

/// Mints known by symbol.
pub fn known_mints() -> impl Iterator<Item = Pubkey> {
    KNOWN_TOKENS.iter().map(|(_, mint, _)| *mint)
}

/// Mints that a symbol may mean: one on each cluster.
pub fn mints(text: &str) -> Vec<Pubkey> {
    if let Ok(key) = text.parse() {
        return vec![key];
    }
    let known = KNOWN_TOKENS.iter().filter(|(symbol, _, _)| symbol.eq_ignore_ascii_case(text));
    known.map(|(_, mint, _)| *mint).collect()
}

/// How people write a vault: "usdc/conservative".
pub fn vault_name(mint: &Pubkey, class: u8) -> String {
    let asset = symbol(mint).map_or_else(|| mint.to_string(), str::to_lowercase);
    format!("{asset}/{}", class_name(class))
}

/// Addresses that a vault's name may mean, or the address it is.
pub fn vault_candidates(text: &str) -> Result<Vec<Pubkey>, String> {
    if let Ok(key) = text.parse() {
        return Ok(vec![key]);
    }
    let example = "write it like \"usdc/conservative\", or give its address";
    let (asset, class) =
        text.split_once('/').ok_or_else(|| format!("\"{text}\" is not a vault: {example}"))?;
    let class = parse_class(class).map_err(|error| error.to_string())?;
    let mints = mints(asset);
    if mints.is_empty() {
        return Err(format!("no token is known as \"{asset}\": {example}"));
    }
    Ok(mints.iter().map(|mint| address::vault(mint, class)).collect())
}

/// First and last characters of an address: enough to tell two apart in a table.
pub fn short(key: &Pubkey) -> String {
    let text = key.to_string();
    match (text.get(..4), text.get(text.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if text.len() > 11 => format!("{head}…{tail}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn vaults_go_by_name_or_address() {
        let usdc = mints("usdc");
        assert_eq!(usdc.len(), 2);
        let found = vault_candidates("USDC/Growth").unwrap();
        assert_eq!(found, [address::vault(&usdc[0], 2), address::vault(&usdc[1], 2)]);
        assert_eq!(vault_candidates(&found[0].to_string()).unwrap(), found[..1]);
        assert_eq!(vault_name(&usdc[0], 2), "usdc/growth");
        let odd = Pubkey::new_from_array([9; 32]);
        assert_eq!(vault_candidates(&format!("{odd}/balanced")).unwrap(), [address::vault(&odd, 1)]);
        for (text, problem) in [
            ("usdc", "is not a vault"),
            ("usdc/safe", "\"safe\" is not a risk class: choose from conservative, balanced, growth"),
            ("doge/growth", "no token is known as \"doge\""),
        ] {
            assert!(vault_candidates(text).unwrap_err().contains(problem), "{text}");
        }
    }

    #[test]
    fn words_and_numbers_agree() {
        for class in 0..class::COUNT {
            assert_eq!(parse_class(class_name(class)), Ok(class));
        }
        let mask = parse_asset_classes(["lending", "Staking"]).unwrap();
        assert_eq!(asset_class_names(mask), ["lending", "staking"]);
        assert!(parse_asset_classes(["bonds"]).is_err());
        assert_eq!(parse_adapter(adapter_name(kind::RAYDIUM_CPMM)), Ok(kind::RAYDIUM_CPMM));
        assert_eq!((pause_name(0), pause_name(4), pause_name(5)), ("none", "wind-down", "unknown"));
    }
}
