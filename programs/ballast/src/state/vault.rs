use anchor_lang::prelude::*;
use ballast_math::{
    fees::{self, FeeRates},
    limits::Totals,
    linear_release::LockedProfit,
    mul_div::{mul_div_ceil, mul_div_floor},
    portfolio::PortfolioView,
    shares,
    window::RollingWindow,
    BPS, MAX_ALLOCATIONS,
};
use static_assertions::const_assert_eq;

#[cfg(feature = "idl-build")]
use super::idl_of_maths::DescribedByMirror as _;
use super::{pause_level, Allocation, VaultLimits, VenueReadings};
use crate::error::BallastError;
use crate::oracle::status;

/// One pool of one asset and one risk class.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Vault {
    /// [`super::ACCOUNT_VERSION`].
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// A [`super::class`].
    pub class: u8,
    /// A [`pause_level`].
    pub pause_level: u8,
    /// Decimals of the asset.
    pub asset_decimals: u8,
    /// Slots in use: they fill from the front and stay.
    pub allocation_count: u8,
    /// Bump of the funder PDA.
    pub funder_bump: u8,
    /// Bump of the unwrap PDA.
    pub unwrap_bump: u8,
    /// What the vault may ever hold: a mask of [`super::asset_class`], part of its mandate.
    pub asset_class_mask: u32,
    /// Management fee, bps a year.
    pub management_fee_bps: u16,
    /// Performance fee, bps of gains above the high-water mark.
    pub performance_fee_bps: u16,
    /// The asset.
    pub asset_mint: Pubkey,
    /// Token program of the asset.
    pub token_program: Pubkey,
    /// Token account that holds the idle assets.
    pub idle_account: Pubkey,
    /// Signs decisions.
    pub keeper: Pubkey,
    /// Whose position fee shares go to.
    pub fee_recipient: Pubkey,
    /// Model behind the last decision; default before the first.
    pub decision_model: Pubkey,
    /// Idle assets, atoms. A counter, not a balance: donations change nothing.
    pub idle_atoms: u64,
    /// All shares: positions, fee shares and the dead seed.
    pub total_shares: u64,
    /// Shares of the seed deposit, owned by nobody for ever.
    pub dead_shares: u64,
    /// Fee shares accrued and not yet claimed.
    pub fee_shares: u64,
    /// Gains that are not yet in the share price.
    pub locked_profit: LockedProfit,
    /// Losses that reached the share price over the vault's life, atoms.
    pub recorded_loss_atoms: u64,
    /// Best share price fees were charged at, atoms per share times 1e15.
    pub high_water_mark_e15: u64,
    /// When fees were last accrued.
    pub fees_accrued_ts: i64,
    /// Number of the last decision; 0 before the first.
    pub decision_sequence: u64,
    /// Slot of the last decision.
    pub decision_slot: u64,
    /// Unix time of the last decision.
    pub decision_ts: i64,
    /// Turnover ordered lately, bps.
    pub turnover: RollingWindow,
    /// Value lost to moves lately, atoms.
    pub losses: RollingWindow,
    /// Risk limits.
    pub limits: VaultLimits,
    /// The slots.
    pub allocations: [Allocation; MAX_ALLOCATIONS],
    /// Gross assets at the last decision, with what was deposited and withdrawn since, atoms: gains and losses
    /// do not change it.
    pub principal_atoms: u64,
    /// Deposits that are too young to count, by age, atoms. Withdrawals take the youngest first.
    pub young_deposits: RollingWindow,
    /// What all shares were bought for, atoms; a withdrawal takes the part of its shares, rounded down: what they
    /// would be worth had the assets been held and nothing done with them.
    pub plain_holding_atoms: u64,
    /// Number of the last decision whose account was closed; they are closed in order.
    pub closed_decisions: u64,
    /// Stands for all closed decisions: see [`super::Decision::digest_after`]. Zero before the first.
    pub closed_decisions_digest: [u8; 32],
    /// Room for risk-factor caps and later versions.
    pub reserved: [u64; 59],
}
const_assert_eq!(core::mem::size_of::<VaultLimits>(), 72);
const_assert_eq!(core::mem::size_of::<VenueReadings>(), 32);
const_assert_eq!(core::mem::size_of::<Allocation>(), 3 * 32 + 7 * 8 + 8 + 8 + 32 + 5 * 8 + 72 + 32 + 8 + 32);
const_assert_eq!(core::mem::size_of::<Vault>(), 4_200);

