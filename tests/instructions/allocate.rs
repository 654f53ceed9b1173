//! `allocate`: who may, what moves, and accounts that are not what they should be. Limits are in
//! `allocate_limits.rs`.

use std::slice::from_ref;

use ballast::BallastError;
use ballast::Direction::{Decrease, Increase};
use ballast::events::{AllocationExecuted, LossRecorded};
use ballast_client::{address, instruction};
use ballast_sandbox::{Chain, token};
use ballast_tests::unchanged::{assert_code, code, replaced, replaced_at};
use ballast_tests::{Cast, INVESTED, POOL, SOL, USDC, emitted, the_event};
use kamino_lend::fixture::edit;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const LENDING_DEPOSIT_LIMIT_EXCEEDED: u32 = 6_090;

/// Ann's deposit and a decision for half, a fifth and a fifth, not executed.
fn decided() -> Cast {
    let mut cast = Cast::deposited(INVESTED);
    cast.decide([5_000, 2_000, 2_000, 0, 0, 0, 0, 0]);
    cast
}

#[test]
fn happy_path_moves_funds_toward_the_target_and_says_so() {
    let mut cast = decided();
    let before = cast.state();
    let event = the_event::<AllocationExecuted>(&cast.increase(0, 30_000 * USDC));
    let (after, slot) = (cast.state(), cast.slot(0));
    assert_eq!((event.vault, event.index, event.increase), (cast.vault, 0, true));
    assert_eq!(event.actor, cast.scene.stage.world.payer.pubkey());
    assert_eq!((event.receipts, event.value_after), (slot.receipts, slot.value_low));
    assert!(event.atoms <= 30_000 * USDC && event.atoms >= 30_000 * USDC - 1, "{}", event.atoms);
    assert_eq!(before.idle_atoms - after.idle_atoms, event.atoms);
    assert!(event.loss_atoms <= 1);
    assert_eq!(event.slot, slot.refreshed_slot);
    assert_eq!(cast.idle_balance(), after.idle_atoms);
    assert_eq!(cast.token_balance(&slot.receipt_account), slot.receipts);
    assert_eq!(after.total_shares, before.total_shares);
}

#[test]
fn happy_path_takes_funds_back_and_says_so() {
    let mut cast = Cast::invested();
    cast.pass(3_600);
    cast.decide([1_000, 2_000, 2_000, 0, 0, 0, 0, 0]);
    let (before, slot) = (cast.state(), cast.slot(0));
    let event = the_event::<AllocationExecuted>(&cast.decrease(0, slot.receipts / 2));
    let after = cast.slot(0);
    assert_eq!((event.index, event.increase, event.receipts), (0, false, slot.receipts / 2));
    assert_eq!(slot.receipts - after.receipts, slot.receipts / 2);
    assert_eq!(cast.state().idle_atoms - before.idle_atoms, event.atoms);
    assert_eq!(cast.idle_balance(), cast.state().idle_atoms);
    assert!(event.atoms > 24_900 * USDC, "{}", event.atoms);
}

#[test]
fn the_loss_of_a_swap_is_recorded() {
    let mut cast = decided();
    let recorded = cast.state().recorded_loss_atoms;
    let done = cast.increase(POOL, 10_000 * USDC);
    let (moved, loss) = (the_event::<AllocationExecuted>(&done), the_event::<LossRecorded>(&done));
    assert!(moved.loss_atoms > USDC, "half of it pays the pool's fee: {}", moved.loss_atoms);
    assert_eq!((loss.index, loss.atoms), (POOL, moved.loss_atoms));
    assert_eq!(cast.state().recorded_loss_atoms - recorded, loss.atoms);
}

