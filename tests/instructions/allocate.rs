//! `allocate`: who may, what moves, and accounts that are not what they should be. Limits are in
//! `allocate_limits.rs`.

use std::slice::from_ref;

use ballast::BallastError;
use ballast::Direction::{Decrease, Increase};
use ballast::events::{AllocationExecuted, LossRecorded};
use ballast_client::{address, instruction};
use ballast_sandbox::{Chain, token};
use ballast_tests::unchanged::{assert_code, code, replaced, replaced_at};
use ballast_tests::{INVESTED, POOL, SOL, USDC, VaultTest, emitted, the_event};
use kamino_lend::fixture::edit;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const LENDING_DEPOSIT_LIMIT_EXCEEDED: u32 = 6_090;

/// Ann's deposit and a decision for half, a fifth and a fifth, not executed.
fn decided() -> VaultTest {
    let mut test = VaultTest::deposited(INVESTED);
    test.decide([5_000, 2_000, 2_000, 0, 0, 0, 0, 0]);
    test
}

#[test]
fn happy_path_moves_funds_toward_the_target_and_says_so() {
    let mut test = decided();
    let before = test.state();
    let event = the_event::<AllocationExecuted>(&test.increase(0, 30_000 * USDC));
    let (after, slot) = (test.state(), test.slot(0));
    assert_eq!((event.vault, event.index, event.increase), (test.vault, 0, true));
    assert_eq!(event.actor, test.fixture.deployment.world.payer.pubkey());
    assert_eq!((event.receipts, event.value_after), (slot.receipts, slot.value_low));
    assert!(event.atoms <= 30_000 * USDC && event.atoms >= 30_000 * USDC - 1, "{}", event.atoms);
    assert_eq!(before.idle_atoms - after.idle_atoms, event.atoms);
    assert!(event.loss_atoms <= 1);
    assert_eq!(event.slot, slot.refreshed_slot);
    assert_eq!(test.idle_balance(), after.idle_atoms);
    assert_eq!(test.token_balance(&slot.receipt_account), slot.receipts);
    assert_eq!(after.total_shares, before.total_shares);
}

#[test]
fn happy_path_takes_funds_back_and_says_so() {
    let mut test = VaultTest::invested();
    test.pass(3_600);
    test.decide([1_000, 2_000, 2_000, 0, 0, 0, 0, 0]);
    let (before, slot) = (test.state(), test.slot(0));
    let event = the_event::<AllocationExecuted>(&test.decrease(0, slot.receipts / 2));
    let after = test.slot(0);
    assert_eq!((event.index, event.increase, event.receipts), (0, false, slot.receipts / 2));
    assert_eq!(slot.receipts - after.receipts, slot.receipts / 2);
    assert_eq!(test.state().idle_atoms - before.idle_atoms, event.atoms);
    assert_eq!(test.idle_balance(), test.state().idle_atoms);
    assert!(event.atoms > 24_900 * USDC, "{}", event.atoms);
}

#[test]
fn the_loss_of_a_swap_is_recorded() {
    let mut test = decided();
    let recorded = test.state().recorded_loss_atoms;
    let done = test.increase(POOL, 10_000 * USDC);
    let (moved, loss) = (the_event::<AllocationExecuted>(&done), the_event::<LossRecorded>(&done));
    assert!(moved.loss_atoms > USDC, "half of it pays the pool's fee: {}", moved.loss_atoms);
    assert_eq!((loss.index, loss.atoms), (POOL, moved.loss_atoms));
    assert_eq!(test.state().recorded_loss_atoms - recorded, loss.atoms);
}

#[test]
fn sol_is_staked_and_taken_back() {
    let mut test = VaultTest::staked();
    let pool = test.fixture.stake_pool.unwrap();
    let slot = test.slot(0);
    assert_eq!(test.token_balance(&slot.receipt_account), slot.receipts);
    assert_eq!(test.idle_balance(), test.state().idle_atoms);
    test.pass(3_600);
    test.decide([4_000, 0, 0, 0, 0, 0, 0, 0]);
    test.decrease(0, slot.receipts / 2);
    assert_eq!(test.idle_balance(), test.state().idle_atoms);
    assert_eq!(test.slot(0).receipts, slot.receipts - slot.receipts / 2);
    assert!(pool.total_lamports(&test.fixture.deployment.world).unwrap() > 1_100_000 * SOL);
    // Neither of the accounts for native SOL keeps anything.
    for key in [address::funder(&test.vault), address::unwrap(&test.vault)] {
        let left = test.fixture.deployment.world.account(&key).unwrap().map_or(0, |account| account.lamports);
        assert_eq!(left, 0);
    }
}

