//! Raydium CPMM: what the venue, or the oracle beside it, refuses.

use ballast::BallastError;
use ballast_client::address;
use ballast_tests::{assert_refused, assert_venue_refused};
use raydium_cpmm::error::CpmmError;
use raydium_cpmm::layout::pool as at;

use crate::binaries::{Binaries, on_all};
use crate::holding::{Holding, SOL, USDC};

const DEPOSIT_OFF: u8 = 1;
const WITHDRAW_OFF: u8 = 2;
const SWAP_OFF: u8 = 4;

fn invested(binaries: Binaries, vault_dollars: u64, dollars: u64) -> Holding {
    let mut holding = Holding::pool_of_usdc(binaries, vault_dollars * USDC);
    holding.enter(dollars * USDC).unwrap();
    holding
}

#[test]
fn status_bits_stop_what_they_name_and_show_in_what_is_withdrawable() {
    on_all(|binaries| {
        for (status, enters, leaves) in [
            (0, true, true),
            (DEPOSIT_OFF, false, true),
            (WITHDRAW_OFF, true, false),
            (SWAP_OFF, false, false),
            (DEPOSIT_OFF | WITHDRAW_OFF | SWAP_OFF, false, false),
        ] {
            let mut holding = invested(binaries, 100_000, 10_000);
            let pool = holding.scene.pool.unwrap();
            pool.set_status(&mut holding.scene.stage.world, status).unwrap();
            let slot = holding.refreshed();
            assert_eq!(slot.withdrawable, if leaves { slot.value_low } else { 0 }, "status {status}");
            if enters {
                holding.enter(1_000 * USDC).unwrap();
            } else {
                let result = holding.assert_unmoved(|holding| holding.enter(1_000 * USDC));
                assert_refused(result, BallastError::VenueDisabled);
            }
            holding.let_anyone_unwind();
            if leaves {
                holding.leave(slot.receipts / 2).unwrap();
            } else {
                let result = holding.assert_unmoved(|holding| holding.leave(slot.receipts / 2));
                assert_refused(result, BallastError::VenueDisabled);
            }
        }
    });
}

#[test]
fn a_swap_that_moves_the_pool_too_far_is_refused_by_the_oracles_floor() {
    on_all(|binaries| {
        // Half of 800,000 against 15 million is 2.6% of impact: more than the strategy's 1%.
        let mut holding = invested(binaries, 1_000_000, 10_000);
        let result = holding.assert_unmoved(|holding| holding.enter(800_000 * USDC));
        assert_venue_refused(result, &address::RAYDIUM_CPMM, CpmmError::ExceededSlippage as u32);
        holding.enter(100_000 * USDC).unwrap();
    });
}

#[test]
fn a_pool_away_from_the_oracle_is_neither_entered_nor_left() {
    on_all(|binaries| {
        for cents in [14_600, 15_400] {
            let mut holding = invested(binaries, 100_000, 10_000);
            let pool = holding.scene.pool.unwrap();
            let price = cents * USDC / 100;
            pool.set_price(&mut holding.scene.stage.world, &address::WRAPPED_SOL, price, SOL).unwrap();
            let receipts = holding.refreshed().receipts;
            let result = holding.assert_unmoved(|holding| holding.enter(1_000 * USDC));
            assert_refused(result, BallastError::SpotDiverges);
            holding.let_anyone_unwind();
            let result = holding.assert_unmoved(|holding| holding.leave(receipts / 2));
            assert_refused(result, BallastError::SpotDiverges);
        }
    });
}

#[test]
fn a_pool_that_is_not_open_yet_refuses_the_swap() {
    on_all(|binaries| {
        let mut holding = invested(binaries, 100_000, 10_000);
        let pool = holding.scene.pool.unwrap();
        let opens = u64::try_from(holding.scene.stage.world.now()).unwrap() + 1;
        ballast_sandbox::Chain::edit(&mut holding.scene.stage.world, &pool.key, "pool", |data| {
            data[at::OPEN_TS..at::OPEN_TS + 8].copy_from_slice(&opens.to_le_bytes());
            Ok(())
        })
        .unwrap();
        let result = holding.assert_unmoved(|holding| holding.enter(1_000 * USDC));
        assert_venue_refused(result, &address::RAYDIUM_CPMM, CpmmError::NotApproved as u32);
    });
}

#[test]
fn fees_above_what_a_vault_holds_make_the_pool_unreadable() {
    on_all(|binaries| {
        let mut holding = invested(binaries, 100_000, 10_000);
        let pool = holding.scene.pool.unwrap();
        ballast_sandbox::Chain::edit(&mut holding.scene.stage.world, &pool.key, "pool", |data| {
            data[at::PROTOCOL_FEES[0]..at::PROTOCOL_FEES[0] + 8].copy_from_slice(&u64::MAX.to_le_bytes());
            Ok(())
        })
        .unwrap();
        holding.scene.stage.world.next_slot();
        assert_refused(holding.refresh(), BallastError::VenueAccountInvalid);
        holding.leave_vault_counting_stale_as_nothing().unwrap();
    });
}

#[test]
fn amounts_that_buy_nothing_are_refused() {
    on_all(|binaries| {
        // One USDC atom against 15 million: not worth an LP token's rounding.
        let mut holding = invested(binaries, 100_000, 10_000);
        let result = holding.assert_unmoved(|holding| holding.enter(1));
        assert_refused(result, BallastError::MoveTooSmall);
    });
}
