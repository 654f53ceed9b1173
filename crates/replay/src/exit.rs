//! Leaving as the command line leaves, step by step, with a pool unwound in small parts.

use ballast_client::instruction::{self, Exit};
use ballast_client::state::{Allocation, StalePolicy, Vault};
use ballast_keeper::exit_plan::{ExitError, ExitStep, next_step};
use ballast_math::mul_div::{bps_floor, mul_div_floor};
use ballast_math::shares::{to_assets_down, to_shares_down};
use ballast_sandbox::{Done, StageError, token};

use crate::cast::{Cast, Venue};
use crate::crowd::Holder;
use crate::keeper::POOL_PART_BPS;
use crate::refusal::{Outcome, outcome};

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
pub fn leave(cast: &mut Cast, holder: &Holder, shares: u64) -> Result<Left, StageError> {
    let before = wallet(cast, holder)?;
    let mut left = Left::default();
    let mut remaining = shares;
    // Each slot at most once, then idle, then once more for what rounding left over.
    for _ in 0..cast.slots.len().saturating_add(2) {
        if remaining == 0 {
            break;
        }
        refresh(cast)?;
        let vault = cast.stage.vault(&cast.vault)?;
        let Some(step) = next_payment(cast, &vault, remaining) else { break };
        let held = held(cast, holder)?;
        let result = outcome(send(cast, holder, &vault, step))?;
        let name = match step {
            ExitStep::Idle { .. } => "withdraw",
            ExitStep::Unwind { .. } => "withdraw_from",
        };
        match result {
            Outcome::Done(done) => {
                left.compute.push((name, done.compute_units));
                remaining = remaining.saturating_sub(held.saturating_sub(self::held(cast, holder)?));
                // A pool pays its next part once arbitrage has brought its price back.
                if unwinds_pool(cast, step) {
                    break;
                }
            }
            Outcome::Refused(limit) => {
                left.refused.push((name, limit));
                break;
            }
        }
    }
    left.atoms = wallet(cast, holder)?.saturating_sub(before);
    Ok(left)
}

/// Refreshes every slot in this slot of time; what venues could pay out may have changed since the last time.
fn refresh(cast: &mut Cast) -> Result<(), StageError> {
    let refreshes = cast.stage.refresh_all(&cast.vault)?;
    // A venue that refuses leaves its slot stale, and the exit is then refused by name.
    outcome(cast.stage.send(&refreshes, &[])).map(|_| ())
}

fn held(cast: &Cast, holder: &Holder) -> Result<u64, StageError> {
    Ok(cast.stage.position(&cast.vault, &holder.person.address())?.shares)
}

fn wallet(cast: &Cast, holder: &Holder) -> Result<u64, StageError> {
    let owner = holder.person.address();
    let key =
        ballast_client::address::token_account(&owner, &cast.asset_mint, &ballast_client::address::TOKEN);
    Ok(token::balance(&cast.stage.world, &key)?)
}

/// Whether `step` unwinds a liquidity pool.
fn unwinds_pool(cast: &Cast, step: ExitStep) -> bool {
    let ExitStep::Unwind { index, .. } = step else { return false };
    let slot = cast.slots.get(usize::from(index));
    slot.is_some_and(|slot| matches!(slot.venue, Venue::Pool(_)))
}

fn send(cast: &mut Cast, holder: &Holder, vault: &Vault, step: ExitStep) -> Result<Done, StageError> {
    let owner = holder.person.address();
    let leave = match step {
        ExitStep::Idle { shares } => instruction::withdraw(owner, cast.vault, vault, shares, 1, false),
        ExitStep::Unwind { index, receipts, shares } => {
            let missing = || StageError::Slot(index);
            let slot = cast.slots.get(usize::from(index)).ok_or_else(missing)?;
            let allocation = vault.allocations.get(usize::from(index)).ok_or_else(missing)?;
            let exit = Exit { index, receipts, shares, min_assets_out: 1, accept_stale: false };
            instruction::withdraw_from(owner, cast.vault, vault, allocation, &slot.accounts, exit)
        }
    };
    cast.stage.send(&[leave], &[&holder.person.key])
}

/// How to pay for `shares`, or for as many of them as one instruction can. `None`: nothing is liquid.
fn next_payment(cast: &Cast, vault: &Vault, shares: u64) -> Option<ExitStep> {
    let clock = cast.stage.world.clock();
    let Ok(nav) = vault.nav(clock.slot, clock.unix_timestamp, StalePolicy::Reject) else {
        // The program will say which rule that breaks.
        return Some(ExitStep::Idle { shares });
    };
    // The program takes its fees before it prices an exit.
    let mut vault = *vault;
    vault.accrue_fees(&nav, clock.unix_timestamp).ok()?;
    match next_step(&vault, &nav, shares, |index, slot| most(cast, index, slot)) {
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
fn most(cast: &Cast, index: u8, allocation: &Allocation) -> u64 {
    let slot = cast.slots.get(usize::from(index));
    let Some(Venue::Pool(pool)) = slot.map(|slot| &slot.venue) else { return u64::MAX };
    let part = cast.lp_supply(pool).ok().and_then(|supply| bps_floor(supply, POOL_PART_BPS));
    let worth = part.and_then(|part| {
        mul_div_floor(allocation.value_low, part.min(allocation.receipts), allocation.receipts.max(1))
    });
    worth.unwrap_or(0)
}
