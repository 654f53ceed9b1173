//! The asset's side of a person's transaction: their token account, and wrapping SOL around it.

use ballast_client::state::Vault;
use ballast_client::token::{close_account, create_token_account, token_balance, wrap_sol};
use ballast_client::{ChainClient, address};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::amount::Unit;
use crate::error::CliError;

/// Least a wallet should keep to pay fees and the rent of a position, lamports.
const KEPT_FOR_FEES_LAMPORTS: u64 = 5_000_000;

/// What goes before and after the program's instruction, in the same transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// Before it.
    pub before: Vec<Instruction>,
    /// After it.
    pub after: Vec<Instruction>,
    /// True where proceeds stay wrapped: the wallet held wrapped SOL before, which is left as it is.
    pub stays_wrapped: bool,
}

fn is_sol(vault: &Vault) -> bool {
    vault.asset_mint == address::WRAPPED_SOL
}

/// Balance of the wallet's token account for the vault's asset; `None` when there is no such account.
fn balance(chain: &dyn ChainClient, owner: &Pubkey, vault: &Vault) -> Result<Option<u64>, CliError> {
    let key = address::token_account(owner, &vault.asset_mint, &vault.token_program);
    Ok(chain.account(&key)?.as_ref().and_then(|account| token_balance(&account.data)))
}

/// What lets `owner` pay `atoms` into `vault`. SOL is wrapped for the occasion.
pub fn to_pay(
    chain: &dyn ChainClient,
    owner: &Pubkey,
    vault: &Vault,
    unit: &Unit,
    atoms: u64,
) -> Result<Around, CliError> {
    let held = balance(chain, owner, vault)?;
    if is_sol(vault) {
        let lamports = chain.account(owner)?.map_or(0, |account| account.lamports);
        if lamports < atoms.saturating_add(KEPT_FOR_FEES_LAMPORTS) {
            return Err(CliError::refused(format!(
                "wallet {owner} holds {}: not enough for {} and {} for fees",
                unit.format(lamports),
                unit.format(atoms),
                unit.format(KEPT_FOR_FEES_LAMPORTS),
            )));
        }
        let account = address::token_account(owner, &vault.asset_mint, &vault.token_program);
        let after = if held.is_none() { vec![close_account(&account, owner)] } else { Vec::new() };
        return Ok(Around { before: wrap_sol(owner, atoms).to_vec(), after, stays_wrapped: false });
    }
    if held.unwrap_or(0) < atoms {
        return Err(CliError::refused(format!(
            "wallet {owner} holds {}, less than {}",
            unit.format(held.unwrap_or(0)),
            unit.format(atoms)
        )));
    }
    Ok(Around::default())
}

/// What lets `owner` be paid out of `vault`. Wrapped SOL is unwrapped, unless the wallet held some before.
pub fn to_receive(chain: &dyn ChainClient, owner: &Pubkey, vault: &Vault) -> Result<Around, CliError> {
    let held = balance(chain, owner, vault)?;
    let before = vec![create_token_account(owner, owner, &vault.asset_mint, &vault.token_program)];
    if !is_sol(vault) {
        let before = if held.is_some() { Vec::new() } else { before };
        return Ok(Around { before, ..Around::default() });
    }
    let account = address::token_account(owner, &vault.asset_mint, &vault.token_program);
    let stays_wrapped = held.is_some_and(|atoms| atoms > 0);
    let after = if stays_wrapped { Vec::new() } else { vec![close_account(&account, owner)] };
    Ok(Around { before, after, stays_wrapped })
}