#[test]
fn sol_is_staked_and_taken_back() {
    let mut cast = Cast::staked();
    let pool = cast.scene.stake_pool.unwrap();
    let slot = cast.slot(0);
    assert_eq!(cast.token_balance(&slot.receipt_account), slot.receipts);
    assert_eq!(cast.idle_balance(), cast.state().idle_atoms);
    cast.pass(3_600);
    cast.decide([4_000, 0, 0, 0, 0, 0, 0, 0]);
    cast.decrease(0, slot.receipts / 2);
    assert_eq!(cast.idle_balance(), cast.state().idle_atoms);
    assert_eq!(cast.slot(0).receipts, slot.receipts - slot.receipts / 2);
    assert!(pool.total_lamports(&cast.scene.stage.world).unwrap() > 1_100_000 * SOL);
    // Neither of the accounts for native SOL keeps anything.
    for key in [address::funder(&cast.vault), address::unwrap(&cast.vault)] {
        let left = cast.scene.stage.world.account(&key).unwrap().map_or(0, |account| account.lamports);
        assert_eq!(left, 0);
    }
}

#[test]
fn spec_2_an_increase_needs_every_allocation_in_use_fresh() {
    let mut cast = Cast::invested();
    cast.pass(10);
    let stale = BallastError::StaleAllocation;
    let increase = cast.allocate_ix(0, Increase, 10 * USDC);
    cast.refused(from_ref(&increase), stale);
    let only_own = [cast.refresh_ix(0), increase.clone()];
    cast.refused(&only_own, stale);
    let late = [cast.refresh_ix(0), cast.refresh_ix(1), increase.clone(), cast.refresh_ix(2)];
    cast.refused(&late, stale);
    let all = cast.fresh(increase);
    cast.send(&all);
    // Empty allocations are worth nothing at any time, and the one that is filled is valued first.
    let mut cast = decided();
    cast.pass(10);
    cast.send(&[cast.allocate_ix(0, Increase, USDC)]);
}

#[test]
fn spec_2_an_increase_needs_a_decision_of_a_model_that_is_still_live() {
    let mut cast = Cast::deposited(INVESTED);
    // Before the first decision there is no model to name.
    let early = replaced(cast.allocate_ix(0, Increase, USDC), &Pubkey::default(), &address::PROGRAM);
    cast.refused_fresh(early, BallastError::NoDecision);
    cast.decide([5_000, 0, 0, 0, 0, 0, 0, 0]);
    let good = cast.allocate_ix(0, Increase, USDC);
    let model = cast.scene.stage.model;
    cast.refused_fresh(replaced(good.clone(), &model, &address::PROGRAM), BallastError::WrongModel);
    let (payer, governance) = (cast.scene.stage.world.payer.pubkey(), cast.scene.stage.governance.pubkey());
    cast.govern(instruction::approve_model(payer, governance, [8; 32]));
    let another = replaced(good.clone(), &model, &address::model(&[8; 32]));
    cast.refused_fresh(another, BallastError::WrongModel);
    // Revoked between decision and execution.
    cast.revoke_model();
    cast.refused_fresh(good, BallastError::ModelRevoked);
}

#[test]
fn spec_2_a_pause_stops_increases() {
    let mut cast = decided();
    for level in [1, 2, 3, 4] {
        cast.pause(level);
        cast.refused_fresh(cast.allocate_ix(0, Increase, USDC), BallastError::Paused);
    }
    cast.pause(0);
    cast.increase(0, USDC);
}

#[test]
fn spec_3_a_decrease_skips_decision_model_pause_and_cooldown() {
    let mut cast = Cast::invested();
    cast.revoke_model();
    cast.pause(2);
    cast.set_caps(0, 20_000 * USDC, 10_000);
    let receipts = cast.slot(0).receipts / 2;
    assert!(
        cast.allocate_ix(0, Decrease, receipts)
            .accounts
            .iter()
            .all(|meta| meta.pubkey != cast.scene.stage.model)
    );
    cast.decrease(0, receipts);
    assert!(cast.slot(0).value_low < 25_000 * USDC);
}

