//! `allocate`: every limit, at its edge.

use ballast::BallastError;
use ballast::Direction::{Decrease, Increase};
use ballast::events::AllocationExecuted;
use ballast_tests::{BadPrice, INVESTED, POOL, USDC, VaultTest, the_event};

fn decided(targets_bps: [u16; 8]) -> VaultTest {
    let mut test = VaultTest::deposited(INVESTED);
    test.decide(targets_bps);
    test
}

#[test]
fn amounts_that_make_no_sense_are_refused() {
    let mut test = VaultTest::invested();
    for direction in [Increase, Decrease] {
        test.refused_fresh(test.allocate_ix(0, direction, 0), BallastError::ZeroAmount);
    }
    test.refused_fresh(test.allocate_ix(0, Increase, 999), BallastError::MoveTooSmall);
    let idle = test.state().idle_atoms;
    test.refused_fresh(test.allocate_ix(0, Increase, idle + 1), BallastError::InsufficientIdle);
    test.refused_fresh(test.allocate_ix(0, Increase, u64::MAX), BallastError::InsufficientIdle);
    let receipts = test.slot(0).receipts;
    test.refused_fresh(test.allocate_ix(0, Decrease, receipts + 1), BallastError::InsufficientReceipts);
    test.refused_fresh(test.allocate_ix(0, Decrease, u64::MAX), BallastError::InsufficientReceipts);
}

#[test]
fn a_donation_is_no_idle() {
    let mut test = decided([5_000, 4_500, 0, 0, 0, 0, 0, 0]);
    test.increase(0, 50_000 * USDC);
    test.donate(&test.state().idle_account, INVESTED);
    test.refused_fresh(test.allocate_ix(1, Increase, 50_001 * USDC + 1), BallastError::InsufficientIdle);
}

#[test]
fn spec_2_an_increase_never_passes_the_target() {
    let mut test = decided([5_000, 0, 0, 0, 0, 0, 0, 0]);
    let target = test.nav().gross_low / 2;
    test.refused_fresh(test.allocate_ix(0, Increase, target + 1), BallastError::TargetOvershot);
    test.increase(0, target);
    test.refused_fresh(test.allocate_ix(0, Increase, 1_000), BallastError::TargetOvershot);
    // A slot without a target takes nothing.
    test.refused_fresh(test.allocate_ix(1, Increase, 1_000), BallastError::TargetOvershot);
}

#[test]
fn spec_2_caps_lowered_after_the_decision_bind() {
    let mut test = decided([5_000, 4_000, 0, 0, 0, 0, 0, 0]);
    test.set_caps(0, 10_000 * USDC, 10_000);
    test.refused_fresh(test.allocate_ix(0, Increase, 10_000 * USDC + 1), BallastError::AbsoluteCapExceeded);
    test.increase(0, 10_000 * USDC);
    test.set_caps(1, u64::MAX, 1_000);
    let cap = test.nav().gross_low / 10;
    test.refused_fresh(test.allocate_ix(1, Increase, cap + 1), BallastError::RelativeCapExceeded);
    test.increase(1, cap);
}

#[test]
fn spec_2_an_idle_buffer_raised_after_the_decision_is_kept() {
    let mut test = decided([5_000, 0, 0, 0, 0, 0, 0, 0]);
    test.set_limits(|limits| limits.idle_buffer_bps = 7_000);
    let free = test.nav().gross_low / 10 * 3;
    test.refused_fresh(test.allocate_ix(0, Increase, free + 10), BallastError::IdleBufferNotKept);
    test.increase(0, free);
}

#[test]
fn spec_2_an_increase_needs_every_oracle_bit_of_its_slot() {
    for (bad, rule) in BadPrice::ALL {
        let mut test = VaultTest::invested();
        let refresh = test.fixture.deployment.refresh_all(&test.vault).unwrap();
        test.send(&refresh);
        test.spoil_price(bad);
        test.refused_fresh(test.allocate_ix(POOL, Increase, 50 * USDC), rule);
    }
}

#[test]
fn spec_3_a_slot_at_or_below_its_ceiling_has_nothing_to_reduce() {
    let mut test = VaultTest::invested();
    test.refused_fresh(test.allocate_ix(0, Decrease, 1_000_000), BallastError::NothingToReduce);
    test.pause(2);
    test.refused_fresh(test.allocate_ix(0, Decrease, 1_000_000), BallastError::NothingToReduce);
}

#[test]
fn spec_3_a_decrease_stops_at_the_lowest_of_target_and_caps() {
    let mut test = VaultTest::invested();
    test.pass(3_600);
    test.decide([4_000, 2_000, 2_000, 0, 0, 0, 0, 0]);
    let receipts = test.slot(0).receipts;
    // From 49.9% to 40%, and then with a cap of 20%, and then with one of 10,000 dollars.
    test.refused_fresh(test.allocate_ix(0, Decrease, receipts / 4), BallastError::TargetOvershot);
    test.decrease(0, receipts / 100 * 19);
    test.refused_fresh(test.allocate_ix(0, Decrease, receipts / 100 * 19), BallastError::TargetOvershot);
    test.set_caps(0, u64::MAX, 2_000);
    test.decrease(0, receipts / 100 * 39);
    test.refused_fresh(test.allocate_ix(0, Decrease, receipts / 100 * 10), BallastError::TargetOvershot);
    test.set_caps(0, 10_000 * USDC, 2_000);
    test.decrease(0, receipts / 100 * 10);
    assert!(test.slot(0).value_low > 10_000 * USDC);
}

