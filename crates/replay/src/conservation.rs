//! Nobody can redeem what is not there: checked from the accounts, not from the program's own sums.

use ballast_client::state::{StalePolicy, Vault};
use ballast_sandbox::{Chain, ChainError, DeploymentError, token};
use kamino_lend::reserve::Reserve;
use solana_pubkey::Pubkey;

use crate::setup::{ReplaySetup, Slot, Venue};

/// The vault's books beside what is really there. Atoms of the asset, unless said otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// Shares in existence, as the vault counts them.
    pub total_shares: u64,
    /// Shares of every position, of unclaimed fees, and of the seed.
    pub holders_shares: Vec<u64>,
    /// What each of those would redeem for now, alone and first.
    pub redeemable: Vec<u64>,
    /// Net assets that redemptions are priced on.
    pub nav_low: u64,
    /// The vault's counter of idle assets.
    pub idle_atoms: u64,
    /// Balance of its idle account.
    pub idle_balance: u64,
    /// The slots.
    pub slots: Vec<SlotBooks>,
}

/// One slot's books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlotBooks {
    /// Receipts it counts.
    pub receipts: u64,
    /// Receipts in the vault's account.
    pub receipt_balance: u64,
    /// Atoms of a pool's other leg it counts.
    pub residual_atoms: u64,
    /// Atoms of that leg in the vault's account.
    pub leg_balance: u64,
    /// Value it counts, low side; zero where its value is not of now and redemptions count it as nothing.
    pub value_atoms: u64,
    /// What the venue's own books give for the receipts; none where that takes a market price.
    pub venue_atoms: Option<u64>,
}

/// What does not add up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Imbalance {
    /// Shares appeared or vanished.
    #[error("positions, fees and seed hold {held} shares, the vault counts {total}")]
    Shares {
        /// In sum.
        held: u128,
        /// The vault's count.
        total: u64,
    },
    /// More can be redeemed than there is.
    #[error("all shares redeem for {redeemable} atoms of assets of {assets}")]
    Redeemable {
        /// In sum.
        redeemable: u128,
        /// Net assets.
        assets: u64,
    },
    /// Net assets above what idle and slots come to.
    #[error("net assets of {nav} atoms, but idle and slots come to {sum}")]
    Unbacked {
        /// Net assets.
        nav: u64,
        /// Idle plus slots.
        sum: u128,
    },
    /// The idle account is short.
    #[error("idle account holds {balance} atoms, the vault counts {counter}")]
    Idle {
        /// Balance.
        balance: u64,
        /// Counter.
        counter: u64,
    },
    /// A receipt account is short.
    #[error("slot {slot}: account holds {balance} receipts, the vault counts {counter}")]
    Receipts {
        /// Slot.
        slot: usize,
        /// Balance.
        balance: u64,
        /// Counter.
        counter: u64,
    },
    /// A leg account is short.
    #[error("slot {slot}: leg account holds {balance} atoms, the vault counts {counter}")]
    Leg {
        /// Slot.
        slot: usize,
        /// Balance.
        balance: u64,
        /// Counter.
        counter: u64,
    },
    /// A slot is valued above what its venue owes.
    #[error("slot {slot}: valued at {value} atoms, the venue owes {venue}")]
    Overvalued {
        /// Slot.
        slot: usize,
        /// The vault's value.
        value: u64,
        /// The venue's own figure.
        venue: u64,
    },
}

impl Books {
    /// The first thing that does not add up.
    pub fn check(&self) -> Result<(), Imbalance> {
        let held = sum(&self.holders_shares);
        if held != u128::from(self.total_shares) {
            return Err(Imbalance::Shares { held, total: self.total_shares });
        }
        let redeemable = sum(&self.redeemable);
        if redeemable > u128::from(self.nav_low) {
            return Err(Imbalance::Redeemable { redeemable, assets: self.nav_low });
        }
        let values = self.slots.iter().map(|slot| u128::from(slot.value_atoms));
        let backing = values.fold(u128::from(self.idle_atoms), u128::saturating_add);
        if u128::from(self.nav_low) > backing {
            return Err(Imbalance::Unbacked { nav: self.nav_low, sum: backing });
        }
        if self.idle_balance < self.idle_atoms {
            return Err(Imbalance::Idle { balance: self.idle_balance, counter: self.idle_atoms });
        }
        self.slots.iter().enumerate().try_for_each(|(slot, books)| books.check(slot))
    }
}

impl SlotBooks {
    fn check(&self, slot: usize) -> Result<(), Imbalance> {
        if self.receipt_balance < self.receipts {
            return Err(Imbalance::Receipts { slot, balance: self.receipt_balance, counter: self.receipts });
        }
        if self.leg_balance < self.residual_atoms {
            return Err(Imbalance::Leg { slot, balance: self.leg_balance, counter: self.residual_atoms });
        }
        match self.venue_atoms {
            Some(venue) if self.value_atoms > venue => {
                Err(Imbalance::Overvalued { slot, value: self.value_atoms, venue })
            }
            _ => Ok(()),
        }
    }
}

fn sum(amounts: &[u64]) -> u128 {
    amounts.iter().map(|amount| u128::from(*amount)).sum()
}

