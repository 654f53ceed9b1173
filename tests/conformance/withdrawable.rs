//! What a slot calls withdrawable is what leaving gets: exactly it can be had, and a receipt more cannot where the
//! venue is what limits it.

use ballast::state::Allocation;
use ballast_client::address;
use ballast_sandbox::Chain;
use kamino_lend::caps::WithdrawalCap;
use kamino_lend::fixture::edit;

use crate::binaries::{Binaries, on_all, on_stand_ins};
use crate::holding::{Holding, SOL, USDC};

/// Most receipts of `slot` whose value is at most what is withdrawable.
fn receipts_within(slot: &Allocation) -> u64 {
    let part = |of: u64, by: u64, whole: u64| {
        u64::try_from(u128::from(of) * u128::from(by) / u128::from(whole)).unwrap()
    };
    let worth = |receipts: u64| part(slot.value_low, receipts, slot.receipts);
    let mut receipts = part(slot.receipts, slot.withdrawable, slot.value_low);
    while receipts < slot.receipts && worth(receipts + 1) <= slot.withdrawable {
        receipts += 1;
    }
    receipts
}

/// Shows that `beyond` receipts more than what is withdrawable are refused, and leaves with exactly that.
#[track_caller]
fn assert_exact(holding: &mut Holding, beyond: u64) {
    holding.let_anyone_unwind();
    let slot = holding.refreshed();
    let receipts = receipts_within(&slot);
    assert!(receipts < slot.receipts, "the venue limits nothing: {slot:?}");
    holding.assert_unmoved(|holding| holding.leave(receipts + beyond)).unwrap_err();
    let paid = holding.leave(receipts).unwrap();
    // A receipt may be worth two atoms, and is whole.
    assert!(paid <= slot.withdrawable && slot.withdrawable - paid <= 2, "{paid} of {slot:?}");
}

fn reserve(binaries: Binaries) -> Holding {
    let mut holding = Holding::reserve(binaries, 1_000_000 * USDC);
    holding.enter(500_000 * USDC).unwrap();
    holding.fixture.deployment.world.next_slot();
    holding.refresh().unwrap();
    holding
}

#[test]
fn a_reserve_without_liquidity() {
    on_all(|binaries| {
        let mut holding = reserve(binaries);
        let reserve = holding.fixture.reserves[0];
        reserve.set_utilisation(&mut holding.fixture.deployment.world, 0.999).unwrap();
        holding.fixture.deployment.world.next_slot();
        assert_exact(&mut holding, 1);
    });
}

#[test]
fn a_reserve_with_a_cap_on_outflows() {
    on_all(|binaries| {
        let mut holding = reserve(binaries);
        let reserve = holding.fixture.reserves[0];
        let now = u64::try_from(holding.fixture.deployment.world.now()).unwrap();
        let cap = |interval_start_ts, capacity_atoms| WithdrawalCap {
            capacity_atoms,
            current_total_atoms: 0,
            interval_start_ts,
            interval_secs: 86_400,
        };
        let set = |holding: &mut Holding, cap| {
            reserve
                .edit(&mut holding.fixture.deployment.world, |data| edit::set_deposit_cap(data, cap))
                .unwrap();
        };
        set(&mut holding, cap(now, 10_000_000_001));
        assert_exact(&mut holding, 1);
        // An interval that has not begun lets nothing out, nor does a capacity below zero.
        for closed in [cap(now + 1, 10_000_000_000), cap(now, -1)] {
            set(&mut holding, closed);
            assert_eq!(holding.refreshed().withdrawable, 0);
            holding.assert_unmoved(|holding| holding.leave(1_000)).unwrap_err();
        }
    });
}

#[test]
fn a_reserve_that_blocks_ctokens_pays_out() {
    on_stand_ins("klend's block_ctoken_usage is newer than public binaries", |binaries| {
        let mut holding = reserve(binaries);
        let reserve = holding.fixture.reserves[0];
        let world = &mut holding.fixture.deployment.world;
        reserve.edit(world, |data| edit::set_block_ctoken_usage(data, true)).unwrap();
        holding.let_anyone_unwind();
        let slot = holding.refreshed();
        assert_eq!(slot.withdrawable, slot.value_low);
        assert_eq!(holding.leave(slot.receipts).unwrap(), slot.withdrawable);
    });
}