#[test]
fn spec_3_small_decreases_are_refused_unless_they_empty_the_slot() {
    let mut test = VaultTest::invested();
    test.set_caps(1, 0, 0);
    test.refused_fresh(test.allocate_ix(1, Decrease, 500), BallastError::MoveTooSmall);
    let receipts = test.slot(1).receipts;
    test.decrease(1, receipts - 500);
    test.decrease(1, 500);
    assert_eq!((test.slot(1).receipts, test.slot(1).value_high), (0, 0));
    test.refused_fresh(test.allocate_ix(1, Decrease, 1), BallastError::InsufficientReceipts);
}

#[test]
fn spec_3_from_level_three_on_anyone_may_unwind_anything() {
    for level in [3, 4] {
        let mut test = VaultTest::invested();
        test.pause(level);
        for index in [0, 1, POOL] {
            let receipts = test.slot(index).receipts;
            test.decrease(index, receipts);
            assert_eq!(test.slot(index).receipts, 0);
        }
        assert!(test.state().idle_atoms > 99_800 * USDC, "{}", test.state().idle_atoms);
    }
}

#[test]
fn spec_3_a_pool_is_not_left_at_a_price_that_cannot_be_trusted() {
    for (bad, rule) in BadPrice::ALL {
        let mut test = VaultTest::invested();
        test.set_caps(POOL, 0, 0);
        let refresh = test.fixture.deployment.refresh_all(&test.vault).unwrap();
        test.send(&refresh);
        test.spoil_price(bad);
        let receipts = test.slot(POOL).receipts / 2;
        if bad == BadPrice::Divergent {
            // Far from its average is what a crash looks like: getting out is allowed.
            test.decrease(POOL, receipts);
        } else {
            test.refused_fresh(test.allocate_ix(POOL, Decrease, receipts), rule);
        }
    }
}

#[test]
fn spec_5_a_move_loses_no_more_than_its_share() {
    let mut test = decided([0, 0, 5_000, 0, 0, 0, 0, 0]);
    test.set_limits(|limits| limits.loss_call_bps = 5);
    test.refused_fresh(test.allocate_ix(POOL, Increase, 10_000 * USDC), BallastError::LossPerCallExceeded);
    test.set_limits(|limits| limits.loss_call_bps = 50);
    let event = the_event::<AllocationExecuted>(&test.increase(POOL, 10_000 * USDC));
    assert!(event.loss_atoms * 10_000 > 5 * event.atoms && event.loss_atoms * 10_000 <= 50 * event.atoms);
    // Lending loses at most the atom that rounding takes, which never blocks.
    test.set_limits(|limits| limits.loss_call_bps = 1);
    test.set_caps(POOL, 0, 0);
    let receipts = test.slot(POOL).receipts;
    test.refused_fresh(test.allocate_ix(POOL, Decrease, receipts), BallastError::LossPerCallExceeded);
}

#[test]
fn spec_5_moves_lose_no_more_in_a_window_than_the_budget() {
    let mut test = decided([0, 0, 2_000, 0, 0, 0, 0, 0]);
    // 8 bps of 100,000 dollars are 80 dollars, of which strangers may use 40; the way in takes about 37 of them.
    test.set_limits(|limits| limits.loss_window_bps = 8);
    test.increase(POOL, 19_900 * USDC);
    let window = test.state().limits.loss_window_secs;
    let used = test.state().losses.used(test.fixture.deployment.world.now(), window).unwrap();
    assert!(used > 20 * USDC && used < 40 * USDC, "{used}");
    test.set_caps(POOL, 0, 0);
    let receipts = test.slot(POOL).receipts;
    test.refused_fresh(test.allocate_ix(POOL, Decrease, receipts), BallastError::LossWindowExceeded);
    test.decrease(POOL, receipts / 20);
    test.pass(6 * 86_400);
    let left = test.slot(POOL).receipts;
    test.refused_fresh(test.allocate_ix(POOL, Decrease, left), BallastError::LossWindowExceeded);
    test.pass(2 * 86_400);
    test.decrease(POOL, left);
    assert_eq!(test.slot(POOL).receipts, 0);
}

#[test]
fn dust_that_a_venue_would_swallow_is_refused() {
    let mut test = decided([2_000, 0, 2_000, 0, 0, 0, 0, 0]);
    test.set_limits(|limits| limits.min_move_atoms = 1);
    test.refused_fresh(test.allocate_ix(POOL, Increase, 1), BallastError::MoveTooSmall);
    let all = test.fresh(test.allocate_ix(0, Increase, 1));
    let failed = ballast_tests::unchanged::failure_without_effect(
        &mut test.fixture.deployment,
        &all,
        &[&test.ann.key],
    );
    assert!(failed.code.is_some(), "{failed}");
}
