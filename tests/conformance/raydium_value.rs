//! Raydium CPMM: value beside the legs that the pool pays, in vaults of either of its tokens.

use ballast_client::address;
use ballast_sandbox::oracle::Quote;
use ballast_sandbox::token;
use raydium_cpmm::layout::discriminator;
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::{Pubkey, pubkey};

use crate::binaries::{Binaries, on_all};
use crate::holding::{DAY, Holding, SOL, USDC};

const MEMO: Pubkey = pubkey!("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
/// Dollars for a SOL, times 1e8, and what that is in atoms: `ATOMS.0` of USDC for `ATOMS.1` of SOL.
const SOL_PRICE_E8: i64 = 15_000_000_000;
const ATOMS: (u64, u64) = (150 * USDC, SOL);

/// Which token of the pool the vault's asset is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asset {
    Usdc,
    Sol,
}

impl Asset {
    const BOTH: [Self; 2] = [Self::Usdc, Self::Sol];

    /// A vault worth 1,000,000 dollars, `share` (of a thousand) of it put into the pool.
    fn invested(self, binaries: Binaries, share: u64) -> Holding {
        let whole = match self {
            Self::Usdc => 1_000_000 * USDC,
            Self::Sol => 6_667 * SOL,
        };
        let mut holding = match self {
            Self::Usdc => Holding::pool_of_usdc(binaries, whole),
            Self::Sol => Holding::pool_of_sol(binaries, whole),
        };
        holding.enter(whole / 1_000 * share).unwrap();
        holding
    }

    /// What `usdc` and `sol` atoms are worth in atoms of this, at the exact price.
    fn worth(self, usdc: u64, sol: u64) -> u64 {
        let convert = |atoms: u64, num: u64, den: u64| {
            u64::try_from(u128::from(atoms) * u128::from(num) / u128::from(den)).unwrap()
        };
        match self {
            Self::Usdc => usdc + convert(sol, ATOMS.0, ATOMS.1),
            Self::Sol => sol + convert(usdc, ATOMS.1, ATOMS.0),
        }
    }

    /// One atom of either leg.
    fn atom_a_leg(self) -> u64 {
        match self {
            Self::Usdc => 1 + 1,
            Self::Sol => 1 + ATOMS.1.div_ceil(ATOMS.0),
        }
    }
}

/// Prices without an interval, and a pool that arbitrage has brought to them.
fn settle_prices(holding: &mut Holding) {
    let now = holding.fixture.deployment.world.now();
    let (usdc, pool) = (holding.fixture.usdc, holding.fixture.pool.unwrap());
    holding.fixture.deployment.publish(&address::WRAPPED_SOL, Quote::at(SOL_PRICE_E8, 0, now)).unwrap();
    holding.fixture.deployment.publish(&usdc, Quote::at(100_000_000, 0, now)).unwrap();
    pool.set_price(&mut holding.fixture.deployment.world, &address::WRAPPED_SOL, ATOMS.0, ATOMS.1).unwrap();
}

/// What the pool itself pays somebody for `lp` tokens: atoms of USDC and of SOL.
fn legs_paid(holding: &mut Holding, lp: u64) -> (u64, u64) {
    let (pool, usdc) = (holding.fixture.pool.unwrap(), holding.fixture.usdc);
    let person = holding.fixture.deployment.stranger(&usdc, 0).unwrap();
    let owner = person.address();
    let world = &mut holding.fixture.deployment.world;
    let lp_account = token::fund(world, &owner, &pool.lp_mint, lp).unwrap();
    let accounts = pool.mints.map(|mint| token::fund(world, &owner, &mint, 0).unwrap());
    let read = |key| AccountMeta::new_readonly(key, false);
    let write = |key| AccountMeta::new(key, false);
    let metas = vec![
        AccountMeta::new_readonly(owner, true),
        read(raydium_cpmm::AUTHORITY),
        write(pool.key),
        write(lp_account),
        write(accounts[0]),
        write(accounts[1]),
        write(pool.vaults[0]),
        write(pool.vaults[1]),
        read(address::TOKEN),
        read(address::TOKEN_2022),
        read(pool.mints[0]),
        read(pool.mints[1]),
        write(pool.lp_mint),
        read(MEMO),
    ];
    let data = [discriminator::WITHDRAW.as_slice(), &lp.to_le_bytes(), &[0; 16]].concat();
    let withdraw = Instruction { program_id: address::RAYDIUM_CPMM, accounts: metas, data };
    world.send(&[withdraw], &[&person.key]).unwrap();
    let paid = |key| token::balance(&holding.fixture.deployment.world, key).unwrap();
    // Token 0 is USDC: its mint's address is the lower.
    (paid(&accounts[0]), paid(&accounts[1]))
}

