//! What people call the slots of the demo's vaults.

use solana_pubkey::Pubkey;

use super::places;

/// Name of the venue at `key`, the first account that its strategy pins.
pub fn venue_name(key: &Pubkey) -> &'static str {
    let reserve = places::RESERVES.iter().find(|reserve| reserve.key() == *key);
    match reserve {
        Some(reserve) => reserve.name,
        None if *key == places::POOL => "pool",
        None if *key == places::stake_pool() => "stake",
        None => "other",
    }
}

/// A share in basis points as a percentage: "12.5%".
pub fn percent(bps: u64) -> String {
    if bps.is_multiple_of(100) { format!("{}%", bps / 100) } else { format!("{:.1}%", bps as f64 / 100.0) }
}