/// What to do about an allocation whose value was not read in this slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StalePolicy {
    /// Refuse to price anything.
    Reject,
    /// Count it as nothing: a leaver's choice, at their own cost.
    CountAsZero,
    /// Count what was last read: good enough to charge fees on, never to pay anyone.
    LastKnown,
}

/// Net assets, which shares are priced on, and what they are made of. Atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nav {
    /// Net of locked profit, at the low side: withdrawals, fees.
    pub low: u64,
    /// Net of locked profit, at the high side.
    pub high: u64,
    /// Idle plus allocations at the low side, locked profit included: weights and limits.
    pub gross_low: u64,
    /// The same at the high side: deposits pay for all of it.
    pub gross_high: u64,
}

impl Vault {
    /// Prices the vault in `slot`.
    ///
    /// Under [`StalePolicy::CountAsZero`] slots count as nothing that were not refreshed in `slot`, or whose
    /// price is dead: see [`status::EXIT`].
    pub fn nav(&self, slot: u64, now_ts: i64, stale: StalePolicy) -> Result<Nav> {
        let (mut low, mut high, mut skipped) = (self.idle_atoms, self.idle_atoms, 0u64);
        for allocation in self.active().filter(|allocation| !allocation.is_empty()) {
            let fresh = allocation.is_fresh(slot);
            match stale {
                StalePolicy::Reject => require!(fresh, BallastError::StaleAllocation),
                StalePolicy::CountAsZero if !fresh || !allocation.has_live_price() => {
                    skipped = skipped.checked_add(allocation.value_low).ok_or(BallastError::MathOverflow)?;
                    continue;
                }
                StalePolicy::CountAsZero | StalePolicy::LastKnown => {}
            }
            low = low.checked_add(allocation.value_low).ok_or(BallastError::MathOverflow)?;
            high = high.checked_add(allocation.value_high).ok_or(BallastError::MathOverflow)?;
        }
        let locked = self.locked_profit.at(now_ts).ok_or(BallastError::MathOverflow)?;
        // What is skipped takes its share of the locked profit along: else the profit locked on it would be held
        // against what is left.
        let all = low.checked_add(skipped).ok_or(BallastError::MathOverflow)?;
        let locked =
            if all == 0 { 0 } else { mul_div_ceil(locked, low, all).ok_or(BallastError::MathOverflow)? };
        Ok(Nav {
            low: low.saturating_sub(locked),
            high: high.saturating_sub(locked),
            gross_low: low,
            gross_high: high,
        })
    }

    /// What limits are shares of, at `gross` atoms now.
    pub fn totals(&self, gross: u64, now_ts: i64) -> Result<Totals> {
        let young = self.young_deposits.used(now_ts, self.limits.settle_secs);
        Ok(Totals::new(gross, self.principal_atoms, young.ok_or(BallastError::MathOverflow)?))
    }

    /// Books `atoms` that a depositor brings.
    pub fn take_deposit(&mut self, atoms: u64, now_ts: i64) -> Result<()> {
        let overflow = BallastError::MathOverflow;
        self.idle_atoms = self.idle_atoms.checked_add(atoms).ok_or(overflow)?;
        self.principal_atoms = self.principal_atoms.checked_add(atoms).ok_or(overflow)?;
        self.plain_holding_atoms = self.plain_holding_atoms.checked_add(atoms).ok_or(overflow)?;
        let settle = self.limits.settle_secs;
        Ok(self.young_deposits.add(atoms, now_ts, settle).ok_or(overflow)?)
    }

