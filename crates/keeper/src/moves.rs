//! How much to move: amounts that never overshoot a target, from a fresh vault. Pure arithmetic.

use ballast::oracle::status;
use ballast::plan::move_room;
use ballast_client::state::{Allocation, Vault, pause_level};
use ballast_math::limits::{Mover, Totals, decrease_floor};
use ballast_math::mul_div::{bps_ceil, mul_div_ceil, mul_div_floor};

/// A move of funds of one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Back to idle.
    Decrease {
        /// Slot.
        index: u8,
        /// Receipts to give up.
        receipts: u64,
    },
    /// Into the venue.
    Increase {
        /// Slot.
        index: u8,
        /// Atoms of the vault's asset.
        atoms: u64,
    },
}

/// A slot that is off its target but cannot be moved now, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Hindrance {
    /// The venue has less liquidity than the vault's smallest move.
    #[error("slot {0}: the venue cannot pay out enough to be worth a move")]
    Illiquid(u8),
    /// A price or spot price is not good enough.
    #[error("slot {0}: its price is not good enough to move at")]
    Price(u8),
    /// The venue could not be refreshed.
    #[error("slot {0}: its venue cannot be refreshed")]
    Unrefreshed(u8),
    /// The vault is paused for increases.
    #[error("slot {0}: the vault's pause level forbids increases")]
    Paused(u8),
    /// No live decision stands behind the target.
    #[error("slot {0}: the model behind the target is not live")]
    NoLiveModel(u8),
    /// Idle assets do not cover a move: they come with decreases still to be made, or by new deposits.
    #[error("slot {0}: idle assets above the buffer do not cover a move")]
    NoIdle(u8),
    /// The decision behind the target has expired.
    #[error("slot {0}: the decision behind the target is too old")]
    Expired(u8),
    /// The venue lost since the decision.
    #[error("slot {0}: its venue's exchange rate fell since the decision")]
    Lost(u8),
    /// The venue's liquidity was not read in an earlier period.
    #[error("slot {0}: its venue's liquidity has to be read once more, later")]
    NotSettled(u8),
    /// The venue could not pay out enough, or lends out too much.
    #[error("slot {0}: its venue has too little liquidity to add to it")]
    VenueIlliquid(u8),
    /// The inflow budget is used up.
    #[error("slot {0}: its inflow budget is used up for now")]
    InflowUsed(u8),
    /// It was reduced at a loss a moment ago.
    #[error("slot {0}: it was reduced at a loss and rests")]
    Resting(u8),
}

/// What is known beyond the vault itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoveTerms {
    /// Distance kept from every target and cap, bps of the vault: prices move between looking and landing.
    pub margin_bps: u16,
    /// Distance from a target that is left alone, bps of the vault: values drift, and moves cost. Orders to
    /// leave a slot are carried out whatever is left in it.
    pub rest_bps: u16,
    /// Whether the model behind the last decision is live.
    pub model_live: bool,
    /// Who moves: it decides how much of the budgets is his.
    pub mover: Mover,
    /// The chain's clock, unix time.
    pub now_ts: i64,
}

/// What to do about one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotPlan {
    /// It stands where it should, or too near to bother.
    Rest,
    /// A move.
    Move(Move),
    /// It should move but cannot.
    Hindered(Hindrance),
}

/// What to do about slot `index`, given gross assets of `gross_atoms`. `refreshed` tells whether its values
/// are of now.
///
/// `None` only where an amount does not fit its integer.
pub fn plan_slot(
    vault: &Vault,
    index: u8,
    gross_atoms: u64,
    refreshed: bool,
    terms: &MoveTerms,
) -> Option<SlotPlan> {
    let allocation = vault.allocations.get(usize::from(index))?;
    let bands = Bands {
        margin: bps_ceil(gross_atoms, u64::from(terms.margin_bps))?,
        least: bps_ceil(gross_atoms, u64::from(terms.rest_bps))?.max(vault.limits.min_move_atoms).max(1),
    };
    let totals = vault.totals(gross_atoms, terms.now_ts).ok()?;
    let dead_band = if terms.mover == Mover::Anyone { vault.limits.dead_band_bps } else { 0 };
    let floor = if vault.anyone_may_unwind() {
        (allocation.value_low > 0).then_some(0)
    } else {
        decrease_floor(totals, &allocation.ceilings(), allocation.value_low, dead_band)?
    };
    if let Some(floor) = floor {
        return decrease(vault, allocation, index, floor, bands, refreshed, terms);
    }
    increase(vault, allocation, index, totals, bands, refreshed, terms)
}

/// Distances in atoms.
#[derive(Clone, Copy)]
struct Bands {
    /// Kept from every target and cap.
    margin: u64,
    /// Least distance worth a move.
    least: u64,
}