#[test]
fn spec_2_an_increase_needs_every_allocation_in_use_fresh() {
    let mut test = VaultTest::invested();
    test.pass(10);
    let stale = BallastError::StaleAllocation;
    let increase = test.allocate_ix(0, Increase, 10 * USDC);
    test.refused(from_ref(&increase), stale);
    let only_own = [test.refresh_ix(0), increase.clone()];
    test.refused(&only_own, stale);
    let late = [test.refresh_ix(0), test.refresh_ix(1), increase.clone(), test.refresh_ix(2)];
    test.refused(&late, stale);
    let all = test.fresh(increase);
    test.send(&all);
    // Empty allocations are worth nothing at any time, and the one that is filled is valued first.
    let mut test = decided();
    test.pass(10);
    test.send(&[test.allocate_ix(0, Increase, USDC)]);
}

#[test]
fn spec_2_an_increase_needs_a_decision_of_a_model_that_is_still_live() {
    let mut test = VaultTest::deposited(INVESTED);
    // Before the first decision there is no model to name.
    let early = replaced(test.allocate_ix(0, Increase, USDC), &Pubkey::default(), &address::PROGRAM);
    test.refused_fresh(early, BallastError::NoDecision);
    test.decide([5_000, 0, 0, 0, 0, 0, 0, 0]);
    let good = test.allocate_ix(0, Increase, USDC);
    let model = test.fixture.deployment.model;
    test.refused_fresh(replaced(good.clone(), &model, &address::PROGRAM), BallastError::WrongModel);
    let (payer, governance) =
        (test.fixture.deployment.world.payer.pubkey(), test.fixture.deployment.governance.pubkey());
    test.govern(instruction::approve_model(payer, governance, [8; 32]));
    let another = replaced(good.clone(), &model, &address::model(&[8; 32]));
    test.refused_fresh(another, BallastError::WrongModel);
    // Revoked between decision and execution.
    test.revoke_model();
    test.refused_fresh(good, BallastError::ModelRevoked);
}

#[test]
fn spec_2_a_pause_stops_increases() {
    let mut test = decided();
    for level in [1, 2, 3, 4] {
        test.pause(level);
        test.refused_fresh(test.allocate_ix(0, Increase, USDC), BallastError::Paused);
    }
    test.pause(0);
    test.increase(0, USDC);
}

#[test]
fn spec_3_a_decrease_skips_decision_model_pause_and_cooldown() {
    let mut test = VaultTest::invested();
    test.revoke_model();
    test.pause(2);
    test.set_caps(0, 20_000 * USDC, 10_000);
    let receipts = test.slot(0).receipts / 2;
    assert!(
        test.allocate_ix(0, Decrease, receipts)
            .accounts
            .iter()
            .all(|meta| meta.pubkey != test.fixture.deployment.model)
    );
    test.decrease(0, receipts);
    assert!(test.slot(0).value_low < 25_000 * USDC);
}

#[test]
fn spec_4_donations_before_a_move_stay_out_of_the_books() {
    let mut test = decided();
    let (pool, lending) = (test.slot(POOL), test.slot(0));
    test.donate(&test.state().idle_account, 333 * USDC);
    test.donate(&pool.receipt_account, 4_444);
    test.donate(&pool.leg_account, 5 * SOL);
    test.donate(&lending.receipt_account, 6_666);
    test.increase(0, 10_000 * USDC);
    test.increase(POOL, 10_000 * USDC);
    let mut plain = decided();
    plain.increase(0, 10_000 * USDC);
    plain.increase(POOL, 10_000 * USDC);
    let values =
        |test: &VaultTest| [0, POOL].map(|index| (test.slot(index).receipts, test.slot(index).value_low));
    assert_eq!(values(&test), values(&plain));
    assert_eq!(test.state().idle_atoms, plain.state().idle_atoms);
    assert_eq!(test.idle_balance(), test.state().idle_atoms + 333 * USDC);
    assert_eq!(test.token_balance(&pool.receipt_account), test.slot(POOL).receipts + 4_444);
    assert_eq!(test.token_balance(&pool.leg_account), test.slot(POOL).residual_atoms + 5 * SOL);
    assert_eq!(test.token_balance(&lending.receipt_account), test.slot(0).receipts + 6_666);
}