#[test]
fn spec_4_donations_before_a_move_stay_out_of_the_books() {
    let mut cast = decided();
    let (pool, lending) = (cast.slot(POOL), cast.slot(0));
    cast.donate(&cast.state().idle_account, 333 * USDC);
    cast.donate(&pool.receipt_account, 4_444);
    cast.donate(&pool.leg_account, 5 * SOL);
    cast.donate(&lending.receipt_account, 6_666);
    cast.increase(0, 10_000 * USDC);
    cast.increase(POOL, 10_000 * USDC);
    let mut plain = decided();
    plain.increase(0, 10_000 * USDC);
    plain.increase(POOL, 10_000 * USDC);
    let values = |cast: &Cast| [0, POOL].map(|index| (cast.slot(index).receipts, cast.slot(index).value_low));
    assert_eq!(values(&cast), values(&plain));
    assert_eq!(cast.state().idle_atoms, plain.state().idle_atoms);
    assert_eq!(cast.idle_balance(), cast.state().idle_atoms + 333 * USDC);
    assert_eq!(cast.token_balance(&pool.receipt_account), cast.slot(POOL).receipts + 4_444);
    assert_eq!(cast.token_balance(&pool.leg_account), cast.slot(POOL).residual_atoms + 5 * SOL);
    assert_eq!(cast.token_balance(&lending.receipt_account), cast.slot(0).receipts + 6_666);
}

#[test]
fn spec_4_lamports_sent_to_the_natives_accounts_neither_block_nor_count() {
    let mut plain = Cast::staked();
    let mut cast = Cast::sol(1_000 * SOL);
    cast.deposit(1_000 * SOL);
    cast.settle();
    let (vault, idle) = (cast.vault, cast.state().idle_account);
    // A lamport, more than the rent of a token account, and a whole SOL: none may block the move.
    cast.stage().world.give_lamports(&address::unwrap(&vault), 1).unwrap();
    cast.stage().world.give_lamports(&address::funder(&vault), SOL).unwrap();
    let lamports = cast.stage().world.expect_account(&idle, "idle").unwrap().lamports;
    cast.stage().world.give_lamports(&idle, lamports + 2 * SOL).unwrap();
    cast.decide([9_000, 0, 0, 0, 0, 0, 0, 0]);
    cast.increase(0, 400 * SOL);
    cast.stage().world.give_lamports(&address::unwrap(&vault), 10_000_000).unwrap();
    cast.increase(0, 490 * SOL);
    assert_eq!(cast.state().idle_atoms, plain.state().idle_atoms);
    assert!(cast.slot(0).receipts.abs_diff(plain.slot(0).receipts) <= 1);
    assert_eq!(cast.idle_balance(), cast.state().idle_atoms + 2 * SOL);
    for cast in [&mut cast, &mut plain] {
        cast.pass(3_600);
        cast.decide([0; 8]);
        let receipts = cast.slot(0).receipts;
        cast.decrease(0, receipts);
    }
    assert!(cast.state().idle_atoms.abs_diff(plain.state().idle_atoms) <= 2);
    assert_eq!(cast.idle_balance(), cast.state().idle_atoms + 2 * SOL);
}

#[test]
fn two_moves_in_one_transaction_both_count() {
    let mut cast = decided();
    let mut all = cast.fresh(cast.allocate_ix(0, Increase, 10_000 * USDC));
    all.push(cast.allocate_ix(0, Increase, 15_000 * USDC));
    all.push(cast.allocate_ix(1, Increase, 5_000 * USDC));
    cast.send(&all);
    let (first, second) = (cast.slot(0).value_low, cast.slot(1).value_low);
    assert!(first.abs_diff(25_000 * USDC) <= 2 && second.abs_diff(5_000 * USDC) <= 1, "{first} {second}");
    assert_eq!(cast.idle_balance(), cast.state().idle_atoms);
}

#[test]
fn swapped_accounts_are_refused() {
    let mut cast = decided();
    let good = cast.allocate_ix(0, Increase, 1_000 * USDC);
    let [first, second] = [cast.scene.reserves[0], cast.scene.reserves[1]];
    let (state, usdc, vault, anns) = (cast.state(), cast.asset, cast.vault, cast.wallet_key());
    let (slot, other) = (cast.slot(0), cast.slot(1));
    let other_mint = cast.stage().mint(6).unwrap();
    let elsewhere = token::fund(&mut cast.stage().world, &vault, &other_mint, 0).unwrap();
    let thief = token::fund(&mut cast.stage().world, &Pubkey::new_unique(), &slot.strategy, 0).unwrap();
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
        cast.refused_fresh(instruction, rule);
    }
    let mut short = good.clone();
    short.accounts.pop();
    cast.refused_fresh(short, BallastError::VenueAccountsMissing);
    let mut beyond = good;
    beyond.data[8] = 3;
    cast.refused_fresh(beyond, BallastError::AllocationNotFound);
}

