//! `ballast positions`

use anchor_lang::Discriminator;
use ballast_client::state::{Position, class};
use ballast_client::{CallError, ChainAccount, ChainClient, address, decode_position};
use ballast_keeper::VaultSetup;
use ballast_math::shares::to_assets_down;
use serde::Serialize;
use solana_pubkey::Pubkey;
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};

use crate::amount::{Unit, count};
use crate::error::CliError;
use crate::names::{known_mints, vault_name};
use crate::output::{Align, figure, show, table};
use crate::session::Session;

/// Where a position names its owner: behind the discriminator, the version, the bump and the vault.
const OWNER_OFFSET: usize = 8 + 1 + 1 + 32;

/// Arguments of `positions`.
#[derive(Clone, Debug, clap::Args)]
pub struct PositionsArgs {
    /// Whose; yours when not given
    pub owner: Option<Pubkey>,
}

/// A position, for machines. Figures that lack an input are none, never a nought.
#[derive(Debug, Serialize)]
struct Shown {
    vault: String,
    vault_address: String,
    asset_mint: String,
    shares: u64,
    /// What leaving now would pay, before what unwinding a venue costs, atoms. None where the vault cannot be priced.
    worth_atoms: Option<u64>,
    /// Everything ever put in, atoms.
    deposited_atoms: u64,
    /// Everything ever taken out, atoms.
    withdrawn_atoms: u64,
    /// Worth and withdrawn less deposited, atoms: negative for a loss. None where the worth is.
    earned_atoms: Option<i128>,
    /// Why the vault cannot be priced now.
    problem: Option<String>,
    #[serde(skip)]
    unit: Unit,
}

/// Runs it.
pub fn run(session: &mut Session, args: &PositionsArgs) -> Result<(), CliError> {
    let owner = match args.owner {
        Some(owner) => owner,
        None => session
            .wallet_address()?
            .ok_or_else(|| CliError::input("whose positions? Give an address or --keypair FILE"))?,
    };
    let mut all = Vec::new();
    for (key, account) in find(session, &owner)? {
        let position = decode_position(&account.data)
            .map_err(|error| CliError::environment(format!("{key}: {error}")))?;
        // A node is asked for positions of this owner, and believed only where that is what came.
        if position.owner == owner {
            all.push(shown(session, &position)?);
        }
    }
    all.sort_by(|a, b| a.vault.cmp(&b.vault));
    show(session.json, &all, |all| human(all, &owner))
}

/// The positions of `owner`. A node that does not search accounts is asked for those in the vaults known by name.
fn find(session: &Session, owner: &Pubkey) -> Result<Vec<(Pubkey, ChainAccount)>, CliError> {
    let filters = vec![
        RpcFilterType::Memcmp(Memcmp::new_raw_bytes(0, Position::DISCRIMINATOR.to_vec())),
        RpcFilterType::Memcmp(Memcmp::new_raw_bytes(OWNER_OFFSET, owner.to_bytes().to_vec())),
    ];
    match session.chain.program_accounts(&address::PROGRAM, filters) {
        Err(CallError::NodeRefused(why)) => {
            eprintln!("{why}: only vaults of known tokens were looked at");
            let vaults = known_mints()
                .flat_map(|mint| (0..class::COUNT).map(move |class| address::vault(&mint, class)));
            let keys: Vec<Pubkey> = vaults.map(|vault| address::position(&vault, owner)).collect();
            let found = session.chain.accounts(&keys)?;
            let ours = |account: &ChainAccount| account.owner == address::PROGRAM;
            Ok(keys
                .into_iter()
                .zip(found)
                .filter_map(|(key, account)| Some((key, account.filter(ours)?)))
                .collect())
        }
        found => Ok(found?),
    }
}

fn shown(session: &mut Session, position: &Position) -> Result<Shown, CliError> {
    let setup = VaultSetup::load(&session.chain, position.vault)?;
    let vault = &setup.vault;
    let unit =
        Unit { symbol: crate::names::symbol_or_address(&vault.asset_mint), decimals: vault.asset_decimals };
    let priced = match position.shares {
        0 => Ok(0),
        shares => worth(session, &setup, shares),
    };
    let (worth_atoms, problem) = match priced {
        Ok(atoms) => (Some(atoms), None),
        Err(CliError::Refused(why)) => (None, Some(why)),
        Err(error) => return Err(error),
    };
    Ok(Shown {
        vault: vault_name(&vault.asset_mint, vault.class),
        vault_address: setup.key.to_string(),
        asset_mint: vault.asset_mint.to_string(),
        shares: position.shares,
        worth_atoms,
        deposited_atoms: position.deposited_atoms,
        withdrawn_atoms: position.withdrawn_atoms,
        earned_atoms: worth_atoms.map(|worth| earned(worth, position)),
        problem,
        unit,
    })
}