#[test]
fn spec_4_lamports_sent_to_the_natives_accounts_neither_block_nor_count() {
    let mut plain = VaultTest::staked();
    let mut test = VaultTest::sol(1_000 * SOL);
    test.deposit(1_000 * SOL);
    test.settle();
    let (vault, idle) = (test.vault, test.state().idle_account);
    // A lamport, more than the rent of a token account, and a whole SOL: none may block the move.
    test.deployment().world.give_lamports(&address::unwrap(&vault), 1).unwrap();
    test.deployment().world.give_lamports(&address::funder(&vault), SOL).unwrap();
    let lamports = test.deployment().world.expect_account(&idle, "idle").unwrap().lamports;
    test.deployment().world.give_lamports(&idle, lamports + 2 * SOL).unwrap();
    test.decide([9_000, 0, 0, 0, 0, 0, 0, 0]);
    test.increase(0, 400 * SOL);
    test.deployment().world.give_lamports(&address::unwrap(&vault), 10_000_000).unwrap();
    test.increase(0, 490 * SOL);
    assert_eq!(test.state().idle_atoms, plain.state().idle_atoms);
    assert!(test.slot(0).receipts.abs_diff(plain.slot(0).receipts) <= 1);
    assert_eq!(test.idle_balance(), test.state().idle_atoms + 2 * SOL);
    for test in [&mut test, &mut plain] {
        test.pass(3_600);
        test.decide([0; 8]);
        let receipts = test.slot(0).receipts;
        test.decrease(0, receipts);
    }
    assert!(test.state().idle_atoms.abs_diff(plain.state().idle_atoms) <= 2);
    assert_eq!(test.idle_balance(), test.state().idle_atoms + 2 * SOL);
}

#[test]
fn two_moves_in_one_transaction_both_count() {
    let mut test = decided();
    let mut all = test.fresh(test.allocate_ix(0, Increase, 10_000 * USDC));
    all.push(test.allocate_ix(0, Increase, 15_000 * USDC));
    all.push(test.allocate_ix(1, Increase, 5_000 * USDC));
    test.send(&all);
    let (first, second) = (test.slot(0).value_low, test.slot(1).value_low);
    assert!(first.abs_diff(25_000 * USDC) <= 2 && second.abs_diff(5_000 * USDC) <= 1, "{first} {second}");
    assert_eq!(test.idle_balance(), test.state().idle_atoms);
}

#[test]
fn swapped_accounts_are_refused() {
    let mut test = decided();
    let good = test.allocate_ix(0, Increase, 1_000 * USDC);
    let [first, second] = [test.fixture.reserves[0], test.fixture.reserves[1]];
    let (state, usdc, vault, anns) = (test.state(), test.asset, test.vault, test.wallet_key());
    let (slot, other) = (test.slot(0), test.slot(1));
    let other_mint = test.deployment().mint(6).unwrap();
    let elsewhere = token::fund(&mut test.deployment().world, &vault, &other_mint, 0).unwrap();
    let thief = token::fund(&mut test.deployment().world, &Pubkey::new_unique(), &slot.strategy, 0).unwrap();
    let token_program = 8;
    assert_eq!(good.accounts[token_program].pubkey, address::TOKEN);
    let pinned = BallastError::PinnedAccountMismatch;
    let cases = [
        (replaced(good.clone(), &slot.strategy, &other.strategy), BallastError::WrongStrategy),
        (replaced(good.clone(), &usdc, &other_mint), BallastError::WrongMint),
        (replaced(good.clone(), &state.idle_account, &elsewhere), BallastError::WrongTokenAccount),
        (replaced(good.clone(), &state.idle_account, &anns), BallastError::WrongTokenAccount),
        (
            replaced(good.clone(), &slot.receipt_account, &other.receipt_account),
            BallastError::WrongTokenAccount,
        ),
        (replaced(good.clone(), &slot.receipt_account, &thief), BallastError::WrongTokenAccount),
        (replaced_at(good.clone(), token_program, &address::TOKEN_2022), BallastError::WrongTokenProgram),
        (replaced(good.clone(), &first.key, &second.key), pinned),
        (replaced(good.clone(), &first.market, &second.market), pinned),
        (replaced(good.clone(), &first.liquidity_vault, &second.liquidity_vault), pinned),
        (replaced(good.clone(), &first.liquidity_vault, &anns), pinned),
        (replaced(good.clone(), &first.ctoken_mint, &second.ctoken_mint), pinned),
        (
            replaced(good.clone(), &address::KAMINO_LEND, &address::RAYDIUM_CPMM),
            BallastError::WrongVenueProgram,
        ),
    ];
    for (instruction, rule) in cases {
        test.refused_fresh(instruction, rule);
    }
    let mut short = good.clone();
    short.accounts.pop();
    test.refused_fresh(short, BallastError::VenueAccountsMissing);
    let mut beyond = good;
    beyond.data[8] = 3;
    test.refused_fresh(beyond, BallastError::AllocationNotFound);
}

