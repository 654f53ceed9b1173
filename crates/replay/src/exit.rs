//! Leaving as the command line leaves, step by step, with a pool unwound in small parts.

use ballast_client::instruction::{self, Exit};
use ballast_client::state::{Allocation, StalePolicy, Vault};
use ballast_keeper::exit_plan::{ExitError, ExitStep, next_step};
use ballast_math::mul_div::{bps_floor, mul_div_floor};
use ballast_math::shares::{to_assets_down, to_shares_down};
use ballast_sandbox::{DeploymentError, Done, token};

use crate::holders::Holder;
use crate::keeper::POOL_PART_BPS;
use crate::refusal::{Outcome, outcome};
use crate::setup::{ReplaySetup, Venue};

/// What an exit came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Atoms paid out.
    pub atoms: u64,
    /// Instructions that went through, with their compute units.
    pub compute: Vec<(&'static str, u64)>,
    /// Limits that refused.
    pub refused: Vec<(&'static str, String)>,
}

/// Lets `holder` leave with `shares`, as far as the vault can pay. Stops at the first refusal.
pub fn leave(setup: &mut ReplaySetup, holder: &Holder, shares: u64) -> Result<Left, DeploymentError> {
    let before = wallet(setup, holder)?;
    let mut left = Left::default();
    let mut remaining = shares;
    // Each slot at most once, then idle, then once more for what rounding left over.
    for _ in 0..setup.slots.len().saturating_add(2) {
        if remaining == 0 {
            break;
        }
        refresh(setup)?;
        let vault = setup.deployment.vault(&setup.vault)?;
        let Some(step) = next_payment(setup, &vault, remaining) else { break };
        let held = held(setup, holder)?;
        let result = outcome(send(setup, holder, &vault, step))?;
        let name = match step {
            ExitStep::Idle { .. } => "withdraw",
            ExitStep::Unwind { .. } => "withdraw_from",
        };
        match result {
            Outcome::Done(done) => {
                left.compute.push((name, done.compute_units));
                remaining = remaining.saturating_sub(held.saturating_sub(self::held(setup, holder)?));
                // A pool pays its next part once arbitrage has brought its price back.
                if unwinds_pool(setup, step) {
                    break;
                }
            }
            Outcome::Refused(limit) => {
                left.refused.push((name, limit));
                break;
            }
        }
    }
    left.atoms = wallet(setup, holder)?.saturating_sub(before);
    Ok(left)
}

/// Refreshes every slot in this slot of time; what venues could pay out may have changed since the last time.
fn refresh(setup: &mut ReplaySetup) -> Result<(), DeploymentError> {
    let refreshes = setup.deployment.refresh_all(&setup.vault)?;
    // A venue that refuses leaves its slot stale, and the exit is then refused by name.
    outcome(setup.deployment.send(&refreshes, &[])).map(|_| ())
}

fn held(setup: &ReplaySetup, holder: &Holder) -> Result<u64, DeploymentError> {
    Ok(setup.deployment.position(&setup.vault, &holder.person.address())?.shares)
}

fn wallet(setup: &ReplaySetup, holder: &Holder) -> Result<u64, DeploymentError> {
    let owner = holder.person.address();
    let key =
        ballast_client::address::token_account(&owner, &setup.asset_mint, &ballast_client::address::TOKEN);
    Ok(token::balance(&setup.deployment.world, &key)?)
}

/// Whether `step` unwinds a liquidity pool.
fn unwinds_pool(setup: &ReplaySetup, step: ExitStep) -> bool {
    let ExitStep::Unwind { index, .. } = step else { return false };
    let slot = setup.slots.get(usize::from(index));
    slot.is_some_and(|slot| matches!(slot.venue, Venue::Pool(_)))
}

fn send(
    setup: &mut ReplaySetup,
    holder: &Holder,
    vault: &Vault,
    step: ExitStep,
) -> Result<Done, DeploymentError> {
    let owner = holder.person.address();
    let leave = match step {
        ExitStep::Idle { shares } => instruction::withdraw(owner, setup.vault, vault, shares, 1, false),
        ExitStep::Unwind { index, receipts, shares } => {
            let missing = || DeploymentError::Slot(index);
            let slot = setup.slots.get(usize::from(index)).ok_or_else(missing)?;
            let allocation = vault.allocations.get(usize::from(index)).ok_or_else(missing)?;
            let exit = Exit { index, receipts, shares, min_assets_out: 1, accept_stale: false };
            instruction::withdraw_from(owner, setup.vault, vault, allocation, &slot.accounts, exit)
        }
    };
    setup.deployment.send(&[leave], &[&holder.person.key])
}

/// How to pay for `shares`, or for as many of them as one instruction can. `None`: nothing is liquid.
fn next_payment(setup: &ReplaySetup, vault: &Vault, shares: u64) -> Option<ExitStep> {
    let clock = setup.deployment.world.clock();
    let Ok(nav) = vault.nav(clock.slot, clock.unix_timestamp, StalePolicy::Reject) else {
        // The program will say which rule that breaks.
        return Some(ExitStep::Idle { shares });
    };
    // The program takes its fees before it prices an exit.
    let mut vault = *vault;
    vault.accrue_fees(&nav, clock.unix_timestamp).ok()?;
    match next_step(&vault, &nav, shares, |index, slot| most(setup, index, slot)) {
        Ok(step) => Some(step),
        // Nothing liquid anywhere: as much as idle covers.
        Err(ExitError::Illiquid) => {
            let shares = to_shares_down(vault.idle_atoms, nav.low, vault.total_shares)?.min(shares);
            let worth = to_assets_down(shares, nav.low, vault.total_shares)?;
            (worth > 0).then_some(ExitStep::Idle { shares })
        }
        Err(ExitError::Dust(_) | ExitError::Overflow) => None,
    }
}

/// Atoms that a slot may pay at once: of a pool, what moves its price by no more than half a percent.
fn most(setup: &ReplaySetup, index: u8, allocation: &Allocation) -> u64 {
    let slot = setup.slots.get(usize::from(index));
    let Some(Venue::Pool(pool)) = slot.map(|slot| &slot.venue) else { return u64::MAX };
    let part = setup.lp_supply(pool).ok().and_then(|supply| bps_floor(supply, POOL_PART_BPS));
    let worth = part.and_then(|part| {
        mul_div_floor(allocation.value_low, part.min(allocation.receipts), allocation.receipts.max(1))
    });
    worth.unwrap_or(0)
}
