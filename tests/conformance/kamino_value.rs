//! Kamino Lend: value, accrual, partial and full withdrawal.

use crate::binaries::on_all;
use crate::holding::{DAY, Holding, USDC};

/// Takes out a third, then the rest, and compares with the value at that moment.
fn assert_pays_its_value(holding: &mut Holding) {
    let before = holding.refreshed();
    assert_eq!(before.value_low, before.value_high);
    assert_eq!(before.withdrawable, before.value_low);
    holding.let_anyone_unwind();

    let paid = holding.leave(before.receipts / 3).unwrap();
    let after = holding.slot();
    assert!((before.value_low - after.value_low).abs_diff(paid) <= 1, "{before:?} {after:?} {paid}");
    let rest = holding.leave(after.receipts).unwrap();
    assert!(after.value_low.abs_diff(rest) <= 1, "{after:?} {rest}");
    assert!(before.value_low.abs_diff(paid + rest) <= 2);
    let empty = holding.slot();
    assert_eq!((empty.receipts, empty.value_low, empty.value_high), (0, 0, 0));
}

#[test]
fn a_deposit_is_worth_what_was_paid_to_within_the_venues_rounding() {
    on_all(|binaries| {
        for atoms in [1_000, 999_999, 1_234_567_891, 900_000 * USDC] {
            let mut holding = Holding::reserve(binaries, 1_001_000 * USDC);
            let idle = holding.idle();
            holding.enter(atoms).unwrap();
            let spent = idle - holding.idle();
            // A cToken is worth 1.05 USDC atoms; old binaries keep what does not pay for a whole one.
            assert!(spent <= atoms && atoms - spent <= 2, "{spent} of {atoms}");
            assert!(spent - holding.slot().value_low <= 2, "{:?} for {spent}", holding.slot());
        }
    });
}

#[test]
fn value_is_what_the_reserve_pays_after_a_month() {
    on_all(|binaries| {
        let mut holding = Holding::reserve(binaries, 1_000_000 * USDC);
        holding.enter(500_000 * USDC).unwrap();
        holding.fixture.deployment.world.pass_secs(30 * DAY);
        let value = holding.refreshed().value_low;
        // 80% of the way to 4.75% at 95%, a tenth of it kept: about 2.9% a year on 80% lent.
        assert!(value > 501_000 * USDC && value < 502_000 * USDC, "{value}");
        assert_pays_its_value(&mut holding);
    });
}

#[test]
fn value_is_what_the_reserve_pays_at_any_utilisation() {
    on_all(|binaries| {
        for share in [0.0, 0.5, 0.99] {
            let mut holding = Holding::reserve(binaries, 1_000_000 * USDC);
            holding.enter(500_000 * USDC).unwrap();
            let reserve = holding.fixture.reserves[0];
            holding.fixture.deployment.world.next_slot();
            holding.refresh().unwrap();
            reserve.set_utilisation(&mut holding.fixture.deployment.world, share).unwrap();
            holding.fixture.deployment.world.pass_secs(3 * DAY);
            assert_pays_its_value(&mut holding);
        }
    });
}

#[test]
fn value_follows_a_loss_of_the_reserve() {
    on_all(|binaries| {
        let mut holding = Holding::reserve(binaries, 1_000_000 * USDC);
        holding.enter(500_000 * USDC).unwrap();
        let reserve = holding.fixture.reserves[0];
        reserve.write_off(&mut holding.fixture.deployment.world, 0.25).unwrap();
        holding.fixture.deployment.world.next_slot();
        let value = holding.refreshed().value_low;
        assert!(value > 399_000 * USDC && value < 402_000 * USDC, "{value}");
        assert_pays_its_value(&mut holding);
    });
}

#[test]
fn refreshing_often_or_seldom_pays_what_it_says() {
    on_all(|binaries| {
        let mut holding = Holding::reserve(binaries, 1_000_000 * USDC);
        holding.enter(500_000 * USDC).unwrap();
        let mut last = holding.slot().value_low;
        for secs in [1, 1, 60, 3_600, DAY, 90 * DAY] {
            holding.fixture.deployment.world.pass_secs(secs);
            let value = holding.refreshed().value_low;
            assert!(value >= last, "interest never lowers a value: {last} {value}");
            last = value;
        }
        assert_pays_its_value(&mut holding);
    });
}
