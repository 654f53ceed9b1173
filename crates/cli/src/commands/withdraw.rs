//! `ballast withdraw`

use std::io::{IsTerminal, Write};

use ballast_client::event::{self, events};
use ballast_client::instruction::Exit;
use ballast_client::state::{Nav, Position};
use ballast_client::{ChainClient, address, decode_position, instruction as build};
use ballast_keeper::exit_plan::{ExitError, ExitStep, at_least, next_step, shares_for, without_dust};
use ballast_keeper::{FreshVault, VaultSetup};
use ballast_math::mul_div::mul_div_floor;
use ballast_math::shares::to_assets_down;
use serde::Serialize;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::amount::{Unit, count};
use crate::error::CliError;
use crate::names::{symbol_or_address, vault_name};
use crate::output::{fields, figure, show};
use crate::ratio::{parse_bps, percent};
use crate::session::Session;
use crate::wallet::to_receive;

/// No exit needs more: each step empties a venue or ends.
const MAX_STEPS: usize = 16;

/// Arguments of `withdraw`.
#[derive(Clone, Debug, clap::Args)]
pub struct WithdrawArgs {
    /// Vault, such as usdc/conservative
    pub vault: String,
    /// Amount with its unit, such as "12.5 USDC", a part of the position, such as "50%", or "all"
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

/// What a withdrawal came to. Amounts are those of the transactions: none where the node does not show one.
#[derive(Debug, Serialize)]
struct Withdrawn {
    vault: String,
    vault_address: String,
    owner: String,
    atoms: Option<u64>,
    shares: Option<u64>,
    /// Shares in the position as the node shows it now; none where it does not.
    position_shares: Option<u64>,
    steps: Vec<Step>,
}

/// One transaction of it.
#[derive(Debug, Serialize)]
struct Step {
    atoms: Option<u64>,
    shares: Option<u64>,
    /// Slot unwound for it; none when idle paid.
    unwound_slot: Option<u8>,
    signature: String,
    slot: u64,
}

/// What does not change from step to step.
struct Leaving<'a> {
    vault: Pubkey,
    wallet: &'a Keypair,
    unit: &'a Unit,
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
    let accept_stale = args.accept_stale;
    let leaving = Leaving { vault: setup.key, wallet: &wallet, unit: &unit, slippage_bps, accept_stale };
    let held = leaving.position(session)?.shares;
    let vault = vault_name(&setup.vault.asset_mint, setup.vault.class);
    if held == 0 {
        return Err(CliError::refused(format!("your position in {vault} is empty: nothing to withdraw")));
    }
    session.make_room(&setup, &wallet)?;

    let mut steps = Vec::new();
    let outcome = leaving.leave(session, &mut setup, wanted, held, args.yes, &mut steps);
    if steps.is_empty() {
        return outcome;
    }
    // What was paid is said also where the rest could not be.
    let sum = |of: fn(&Step) -> Option<u64>| {
        steps.iter().try_fold(0u64, |sum, step| Some(sum.saturating_add(of(step)?)))
    };
    let done = Withdrawn {
        vault,
        vault_address: setup.key.to_string(),
        owner: owner.to_string(),
        atoms: sum(|step| step.atoms),
        shares: sum(|step| step.shares),
        position_shares: leaving.position(session).ok().map(|position| position.shares),
        steps,
    };
    show(session.json, &done, |done| {
        let paid = |atoms: Option<u64>| figure(atoms, |atoms| unit.format(atoms));
        let how = |step: &Step| match step.unwound_slot {
            Some(slot) => format!("{}, unwinding slot {slot}: {}", paid(step.atoms), step.signature),
            None => format!("{} from idle: {}", paid(step.atoms), step.signature),
        };
        let shares = figure(done.shares, count);
        let mut lines = vec![
            ("Withdrawn", format!("{} from {}", paid(done.atoms), done.vault)),
            ("Shares", format!("{shares} (position: {})", figure(done.position_shares, count))),
        ];
        lines.extend(done.steps.iter().map(|step| ("Paid", how(step))));
        fields(&lines)
    })?;
    outcome
}

