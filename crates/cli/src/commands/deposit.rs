//! `ballast deposit`

use ballast_client::{ChainClient, address, decode_position, instruction as build};
use ballast_keeper::VaultSetup;
use ballast_keeper::exit_plan::at_least;
use serde::Serialize;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::amount::count;
use crate::error::CliError;
use crate::names::vault_name;
use crate::output::{fields, show};
use crate::ratio::parse_bps;
use crate::session::Session;
use crate::wallet::{Around, to_pay};

/// Arguments of `deposit`.
#[derive(Clone, Debug, clap::Args)]
pub struct DepositArgs {
    /// Vault, such as usdc/conservative
    pub vault: String,
    /// Amount with its unit, such as "12.5 USDC"
    #[arg(required = true, num_args = 1..=2, value_name = "AMOUNT")]
    pub amount: Vec<String>,
    /// How many fewer shares than quoted to accept
    #[arg(long, default_value = "0.1%", value_name = "SHARE")]
    pub slippage: String,
}

/// What a deposit came to.
#[derive(Debug, Serialize)]
struct Deposited {
    vault: String,
    vault_address: String,
    owner: String,
    atoms: u64,
    shares: u64,
    position_shares: u64,
    signature: String,
    slot: u64,
}

/// Runs it.
pub fn run(session: &mut Session, args: DepositArgs) -> Result<(), CliError> {
    let slippage_bps = parse_bps(&args.slippage).map_err(CliError::input)?;
    let wallet = session.wallet()?;
    let owner = wallet.pubkey();
    let setup = session.load_vault(&args.vault)?;
    let unit = session.unit(&setup.vault.asset_mint)?;
    let atoms = unit.parse(&args.amount.join(" ")).map_err(CliError::input)?;
    if session.chain.account(&address::profile(&owner))?.is_none() {
        return Err(CliError::input(format!(
            "wallet {owner} has no profile: say what its money may be used for with `ballast profile set`"
        )));
    }
    let around = to_pay(&session.chain, &owner, &setup.vault, &unit, atoms)?;
    session.make_room(&setup, &wallet)?;

    let position = address::position(&setup.key, &owner);
    let held = position_shares(session.chain.account(&position)?.as_ref())?;
    let trial = transaction(&setup, &around, owner, atoms, 0);
    let quoted = session.chain.simulate(&owner, &trial, &[position])?;
    let after = position_shares(quoted.accounts.first().and_then(Option::as_ref))?;
    let min_shares = at_least(after.saturating_sub(held), slippage_bps);
    let landed = session.chain.send(&transaction(&setup, &around, owner, atoms, min_shares), &[&wallet])?;

    let position_shares = position_shares(session.chain.account(&position)?.as_ref())?;
    let done = Deposited {
        vault: vault_name(&setup.vault.asset_mint, setup.vault.class),
        vault_address: setup.key.to_string(),
        owner: owner.to_string(),
        atoms,
        shares: position_shares.saturating_sub(held),
        position_shares,
        signature: landed.signature.to_string(),
        slot: landed.slot,
    };
    show(session.json, &done, |done| {
        fields(&[
            ("Deposited", format!("{} into {}", unit.format(done.atoms), done.vault)),
            ("Shares", format!("{} (position: {})", count(done.shares), count(done.position_shares))),
            ("Transaction", done.signature.clone()),
        ])
    })
}

fn transaction(
    setup: &VaultSetup,
    around: &Around,
    owner: Pubkey,
    atoms: u64,
    min_shares: u64,
) -> Vec<Instruction> {
    let deposit = build::deposit(owner, setup.key, &setup.vault, atoms, min_shares);
    [setup.refreshes_with(None), around.before.clone(), vec![deposit], around.after.clone()].concat()
}

/// Shares in a position; none while it does not exist.
pub fn position_shares(account: Option<&ballast_client::ChainAccount>) -> Result<u64, CliError> {
    match account {
        Some(account) => Ok(decode_position(&account.data).map_err(CliError::environment)?.shares),
        None => Ok(0),
    }
}
