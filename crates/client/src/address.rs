//! Addresses: the program's PDAs, and token accounts.

use ballast::seeds;
use solana_pubkey::{Pubkey, pubkey};

/// The Ballast program.
pub const PROGRAM: Pubkey = ballast::ID;
/// SPL Token.
pub const TOKEN: Pubkey = pubkey!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// SPL Token-2022.
pub const TOKEN_2022: Pubkey = pubkey!("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
/// Associated token accounts.
pub const ASSOCIATED_TOKEN: Pubkey = pubkey!("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
/// System program.
pub const SYSTEM: Pubkey = pubkey!("11111111111111111111111111111111");
/// Mint of wrapped SOL.
pub const WRAPPED_SOL: Pubkey = pubkey!("So11111111111111111111111111111111111111112");
/// Kamino Lend.
pub const KAMINO_LEND: Pubkey = pubkey!("KLend2g3cP87fffoy8q1mQqGKjrxjC8boSyAYavgmjD");
/// Raydium CPMM.
pub const RAYDIUM_CPMM: Pubkey = pubkey!("CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C");
/// SPL stake pool.
pub const SPL_STAKE_POOL: Pubkey = pubkey!("SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy");
/// Stake program.
pub const STAKE: Pubkey = pubkey!("Stake11111111111111111111111111111111111111");
/// Pyth's receiver, owner of price updates.
pub const PYTH_RECEIVER: Pubkey = pubkey!("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
/// Upgradeable loader, owner of program data.
pub const UPGRADEABLE_LOADER: Pubkey = pubkey!("BPFLoaderUpgradeab1e11111111111111111111111");

fn find(seeds: &[&[u8]]) -> Pubkey {
    Pubkey::find_program_address(seeds, &PROGRAM).0
}

/// The config.
pub fn config() -> Pubkey {
    find(&[seeds::CONFIG])
}

/// The vault of `mint` and `class`.
pub fn vault(mint: &Pubkey, class: u8) -> Pubkey {
    find(&[seeds::VAULT, mint.as_ref(), &[class]])
}

/// The strategy of `venue` for vaults of `asset_mint`.
pub fn strategy(venue: &Pubkey, asset_mint: &Pubkey) -> Pubkey {
    find(&[seeds::STRATEGY, venue.as_ref(), asset_mint.as_ref()])
}

/// The profile of `owner`.
pub fn profile(owner: &Pubkey) -> Pubkey {
    find(&[seeds::PROFILE, owner.as_ref()])
}

/// The position of `owner` in `vault`.
pub fn position(vault: &Pubkey, owner: &Pubkey) -> Pubkey {
    find(&[seeds::POSITION, vault.as_ref(), owner.as_ref()])
}

/// The model with `hash`.
pub fn model(hash: &[u8; 32]) -> Pubkey {
    find(&[seeds::MODEL, hash])
}

/// Decision number `sequence` (from 1) of `vault`.
pub fn decision(vault: &Pubkey, sequence: u64) -> Pubkey {
    find(&[seeds::DECISION, vault.as_ref(), &sequence.to_le_bytes()])
}

/// History of `vault`.
pub fn history(vault: &Pubkey) -> Pubkey {
    find(&[seeds::HISTORY, vault.as_ref()])
}

/// The price guard of `mint`.
pub fn price_guard(mint: &Pubkey) -> Pubkey {
    find(&[seeds::PRICE, mint.as_ref()])
}

/// The account that signs system transfers for `vault`.
pub fn funder(vault: &Pubkey) -> Pubkey {
    find(&[seeds::FUNDER, vault.as_ref()])
}

/// The token account that unwraps SOL for `vault` within an instruction.
pub fn unwrap(vault: &Pubkey) -> Pubkey {
    find(&[seeds::UNWRAP, vault.as_ref()])
}

/// Signs the program's event calls to itself.
pub fn event_authority() -> Pubkey {
    find(&[b"__event_authority"])
}

/// The program data account of the program.
pub fn program_data() -> Pubkey {
    Pubkey::find_program_address(&[PROGRAM.as_ref()], &UPGRADEABLE_LOADER).0
}

/// The associated token account of `owner` for `mint`.
pub fn token_account(owner: &Pubkey, mint: &Pubkey, token_program: &Pubkey) -> Pubkey {
    let seeds = [owner.as_ref(), token_program.as_ref(), mint.as_ref()];
    Pubkey::find_program_address(&seeds, &ASSOCIATED_TOKEN).0
}