    /// Idle plus what was last known of every allocation at the low side, atoms.
    fn booked_gross(&self) -> Option<u64> {
        let mut values = self.active().map(|allocation| allocation.value_low);
        values.try_fold(self.idle_atoms, |sum, value| sum.checked_add(value))
    }

    /// Books `atoms` that a leaver is paid out of idle. The principal falls by the share that leaves, so that
    /// after a loss the totals stay as far apart as they were.
    pub fn pay_withdrawal(&mut self, atoms: u64, now_ts: i64) -> Result<()> {
        let overflow = BallastError::MathOverflow;
        let gross = self.booked_gross().ok_or(overflow)?;
        self.idle_atoms = self.idle_atoms.checked_sub(atoms).ok_or(BallastError::InsufficientIdle)?;
        let left = gross.checked_sub(atoms).ok_or(overflow)?;
        self.principal_atoms =
            if gross == 0 { 0 } else { mul_div_floor(self.principal_atoms, left, gross).ok_or(overflow)? };
        let settle = self.limits.settle_secs;
        Ok(self.young_deposits.release(atoms, now_ts, settle).ok_or(overflow)?)
    }

    /// Ends the last decision: nothing may be increased until the next.
    pub fn end_decision(&mut self) {
        self.decision_model = Pubkey::default();
    }

    /// The slots in use.
    pub fn active(&self) -> impl Iterator<Item = &Allocation> {
        self.allocations.iter().take(usize::from(self.allocation_count))
    }

    /// The slot at `index`, if it is in use.
    pub fn allocation(&self, index: u8) -> Result<&Allocation> {
        require_gt!(self.allocation_count, index, BallastError::AllocationNotFound);
        Ok(self.allocations.get(usize::from(index)).ok_or(BallastError::AllocationNotFound)?)
    }

    /// The slot at `index`, if it is in use, to change.
    pub fn allocation_mut(&mut self, index: u8) -> Result<&mut Allocation> {
        require_gt!(self.allocation_count, index, BallastError::AllocationNotFound);
        Ok(self.allocations.get_mut(usize::from(index)).ok_or(BallastError::AllocationNotFound)?)
    }

    /// Errors unless every non-empty slot has all of `bits` set.
    pub fn require_oracle_bits(&self, bits: u16) -> Result<()> {
        for allocation in self.active().filter(|allocation| !allocation.is_empty()) {
            status::require(allocation.oracle_status, bits)?;
        }
        Ok(())
    }

    /// Errors when the pause level is `level` or higher.
    pub fn require_below_pause(&self, level: u8) -> Result<()> {
        require_gt!(level, self.pause_level, BallastError::Paused);
        Ok(())
    }

    /// Whether anyone may unwind any allocation.
    pub fn anyone_may_unwind(&self) -> bool {
        self.pause_level >= pause_level::ANYONE_MAY_UNWIND
    }

    /// Books a change of gross assets: a gain is locked, a loss hits locked profit first and then the
    /// share price. Returns the loss that reached the share price, atoms.
    pub fn book_change(&mut self, before: u64, after: u64, now_ts: i64) -> Result<u64> {
        let unlock_secs = self.limits.profit_unlock_secs;
        if after >= before {
            let gain = after.saturating_sub(before);
            self.locked_profit.lock(gain, now_ts, unlock_secs).ok_or(BallastError::MathOverflow)?;
            return Ok(0);
        }
        let loss = before.saturating_sub(after);
        let uncovered = self.locked_profit.absorb(loss, now_ts).ok_or(BallastError::MathOverflow)?;
        self.recorded_loss_atoms = self.recorded_loss_atoms.saturating_add(uncovered);
        Ok(uncovered)
    }