/// Reads the books of `vault` now. `positions` are the addresses of everybody who ever held shares.
pub fn read(setup: &ReplaySetup, vault: &Vault, positions: &[Pubkey]) -> Result<Books, DeploymentError> {
    let clock = setup.deployment.world.clock();
    let overflow = |_| ChainError::data("vault", "a figure does not fit its integer");
    // Where a venue could not be refreshed, leavers may only count it as nothing.
    let nav = vault
        .nav(clock.slot, clock.unix_timestamp, StalePolicy::Reject)
        .or_else(|_| vault.nav(clock.slot, clock.unix_timestamp, StalePolicy::CountAsZero))
        .map_err(overflow)?;
    let mut holders_shares = vec![vault.dead_shares, vault.fee_shares];
    for key in positions {
        if let Some(account) = setup.deployment.world.account(key)? {
            holders_shares.push(ballast_client::decode_position(&account.data)?.shares);
        }
    }
    let redeem = |shares: &u64| vault.redeem_value(*shares, &nav).map_err(overflow);
    let redeemable = holders_shares.iter().map(redeem).collect::<Result<Vec<_>, _>>()?;
    let slots = setup.slots.iter().zip(vault.active());
    let slots = slots.map(|(slot, allocation)| slot_books(setup, slot, allocation, clock.slot));
    Ok(Books {
        total_shares: vault.total_shares,
        holders_shares,
        redeemable,
        nav_low: nav.low,
        idle_atoms: vault.idle_atoms,
        idle_balance: token::balance(&setup.deployment.world, &vault.idle_account)?,
        slots: slots.collect::<Result<_, _>>()?,
    })
}

fn slot_books(
    setup: &ReplaySetup,
    slot: &Slot,
    allocation: &ballast_client::state::Allocation,
    now_slot: u64,
) -> Result<SlotBooks, DeploymentError> {
    let world = &setup.deployment.world;
    let fresh = allocation.is_fresh(now_slot);
    let has_leg = allocation.leg_account != Pubkey::default();
    let venue_atoms = match slot.venue {
        Venue::Lending(reserve, _) => {
            let data = world.expect_account(&reserve.key, "Kamino reserve")?.data;
            let state = Reserve::load(&data).map_err(|why| ChainError::data("Kamino reserve", why))?;
            let worth = state.exchange_rate().and_then(|rate| rate.to_liquidity_floor(allocation.receipts));
            Some(worth.map_err(|why| ChainError::data("Kamino reserve", format!("{why:?}")))?)
        }
        Venue::Stake(pool) => {
            let lamports = pool.total_lamports(world)?;
            let supply = token::supply(world, &pool.mint)?;
            ballast_math::mul_div::mul_div_floor(allocation.receipts, lamports, supply.max(1))
        }
        Venue::Pool(_) => None,
    };
    Ok(SlotBooks {
        receipts: allocation.receipts,
        receipt_balance: token::balance(world, &allocation.receipt_account)?,
        residual_atoms: allocation.residual_atoms,
        leg_balance: if has_leg { token::balance(world, &allocation.leg_account)? } else { 0 },
        value_atoms: if fresh { allocation.value_low } else { 0 },
        venue_atoms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn books() -> Books {
        let slot = SlotBooks {
            receipts: 90,
            receipt_balance: 90,
            residual_atoms: 1,
            leg_balance: 2,
            value_atoms: 80,
            venue_atoms: Some(80),
        };
        Books {
            total_shares: 1_000,
            holders_shares: vec![100, 400, 500],
            redeemable: vec![9, 39, 49],
            nav_low: 98,
            idle_atoms: 20,
            idle_balance: 25,
            slots: vec![slot.clone(), SlotBooks { venue_atoms: None, value_atoms: 0, ..slot }],
        }
    }

    #[test]
    fn sound_books_pass_and_every_hole_is_named() {
        assert_eq!(books().check(), Ok(()));
        let mut broken = books();
        broken.holders_shares[0] = 99;
        assert_eq!(broken.check(), Err(Imbalance::Shares { held: 999, total: 1_000 }));
        let mut broken = books();
        broken.redeemable[0] = 11;
        assert_eq!(broken.check(), Err(Imbalance::Redeemable { redeemable: 99, assets: 98 }));
        let mut broken = books();
        broken.nav_low = 101;
        assert_eq!(broken.check(), Err(Imbalance::Unbacked { nav: 101, sum: 100 }));
        let mut broken = books();
        broken.idle_balance = 19;
        assert_eq!(broken.check(), Err(Imbalance::Idle { balance: 19, counter: 20 }));
        let mut broken = books();
        broken.slots[1].receipt_balance = 89;
        assert_eq!(broken.check(), Err(Imbalance::Receipts { slot: 1, balance: 89, counter: 90 }));
        let mut broken = books();
        broken.slots[0].leg_balance = 0;
        assert_eq!(broken.check(), Err(Imbalance::Leg { slot: 0, balance: 0, counter: 1 }));
        let mut broken = books();
        broken.slots[0].venue_atoms = Some(79);
        assert_eq!(broken.check(), Err(Imbalance::Overvalued { slot: 0, value: 80, venue: 79 }));
    }
}
