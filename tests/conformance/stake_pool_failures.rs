//! SPL stake pool: what the pool refuses.

use ballast::BallastError;
use ballast_client::address;
use ballast_sandbox::Chain;
use ballast_tests::{assert_refused, assert_venue_refused};
use solana_pubkey::Pubkey;

use crate::binaries::{Binaries, on_all};
use crate::holding::{DAY, Holding, SOL};

/// The pool's own error codes.
mod code {
    pub const STAKE_LIST_OUT_OF_DATE: u32 = 16;
    pub const SOL_WITHDRAWAL_TOO_LARGE: u32 = 35;
}

fn invested(binaries: Binaries) -> Holding {
    let mut holding = Holding::stake_pool(binaries, 1_000 * SOL);
    holding.enter(800 * SOL).unwrap();
    holding
}

#[track_caller]
fn assert_pool_refuses<T: core::fmt::Debug>(result: Result<T, ballast_sandbox::DeploymentError>, code: u32) {
    assert_venue_refused(result, &address::SPL_STAKE_POOL, code);
}

#[test]
fn a_reserve_without_liquidity_pays_nothing_now_and_the_slot_says_so() {
    on_all(|binaries| {
        let mut holding = invested(binaries);
        let pool = holding.fixture.stake_pool.unwrap();
        // The pool's SOL is with validators: 100 SOL are left above the rent.
        let mut reserve = holding.fixture.deployment.world.expect_account(&pool.reserve, "reserve").unwrap();
        let rent = 6_960 * (128 + 200);
        reserve.lamports = rent + 100 * SOL;
        holding.fixture.deployment.world.set_account(&pool.reserve, reserve).unwrap();
        let slot = holding.refreshed();
        assert!(slot.value_low > 799 * SOL);
        assert_eq!(slot.withdrawable, 100 * SOL);
        holding.let_anyone_unwind();
        let result = holding.assert_unmoved(|holding| holding.leave(slot.receipts));
        assert_pool_refuses(result, code::SOL_WITHDRAWAL_TOO_LARGE);
        let paid = holding.leave(slot.receipts / 8).unwrap();
        assert!(paid > 99 * SOL && paid <= 100 * SOL, "{paid}");
    });
}

#[test]
fn a_pool_that_now_restricts_deposits_takes_nothing_and_pays_out() {
    on_all(|binaries| {
        let mut holding = invested(binaries);
        let pool = holding.fixture.stake_pool.unwrap();
        pool.restrict_deposits(&mut holding.fixture.deployment.world, &Pubkey::new_unique()).unwrap();
        let result = holding.assert_unmoved(|holding| holding.enter(10 * SOL));
        assert_refused(result, BallastError::VenueDisabled);
        holding.let_anyone_unwind();
        let slot = holding.refreshed();
        let paid = holding.leave(slot.receipts).unwrap();
        assert!(paid.abs_diff(slot.value_low) <= 1, "{paid} {slot:?}");
    });
}

#[test]
fn a_pool_that_now_restricts_withdrawals_keeps_its_value_and_shows_nothing_withdrawable() {
    on_all(|binaries| {
        let mut holding = invested(binaries);
        let before = holding.refreshed();
        let pool = holding.fixture.stake_pool.unwrap();
        pool.restrict_withdrawals(&mut holding.fixture.deployment.world, &Pubkey::new_unique()).unwrap();
        let slot = holding.refreshed();
        assert_eq!((slot.value_low, slot.withdrawable), (before.value_low, 0));
        holding.let_anyone_unwind();
        let result = holding.assert_unmoved(|holding| holding.leave(slot.receipts / 2));
        assert_refused(result, BallastError::VenueDisabled);
        holding.fixture.deployment.world.next_slot();
        holding.leave_vault_counting_stale_as_nothing().unwrap();
    });
}

#[test]
fn books_of_an_old_epoch_are_brought_up_by_refreshing_or_nothing_is_priced() {
    on_all(|binaries| {
        let mut holding = invested(binaries);
        let pool = holding.fixture.stake_pool.unwrap();
        holding.fixture.deployment.world.pass_secs(3 * DAY);
        // One validator on the list, last looked at in epoch 0: the pool cannot update until somebody does.
        holding
            .fixture
            .deployment
            .world
            .edit(&pool.validator_list, "validator list", |data| {
                data[5..9].copy_from_slice(&1u32.to_le_bytes());
                Ok(())
            })
            .unwrap();
        assert_pool_refuses(holding.refresh(), code::STAKE_LIST_OUT_OF_DATE);
        let slot = holding.slot();
        let result = holding.assert_unmoved(|holding| holding.leave_vault_from(slot.receipts / 100));
        assert_pool_refuses(result, code::STAKE_LIST_OUT_OF_DATE);
        // Nobody is locked in: what is idle can be had by whoever counts the rest as nothing.
        holding.leave_vault_counting_stale_as_nothing().unwrap();
        // Somebody updates the list: everything goes on.
        let epoch = holding.fixture.deployment.world.clock().epoch;
        holding
            .fixture
            .deployment
            .world
            .edit(&pool.validator_list, "validator list", |data| {
                data[9 + 16..9 + 24].copy_from_slice(&epoch.to_le_bytes());
                Ok(())
            })
            .unwrap();
        assert!(holding.refreshed().refreshed_slot == holding.fixture.deployment.world.clock().slot);
    });
}

#[test]
fn another_pools_accounts_never_reach_the_pool() {
    on_all(|binaries| {
        let mut holding = invested(binaries);
        let vault = holding.vault;
        let pool = holding.fixture.stake_pool.unwrap();
        for own in [pool.reserve, pool.mint, pool.fee_account, pool.authority, pool.validator_list] {
            let state = holding.fixture.deployment.vault(&vault).unwrap();
            let mut venue = holding.fixture.deployment.venue(&vault, 0).unwrap();
            venue.movement.iter_mut().find(|meta| meta.pubkey == own).unwrap().pubkey = Pubkey::new_unique();
            let payer = solana_signer::Signer::pubkey(&holding.fixture.deployment.world.payer);
            let mut all = holding.fixture.deployment.refresh_all(&vault).unwrap();
            let direction = ballast::Direction::Increase;
            let increase = ballast_client::instruction::allocate(
                payer,
                vault,
                &state,
                ballast_client::instruction::Move { index: 0, direction, amount: SOL, as_guardian: false },
                &venue,
            );
            all.push(increase.unwrap());
            let result = holding.assert_unmoved(|holding| holding.fixture.deployment.send(&all, &[]));
            assert_refused(result, BallastError::PinnedAccountMismatch);
        }
    });
}