/// How much to take out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Atoms(u64),
    /// A part of the position, basis points.
    Part(u16),
}

fn wanted(text: &str, unit: &Unit) -> Result<Wanted, CliError> {
    let nothing = || CliError::input(format!("\"{text}\" is nothing to withdraw"));
    let trimmed = text.trim();
    if trimmed.eq_ignore_ascii_case("all") {
        return Ok(Wanted::All);
    }
    if trimmed.ends_with('%') || trimmed.ends_with("bps") {
        return match parse_bps(trimmed).map_err(CliError::input)? {
            0 => Err(nothing()),
            bps => Ok(Wanted::Part(bps)),
        };
    }
    match unit.parse(text).map_err(CliError::input)? {
        0 => Err(nothing()),
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
    /// Takes steps until `wanted` is paid. What was paid is in `steps`, also when a later one fails.
    fn leave(
        &self,
        session: &mut Session,
        setup: &mut VaultSetup,
        wanted: Wanted,
        held: u64,
        mut agreed: bool,
        steps: &mut Vec<Step>,
    ) -> Result<(), CliError> {
        let mut left = None;
        while steps.len() < MAX_STEPS {
            let fresh = self.look(session, setup)?;
            let (priced, nav) = fresh.priced_for_exit(&setup.key, self.accept_stale)?;
            let total = priced.total_shares;
            let shares = match left {
                Some(shares) => shares,
                None => self.shares_to_give(wanted, held, &nav, total)?,
            };
            let step = next_step(&priced, &nav, shares, |index, _| match fresh.problem(index) {
                None => u64::MAX,
                Some(_) => 0,
            });
            let step = match step {
                // A remainder that rounds to nothing is not worth a transaction.
                Err(ExitError::Dust(_)) if !steps.is_empty() => return Ok(()),
                step => step.map_err(CliError::refused)?,
            };
            // The last part takes what would stay behind and could not leave.
            let step = match step {
                ExitStep::Unwind { index, receipts, shares: part } => {
                    let part = without_dust(part, &nav, total, shares).unwrap_or(part);
                    ExitStep::Unwind { index, receipts, shares: part }
                }
                idle @ ExitStep::Idle { .. } => idle,
            };
            if let ExitStep::Unwind { index, .. } = step
                && !agreed
            {
                ask(setup, self.unit, index)?;
                agreed = true;
            }
            let taken = self.take(session, setup, &fresh, step)?;
            let rest = shares.saturating_sub(taken.shares.unwrap_or(step.shares()));
            steps.push(taken);
            if rest == 0 {
                return Ok(());
            }
            left = Some(rest);
        }
        Err(CliError::refused(format!("not all is paid after {MAX_STEPS} transactions: go on with the rest")))
    }

    /// Shares of the `held` ones to give up. Never so many that the rest is worth nothing: then all of them.
    fn shares_to_give(&self, wanted: Wanted, held: u64, nav: &Nav, total: u64) -> Result<u64, CliError> {
        let overflow = || CliError::refused(ExitError::Overflow);
        let worth = to_assets_down(held, nav.low, total).ok_or_else(overflow)?;
        // Under --accept-stale, what cannot be priced counts as nothing: the figure is of the rest.
        let is_worth =
            if self.accept_stale { "is worth, as far as it can be priced now," } else { "is worth" };
        if worth == 0 {
            return Err(CliError::refused(format!(
                "your position of {} shares {is_worth} less than {}: nothing can be paid for it",
                count(held),
                self.unit.format(1),
            )));
        }
        match wanted {
            Wanted::All => Ok(held),
            Wanted::Atoms(atoms) if atoms > worth => Err(CliError::refused(format!(
                "your position {is_worth} {}, less than {}: withdraw \"all\" to leave",
                self.unit.format(worth),
                self.unit.format(atoms),
            ))),
            Wanted::Atoms(atoms) => shares_for(atoms, nav, total, held).ok_or_else(overflow),
            Wanted::Part(bps) => {
                let part = mul_div_floor(held, u64::from(bps), ballast_math::BPS).ok_or_else(overflow)?;
                if to_assets_down(part, nav.low, total).ok_or_else(overflow)? == 0 {
                    return Err(CliError::refused(format!(
                        "{} of your position {is_worth} less than {}: withdraw more",
                        percent(u64::from(bps)),
                        self.unit.format(1),
                    )));
                }
                without_dust(part, nav, total, held).ok_or_else(overflow)
            }
        }
    }

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
        let event = session.chain.landed_calls(&landed.signature).and_then(|calls| {
            let mut exits = events::<event::Withdrawn>(&calls).into_iter();
            exits.find(|event| event.vault == self.vault && event.owner == owner)
        });
        Ok(Step {
            atoms: event.as_ref().map(|event| event.atoms),
            shares: event.as_ref().map(|event| event.shares),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn amounts_parts_and_all_are_told_apart() {
        let unit = Unit::new("USDC", 6);
        for (text, expected) in [
            ("all", Wanted::All),
            (" ALL ", Wanted::All),
            ("50%", Wanted::Part(5_000)),
            ("12.5 %", Wanted::Part(1_250)),
            ("25 bps", Wanted::Part(25)),
            ("1 USDC", Wanted::Atoms(1_000_000)),
        ] {
            assert_eq!(wanted(text, &unit).unwrap(), expected, "{text}");
        }
        for (text, said) in [
            ("0 USDC", "\"0 USDC\" is nothing to withdraw"),
            ("0%", "\"0%\" is nothing to withdraw"),
            ("101%", "at most 100%"),
            ("-5%", "in figures"),
            ("50", "no unit"),
        ] {
            let error = wanted(text, &unit).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{text}");
            assert!(error.to_string().contains(said), "{text}: {error}");
        }
    }

    fn give(wanted: Wanted, held: u64, nav: u64, total: u64) -> Result<u64, CliError> {
        let (wallet, unit) = (Keypair::new(), Unit::new("USDC", 6));
        let vault = Pubkey::default();
        let leaving = Leaving { vault, wallet: &wallet, unit: &unit, slippage_bps: 0, accept_stale: false };
        leaving.shares_to_give(
            wanted,
            held,
            &Nav { low: nav, high: nav, gross_low: nav, gross_high: nav },
            total,
        )
    }

    #[test]
    fn what_was_refused_is_not_recommended() {
        // A share is worth a thousandth of an atom.
        let total = 10_000_000_000;
        let refused = |wanted, held| give(wanted, held, 10_000_000, total).unwrap_err().to_string();
        for wanted in [Wanted::All, Wanted::Atoms(1), Wanted::Part(5_000)] {
            let said = refused(wanted, 535);
            assert!(said.contains("535 shares") && said.contains("less than 0.000001 USDC"), "{said}");
            assert!(!said.contains("\"all\""), "{said}");
        }
        let said = refused(Wanted::Atoms(6), 5_000);
        assert_eq!(
            said,
            "your position is worth 0.000005 USDC, less than 0.000006 USDC: withdraw \"all\" to leave"
        );
        assert!(refused(Wanted::Part(1), 5_000).contains("0.01% of your position"));
    }

    #[test]
    fn nothing_stays_that_could_not_leave() {
        let (nav, total) = (10_000_000, 10_000_000_000);
        assert_eq!(give(Wanted::Atoms(5), 5_535, nav, total).unwrap(), 5_535);
        assert_eq!(give(Wanted::Part(9_999), 5_535, nav, total).unwrap(), 5_535);
        assert_eq!(give(Wanted::Part(5_000), 5_000_000, nav, total).unwrap(), 2_500_000);
        assert_eq!(give(Wanted::Part(10_000), 5_001, nav, total).unwrap(), 5_001);
    }
}