#[test]
fn a_market_in_emergency_pays_nothing_and_the_slot_says_so() {
    on_all(|binaries| {
        let mut holding = reserve(binaries);
        let reserve = holding.fixture.reserves[0];
        let mut market = kamino_lend::fixture::MarketBuilder::new(reserve.market);
        market.emergency_mode = true;
        let data = market.to_bytes().unwrap();
        holding.fixture.deployment.world.set_data(&reserve.market, &address::KAMINO_LEND, data).unwrap();
        holding.let_anyone_unwind();
        // Interest of this slot is in already: the slot can be valued.
        let slot = holding.refreshed();
        assert_eq!(slot.withdrawable, 0);
        assert!(slot.value_low > 499_000 * USDC);
        holding.assert_unmoved(|holding| holding.leave(1_000)).unwrap_err();
    });
}

/// A stake pool's holding whose reserve states `rent` and has 100 SOL beyond it.
fn stake_pool(binaries: Binaries, rent: u64) -> Holding {
    let mut holding = Holding::stake_pool(binaries, 1_000 * SOL);
    holding.enter(800 * SOL).unwrap();
    let pool = holding.fixture.stake_pool.unwrap();
    let mut reserve = holding.fixture.deployment.world.expect_account(&pool.reserve, "reserve").unwrap();
    reserve.data[4..12].copy_from_slice(&rent.to_le_bytes());
    reserve.lamports = rent + 100 * SOL;
    holding.fixture.deployment.world.set_account(&pool.reserve, reserve).unwrap();
    holding
}

/// The reserve keeps the rent that its own stake account states, whatever rent costs today.
#[test]
fn a_stake_pool_without_liquidity() {
    on_all(|binaries| {
        for rent in [6_960 * (128 + 200), 3 * SOL] {
            let mut holding = stake_pool(binaries, rent);
            assert_eq!(holding.refreshed().withdrawable, 100 * SOL);
            assert_exact(&mut holding, 2);
        }
    });
}

/// A pool pays any LP token, but takes the leg back only while its price stays above the oracle's floor.
#[test]
fn a_pool_too_small_for_the_whole_holding() {
    on_all(|binaries| {
        let mut holding = Holding::pool_of_usdc(binaries, 1_000_000 * USDC);
        let pool = holding.fixture.pool.unwrap();
        for _ in 0..5 {
            holding.enter(100_000 * USDC).unwrap();
            pool.set_price(&mut holding.fixture.deployment.world, &address::WRAPPED_SOL, 150 * USDC, SOL)
                .unwrap();
        }
        holding.let_anyone_unwind();
        let slot = holding.refreshed();
        assert!(slot.withdrawable > 100_000 * USDC && slot.withdrawable < slot.value_low, "{slot:?}");
        let receipts = receipts_within(&slot);
        holding.assert_unmoved(|holding| holding.leave(receipts + receipts / 100)).unwrap_err();
        let paid = holding.leave(receipts).unwrap();
        // At most the fee and the slippage of the half that is sold.
        let least = slot.withdrawable - slot.withdrawable / 150;
        assert!(paid <= slot.withdrawable && paid >= least, "{paid} of {slot:?}");
    });
}

/// The last atom of a receipt may be worth nothing to the venue: it is cleared all the same, with what is left of
/// the leg.
#[test]
fn the_last_receipt_can_be_cleared_and_leaves_nothing() {
    on_all(|binaries| {
        for mut holding in [
            Holding::pool_of_usdc(binaries, 10_000 * USDC),
            Holding::pool_of_sol(binaries, 100 * SOL),
            Holding::stake_pool(binaries, 100 * SOL),
            Holding::reserve(binaries, 10_000 * USDC),
        ] {
            let atoms = holding.idle() / 10;
            holding.enter(atoms).unwrap();
            holding.let_anyone_unwind();
            let receipts = holding.slot().receipts;
            holding.leave(receipts - 1).unwrap();
            assert_eq!(holding.slot().receipts, 1);
            holding.leave(1).unwrap();
            let slot = holding.slot();
            assert_eq!((slot.receipts, slot.residual_atoms, slot.value_low, slot.value_high), (0, 0, 0, 0));
        }
    });
}