/// What `shares` are worth to a leaver, with every slot refreshed and fees accrued, as the program prices an exit.
fn worth(session: &mut Session, setup: &VaultSetup, shares: u64) -> Result<u64, CliError> {
    let fresh = session.look(setup)?;
    if let Some(unpriced) = fresh.unpriced().first() {
        return Err(CliError::refused(unpriced));
    }
    let (priced, nav) = fresh.priced_for_exit(&setup.key, false)?;
    to_assets_down(shares, nav.low, priced.total_shares)
        .ok_or_else(|| CliError::refused("the vault's amounts do not fit together"))
}

fn earned(worth_atoms: u64, position: &Position) -> i128 {
    i128::from(worth_atoms)
        .saturating_add(i128::from(position.withdrawn_atoms))
        .saturating_sub(i128::from(position.deposited_atoms))
}

fn human(all: &[Shown], owner: &Pubkey) -> String {
    if all.is_empty() {
        return format!("{owner} has no position");
    }
    let columns = [
        ("Vault", Align::Left),
        ("Shares", Align::Right),
        ("Worth", Align::Right),
        ("Deposited", Align::Right),
        ("Withdrawn", Align::Right),
        ("Earned", Align::Right),
    ];
    let rows = all.iter().map(|shown| {
        let unit = &shown.unit;
        vec![
            shown.vault.clone(),
            count(shown.shares),
            figure(shown.worth_atoms, |atoms| unit.format(atoms)),
            unit.format(shown.deposited_atoms),
            unit.format(shown.withdrawn_atoms),
            figure(shown.earned_atoms, |atoms| signed(unit, atoms)),
        ]
    });
    let mut text = table(&columns, rows);
    for shown in all {
        if let Some(problem) = &shown.problem {
            text.push_str(&format!("\n{} cannot be priced now: {problem}", shown.vault));
        }
    }
    text
}

/// An amount with its sign.
fn signed(unit: &Unit, atoms: i128) -> String {
    let size = u64::try_from(atoms.unsigned_abs()).unwrap_or(u64::MAX);
    format!("{}{}", if atoms < 0 { "-" } else { "" }, unit.format(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(deposited: u64, withdrawn: u64) -> Position {
        Position {
            version: 1,
            bump: 0,
            vault: Pubkey::default(),
            owner: Pubkey::default(),
            shares: 0,
            deposited_atoms: deposited,
            withdrawn_atoms: withdrawn,
            cost_atoms: 0,
            entered_slot: 0,
            entered_shares: 0,
            reserved: [0; 40],
        }
    }

    #[test]
    fn earnings_are_what_is_there_and_what_came_out_less_what_went_in() {
        assert_eq!(earned(600, &position(1_000, 500)), 100);
        assert_eq!(earned(0, &position(1_000, 990)), -10);
        assert_eq!(earned(u64::MAX, &position(0, u64::MAX)), 2 * i128::from(u64::MAX));
        let usdc = Unit::new("USDC", 6);
        assert_eq!(
            (signed(&usdc, -10), signed(&usdc, 1_500_000)),
            ("-0.00001 USDC".into(), "1.5 USDC".into())
        );
    }

    #[test]
    fn a_vault_that_cannot_be_priced_shows_no_worth_and_no_earnings() {
        let shown = Shown {
            vault: "usdc/balanced".to_owned(),
            vault_address: String::new(),
            asset_mint: String::new(),
            shares: 5_000,
            worth_atoms: None,
            deposited_atoms: 7_000_000,
            withdrawn_atoms: 0,
            earned_atoms: None,
            problem: Some("slot 1 cannot be refreshed: stale".to_owned()),
            unit: Unit::new("USDC", 6),
        };
        let json = serde_json::to_value(&shown).unwrap_or_default();
        assert!(json["worth_atoms"].is_null() && json["earned_atoms"].is_null(), "{json}");
        let text = human(&[shown], &Pubkey::default());
        assert_eq!(text.matches("not known").count(), 2, "{text}");
        assert!(text.contains("usdc/balanced cannot be priced now: slot 1"), "{text}");
    }
}
