//! Fault 4 of the audit: nobody gains from coming or going around a gain or a loss, over any number of slots.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::integer_division)]

use ballast_math::linear_release::LockedProfit;
use ballast_math::shares::{to_assets_down, to_shares_down};
use proptest::prelude::*;

/// A vault's books, as the program keeps them.
#[derive(Clone, Copy)]
struct Books {
    gross: u64,
    shares: u64,
    locked: LockedProfit,
}

const UNLOCK_SECS: u32 = 100_000;

impl Books {
    fn new(atoms: u64) -> Self {
        Self { gross: atoms, shares: to_shares_down(atoms, 0, 0).unwrap(), locked: LockedProfit::default() }
    }

    fn enter(&mut self, atoms: u64) -> u64 {
        let shares = to_shares_down(atoms, self.gross, self.shares).unwrap();
        self.gross += atoms;
        self.shares += shares;
        shares
    }

    fn worth(&self, shares: u64, now: i64) -> u64 {
        to_assets_down(shares, self.gross - self.locked.at(now).unwrap().min(self.gross), self.shares)
            .unwrap()
    }

    fn leave(&mut self, shares: u64, now: i64) -> u64 {
        let atoms = self.worth(shares, now);
        self.gross -= atoms;
        self.shares -= shares;
        atoms
    }

    fn change(&mut self, atoms: i64, now: i64) {
        if atoms >= 0 {
            self.gross += atoms.unsigned_abs();
            self.locked.lock(atoms.unsigned_abs(), now, UNLOCK_SECS).unwrap();
        } else {
            let loss = atoms.unsigned_abs().min(self.gross / 2);
            self.gross -= loss;
            self.locked.absorb(loss, now).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whoever visits around a gain takes at most the share of it that is his for the time he stayed: what was
    /// locked when he came he paid for, and what is locked when he goes stays.
    #[test]
    fn a_visit_takes_no_more_than_its_part_of_what_is_earned_meanwhile(
        others in 1_000_000u64..1 << 40,
        mine in 1u64..1 << 42,
        before in 0i64..1 << 38,
        lead in 0i64..200_000,
        gains in prop::collection::vec((0i64..50_000, -(1i64 << 36)..1 << 36), 0..6),
        stay in 0i64..200_000,
    ) {
        let mut books = Books::new(others);
        let mut now = 0;
        books.change(before, now);
        now += lead;
        let shares = books.enter(mine);
        prop_assume!(shares > 0);
        let (gross_at_entry, mut earned) = (u128::from(books.gross), 0u128);
        for (pause, change) in gains {
            now += pause;
            books.change(change, now);
            earned += u128::try_from(change.max(0)).unwrap();
        }
        now += stay;
        let out = books.leave(shares, now);
        // His part of all that was earned while he was there.
        let part = earned * u128::from(mine) / gross_at_entry + 2;
        prop_assert!(u128::from(out) <= u128::from(mine) + part, "in {mine}, out {out}, part {part}");
    }

    /// At the moment of a gain or a loss: coming just before it and leaving just after takes nothing.
    #[test]
    fn nothing_is_to_be_had_in_a_moment(
        others in 1_000_000u64..1 << 40, mine in 1u64..1 << 42, locked in 0i64..1 << 38, change in -(1i64 << 38)..1 << 38,
    ) {
        let mut books = Books::new(others);
        books.change(locked, 0);
        let shares = books.enter(mine);
        books.change(change, 0);
        prop_assert!(books.leave(shares, 0) <= mine);
    }

    /// Leaving before a loss and coming back after it gains no more than the loss avoided, and those who stay lose
    /// no more than the loss itself.
    #[test]
    fn those_who_stay_are_not_charged_for_who_comes(
        others in 1_000_000u64..1 << 40, mine in 1u64..1 << 42, locked in 0i64..1 << 38, wait in 0i64..150_000,
    ) {
        let mut books = Books::new(others);
        books.change(locked, 0);
        let held = books.shares;
        let alone = books;
        let shares = books.enter(mine);
        books.leave(shares, wait);
        prop_assert!(books.worth(held, wait) + 1 >= alone.worth(held, wait));
        prop_assert!(books.worth(held, 200_000) + 1 >= alone.worth(held, 200_000));
    }
}
