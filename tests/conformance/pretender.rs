//! A venue whose program was replaced by one that does nothing and reports success: what the books say must
//! not follow what it says.

use ballast::BallastError;
use ballast_client::address;
use ballast_tests::{assert_refused, bytecode};
use kamino_lend::layout::reserve as at;

use crate::binaries::{Binaries, on_stand_ins};
use crate::holding::{Holding, USDC};

const WHY: &str = "it replaces the venue";

/// A filled slot of a reserve, whose program then does nothing any more.
fn replaced(binaries: Binaries) -> Holding {
    let mut holding = Holding::reserve(binaries, 1_000 * USDC);
    holding.enter(500 * USDC).unwrap();
    holding.fixture.deployment.world.deploy(&address::KAMINO_LEND, bytecode::pass_through()).unwrap();
    holding
}

/// Makes the reserve look as if it had been refreshed now.
fn pretend_fresh(holding: &mut Holding) {
    let (reserve, slot) = (holding.fixture.reserves[0], holding.fixture.deployment.world.clock().slot);
    ballast_sandbox::Chain::edit(&mut holding.fixture.deployment.world, &reserve.key, "reserve", |data| {
        data[at::LAST_SLOT..at::LAST_SLOT + 8].copy_from_slice(&slot.to_le_bytes());
        Ok(())
    })
    .unwrap();
}

#[test]
fn books_that_were_not_refreshed_are_not_believed() {
    on_stand_ins(WHY, |binaries| {
        let mut holding = replaced(binaries);
        holding.fixture.deployment.world.next_slot();
        let before = holding.slot();
        assert_refused(holding.refresh(), BallastError::VenueStale);
        assert_eq!(holding.slot(), before);
        holding.leave_vault_counting_stale_as_nothing().unwrap();
    });
}

#[test]
fn a_deposit_that_takes_nothing_is_refused() {
    on_stand_ins(WHY, |binaries| {
        let mut holding = replaced(binaries);
        holding.fixture.deployment.world.next_slot();
        pretend_fresh(&mut holding);
        let result = holding.assert_unmoved(|holding| holding.enter(10 * USDC));
        assert_refused(result, BallastError::BalanceDeltaMismatch);
    });
}

#[test]
fn a_redemption_that_takes_no_receipts_is_refused() {
    on_stand_ins(WHY, |binaries| {
        let mut holding = replaced(binaries);
        holding.fixture.deployment.world.next_slot();
        pretend_fresh(&mut holding);
        holding.let_anyone_unwind();
        let result = holding.assert_unmoved(|holding| holding.leave(10 * USDC));
        assert_refused(result, BallastError::ReceiptMismatch);
    });
}
