//! SPL stake pool: value after the pool's fee is what it pays. This is the real program always.

use crate::binaries::on_all;
use crate::holding::{DAY, Holding, SOL};

#[test]
fn value_is_what_the_pool_pays_after_its_fee() {
    on_all(|binaries| {
        for atoms in [1_000_000, 123_456_789_123, 890 * SOL] {
            let mut holding = Holding::stake_pool(binaries, 1_000 * SOL);
            holding.enter(atoms).unwrap();
            let slot = holding.refreshed();
            // A tenth of a percent to leave.
            let fee = slot.value_high - slot.value_low;
            assert!(fee.abs_diff(slot.value_high / 1_000) <= 2, "{slot:?}");
            assert!(atoms - slot.value_high <= 2, "{slot:?} for {atoms}");
            assert_eq!(slot.withdrawable, slot.value_low);
            holding.let_anyone_unwind();
            let part = holding.leave(slot.receipts / 3).unwrap();
            let after = holding.slot();
            assert!((slot.value_low - after.value_low).abs_diff(part) <= 2, "{slot:?} {after:?} {part}");
            let rest = holding.leave(after.receipts).unwrap();
            // Mainnet's program rounds its fee the other way than the crate's later source.
            assert!(rest.abs_diff(after.value_low) <= 1, "{rest} {after:?}");
            assert_eq!((holding.slot().receipts, holding.slot().value_low), (0, 0));
        }
    });
}

#[test]
fn rewards_are_in_the_value_from_the_next_epoch() {
    on_all(|binaries| {
        let mut holding = Holding::stake_pool(binaries, 1_000 * SOL);
        holding.enter(800 * SOL).unwrap();
        let before = holding.refreshed().value_low;
        let pool = holding.fixture.stake_pool.unwrap();
        // One percent of the pool; the manager keeps a twentieth of it.
        pool.earn(&mut holding.fixture.deployment.world, 11_000 * SOL).unwrap();
        assert_eq!(holding.refreshed().value_low, before);
        holding.fixture.deployment.world.pass_secs(3 * DAY);
        let slot = holding.refreshed();
        let expected = before + before / 10_000 * 95;
        assert!(slot.value_low.abs_diff(expected) < expected / 10_000, "{} {expected}", slot.value_low);
        assert_eq!(
            pool.last_update_epoch(&holding.fixture.deployment.world).unwrap(),
            holding.fixture.deployment.world.clock().epoch
        );
        holding.let_anyone_unwind();
        let paid = holding.leave(slot.receipts).unwrap();
        assert!(paid.abs_diff(slot.value_low) <= 1, "{paid} {slot:?}");
    });
}
