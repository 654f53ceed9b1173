//! Kamino Lend: what the venue refuses.

use ballast::BallastError;
use ballast_client::{address, instruction};
use ballast_sandbox::kamino::Reserve;
use ballast_tests::{assert_refused, assert_venue_refused};
use kamino_lend::caps::WithdrawalCap;
use kamino_lend::error::LendingError;
use kamino_lend::fixture::edit;
use solana_signer::Signer;

use crate::binaries::{on_all, on_stand_ins};
use crate::holding::{Holding, USDC};

fn invested(binaries: crate::binaries::Binaries) -> (Holding, Reserve) {
    let mut holding = Holding::reserve(binaries, 1_000_000 * USDC);
    holding.enter(500_000 * USDC).unwrap();
    holding.fixture.deployment.world.next_slot();
    holding.refresh().unwrap();
    let reserve = holding.fixture.reserves[0];
    (holding, reserve)
}

#[track_caller]
fn assert_lending_refuses<T: core::fmt::Debug>(
    result: Result<T, ballast_sandbox::DeploymentError>,
    error: LendingError,
) {
    assert_venue_refused(result, &address::KAMINO_LEND, error as u32);
}

#[test]
fn a_full_reserve_takes_nothing_more_and_pays_out() {
    on_all(|binaries| {
        let (mut holding, reserve) = invested(binaries);
        reserve
            .edit(&mut holding.fixture.deployment.world, |data| {
                edit::set_deposit_limit(data, 100_000_000 * USDC)
            })
            .unwrap();
        let result = holding.assert_unmoved(|holding| holding.enter(1_000 * USDC));
        assert_lending_refuses(result, LendingError::DepositLimitExceeded);
        holding.let_anyone_unwind();
        let receipts = holding.slot().receipts;
        holding.leave(receipts).unwrap();
    });
}

#[test]
fn what_is_lent_out_cannot_be_withdrawn_and_the_slot_says_so() {
    on_all(|binaries| {
        let (mut holding, reserve) = invested(binaries);
        reserve.set_utilisation(&mut holding.fixture.deployment.world, 0.999).unwrap();
        holding.fixture.deployment.world.next_slot();
        let slot = holding.refreshed();
        assert!(slot.withdrawable < 101_000 * USDC && slot.withdrawable < slot.value_low, "{slot:?}");
        holding.let_anyone_unwind();
        let result = holding.assert_unmoved(|holding| holding.leave(slot.receipts));
        assert_lending_refuses(result, LendingError::InsufficientLiquidity);
        // What is there can be had.
        let part = u128::from(slot.receipts) * u128::from(slot.withdrawable) / u128::from(slot.value_low);
        let paid = holding.leave(u64::try_from(part).unwrap()).unwrap();
        assert!(slot.withdrawable - paid <= 2, "{paid} of {}", slot.withdrawable);
    });
}

#[test]
fn an_outflow_cap_bounds_what_is_withdrawable() {
    on_all(|binaries| {
        let (mut holding, reserve) = invested(binaries);
        let now = u64::try_from(holding.fixture.deployment.world.now()).unwrap();
        let cap = WithdrawalCap {
            capacity_atoms: 10_000_000_000,
            current_total_atoms: 0,
            interval_start_ts: now,
            interval_secs: 86_400,
        };
        reserve.edit(&mut holding.fixture.deployment.world, |data| edit::set_deposit_cap(data, cap)).unwrap();
        let slot = holding.refreshed();
        assert_eq!(slot.withdrawable, 10_000 * USDC);
        holding.let_anyone_unwind();
        let result = holding.assert_unmoved(|holding| holding.leave(slot.receipts / 10));
        assert_lending_refuses(result, LendingError::WithdrawalCapReached);
        let paid = holding.leave(slot.receipts / 100).unwrap();
        assert_eq!(holding.refreshed().withdrawable, 10_000 * USDC - paid);
        // A new interval, a new allowance.
        holding.fixture.deployment.world.pass_secs(86_400);
        assert_eq!(holding.refreshed().withdrawable, 10_000 * USDC);
    });
}

#[test]
fn an_obsolete_reserve_takes_nothing_and_pays_out() {
    on_all(|binaries| {
        let (mut holding, reserve) = invested(binaries);
        reserve.edit(&mut holding.fixture.deployment.world, |data| edit::set_status(data, 1)).unwrap();
        let result = holding.assert_unmoved(|holding| holding.enter(1_000 * USDC));
        assert_lending_refuses(result, LendingError::ReserveObsolete);
        holding.let_anyone_unwind();
        let slot = holding.refreshed();
        let paid = holding.leave(slot.receipts).unwrap();
        assert!(slot.value_low.abs_diff(paid) <= 1);
    });
}

