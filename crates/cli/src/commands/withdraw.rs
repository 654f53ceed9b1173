//! `ballast withdraw`

use std::io::{IsTerminal, Write};

use ballast_client::instruction::Exit;
use ballast_client::state::Position;
use ballast_client::{ChainClient, address, decode_position, instruction as build};
use ballast_keeper::exit_plan::{ExitStep, at_least, next_step, shares_for};
use ballast_keeper::{FreshVault, VaultSetup};
use serde::Serialize;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::amount::{Unit, count};
use crate::error::CliError;
use crate::names::{symbol_or_address, vault_name};
use crate::output::{fields, show};
use crate::ratio::parse_bps;
use crate::session::Session;
use crate::wallet::to_receive;

/// No exit needs more: each step empties a venue or ends.
const MAX_STEPS: usize = 16;

/// Arguments of `withdraw`.
#[derive(Clone, Debug, clap::Args)]
pub struct WithdrawArgs {
    /// Vault, such as usdc/conservative
    pub vault: String,
    /// Amount with its unit, such as "12.5 USDC", or "all"
    #[arg(required = true, num_args = 1..=2, value_name = "AMOUNT")]
    pub amount: Vec<String>,
    /// How much less than quoted to accept
    #[arg(long, default_value = "0.1%", value_name = "SHARE")]
    pub slippage: String,
    /// Count what cannot be priced now as nothing, and leave all the same
    #[arg(long)]
    pub accept_stale: bool,
    /// Do not ask before unwinding a venue
    #[arg(long, short)]
    pub yes: bool,
}

/// What a withdrawal came to.
#[derive(Debug, Serialize)]
struct Withdrawn {
    vault: String,
    vault_address: String,
    owner: String,
    atoms: u64,
    shares: u64,
    position_shares: u64,
    steps: Vec<Step>,
}

/// One transaction of it.
#[derive(Debug, Serialize)]
struct Step {
    atoms: u64,
    shares: u64,
    /// Slot unwound for it; none when idle paid.
    unwound_slot: Option<u8>,
    signature: String,
    slot: u64,
}

/// What does not change from step to step.
struct Leaving<'a> {
    vault: Pubkey,
    wallet: &'a Keypair,
    slippage_bps: u16,
    accept_stale: bool,
}

