use anchor_lang::prelude::*;
use ballast_math::mul_div::{bps_ceil, mul_div_ceil};

use crate::error::BallastError;
use crate::instructions::movement::Moved;

/// What an exit may unwind beyond what is owed, bps of it: prices move between planning and landing. Like all that
/// is unwound in excess, it costs nobody else anything: it becomes idle, and its loss is the leaver's.
pub const UNWIND_SLACK_BPS: u64 = 100;
/// The same in atoms: the dust that a pool gives up with the last receipt, and roundings.
pub const UNWIND_ROUNDING_ATOMS: u64 = 512;

/// What a leaver gets for unwinding an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledExit {
    /// Paid, atoms.
    pub atoms: u64,
    /// Burned: what the payment and its loss are worth, rounded up. The rest stays the leaver's.
    pub shares: u64,
}

/// Settles the exit of `shares` that are owed `owed` atoms, after `moved` came out of a venue into a vault that had
/// `idle_before` atoms idle. What unwinding lost, the leaver bears; what it did not reach, the leaver keeps.
pub fn settle_exit(owed: u64, shares: u64, idle_before: u64, moved: &Moved) -> Result<SettledExit> {
    let overflow = BallastError::MathOverflow;
    let unwound = moved.value_before.saturating_sub(moved.value_after);
    // Receipts are whole: no number of them might be worth what is owed to the atom.
    let receipt = mul_div_ceil(unwound, 1, moved.receipts).ok_or(overflow)?;
    let slack = bps_ceil(owed, UNWIND_SLACK_BPS).ok_or(overflow)?;
    let most = owed.saturating_add(slack).saturating_add(receipt.saturating_mul(2));
    let most = most.saturating_add(UNWIND_ROUNDING_ATOMS);
    require_gte!(most, unwound, BallastError::UnwindExceedsExit);
    let met = owed.min(idle_before.saturating_add(unwound));
    let atoms = met.checked_sub(moved.loss()).filter(|atoms| *atoms > 0).ok_or(BallastError::DustAmount)?;
    let shares = if met == owed { shares } else { mul_div_ceil(shares, met, owed).ok_or(overflow)? };
    Ok(SettledExit { atoms, shares })
}
