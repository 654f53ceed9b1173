//! `ballast deposit`

use ballast_client::event::{self, events};
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
use crate::output::{fields, figure, show};
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
    /// What the vault took, as the transaction says; none where the node does not show it.
    atoms: Option<u64>,
    /// What it gave for that, likewise.
    shares: Option<u64>,
    /// Shares in the position as the node shows it now; none where it does not.
    position_shares: Option<u64>,
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
    let text = args.amount.join(" ");
    let atoms = unit.parse(&text).map_err(CliError::input)?;
    if atoms == 0 {
        return Err(CliError::input(format!("\"{text}\" is nothing to deposit")));
    }
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

    // What happened is in the transaction: positions before and after may hold more than this deposit.
    let event = session.chain.landed_calls(&landed.signature).and_then(|calls| {
        let mut deposits = events::<event::Deposited>(&calls).into_iter();
        deposits.find(|event| event.vault == setup.key && event.owner == owner)
    });
    // It has landed: that must be told, whether or not the node answers any more.
    let now = session.chain.account(&position).ok();
    let position_shares = now.and_then(|account| position_shares(account.as_ref()).ok());
    let done = Deposited {
        vault: vault_name(&setup.vault.asset_mint, setup.vault.class),
        vault_address: setup.key.to_string(),
        owner: owner.to_string(),
        atoms: event.as_ref().map(|event| event.atoms),
        shares: event.as_ref().map(|event| event.shares),
        position_shares,
        signature: landed.signature.to_string(),
        slot: landed.slot,
    };
    show(session.json, &done, |done| {
        fields(&[
            ("Deposited", format!("{} into {}", figure(done.atoms, |atoms| unit.format(atoms)), done.vault)),
            (
                "Shares",
                format!("{} (position: {})", figure(done.shares, count), figure(done.position_shares, count)),
            ),
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