#[test]
fn swapped_pool_accounts_are_refused() {
    let mut cast = decided();
    let good = cast.allocate_ix(POOL, Increase, 1_000 * USDC);
    let pool = cast.scene.pool.unwrap();
    let leg = cast.slot(POOL).leg_account;
    let thief = Pubkey::new_unique();
    let thiefs = token::fund(&mut cast.stage().world, &thief, &address::WRAPPED_SOL, 0).unwrap();
    // Without the vault's own leg account in the list there is no balance to compare.
    cast.refused_fresh(replaced(good.clone(), &leg, &thiefs), BallastError::VenueAccountsMissing);
    for key in [pool.config, pool.lp_mint, pool.vaults[0], pool.vaults[1], pool.key] {
        let case = replaced(good.clone(), &key, &thiefs);
        cast.refused_fresh(case, BallastError::PinnedAccountMismatch);
    }
}

#[test]
fn swapped_native_accounts_are_refused() {
    let mut cast = Cast::sol(1_000 * SOL);
    cast.deposit(1_000 * SOL);
    cast.settle();
    cast.decide([9_000, 0, 0, 0, 0, 0, 0, 0]);
    let good = cast.allocate_ix(0, Increase, 10 * SOL);
    let (vault, ann) = (cast.vault, cast.ann.address());
    let pool = cast.scene.stake_pool.unwrap();
    let keys = [address::funder(&vault), address::unwrap(&vault), pool.reserve, pool.fee_account, pool.mint];
    for key in keys {
        let case = replaced(good.clone(), &key, &ann);
        cast.refused_fresh(case, BallastError::PinnedAccountMismatch);
    }
}

#[test]
fn a_strategy_that_is_not_the_programs_is_refused() {
    let mut cast = decided();
    let strategy = cast.slot(0).strategy;
    let bytes = cast.stage().world.expect_account(&strategy, "strategy").unwrap().data;
    let forged = Pubkey::new_unique();
    cast.stage().world.set_data(&forged, &address::KAMINO_LEND, bytes).unwrap();
    let case = replaced(cast.allocate_ix(0, Increase, USDC), &strategy, &forged);
    assert_code(cast.stage(), &[case], &[], code::ACCOUNT_OWNED_BY_WRONG_PROGRAM);
}

#[test]
fn a_venue_that_refuses_costs_nothing() {
    let mut cast = decided();
    let (first, pool) = (cast.scene.reserves[0], cast.scene.pool.unwrap());
    let into_lending = |cast: &Cast| cast.fresh(cast.allocate_ix(0, Increase, 1_000 * USDC));
    first.edit(&mut cast.stage().world, |data| edit::set_deposit_limit(data, 1)).unwrap();
    let all = into_lending(&cast);
    cast.refused_by_code(&all, LENDING_DEPOSIT_LIMIT_EXCEEDED);
    first.edit(&mut cast.stage().world, |data| edit::set_deposit_limit(data, u64::MAX)).unwrap();
    first.edit(&mut cast.stage().world, |data| edit::set_block_ctoken_usage(data, true)).unwrap();
    let all = into_lending(&cast);
    cast.refused(&all, BallastError::VenueDisabled);
    for off in [1, 4] {
        pool.set_status(&mut cast.stage().world, off).unwrap();
        let all = cast.fresh(cast.allocate_ix(POOL, Increase, 1_000 * USDC));
        cast.refused(&all, BallastError::VenueDisabled);
    }
    assert!(emitted::<AllocationExecuted>(&cast.increase(1, 1_000 * USDC)).len() == 1);
}