/// Runs it.
pub fn run(session: &mut Session, args: WithdrawArgs) -> Result<(), CliError> {
    let slippage_bps = parse_bps(&args.slippage).map_err(CliError::input)?;
    let wallet = session.wallet()?;
    let owner = wallet.pubkey();
    let mut setup = session.load_vault(&args.vault)?;
    let unit = session.unit(&setup.vault.asset_mint)?;
    let wanted = wanted(&args.amount.join(" "), &unit)?;
    session.make_room(&setup, &wallet)?;
    let leaving =
        Leaving { vault: setup.key, wallet: &wallet, slippage_bps, accept_stale: args.accept_stale };
    let held = leaving.position(session)?.shares;

    let mut left = None;
    let mut steps: Vec<Step> = Vec::new();
    let mut agreed = args.yes;
    while left != Some(0) && steps.len() < MAX_STEPS {
        let fresh = leaving.look(session, &mut setup)?;
        let (priced, nav) = fresh.priced_for_exit(&setup.key, args.accept_stale)?;
        let shares = match (left, wanted) {
            (Some(shares), _) => shares,
            (None, Wanted::All) => held,
            (None, Wanted::Atoms(atoms)) => {
                let owned = ballast_math::shares::to_assets_down(held, nav.low, priced.total_shares);
                if owned.is_none_or(|owned| owned < atoms) {
                    return Err(CliError::refused(format!(
                        "your position is worth {}, less than {}: withdraw \"all\" to leave",
                        unit.format(owned.unwrap_or(0)),
                        unit.format(atoms)
                    )));
                }
                shares_for(atoms, &nav, priced.total_shares, held).unwrap_or(held)
            }
        };
        let step = next_step(&priced, &nav, shares, |index, _| match fresh.problem(index) {
            None => u64::MAX,
            Some(_) => 0,
        });
        let step = match step {
            // A remainder that rounds to nothing is not worth a transaction.
            Err(_) if !steps.is_empty() => break,
            step => step.map_err(CliError::refused)?,
        };
        if let ExitStep::Unwind { index, .. } = step
            && !agreed
        {
            ask(&setup, &unit, index)?;
            agreed = true;
        }
        let taken = leaving.take(session, &setup, &fresh, step)?;
        left = Some(shares.saturating_sub(taken.shares));
        steps.push(taken);
    }

    let done = Withdrawn {
        vault: vault_name(&setup.vault.asset_mint, setup.vault.class),
        vault_address: setup.key.to_string(),
        owner: owner.to_string(),
        atoms: steps.iter().fold(0, |sum, step| sum.saturating_add(step.atoms)),
        shares: steps.iter().fold(0, |sum, step| sum.saturating_add(step.shares)),
        position_shares: leaving.position(session)?.shares,
        steps,
    };
    show(session.json, &done, |done| {
        let how = |step: &Step| match step.unwound_slot {
            Some(slot) => format!("{}, unwinding slot {slot}: {}", unit.format(step.atoms), step.signature),
            None => format!("{} from idle: {}", unit.format(step.atoms), step.signature),
        };
        let mut lines = vec![
            ("Withdrawn", format!("{} from {}", unit.format(done.atoms), done.vault)),
            ("Shares", format!("{} (position: {})", count(done.shares), count(done.position_shares))),
        ];
        lines.extend(done.steps.iter().map(|step| ("Paid", how(step))));
        fields(&lines)
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Atoms(u64),
}

fn wanted(text: &str, unit: &Unit) -> Result<Wanted, CliError> {
    if text.trim().eq_ignore_ascii_case("all") {
        return Ok(Wanted::All);
    }
    match unit.parse(text).map_err(CliError::input)? {
        0 => Err(CliError::input(format!("\"{text}\" is nothing to withdraw"))),
        atoms => Ok(Wanted::Atoms(atoms)),
    }
}

/// Asks before unwinding: it costs what the venue charges, and the leaver bears that.
fn ask(setup: &VaultSetup, unit: &Unit, index: u8) -> Result<(), CliError> {
    let idle = unit.format(setup.vault.idle_atoms);
    let question = format!(
        "idle assets ({idle}) do not cover this: slot {index} would be unwound for you, at your cost"
    );
    if !std::io::stdin().is_terminal() {
        return Err(CliError::refused(format!("{question}; agree with --yes")));
    }
    eprint!("{question}. Go on? [y/N] ");
    std::io::stderr().flush().map_err(CliError::environment)?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(CliError::environment)?;
    if answer.trim().eq_ignore_ascii_case("y") || answer.trim().eq_ignore_ascii_case("yes") {
        Ok(())
    } else {
        Err(CliError::input("nothing was withdrawn"))
    }
}

impl Leaving<'_> {
    fn position(&self, session: &Session) -> Result<Position, CliError> {
        let owner = self.wallet.pubkey();
        let key = address::position(&self.vault, &owner);
        let account = session
            .chain
            .account(&key)?
            .ok_or_else(|| CliError::input(format!("wallet {owner} has no position in this vault")))?;
        decode_position(&account.data).map_err(CliError::environment)
    }

    /// The vault refreshed. What cannot be refreshed is an error, unless stale slots count as nothing.
    fn look(&self, session: &mut Session, setup: &mut VaultSetup) -> Result<FreshVault, CliError> {
        let fresh = FreshVault::look(&mut session.chain, setup, &self.wallet.pubkey(), &[])?;
        setup.vault = fresh.vault;
        if let Some((index, problem)) = fresh.stuck().next()
            && !self.accept_stale
        {
            let strategy = setup.slots.get(usize::from(index)).map(|slot| slot.strategy_key);
            return Err(CliError::refused(format!(
                "slot {index} (strategy {}) cannot be refreshed: {problem}. To leave all the same, counting it as nothing: --accept-stale",
                symbol_or_address(&strategy.unwrap_or_default())
            )));
        }
        Ok(fresh)
    }

    /// Simulates for a quote, then sends with the quote less the tolerance as the least to accept.
    fn take(
        &self,
        session: &mut Session,
        setup: &VaultSetup,
        fresh: &FreshVault,
        step: ExitStep,
    ) -> Result<Step, CliError> {
        let owner = self.wallet.pubkey();
        let before = self.position(session)?;
        let around = to_receive(&session.chain, &owner, &setup.vault)?;
        let transaction = |step: ExitStep, least: u64| -> Result<Vec<Instruction>, CliError> {
            let refreshes =
                setup.refreshes(|index, allocation| !allocation.is_empty() && fresh.problem(index).is_none());
            let exit = vec![self.exit(setup, step, least)?];
            Ok([refreshes, around.before.clone(), exit, around.after.clone()].concat())
        };
        let position = address::position(&self.vault, &owner);
        let quoted = session.chain.simulate(&owner, &transaction(step, 0)?, &[position])?;
        let after =
            quoted.accounts.first().and_then(Option::as_ref).map(|account| decode_position(&account.data));
        let quote = match after {
            Some(Ok(after)) => after.withdrawn_atoms.saturating_sub(before.withdrawn_atoms),
            _ => return Err(CliError::environment("the node shows no position after a simulation")),
        };
        let least = at_least(quote, self.slippage_bps).max(1);
        let landed = session.chain.send(&transaction(step, least)?, &[self.wallet])?;
        if around.stays_wrapped {
            eprintln!("this wallet held wrapped SOL before: the proceeds were left wrapped beside it");
        }
        let now = self.position(session)?;
        Ok(Step {
            atoms: now.withdrawn_atoms.saturating_sub(before.withdrawn_atoms),
            shares: before.shares.saturating_sub(now.shares),
            unwound_slot: match step {
                ExitStep::Idle { .. } => None,
                ExitStep::Unwind { index, .. } => Some(index),
            },
            signature: landed.signature.to_string(),
            slot: landed.slot,
        })
    }

    fn exit(&self, setup: &VaultSetup, step: ExitStep, least: u64) -> Result<Instruction, CliError> {
        let (owner, vault) = (self.wallet.pubkey(), &setup.vault);
        match step {
            ExitStep::Idle { shares } => {
                Ok(build::withdraw(owner, setup.key, vault, shares, least, self.accept_stale))
            }
            ExitStep::Unwind { index, receipts, shares } => {
                let slot = setup.slots.get(usize::from(index)).zip(vault.allocations.get(usize::from(index)));
                let (slot, allocation) =
                    slot.ok_or_else(|| CliError::environment("a slot that does not exist"))?;
                let exit =
                    Exit { index, receipts, shares, min_assets_out: least, accept_stale: self.accept_stale };
                Ok(build::withdraw_from(owner, setup.key, vault, allocation, &slot.venue, exit))
            }
        }
    }
}