#[test]
fn a_market_in_emergency_stops_both_ways_and_a_leaver_takes_idle() {
    on_all(|binaries| {
        let (mut holding, reserve) = invested(binaries);
        let mut market = kamino_lend::fixture::MarketBuilder::new(reserve.market);
        market.emergency_mode = true;
        let data = market.to_bytes().unwrap();
        ballast_sandbox::Chain::set_data(
            &mut holding.fixture.deployment.world,
            &reserve.market,
            &address::KAMINO_LEND,
            data,
        )
        .unwrap();
        holding.fixture.deployment.world.next_slot();
        holding.let_anyone_unwind();
        let result = holding.assert_unmoved(|holding| holding.leave(1_000 * USDC));
        assert_lending_refuses(result, LendingError::GlobalEmergencyMode);
        holding.leave_vault_counting_stale_as_nothing().unwrap();
    });
}

#[test]
fn blocked_ctokens_take_no_deposits_and_pay_out() {
    on_stand_ins("klend's block_ctoken_usage is newer than public binaries", |binaries| {
        let (mut holding, reserve) = invested(binaries);
        let before = holding.refreshed();
        reserve
            .edit(&mut holding.fixture.deployment.world, |data| edit::set_block_ctoken_usage(data, true))
            .unwrap();
        let slot = holding.refreshed();
        assert_eq!((slot.value_low, slot.withdrawable), (before.value_low, before.withdrawable));
        let result = holding.assert_unmoved(|holding| holding.enter(1_000 * USDC));
        assert_refused(result, BallastError::VenueDisabled);
        holding.let_anyone_unwind();
        let paid = holding.leave(slot.receipts).unwrap();
        assert_eq!(paid, slot.withdrawable);
    });
}

#[test]
fn queued_ctokens_come_first() {
    on_stand_ins("klend's withdrawal queue is newer than public binaries", |binaries| {
        let (mut holding, reserve) = invested(binaries);
        // Others queue for all but a little of the 20.5 million that are there, at 1.0526 USDC a cToken.
        let queued = 19_400_000 * USDC;
        reserve
            .edit(&mut holding.fixture.deployment.world, |data| edit::set_queued_collateral(data, queued))
            .unwrap();
        let slot = holding.refreshed();
        assert!(slot.withdrawable > 0 && slot.withdrawable < slot.value_low, "{slot:?}");
        holding.let_anyone_unwind();
        let result = holding.assert_unmoved(|holding| holding.leave(slot.receipts));
        assert_lending_refuses(result, LendingError::InsufficientLiquidity);
        let part = u128::from(slot.receipts) * u128::from(slot.withdrawable) / u128::from(slot.value_low);
        let paid = holding.leave(u64::try_from(part).unwrap()).unwrap();
        assert!(slot.withdrawable - paid <= 2, "{paid} of {}", slot.withdrawable);
    });
}

#[test]
fn swapped_accounts_never_reach_the_venue() {
    on_all(|binaries| {
        let (mut holding, reserve) = invested(binaries);
        let other = holding.fixture.add_reserve().unwrap();
        let other = holding.fixture.reserves[usize::from(other)];
        let (vault, payer) = (holding.vault, holding.fixture.deployment.world.payer.pubkey());
        for (from, to, rule) in [
            (reserve.key, other.key, BallastError::PinnedAccountMismatch),
            (reserve.market, other.market, BallastError::PinnedAccountMismatch),
            (reserve.liquidity_vault, other.liquidity_vault, BallastError::PinnedAccountMismatch),
            (reserve.ctoken_mint, other.ctoken_mint, BallastError::PinnedAccountMismatch),
            (address::KAMINO_LEND, address::RAYDIUM_CPMM, BallastError::WrongVenueProgram),
        ] {
            let state = holding.fixture.deployment.vault(&vault).unwrap();
            let mut venue = holding.fixture.deployment.venue(&vault, 0).unwrap();
            venue.movement.iter_mut().find(|meta| meta.pubkey == from).unwrap().pubkey = to;
            let mut all = holding.fixture.deployment.refresh_all(&vault).unwrap();
            let direction = ballast::Direction::Increase;
            all.push(
                instruction::allocate(
                    payer,
                    vault,
                    &state,
                    instruction::Move { index: 0, direction, amount: 1_000 * USDC, as_guardian: false },
                    &venue,
                )
                .unwrap(),
            );
            let result = holding.assert_unmoved(|holding| holding.fixture.deployment.send(&all, &[]));
            assert_refused(result, rule);
        }
    });
}