/// Asserts that the slot's value is what its LP tokens' legs and its residual are worth.
fn assert_worth_its_legs(asset: Asset, holding: &mut Holding) -> u64 {
    let slot = holding.refreshed();
    assert_eq!(slot.value_low, slot.value_high);
    assert_eq!(slot.withdrawable, slot.value_low);
    let (usdc, sol) = legs_paid(holding, slot.receipts);
    let residual = slot.residual_atoms;
    let worth = match asset {
        Asset::Usdc => asset.worth(usdc, sol + residual),
        Asset::Sol => asset.worth(usdc + residual, sol),
    };
    let apart = slot.value_low.abs_diff(worth);
    assert!(apart <= asset.atom_a_leg(), "{asset:?}: {} against {worth}, {apart} apart", slot.value_low);
    slot.value_low
}

#[test]
fn value_is_what_the_legs_are_worth() {
    on_all(|binaries| {
        for asset in Asset::BOTH {
            for share in [1, 100, 200] {
                let mut holding = asset.invested(binaries, share);
                settle_prices(&mut holding);
                assert_worth_its_legs(asset, &mut holding);
            }
        }
    });
}

#[test]
fn fees_that_the_pool_earns_are_in_the_value() {
    on_all(|binaries| {
        for asset in Asset::BOTH {
            let mut holding = asset.invested(binaries, 100);
            settle_prices(&mut holding);
            let before = holding.refreshed().value_low;
            holding.fixture.deployment.world.pass_secs(30 * DAY);
            let pool = holding.fixture.pool.unwrap();
            pool.earn_fees(&mut holding.fixture.deployment.world, 10_000).unwrap();
            settle_prices(&mut holding);
            let after = assert_worth_its_legs(asset, &mut holding);
            let expected = before / 100 * 101;
            assert!(after.abs_diff(expected) < expected / 100_000, "{before} {after}");
        }
    });
}

#[test]
fn an_interval_gives_value_two_sides() {
    on_all(|binaries| {
        for asset in Asset::BOTH {
            let mut holding = asset.invested(binaries, 100);
            settle_prices(&mut holding);
            let exact = holding.refreshed().value_low;
            let now = holding.fixture.deployment.world.now();
            // One percent: half of it shows, for half of the value is the other leg.
            let quote = Quote::at(SOL_PRICE_E8, 100, now);
            holding.fixture.deployment.publish(&address::WRAPPED_SOL, quote).unwrap();
            let slot = holding.refreshed();
            let half_percent = exact / 200;
            assert!((exact - slot.value_low).abs_diff(half_percent) < half_percent / 100, "{slot:?}");
            assert!((slot.value_high - exact).abs_diff(half_percent) < half_percent / 100, "{slot:?}");
        }
    });
}

#[test]
fn trading_against_the_pool_does_not_move_the_value() {
    on_all(|binaries| {
        for asset in Asset::BOTH {
            let mut holding = asset.invested(binaries, 100);
            settle_prices(&mut holding);
            let before = holding.refreshed().value_low;
            let pool = holding.fixture.pool.unwrap();
            for dollars in [75, 300] {
                let price = dollars * USDC;
                pool.set_price(&mut holding.fixture.deployment.world, &address::WRAPPED_SOL, price, SOL)
                    .unwrap();
                let moved = holding.refreshed().value_low;
                assert!(moved.abs_diff(before) <= before / 1_000_000, "{before} {moved}");
            }
        }
    });
}

#[test]
fn entering_and_leaving_costs_the_pools_fees_and_leaves_nothing_behind() {
    on_all(|binaries| {
        for asset in Asset::BOTH {
            let mut holding = asset.invested(binaries, 100);
            settle_prices(&mut holding);
            holding.let_anyone_unwind();
            let before = holding.refreshed();
            let half = holding.leave(before.receipts / 2).unwrap();
            // 0.25% on the half that is swapped, and the swap's own effect on a pool of 15 million.
            let worth = before.value_low / 2;
            assert!(half < worth && half > worth - worth / 200, "{half} of {worth}");
            let after = holding.slot();
            assert!(after.value_low.abs_diff(worth) < worth / 1_000, "{after:?}");
            settle_prices(&mut holding);
            let rest = holding.leave(after.receipts).unwrap();
            assert!(rest > worth - worth / 200, "{rest} of {worth}");
            let empty = holding.slot();
            assert_eq!((empty.receipts, empty.residual_atoms, empty.value_low), (0, 0, 0));
        }
    });
}
