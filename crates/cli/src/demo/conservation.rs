//! Conservation: nothing is owed that is not there. Looked at from outside, on the chain as it is.

use anchor_lang::Discriminator;
use anyhow::{Context, Result, bail};
use ballast_client::state::{Nav, Position, Vault};
use ballast_client::{ChainAccount, ChainClient, address, decode_position, decode_vault, token};
use ballast_keeper::RpcChain;
use solana_pubkey::Pubkey;
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};

/// Where a position names its vault: behind the discriminator, the version and the bump.
const POSITION_VAULT_OFFSET: usize = 8 + 1 + 1;

/// How often to look again when somebody's transaction came between two reads.
const TRIES: u32 = 5;

/// Why the books do not add up; `None` when they do. `nav` prices the vault as of its last full refresh.
///
/// 1. Positions, unclaimed fee shares and the dead seed are all shares.
/// 2. What all of them redeem for is no more than the assets.
/// 3. No counter is above the token balance behind it.
pub fn broken(chain: &RpcChain, key: &Pubkey, nav: Option<&Nav>) -> Result<Option<String>> {
    for _ in 0..TRIES {
        let vault = read_vault(chain, key)?;
        let positions = positions(chain, key)?;
        // Read once more: positions and vault belong together only if no shares changed in between.
        if read_vault(chain, key)?.total_shares == vault.total_shares {
            let shares: Vec<u64> = positions.iter().map(|position| position.shares).collect();
            let books = broken_shares(&vault, &shares)
                .or_else(|| nav.and_then(|nav| broken_redemption(&vault, &shares, nav)));
            return match books {
                Some(problem) => Ok(Some(problem)),
                None => broken_balances(chain, key),
            };
        }
    }
    bail!("vault {key} changes faster than it can be read")
}

fn read_vault(chain: &RpcChain, key: &Pubkey) -> Result<Vault> {
    let account = chain.account(key)?.with_context(|| format!("vault {key} does not exist"))?;
    Ok(decode_vault(&account.data)?)
}

fn positions(chain: &RpcChain, vault: &Pubkey) -> Result<Vec<Position>> {
    let filters = vec![
        RpcFilterType::Memcmp(Memcmp::new_raw_bytes(0, Position::DISCRIMINATOR.to_vec())),
        RpcFilterType::Memcmp(Memcmp::new_raw_bytes(POSITION_VAULT_OFFSET, vault.to_bytes().to_vec())),
    ];
    let found = chain.program_accounts(&address::PROGRAM, filters)?;
    found.iter().map(|(_, account)| Ok(decode_position(&account.data)?)).collect()
}

fn broken_shares(vault: &Vault, positions: &[u64]) -> Option<String> {
    let held = positions.iter().copied().chain([vault.fee_shares, vault.dead_shares]);
    let held: u128 = held.map(u128::from).sum();
    (held != u128::from(vault.total_shares)).then(|| {
        format!("positions, fees and seed hold {held} shares, the vault counts {}", vault.total_shares)
    })
}

fn broken_redemption(vault: &Vault, positions: &[u64], nav: &Nav) -> Option<String> {
    let all = positions.iter().copied().chain([vault.fee_shares, vault.dead_shares]);
    let owed: Option<u128> = all.map(|shares| vault.redeem_value(shares, nav).ok().map(u128::from)).sum();
    match owed {
        None => Some("shares cannot be priced".to_owned()),
        Some(owed) if owed > u128::from(nav.low) => {
            Some(format!("all shares redeem for {owed} atoms, the assets are {}", nav.low))
        }
        Some(_) => None,
    }
}

/// Vault and token accounts are read in one request, so that they are of one moment.
fn broken_balances(chain: &RpcChain, key: &Pubkey) -> Result<Option<String>> {
    let vault = read_vault(chain, key)?;
    let mut keys = vec![*key, vault.idle_account];
    let slots = vault.active().flat_map(|slot| [slot.receipt_account, slot.leg_account]);
    keys.extend(slots);
    let accounts = chain.accounts(&keys)?;
    let mut found = accounts.iter();
    let vault = decode_vault(&found.next().cloned().flatten().context("the vault is gone")?.data)?;
    let mut check = |what: &str, counter: u64| {
        let balance = found.next().and_then(|account| balance(account.as_ref())).unwrap_or(0);
        (balance < counter).then(|| format!("{what}: the books count {counter}, the account holds {balance}"))
    };
    let mut problem = check("idle", vault.idle_atoms);
    for (index, slot) in vault.active().enumerate() {
        let receipts = check(&format!("receipts of slot {index}"), slot.receipts);
        let residual = check(&format!("left-over of slot {index}"), slot.residual_atoms);
        problem = problem.or(receipts).or(residual);
    }
    Ok(problem)
}

fn balance(account: Option<&ChainAccount>) -> Option<u64> {
    token::token_balance(&account?.data)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn vault(total: u64, fees: u64, dead: u64) -> Vault {
        let mut vault: Vault = bytemuck::Zeroable::zeroed();
        (vault.total_shares, vault.fee_shares, vault.dead_shares) = (total, fees, dead);
        vault
    }

    #[test]
    fn a_share_that_nobody_holds_is_noticed() {
        assert_eq!(broken_shares(&vault(100, 10, 20), &[30, 40]), None);
        let problem = broken_shares(&vault(101, 10, 20), &[30, 40]).unwrap();
        assert_eq!(problem, "positions, fees and seed hold 100 shares, the vault counts 101");
    }

    #[test]
    fn owing_more_than_there_is_is_noticed() {
        let nav = Nav { low: 1_000, high: 1_000, gross_low: 1_000, gross_high: 1_000 };
        let sound = vault(1_000_000, 0, 0);
        assert_eq!(broken_redemption(&sound, &[400_000, 600_000], &nav), None);
        // Twice the shares that the vault counts.
        let problem = broken_redemption(&sound, &[1_000_000, 1_000_000], &nav).unwrap();
        assert!(problem.starts_with("all shares redeem for"), "{problem}");
    }
}