    /// Accrues fees up to `now_ts` on `nav`, which must count every allocation. Returns the shares minted.
    pub fn accrue_fees(&mut self, nav: &Nav, now_ts: i64) -> Result<u64> {
        let elapsed = u64::try_from(now_ts.saturating_sub(self.fees_accrued_ts)).unwrap_or(0);
        let winds_down = self.pause_level >= pause_level::WIND_DOWN;
        let rates = FeeRates {
            management_bps: if winds_down { 0 } else { self.management_fee_bps },
            performance_bps: self.performance_fee_bps,
        };
        let accrual = fees::accrue(rates, nav.low, self.total_shares, self.high_water_mark_e15, elapsed)
            .ok_or(BallastError::MathOverflow)?;
        self.fee_shares = self.fee_shares.checked_add(accrual.shares).ok_or(BallastError::MathOverflow)?;
        self.mint_shares(accrual.shares)?;
        self.high_water_mark_e15 = accrual.high_water_mark_e15;
        // A fee too small for one share is left to accrue: time is only taken when it was paid for.
        if accrual.shares > 0 || rates.management_bps == 0 || nav.low == 0 {
            self.fees_accrued_ts = self.fees_accrued_ts.max(now_ts);
        }
        Ok(accrual.shares)
    }

    /// Adds to the total of shares.
    pub fn mint_shares(&mut self, shares: u64) -> Result<()> {
        self.total_shares = self.total_shares.checked_add(shares).ok_or(BallastError::MathOverflow)?;
        Ok(())
    }

    /// Takes from the total of shares, and from what they were bought for.
    pub fn burn_shares(&mut self, shares: u64) -> Result<()> {
        let left = self.total_shares.checked_sub(shares).ok_or(BallastError::InsufficientShares)?;
        let held = mul_div_floor(self.plain_holding_atoms, left, self.total_shares.max(1));
        self.plain_holding_atoms = held.ok_or(BallastError::MathOverflow)?;
        self.total_shares = left;
        Ok(())
    }

    /// Atoms that `shares` redeem for on `nav`, rounded down.
    pub fn redeem_value(&self, shares: u64, nav: &Nav) -> Result<u64> {
        Ok(shares::to_assets_down(shares, nav.low, self.total_shares).ok_or(BallastError::MathOverflow)?)
    }

    /// What the limits check needs to know, on fresh values.
    pub fn portfolio_view(&self, nav: &Nav, now_ts: i64) -> Result<PortfolioView> {
        let mut view = PortfolioView {
            total_atoms: nav.gross_low,
            idle_buffer_bps: self.limits.idle_buffer_bps,
            turnover_used_bps: self
                .turnover
                .used(now_ts, self.limits.turnover_window_secs)
                .ok_or(BallastError::MathOverflow)?,
            turnover_cap_bps: self.limits.turnover_cap_bps,
            ..PortfolioView::default()
        };
        for (slot, allocation) in view.slots.iter_mut().zip(self.active()) {
            *slot = allocation.view();
        }
        Ok(view)
    }

    /// What every instruction that changes a vault must leave true.
    pub fn invariant(&self) -> Result<()> {
        // The seed and unclaimed fees are part of all shares.
        let held = self.dead_shares.checked_add(self.fee_shares).ok_or(BallastError::MathOverflow)?;
        require_gte!(self.total_shares, held, BallastError::InvariantBroken);
        // Targets leave the vault whole.
        let targets = self.active().fold(0u64, |sum, slot| sum.saturating_add(u64::from(slot.target_bps)));
        require_gte!(BPS, targets, BallastError::InvariantBroken);
        // Slots fill from the front.
        let unused = self.allocations.iter().skip(usize::from(self.allocation_count));
        let mut unused = unused.take(1);
        require!(unused.all(|slot| slot.strategy == Pubkey::default()), BallastError::InvariantBroken);
        Ok(())
    }
}

/// Signs for the vault PDA.
pub struct VaultSigner {
    mint: Pubkey,
    class: [u8; 1],
    bump: [u8; 1],
}

impl VaultSigner {
    /// Seeds of `vault`.
    pub fn new(vault: &Vault) -> Self {
        Self { mint: vault.asset_mint, class: [vault.class], bump: [vault.bump] }
    }

    /// The seeds, to pass to a signed invocation.
    pub fn seeds(&self) -> [&[u8]; 4] {
        [crate::seeds::VAULT, self.mint.as_ref(), &self.class, &self.bump]
    }
}
