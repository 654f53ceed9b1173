use anchor_lang::prelude::*;
use ballast_math::limits::Ceilings;
use ballast_math::mul_div::{bps_floor, mul_div_floor};
use ballast_math::portfolio::SlotView;
use ballast_math::window::RollingWindow;
use ballast_math::BPS;

#[cfg(feature = "idl-build")]
use super::idl_of_maths::DescribedByMirror as _;
use super::{VaultLimits, MAX_RISK_FACTORS};
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
    /// One where the venue's exchange rate fell too far since the decision: increases wait for the next.
    pub latched: u8,
    /// Copied from the strategy: one bit of [`super::asset_class`].
    pub asset_class: u32,
    /// Keeps the struct a multiple of eight.
    pub padding2: u32,
    /// Copied from the strategy: risk factors, zero for none.
    pub risk_factors: [u32; MAX_RISK_FACTORS],
    /// Value at the last decision, with what was sent and taken since, atoms: a loss does not lower it.
    pub principal_atoms: u64,
    /// What the venue could pay out to all its holders at the last refresh, atoms.
    pub free_liquidity: u64,
    /// The venue's own exchange rate at the last refresh, times 1e9.
    pub exchange_rate_e9: u64,
    /// The same at the last decision; zero where it was not read then.
    pub decision_rate_e9: u64,
    /// Until when only keeper and guardian may reduce it, unix time.
    pub rest_until_ts: i64,
    /// Net inflow of late, atoms.
    pub inflow: RollingWindow,
    /// The venue's liquidity and utilisation at their worst in this period and the one before.
    pub readings: VenueReadings,
    /// Utilisation at the last refresh, bps rounded up.
    pub utilisation_bps: u16,
    /// Keeps the struct a multiple of eight.
    pub padding3: [u16; 3],
    /// Room for later versions.
    pub reserved: [u64; 4],
}

/// What was read of a venue in the last two periods of [`super::VaultLimits::settle_secs`] in which it was read.
///
/// Whoever calls can make a venue look liquid within his own transaction. So an increase counts the worst of all
/// that was read in this period and in the last one before it: one honest reading a period is enough.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct VenueReadings {
    /// Number of the newest period: unix time over its length.
    pub period: u64,
    /// Least free liquidity in the newest period and in the last one before, atoms.
    pub free_liquidity: [u64; 2],
    /// Highest utilisation in the same, bps.
    pub utilisation_bps: [u16; 2],
    /// One for each of the two in which something was read.
    pub read: [u8; 2],
    /// Keeps the struct a multiple of eight.
    pub padding: [u8; 2],
}

impl VenueReadings {
    /// Takes in what was read at `now_ts`.
    pub fn record(&mut self, free_liquidity: u64, utilisation_bps: u16, now_ts: i64, settle_secs: u32) {
        let (period, length) = (u64::try_from(now_ts).unwrap_or(0), u64::from(settle_secs.max(1)));
        let period = period.checked_div(length).unwrap_or(0);
        if period > self.period {
            self.free_liquidity[1] = self.free_liquidity[0];
            self.utilisation_bps[1] = self.utilisation_bps[0];
            self.read = [0, self.read[0]];
            self.period = period;
        }
        let first = self.read[0] == 0;
        let (free, utilisation) = (&mut self.free_liquidity[0], &mut self.utilisation_bps[0]);
        *free = if first { free_liquidity } else { free_liquidity.min(*free) };
        *utilisation = if first { utilisation_bps } else { utilisation_bps.max(*utilisation) };
        self.read[0] = 1;
    }

    /// The worst free liquidity and utilisation of both periods; `None` without a reading in the earlier one.
    pub fn worst(&self) -> Option<(u64, u16)> {
        (self.read == [1, 1]).then(|| {
            let [newest, before] = self.free_liquidity;
            let [now, then] = self.utilisation_bps;
            (newest.min(before), now.max(then))
        })
    }
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
    /// Writes what an adapter found at `clock`.
    pub fn set_valuation(&mut self, valuation: &Valuation, limits: &VaultLimits, clock: &Clock) {
        self.value_low = valuation.low;
        self.value_high = valuation.high;
        self.withdrawable = valuation.withdrawable;
        self.free_liquidity = valuation.free_liquidity;
        self.exchange_rate_e9 = valuation.exchange_rate_e9;
        self.utilisation_bps = valuation.utilisation_bps;
        self.oracle_status = valuation.oracle_status;
        self.refreshed_slot = clock.slot;
        let kept = BPS.saturating_sub(u64::from(limits.latch_bps));
        let least = bps_floor(self.decision_rate_e9, kept).unwrap_or(u64::MAX);
        if valuation.exchange_rate_e9 < least {
            self.latched = 1;
        }
        self.readings.record(
            valuation.free_liquidity,
            valuation.utilisation_bps,
            clock.unix_timestamp,
            limits.settle_secs,
        );
    }

    /// What counts against targets and caps, atoms: a loss since the decision frees no room.
    pub fn held_atoms(&self) -> u64 {
        self.value_low.max(self.principal_atoms)
    }

    /// Target and caps.
    pub fn ceilings(&self) -> Ceilings {
        Ceilings {
            target_bps: self.target_bps,
            relative_cap_bps: self.relative_cap_bps,
            absolute_cap_atoms: self.absolute_cap_atoms,
        }
    }

    /// Lowers the principal by the share of the value that was taken out, rounded up.
    pub fn take_principal(&mut self, value_before: u64, value_after: u64) -> Option<()> {
        let kept = value_after.min(value_before);
        self.principal_atoms =
            if value_before == 0 { 0 } else { mul_div_floor(self.principal_atoms, kept, value_before)? };
        Some(())
    }

    /// Begins a decision of `target_bps`: what was sent, lost and read before it is history.
    pub fn decide(&mut self, target_bps: u16) {
        self.target_bps = target_bps;
        self.principal_atoms = self.value_low;
        self.decision_rate_e9 = self.exchange_rate_e9;
        self.latched = 0;
    }
}
