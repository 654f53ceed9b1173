//! Leaving: from idle where that is enough, else by unwinding slots for one's own exit, the liquid ones first.

use ballast_client::instruction::{self, Exit};
use ballast_client::state::{Nav, StalePolicy, Vault};
use ballast_math::mul_div::{bps_floor, mul_div_floor};
use ballast_math::shares::{to_assets_down, to_shares_down, to_shares_up};
use ballast_sandbox::{StageError, raydium, token};

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

/// Left in idle by an exit that unwinds, atoms: venues and shares round by an atom here and there.
const SLACK_ATOMS: u64 = 16;
/// The same as a part of the vault: fees of our own swap stay in a pool and so in what is left of our share.
const SLACK_PARTS: u64 = 10_000;

/// One way of paying part of an exit.
enum Payment {
    Idle { shares: u64 },
    Unwind(Exit),
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
        let Some(payment) = next_payment(cast, &vault, remaining)? else { break };
        let unwound = match &payment {
            Payment::Unwind(exit) => cast.slots.get(usize::from(exit.index)),
            Payment::Idle { .. } => None,
        };
        let from_pool = unwound.is_some_and(|slot| matches!(slot.venue, Venue::Pool(_)));
        let (name, spent, result) = match payment {
            Payment::Idle { shares } => {
                let owner = holder.person.address();
                let withdraw = instruction::withdraw(owner, cast.vault, &vault, shares, 1, false);
                ("withdraw", shares, cast.stage.send(&[withdraw], &[&holder.person.key]))
            }
            Payment::Unwind(exit) => ("withdraw_from", exit.shares, unwind(cast, holder, &vault, exit)),
        };
        match outcome(result)? {
            Outcome::Done(done) => {
                left.compute.push((name, done.compute_units));
                remaining = remaining.saturating_sub(spent);
                // A pool pays its next part once arbitrage has brought its price back.
                if from_pool {
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

fn wallet(cast: &Cast, holder: &Holder) -> Result<u64, StageError> {
    let owner = holder.person.address();
    let key =
        ballast_client::address::token_account(&owner, &cast.asset_mint, &ballast_client::address::TOKEN);
    Ok(token::balance(&cast.stage.world, &key)?)
}

fn unwind(
    cast: &mut Cast,
    holder: &Holder,
    vault: &Vault,
    exit: Exit,
) -> Result<ballast_sandbox::Done, StageError> {
    let missing = || StageError::Venue(exit.index);
    let number = usize::from(exit.index);
    let slot = cast.slots.get(number).ok_or_else(missing)?;
    let allocation = vault.allocations.get(number).ok_or_else(missing)?;
    let owner = holder.person.address();
    let withdraw = instruction::withdraw_from(owner, cast.vault, vault, allocation, &slot.accounts, exit);
    cast.stage.send(&[withdraw], &[&holder.person.key])
}

/// How to pay for `shares`, or for as many of them as one instruction can. `None`: nothing is liquid.
fn next_payment(cast: &Cast, vault: &Vault, shares: u64) -> Result<Option<Payment>, StageError> {
    let clock = cast.stage.world.clock();
    let Ok(nav) = vault.nav(clock.slot, clock.unix_timestamp, StalePolicy::Reject) else {
        // The program will say which rule that breaks.
        return Ok(Some(Payment::Idle { shares }));
    };
    // The program takes its fees before it prices an exit.
    let mut vault = *vault;
    if vault.accrue_fees(&nav, clock.unix_timestamp).is_err() {
        return Ok(None);
    }
    let Some(owed) = to_assets_down(shares, nav.low, vault.total_shares) else { return Ok(None) };
    let slack = nav.low.checked_div(SLACK_PARTS).unwrap_or(0).max(SLACK_ATOMS);
    let spare = vault.idle_atoms.saturating_sub(slack);
    if owed <= spare {
        return Ok((owed > 0).then_some(Payment::Idle { shares }));
    }
    if let Some(exit) = cheapest_unwind(cast, &vault, &nav, shares, owed.saturating_sub(spare)) {
        return Ok(Some(Payment::Unwind(exit)));
    }
    // Nothing liquid anywhere: as much as idle covers.
    let shares = to_shares_down(vault.idle_atoms, nav.low, vault.total_shares).unwrap_or(0).min(shares);
    let worth = to_assets_down(shares, nav.low, vault.total_shares).unwrap_or(0);
    Ok((worth > 0).then_some(Payment::Idle { shares }))
}

/// LP tokens that a pool takes back at once without its price moving by more than half a percent.
fn pool_part(cast: &Cast, pool: &raydium::Pool) -> Option<u64> {
    bps_floor(cast.lp_supply(pool).ok()?, POOL_PART_BPS)
}

/// Unwinds `short` atoms, or what the first liquid slot can pay of them: lending, then staking, then the pool.
fn cheapest_unwind(cast: &Cast, vault: &Vault, nav: &Nav, shares: u64, short: u64) -> Option<Exit> {
    let order = |venue: &Venue| match venue {
        Venue::Lending(..) => 0,
        Venue::Stake(_) => 1,
        Venue::Pool(_) => 2,
    };
    let mut slots: Vec<_> = cast.slots.iter().zip(vault.active()).collect();
    slots.sort_by_key(|(slot, _)| (order(&slot.venue), slot.index));
    slots.into_iter().find_map(|(slot, allocation)| {
        let most = match slot.venue {
            Venue::Pool(pool) => mul_div_floor(
                allocation.value_low,
                pool_part(cast, &pool)?.min(allocation.receipts),
                allocation.receipts.max(1),
            )?,
            Venue::Lending(..) | Venue::Stake(_) => u64::MAX,
        };
        let wanted = short.min(allocation.withdrawable).min(most);
        let receipts = mul_div_floor(allocation.receipts, wanted, allocation.value_low.max(1))?;
        let receipts = receipts.min(allocation.receipts);
        // What is unwound may be an atom or two more than wanted, and must not be worth more than the exit.
        let covers = to_shares_up(wanted.saturating_add(2), nav.low, vault.total_shares)?;
        // Paying for everything at once where this slot and idle are enough.
        let spent = if wanted >= short { shares } else { covers.min(shares) };
        (receipts > 0 && wanted > SLACK_ATOMS).then_some(Exit {
            index: slot.index,
            receipts,
            shares: spent,
            min_assets_out: 1,
            accept_stale: false,
        })
    })
}