#[test]
fn swapped_pool_accounts_are_refused() {
    let mut test = decided();
    let good = test.allocate_ix(POOL, Increase, 1_000 * USDC);
    let pool = test.fixture.pool.unwrap();
    let leg = test.slot(POOL).leg_account;
    let thief = Pubkey::new_unique();
    let thiefs = token::fund(&mut test.deployment().world, &thief, &address::WRAPPED_SOL, 0).unwrap();
    // Without the vault's own leg account in the list there is no balance to compare.
    test.refused_fresh(replaced(good.clone(), &leg, &thiefs), BallastError::VenueAccountsMissing);
    for key in [pool.config, pool.lp_mint, pool.vaults[0], pool.vaults[1], pool.key] {
        let case = replaced(good.clone(), &key, &thiefs);
        test.refused_fresh(case, BallastError::PinnedAccountMismatch);
    }
}

#[test]
fn swapped_native_accounts_are_refused() {
    let mut test = VaultTest::sol(1_000 * SOL);
    test.deposit(1_000 * SOL);
    test.settle();
    test.decide([9_000, 0, 0, 0, 0, 0, 0, 0]);
    let good = test.allocate_ix(0, Increase, 10 * SOL);
    let (vault, ann) = (test.vault, test.ann.address());
    let pool = test.fixture.stake_pool.unwrap();
    let keys = [address::funder(&vault), address::unwrap(&vault), pool.reserve, pool.fee_account, pool.mint];
    for key in keys {
        let case = replaced(good.clone(), &key, &ann);
        test.refused_fresh(case, BallastError::PinnedAccountMismatch);
    }
}

#[test]
fn a_strategy_that_is_not_the_programs_is_refused() {
    let mut test = decided();
    let strategy = test.slot(0).strategy;
    let bytes = test.deployment().world.expect_account(&strategy, "strategy").unwrap().data;
    let forged = Pubkey::new_unique();
    test.deployment().world.set_data(&forged, &address::KAMINO_LEND, bytes).unwrap();
    let case = replaced(test.allocate_ix(0, Increase, USDC), &strategy, &forged);
    assert_code(test.deployment(), &[case], &[], code::ACCOUNT_OWNED_BY_WRONG_PROGRAM);
}

#[test]
fn a_venue_that_refuses_costs_nothing() {
    let mut test = decided();
    let (first, pool) = (test.fixture.reserves[0], test.fixture.pool.unwrap());
    let into_lending = |test: &VaultTest| test.fresh(test.allocate_ix(0, Increase, 1_000 * USDC));
    first.edit(&mut test.deployment().world, |data| edit::set_deposit_limit(data, 1)).unwrap();
    let all = into_lending(&test);
    test.refused_by_code(&all, LENDING_DEPOSIT_LIMIT_EXCEEDED);
    first.edit(&mut test.deployment().world, |data| edit::set_deposit_limit(data, u64::MAX)).unwrap();
    first.edit(&mut test.deployment().world, |data| edit::set_block_ctoken_usage(data, true)).unwrap();
    let all = into_lending(&test);
    test.refused(&all, BallastError::VenueDisabled);
    for off in [1, 4] {
        pool.set_status(&mut test.deployment().world, off).unwrap();
        let all = test.fresh(test.allocate_ix(POOL, Increase, 1_000 * USDC));
        test.refused(&all, BallastError::VenueDisabled);
    }
    assert!(emitted::<AllocationExecuted>(&test.increase(1, 1_000 * USDC)).len() == 1);
}
