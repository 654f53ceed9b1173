//! Raydium CPMM: what the venue, or the oracle beside it, refuses.

use ballast::BallastError;
use ballast_client::{address, instruction};
use ballast_sandbox::{Person, token};
use ballast_tests::{assert_refused, assert_venue_refused};
use raydium_cpmm::error::CpmmError;
use raydium_cpmm::layout::pool as at;
use solana_instruction::{AccountMeta, Instruction};
use solana_signer::Signer;

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
            let pool = holding.fixture.pool.unwrap();
            pool.set_status(&mut holding.fixture.deployment.world, status).unwrap();
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
            let pool = holding.fixture.pool.unwrap();
            let price = cents * USDC / 100;
            pool.set_price(&mut holding.fixture.deployment.world, &address::WRAPPED_SOL, price, SOL).unwrap();
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
        let pool = holding.fixture.pool.unwrap();
        let opens = u64::try_from(holding.fixture.deployment.world.now()).unwrap() + 1;
        ballast_sandbox::Chain::edit(&mut holding.fixture.deployment.world, &pool.key, "pool", |data| {
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
        let pool = holding.fixture.pool.unwrap();
        ballast_sandbox::Chain::edit(&mut holding.fixture.deployment.world, &pool.key, "pool", |data| {
            data[at::PROTOCOL_FEES[0]..at::PROTOCOL_FEES[0] + 8].copy_from_slice(&u64::MAX.to_le_bytes());
            Ok(())
        })
        .unwrap();
        holding.fixture.deployment.world.next_slot();
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

/// A swap of `atoms` of USDC on the pool by somebody with that much, and what they sign with.
fn somebodys_swap(holding: &mut Holding, atoms: u64) -> (Instruction, Person) {
    let (pool, usdc) = (holding.fixture.pool.unwrap(), holding.fixture.usdc);
    let observation = holding.fixture.deployment.strategy(&holding.slot().strategy).unwrap().pinned[9];
    let person = holding.fixture.deployment.stranger(&usdc, atoms).unwrap();
    let owner = person.address();
    let world = &mut holding.fixture.deployment.world;
    token::fund(world, &owner, &address::WRAPPED_SOL, 0).unwrap();
    let tokens = pool.mints.map(|mint| address::token_account(&owner, &mint, &address::TOKEN));
    let read = |key| AccountMeta::new_readonly(key, false);
    let write = |key| AccountMeta::new(key, false);
    // Token 0 is USDC.
    let accounts = vec![
        AccountMeta::new_readonly(owner, true),
        read(raydium_cpmm::AUTHORITY),
        read(pool.config),
        write(pool.key),
        write(tokens[0]),
        write(tokens[1]),
        write(pool.vaults[0]),
        write(pool.vaults[1]),
        read(address::TOKEN),
        read(address::TOKEN),
        read(pool.mints[0]),
        read(pool.mints[1]),
        write(observation),
    ];
    let data = [
        raydium_cpmm::layout::discriminator::SWAP_BASE_INPUT.as_slice(),
        &atoms.to_le_bytes(),
        &0u64.to_le_bytes(),
    ]
    .concat();
    (Instruction { program_id: address::RAYDIUM_CPMM, accounts, data }, person)
}

/// Refreshing is of this slot, and so is whatever is traded after it.
#[test]
fn a_pool_traded_away_from_the_oracle_after_refreshing_is_neither_entered_nor_left() {
    on_all(|binaries| {
        for direction in [ballast::Direction::Increase, ballast::Direction::Decrease] {
            let mut holding = invested(binaries, 100_000, 10_000);
            holding.let_anyone_unwind();
            let amount = match direction {
                ballast::Direction::Increase => {
                    let (governance, vault) = (holding.fixture.deployment.governance.pubkey(), holding.vault);
                    let open = instruction::set_pause_level(governance, vault, 0);
                    holding.fixture.deployment.govern(&[open]).unwrap();
                    1_000 * USDC
                }
                ballast::Direction::Decrease => holding.slot().receipts / 2,
            };
            let (swap, person) = somebodys_swap(&mut holding, 400_000 * USDC);
            let (vault, index) = (holding.vault, holding.index);
            let payer = holding.fixture.deployment.world.payer.pubkey();
            let venue = holding.fixture.deployment.venue(&vault, index).unwrap();
            let state = holding.fixture.deployment.vault(&vault).unwrap();
            let mut all = holding.fixture.deployment.refresh_all(&vault).unwrap();
            all.push(swap);
            all.push(
                instruction::allocate(
                    payer,
                    vault,
                    &state,
                    instruction::Move { index, direction, amount, as_guardian: false },
                    &venue,
                )
                .unwrap(),
            );
            let result =
                holding.assert_unmoved(|holding| holding.fixture.deployment.send(&all, &[&person.key]));
            assert_refused(result, BallastError::SpotDiverges);
        }
    });
}
