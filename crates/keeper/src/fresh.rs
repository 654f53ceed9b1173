//! A vault as it would be with every allocation refreshed, found by simulation: looking costs no fee.

use ballast::oracle::status;
use ballast_client::state::{Nav, StalePolicy, Vault};
use ballast_client::{CallError, ChainAccount, ChainClient, ChainClock, Rejection, Simulated, decode_vault};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::setup::{SetupError, VaultSetup, decode};

/// How often a refresh that fails is tried again: a node that lags behind the one that told the slot cannot
/// value what was touched since.
const LOOKS_AGAIN: u32 = 2;

/// A vault as it would be with everything refreshed that can be.
#[derive(Clone, Debug)]
pub struct FreshVault {
    /// The vault.
    pub vault: Vault,
    /// When.
    pub clock: ChainClock,
    /// Why a slot could not be refreshed; one entry a slot in use.
    pub problems: Vec<Option<Rejection>>,
    /// The watched accounts after the venues' own accrual, in the order asked for.
    pub watched: Vec<Option<ChainAccount>>,
}

impl FreshVault {
    /// Simulates the refreshes. `payer` signs nothing and pays nothing, but nodes take only an account of the
    /// system program that could.
    ///
    /// When they fail together, each slot is tried alone, and those that cannot be refreshed are named.
    pub fn look(
        chain: &mut dyn ChainClient,
        setup: &VaultSetup,
        payer: &Pubkey,
        watched: &[Pubkey],
    ) -> Result<Self, SetupError> {
        let clock = chain.clock()?;
        let mut problems = vec![None; setup.slots.len()];
        if setup.slots.is_empty() {
            let watched = chain.accounts(watched)?;
            return Ok(Self { vault: setup.vault, clock, problems, watched });
        }
        let all = [&[setup.key], watched].concat();
        let mut outcome = simulate(chain, payer, setup.refreshes(|_, _| true), &all);
        for _ in 0..LOOKS_AGAIN {
            if matches!(outcome, Err(CallError::Rejected(_))) {
                chain.pause();
                outcome = simulate(chain, payer, setup.refreshes(|_, _| true), &all);
            }
        }
        let outcome = match outcome {
            Err(CallError::Rejected(_)) => {
                for (slot, problem) in setup.slots.iter().zip(&mut problems) {
                    let alone = setup.refresh(slot).into_iter().collect();
                    match simulate(chain, payer, alone, &[]) {
                        Ok(_) => {}
                        // No slot's fault: nothing can be simulated in this payer's name.
                        Err(CallError::Rejected(rejection)) if is_about(&rejection, payer) => {
                            return Err(CallError::Rejected(rejection).into());
                        }
                        Err(CallError::Rejected(rejection)) => *problem = Some(*rejection),
                        Err(error) => return Err(error.into()),
                    }
                }
                let sound = |index: u8| problems.get(usize::from(index)).is_some_and(Option::is_none);
                simulate(chain, payer, setup.refreshes(|index, _| sound(index)), &all)
            }
            outcome => outcome,
        }?;
        let mut accounts = match outcome {
            Some(simulated) => simulated.accounts,
            None => chain.accounts(&all)?,
        }
        .into_iter();
        let vault = decode(accounts.next().flatten().as_ref(), "vault", &setup.key, decode_vault)?;
        // The slot of the simulation, which may be later than that of the clock just read.
        let slot = vault.active().map(|allocation| allocation.refreshed_slot).max();
        let clock = ChainClock { slot: slot.unwrap_or(0).max(clock.slot), ..clock };
        Ok(Self { vault, clock, problems, watched: accounts.collect() })
    }

    /// The vault priced for people: net of locked profit, both sides.
    ///
    /// A slot that could not be refreshed is an error under [`StalePolicy::Reject`] unless it is empty.
    pub fn nav(&self, key: &Pubkey, stale: StalePolicy) -> Result<Nav, SetupError> {
        self.vault
            .nav(self.clock.slot, self.clock.unix_ts, stale)
            .map_err(|error| SetupError::Unpriceable { vault: *key, why: words(error) })
    }

    /// The vault as it is priced for a leaver: after the fees that an exit accrues first, and with what
    /// cannot be priced now counted as nothing if they accept that.
    pub fn priced_for_exit(&self, key: &Pubkey, accept_stale: bool) -> Result<(Vault, Nav), SetupError> {
        let (booked, paid) = if accept_stale {
            (StalePolicy::LastKnown, StalePolicy::CountAsZero)
        } else {
            (StalePolicy::Reject, StalePolicy::Reject)
        };
        let mut vault = self.vault;
        let booked = self.nav(key, booked)?;
        vault
            .accrue_fees(&booked, self.clock.unix_ts)
            .map_err(|error| SetupError::Unpriceable { vault: *key, why: words(error) })?;
        Ok((vault, self.nav(key, paid)?))
    }

    /// Why slot `index` could not be refreshed.
    pub fn problem(&self, index: u8) -> Option<&Rejection> {
        self.problems.get(usize::from(index)).and_then(Option::as_ref)
    }

    /// The slots that hold something and whose worth is not known now: they cannot be refreshed, or not by a price
    /// that somebody could be paid at. While there are any, no figure for the whole vault is known either.
    pub fn unpriced(&self) -> Vec<Unpriced> {
        let slots = (0u8..).zip(self.vault.active().zip(&self.problems));
        slots
            .filter(|(_, (allocation, _))| !allocation.is_empty())
            .filter_map(|(index, (allocation, problem))| {
                let dead_price = || {
                    let missing = status::first_missing(allocation.oracle_status, status::EXIT)?;
                    Some(format!("has no price now: {}", words(missing.into())))
                };
                let refreshed = problem.as_ref().map(|problem| format!("cannot be refreshed: {problem}"));
                Some(Unpriced { index, why: refreshed.or_else(dead_price)? })
            })
            .collect()
    }

    /// The slots that hold something and cannot be refreshed: while there are any, the program prices the
    /// vault for leavers only.
    pub fn stuck(&self) -> impl Iterator<Item = (u8, &Rejection)> {
        (0u8..)
            .zip(self.vault.active().zip(&self.problems))
            .filter(|(_, (allocation, _))| !allocation.is_empty())
            .filter_map(|(index, (_, problem))| Some((index, problem.as_ref()?)))
    }
}

/// One slot's worth that is not known now, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpriced {
    /// The slot.
    pub index: u8,
    /// Why.
    pub why: String,
}

impl std::fmt::Display for Unpriced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "slot {} {}", self.index, self.why)
    }
}

/// Whether the runtime refused `payer` before any instruction ran.
fn is_about(rejection: &Rejection, payer: &Pubkey) -> bool {
    rejection.instruction.is_none() && rejection.account.as_ref() == Some(&payer.to_string())
}

/// Nothing to run is nothing to simulate.
fn simulate(
    chain: &mut dyn ChainClient,
    payer: &Pubkey,
    instructions: Vec<Instruction>,
    watched: &[Pubkey],
) -> Result<Option<Simulated>, CallError> {
    if instructions.is_empty() {
        return Ok(None);
    }
    chain.simulate(payer, &instructions, watched).map(Some)
}

/// The program's own words for an error of its code run here.
pub fn words(error: anchor_lang::error::Error) -> String {
    match error {
        anchor_lang::error::Error::AnchorError(error) => {
            format!("{} ({}, {})", error.error_msg, error.error_name, error.error_code_number)
        }
        anchor_lang::error::Error::ProgramError(error) => error.to_string(),
    }
}
