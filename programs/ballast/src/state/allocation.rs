use anchor_lang::prelude::*;
use ballast_math::portfolio::SlotView;

use super::MAX_RISK_FACTORS;
use crate::adapters::Valuation;
use crate::oracle::status;

/// A vault's slot for a strategy.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Allocation {
    /// The strategy; the default key while the slot is unused.
    pub strategy: Pubkey,
    /// The vault's token account for the venue's receipt (cToken, LP token, stake pool token).
    pub receipt_account: Pubkey,
    /// The vault's token account for an LP pool's other leg; default elsewhere.
    pub leg_account: Pubkey,
    /// Receipts held, atoms. A counter, not a balance: donations change nothing.
    pub receipts: u64,
    /// Atoms of the other leg left over from entering a pool, used by the next move.
    pub residual_atoms: u64,
    /// Value at the low side, atoms of the vault's asset.
    pub value_low: u64,
    /// Value at the high side, atoms of the vault's asset.
    pub value_high: u64,
    /// What the venue could pay out now, atoms of the vault's asset.
    pub withdrawable: u64,
    /// Slot in which the values were read.
    pub refreshed_slot: u64,
    /// Most the slot may hold after an increase, atoms.
    pub absolute_cap_atoms: u64,
    /// Most the slot may hold after an increase, bps of the vault.
    pub relative_cap_bps: u16,
    /// Weight ordered by the last decision, bps.
    pub target_bps: u16,
    /// Bits of [`status`] as of the last refresh.
    pub oracle_status: u16,
    /// Copied from the strategy: adapter kind.
    pub adapter: u8,
    /// Keeps the next field aligned.
    pub padding: u8,
    /// Copied from the strategy: one bit of [`super::asset_class`].
    pub asset_class: u32,
    /// Keeps the struct a multiple of eight.
    pub padding2: u32,
    /// Copied from the strategy: risk factors, zero for none.
    pub risk_factors: [u32; MAX_RISK_FACTORS],
    /// Room for later versions.
    pub reserved: [u64; 4],
}

impl Allocation {
    /// Whether the venue holds nothing of the vault's through this slot.
    pub fn is_empty(&self) -> bool {
        self.receipts == 0 && self.residual_atoms == 0
    }

    /// Whether the values can be relied on in `slot`: an empty slot is worth nothing at any time.
    pub fn is_fresh(&self, slot: u64) -> bool {
        self.is_empty() || self.refreshed_slot == slot
    }

    /// Whether the last refresh saw a price that somebody may be paid at.
    pub fn has_live_price(&self) -> bool {
        status::first_missing(self.oracle_status, status::EXIT).is_none()
    }

    /// What the limits check needs to know. A slot may grow only while every oracle bit is set.
    pub fn view(&self) -> SlotView {
        SlotView {
            value_atoms: self.value_low,
            absolute_cap_atoms: self.absolute_cap_atoms,
            relative_cap_bps: self.relative_cap_bps,
            may_increase: self.strategy != Pubkey::default()
                && (self.is_empty() || self.oracle_status & status::ALL == status::ALL),
        }
    }
}

impl Allocation {
    /// Writes what an adapter found in `slot`.
    pub fn set_valuation(&mut self, valuation: &Valuation, slot: u64) {
        self.value_low = valuation.low;
        self.value_high = valuation.high;
        self.withdrawable = valuation.withdrawable;
        self.oracle_status = valuation.oracle_status;
        self.refreshed_slot = slot;
    }
}
