//! One step of a random history.

use proptest::prelude::*;

/// What somebody does, or what happens to them. Shares of things are in bps.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    Deposit {
        who: usize,
        atoms: u64,
    },
    Withdraw {
        who: usize,
        bps: u64,
    },
    WithdrawStale {
        who: usize,
        bps: u64,
    },
    Exit {
        who: usize,
        index: u8,
        receipts_bps: u64,
        shares_bps: u64,
    },
    RoundTrip {
        who: usize,
        atoms: u64,
    },
    Decide {
        targets: [u16; 3],
    },
    Increase {
        index: u8,
        bps: u64,
    },
    Decrease {
        index: u8,
        bps: u64,
    },
    Time {
        secs: u64,
    },
    Price {
        change_bps: i64,
    },
    Donate {
        place: usize,
        atoms: u64,
    },
    WriteOff {
        index: usize,
        millionths: u32,
    },
    PoolFees {
        millionths: u64,
    },
    StakeRewards {
        millionths: u64,
    },
    Utilisation {
        index: usize,
        bps: u16,
    },
    Pause {
        level: u8,
    },
    Cap {
        index: u8,
        bps: u16,
    },
    ClaimFees,
    /// Plans an exit now, lets time and prices pass, and sends it as planned.
    LateExit {
        who: usize,
        index: u8,
        bps: u64,
        secs: u64,
        change_bps: i64,
    },
    /// Several instructions of one attacker in one transaction: in, moves both ways, out by a venue and by idle.
    Flash {
        who: usize,
        atoms: u64,
        into: u8,
        out_of: u8,
        amount_bps: u64,
        stale: bool,
    },
}

/// Names of the actions that may be refused, for the tally.
pub const NAMES: [&str; 10] = [
    "deposit",
    "withdraw",
    "withdraw stale",
    "exit",
    "round trip",
    "decide",
    "increase",
    "decrease",
    "late exit",
    "flash",
];

impl Action {
    /// Its place in [`NAMES`].
    pub fn kind(&self) -> Option<usize> {
        Some(match self {
            Self::Deposit { .. } => 0,
            Self::Withdraw { .. } => 1,
            Self::WithdrawStale { .. } => 2,
            Self::Exit { .. } => 3,
            Self::RoundTrip { .. } => 4,
            Self::Decide { .. } => 5,
            Self::Increase { .. } => 6,
            Self::Decrease { .. } => 7,
            Self::LateExit { .. } => 8,
            Self::Flash { .. } => 9,
            _ => return None,
        })
    }
}

/// Any action, the ordinary ones more often.
pub fn any_action() -> impl Strategy<Value = Action> {
    let who = 0usize..3;
    // Small and large alike.
    let atoms = prop_oneof![1u64..1_000, 1_000u64..100_000_000, 100_000_000u64..100_000_000_000];
    prop_oneof![
        6 => (who.clone(), atoms.clone()).prop_map(|(who, atoms)| Action::Deposit { who, atoms }),
        4 => (who.clone(), 0u64..=10_000).prop_map(|(who, bps)| Action::Withdraw { who, bps }),
        2 => (who.clone(), 0u64..=3_000).prop_map(|(who, bps)| Action::WithdrawStale { who, bps }),
        5 => (who.clone(), 0u8..3, 1u64..=4_000, 1u64..=10_000).prop_map(
            |(who, index, receipts_bps, shares_bps)| Action::Exit { who, index, receipts_bps, shares_bps }
        ),
        1 => (who.clone(), atoms.clone()).prop_map(|(who, atoms)| Action::RoundTrip { who, atoms }),
        3 => (who.clone(), 0u8..3, 1u64..=10_000, 0u64..20_000, -100i64..=100).prop_map(
            |(who, index, bps, secs, change_bps)| Action::LateExit { who, index, bps, secs, change_bps }
        ),
        4 => (who, atoms.clone(), 0u8..3, 0u8..3, 1u64..=10_000, any::<bool>()).prop_map(
            |(who, atoms, into, out_of, amount_bps, stale)| {
                Action::Flash { who, atoms, into, out_of, amount_bps, stale }
            }
        ),
        1 => (1u64..500).prop_map(|millionths| Action::StakeRewards { millionths }),
        1 => (0usize..2, 5_000u16..=10_000).prop_map(|(index, bps)| Action::Utilisation { index, bps }),
        1 => Just(Action::ClaimFees),
        5 => prop::array::uniform3(0u16..4_000).prop_map(|targets| Action::Decide { targets }),
        8 => (0u8..3, 1u64..=10_000).prop_map(|(index, bps)| Action::Increase { index, bps }),
        4 => (0u8..3, 1u64..=10_000).prop_map(|(index, bps)| Action::Decrease { index, bps }),
        5 => (1u64..200_000).prop_map(|secs| Action::Time { secs }),
        3 => (-400i64..=400).prop_map(|change_bps| Action::Price { change_bps }),
        3 => (0usize..7, atoms).prop_map(|(place, atoms)| Action::Donate { place, atoms }),
        1 => (0usize..2, 1u32..20_000).prop_map(|(index, millionths)| Action::WriteOff { index, millionths }),
        1 => (1u64..500).prop_map(|millionths| Action::PoolFees { millionths }),
        1 => (0u8..=4).prop_map(|level| Action::Pause { level }),
        1 => (0u8..3, 0u16..=10_000).prop_map(|(index, bps)| Action::Cap { index, bps }),
    ]
}