fn decrease(
    vault: &Vault,
    allocation: &Allocation,
    index: u8,
    ceiling: u64,
    bands: Bands,
    refreshed: bool,
    terms: &MoveTerms,
) -> Option<SlotPlan> {
    let hindered = |hindrance: fn(u8) -> Hindrance| Some(SlotPlan::Hindered(hindrance(index)));
    let value = allocation.value_low;
    // An order to leave is carried out to the last receipt; any other stops short of the ceiling.
    let leave = ceiling == 0;
    let goal = if leave { 0 } else { ceiling.saturating_add(bands.margin) };
    let wanted = value.saturating_sub(goal);
    if !leave && wanted < bands.least {
        return Some(SlotPlan::Rest);
    }
    if !refreshed {
        return hindered(Hindrance::Unrefreshed);
    }
    if terms.mover == Mover::Anyone && terms.now_ts < allocation.rest_until_ts {
        return hindered(Hindrance::Resting);
    }
    let bits = status::EXIT | status::CONFIDENCE | status::SPOT;
    if status::first_missing(allocation.oracle_status, bits).is_some() {
        return hindered(Hindrance::Price);
    }
    let receipts = if leave && allocation.withdrawable >= value {
        allocation.receipts
    } else {
        mul_div_floor(allocation.receipts, wanted.min(allocation.withdrawable), value.max(1))?
    };
    // What the slot is certain to lose: what stays is worth at most its share, rounded up.
    let kept = allocation.receipts.saturating_sub(receipts);
    let stays = mul_div_ceil(value, kept, allocation.receipts.max(1))?;
    let too_small = kept > 0 && value.saturating_sub(stays) < vault.limits.min_move_atoms.saturating_add(1);
    if receipts == 0 || too_small {
        return hindered(Hindrance::Illiquid);
    }
    Some(SlotPlan::Move(Move::Decrease { index, receipts }))
}

fn increase(
    vault: &Vault,
    allocation: &Allocation,
    index: u8,
    totals: Totals,
    bands: Bands,
    refreshed: bool,
    terms: &MoveTerms,
) -> Option<SlotPlan> {
    let hindered = |hindrance: fn(u8) -> Hindrance| Some(SlotPlan::Hindered(hindrance(index)));
    let limits = &vault.limits;
    let room = move_room(vault, allocation, totals, terms.mover, terms.now_ts).ok()?;
    let most = room.target.min(room.relative_cap).min(room.absolute_cap);
    let wanted = most.saturating_sub(bands.margin);
    if wanted < bands.least {
        return Some(SlotPlan::Rest);
    }
    if vault.pause_level >= pause_level::NO_INCREASES {
        return hindered(Hindrance::Paused);
    }
    if vault.decision_sequence == 0 || !terms.model_live {
        return hindered(Hindrance::NoLiveModel);
    }
    if !refreshed {
        return hindered(Hindrance::Unrefreshed);
    }
    if status::first_missing(allocation.oracle_status, status::ALL).is_some() {
        return hindered(Hindrance::Price);
    }
    let until = vault.decision_ts.saturating_add(i64::from(limits.decision_ttl_secs));
    if terms.now_ts > until {
        return hindered(Hindrance::Expired);
    }
    if allocation.latched != 0 {
        return hindered(Hindrance::Lost);
    }
    let Some((_, utilisation_bps)) = allocation.readings.worst() else {
        return hindered(Hindrance::NotSettled);
    };
    if utilisation_bps > limits.max_utilisation_bps {
        return hindered(Hindrance::VenueIlliquid);
    }
    // The buffer grows with the vault: keep the margin from it too.
    let free = room.idle_buffer.saturating_sub(if limits.idle_buffer_bps > 0 { bands.margin } else { 0 });
    let bounds = [
        (free, Hindrance::NoIdle as fn(u8) -> Hindrance),
        (room.liquidity, Hindrance::VenueIlliquid),
        (room.inflow, Hindrance::InflowUsed),
    ];
    let least = limits.min_move_atoms.max(1);
    if let Some((_, hindrance)) = bounds.iter().find(|(bound, _)| *bound < least) {
        return hindered(*hindrance);
    }
    let atoms = bounds.iter().fold(wanted, |atoms, (bound, _)| atoms.min(*bound));
    Some(SlotPlan::Move(Move::Increase { index, atoms }))
}

impl Hindrance {
    /// Whether it is no failure of anybody's: somebody paused the vault, drift and exits left no idle assets to
    /// fill a slot with, or time will do.
    pub fn is_benign(&self) -> bool {
        matches!(
            self,
            Self::Paused(_) | Self::NoIdle(_) | Self::NotSettled(_) | Self::InflowUsed(_) | Self::Resting(_)
        )
    }
}

impl Move {
    /// The same move, no larger than `most_atoms` of value in a slot that holds `value` atoms for `receipts`.
    pub fn at_most(self, most_atoms: u64, receipts: u64, value: u64) -> Self {
        match self {
            Self::Increase { index, atoms } => Self::Increase { index, atoms: atoms.min(most_atoms) },
            Self::Decrease { index, receipts: wanted } if value > most_atoms => {
                let most = mul_div_floor(receipts, most_atoms, value).unwrap_or(wanted).max(1);
                Self::Decrease { index, receipts: wanted.min(most) }
            }
            Self::Decrease { .. } => self,
        }
    }

    /// A fraction of it: one over two to the power of `halvings`.
    pub fn halved(self, halvings: u8) -> Self {
        let part = |amount: u64| amount.checked_shr(u32::from(halvings)).unwrap_or(0).max(1);
        match self {
            Self::Increase { index, atoms } => Self::Increase { index, atoms: part(atoms) },
            Self::Decrease { index, receipts } => Self::Decrease { index, receipts: part(receipts) },
        }
    }

    /// The slot.
    pub fn index(&self) -> u8 {
        match self {
            Self::Decrease { index, .. } | Self::Increase { index, .. } => *index,
        }
    }

    /// Whether funds come back to idle.
    pub fn is_decrease(&self) -> bool {
        matches!(self, Self::Decrease { .. })
    }
}

#[cfg(test)]
#[path = "moves_tests.rs"]
mod tests;
