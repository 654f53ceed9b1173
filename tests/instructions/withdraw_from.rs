//! `withdraw_from`.

use std::slice::from_ref;

use ballast::BallastError;
use ballast::events::{LossRecorded, Withdrawn};
use ballast_client::instruction::{self, Exit};
use ballast_client::{address, instruction::withdraw};
use ballast_math::shares::{VIRTUAL_SHARES, to_assets_down};
use ballast_sandbox::{Chain, Person, token};
use ballast_tests::unchanged::{assert_code, code, failure_without_effect, replaced, replaced_at, unsigned};
use ballast_tests::{BadPrice, POOL, SOL, USDC, VaultTest, emitted, the_event};

const LENDING_INSUFFICIENT_LIQUIDITY: u32 = 6_008;

/// A tenth of Ann's shares, paid by a tenth of the slot's receipts.
fn tenth(test: &VaultTest, index: u8) -> Exit {
    let (receipts, shares) = (test.slot(index).receipts / 10, test.shares() / 10);
    Exit { index, receipts, shares, min_assets_out: 1, accept_stale: false }
}

#[test]
fn happy_path_unwinds_a_reserve_and_says_so() {
    let mut test = VaultTest::invested();
    let exit = tenth(&test, 0);
    let (before, slot, shares) = (test.state(), test.slot(0), test.shares());
    let receipt_balance = test.token_balance(&slot.receipt_account);
    let event = the_event::<Withdrawn>(&test.exit(exit));
    let after = test.state();
    assert!(event.atoms > 9_990 * USDC && event.atoms < 10_001 * USDC, "{}", event.atoms);
    assert_eq!(test.wallet(), event.atoms);
    assert_eq!(test.shares(), shares - exit.shares);
    assert_eq!(after.total_shares, before.total_shares - exit.shares);
    assert_eq!(test.slot(0).receipts, slot.receipts - exit.receipts);
    assert_eq!(test.token_balance(&slot.receipt_account), receipt_balance - exit.receipts);
    assert_eq!((event.vault, event.owner), (test.vault, test.ann.address()));
    assert_eq!((event.shares, event.unwound), (exit.shares, Some(0)));
    assert_eq!(event.slot, test.fixture.deployment.world.clock().slot);
    assert!(event.loss_atoms <= 1, "{}", event.loss_atoms);
    let position = test.fixture.deployment.position(&test.vault, &test.ann.address()).unwrap();
    assert_eq!(position.withdrawn_atoms, event.atoms);
}

#[test]
fn a_stake_pool_pays_its_leaver_in_wrapped_sol() {
    let mut test = VaultTest::staked();
    let exit = tenth(&test, 0);
    let event = the_event::<Withdrawn>(&test.exit(exit));
    assert_eq!(test.wallet(), event.atoms);
    assert!(event.atoms > 99 * SOL && event.atoms <= 100 * SOL, "{}", event.atoms);
    assert_eq!(test.idle_balance(), test.state().idle_atoms);
}

#[test]
fn spec_1_only_the_owner_may_with_their_signature() {
    let mut test = VaultTest::invested();
    let exit = tenth(&test, 0);
    let good = test.exit_ix(exit);
    let (ann, vault) = (test.ann.address(), test.vault);
    let without = unsigned(good, &ann);
    assert_code(test.deployment(), &[without], &[], code::ACCOUNT_NOT_SIGNER);
    let bob = test.another(0);
    let (slot, venue) = (test.slot(0), test.venue(0));
    let bobs = instruction::withdraw_from(bob.address(), vault, &test.state(), &slot, &venue, exit);
    let theft = replaced(bobs, &address::position(&vault, &bob.address()), &address::position(&vault, &ann));
    assert_code(test.deployment(), &[theft], &[&bob.key], code::CONSTRAINT_SEEDS);
}

#[test]
fn spec_1_no_pause_level_revoked_model_or_silent_keeper_stops_it() {
    let mut test = VaultTest::invested();
    test.revoke_model();
    test.pass(100 * 86_400);
    for level in 0..=4 {
        test.pause(level);
        let exit = Exit { receipts: test.slot(0).receipts / 11 * 2, ..tenth(&test, 0) };
        test.exit(exit);
    }
    assert!(test.wallet() > 39_000 * USDC, "{}", test.wallet());
}

#[test]
fn spec_2_the_unwound_allocation_is_valued_first_and_the_others_must_be_fresh() {
    let mut test = VaultTest::invested();
    test.pass(10);
    let strict = test.exit_ix(tenth(&test, 0));
    test.refused(from_ref(&strict), BallastError::StaleAllocation);
    test.send(&[test.refresh_ix(1), test.refresh_ix(2), strict]);
    assert!(test.wallet() > 9_990 * USDC, "{}", test.wallet());
    assert_eq!(test.slot(0).refreshed_slot, test.fixture.deployment.world.clock().slot);
}

/// Fault 5: sold at a dead price, it would be sold at the others' cost.
#[test]
fn spec_2_an_allocation_at_a_dead_price_is_not_unwound() {
    for (bad, rule) in [
        (BadPrice::Stale, BallastError::OracleStale),
        (BadPrice::Backwards, BallastError::OraclePublishTimeBackwards),
    ] {
        let mut test = VaultTest::invested();
        let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
        test.send(&all);
        test.spoil_price(bad);
        let exit = Exit { accept_stale: true, ..tenth(&test, POOL) };
        test.refused_fresh(test.exit_ix(exit), rule);
    }
}

/// Fault 5: a plan made at one price is paid at another, in whole or in part, up to a percent.
#[test]
fn prices_that_move_between_planning_and_landing_stop_no_exit() {
    for change_millionths in [-20_000i64, -3_000, -10, 10, 3_000, 9_000] {
        let (mut test, bob) = without_idle();
        let shares = test.shares() / 3;
        let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
        test.send(&all);
        let (slot, total) = (test.slot(0), test.state().total_shares);
        let owed = to_assets_down(shares, test.nav().low, total).unwrap();
        let receipts =
            u64::try_from(u128::from(slot.receipts) * u128::from(owed) / u128::from(slot.value_low)).unwrap();
        // What happens to the venue until it lands.
        test.fixture.reserves[0].change_debt(&mut test.fixture.deployment.world, change_millionths).unwrap();
        let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
        test.send(&all);
        let bobs = test.shares_of(&bob);
        let worth =
            |test: &VaultTest| to_assets_down(bobs, test.nav().low, test.state().total_shares).unwrap();
        let (before, held) = (worth(&test), test.shares());
        let paid = attempt(&mut test, shares, receipts).unwrap();
        assert!(paid.atoms > owed / 10 * 9, "{change_millionths}: {} of {owed}", paid.atoms);
        assert!(paid.shares <= shares && test.shares() == held - paid.shares);
        let after = worth(&test);
        assert!(after >= before && after <= before + 2, "Bob had {before}, has {after}");
    }
}

/// Fault 5: what is counted as nothing takes its locked profit along.
#[test]
fn locked_profit_on_what_is_skipped_does_not_keep_a_leaver_in() {
    let mut test = VaultTest::invested();
    test.set_limits(|limits| limits.profit_unlock_secs = 31 * 86_400);
    // More is gained in the first reserve than everything else is worth.
    test.fixture.reserves[0].change_debt(&mut test.fixture.deployment.world, 3_000_000).unwrap();
    let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&all);
    let locked = test.state().locked_profit.atoms;
    assert!(locked > 100_000 * USDC, "{locked}");
    test.pass(10);
    let exit = Exit { receipts: test.slot(1).receipts / 10, accept_stale: true, ..tenth(&test, 1) };
    let all = [test.refresh_ix(1), test.refresh_ix(2), test.exit_ix(exit)];
    test.send(&all);
    assert!(test.wallet() > 1_000 * USDC, "{}", test.wallet());
}

#[test]
fn spec_2_a_broken_venue_does_not_stop_a_leaver_who_counts_it_as_nothing() {
    let mut test = VaultTest::invested();
    let broken = test.fixture.reserves[0].key;
    test.deployment().world.set_account(&broken, solana_account::Account::default()).unwrap();
    test.pass(10);
    // Without the reserve the vault counts about half: a tenth of the shares is worth about 5,000.
    let exit = Exit { receipts: test.slot(1).receipts / 5, accept_stale: true, ..tenth(&test, 1) };
    let all = [test.refresh_ix(1), test.refresh_ix(2), test.exit_ix(exit)];
    test.send(&all);
    assert!(test.wallet() > 4_900 * USDC && test.wallet() < 5_100 * USDC, "{}", test.wallet());
    let greedy = Exit { min_assets_out: 9_000 * USDC, ..exit };
    let all = [test.refresh_ix(1), test.refresh_ix(2), test.exit_ix(greedy)];
    test.refused(&all, BallastError::MinAssetsNotMet);
}

#[test]
fn spec_2_a_dead_price_needs_the_flag_and_a_merely_bad_one_does_not() {
    for (bad, rule) in BadPrice::ALL {
        let mut test = VaultTest::invested();
        let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
        test.send(&all);
        test.spoil_price(bad);
        let exit = tenth(&test, 0);
        if matches!(bad, BadPrice::Stale | BadPrice::Backwards) {
            test.refused_fresh(test.exit_ix(exit), rule);
            let all = test.fresh(test.exit_ix(Exit { accept_stale: true, ..exit }));
            test.send(&all);
            assert!(test.wallet() > 7_900 * USDC && test.wallet() < 8_100 * USDC, "{}", test.wallet());
        } else {
            test.exit(exit);
            assert!(test.wallet() > 9_900 * USDC, "{bad:?}: {}", test.wallet());
        }
    }
}

#[test]
fn spec_3_a_leaver_unwinds_at_most_their_own_exit() {
    let mut test = VaultTest::invested();
    // A tenth of the shares is worth about 10,000; a third of the slot about 16,600.
    let exit = Exit { receipts: test.slot(0).receipts / 3, ..tenth(&test, 0) };
    test.refused_fresh(test.exit_ix(exit), BallastError::UnwindExceedsExit);
    let exit = Exit { shares: 1_000_000, ..exit };
    test.refused_fresh(test.exit_ix(exit), BallastError::UnwindExceedsExit);
}

/// Ann's vault with nothing idle but dust, and Bob's 1,000 dollars beside hers.
fn without_idle() -> (VaultTest, Person) {
    let mut test = VaultTest::invested();
    let bob = test.another(1_000 * USDC);
    let deposit = instruction::deposit(bob.address(), test.vault, &test.state(), 1_000 * USDC, 0);
    let all = test.fresh(deposit);
    test.deployment().send(&all, &[&bob.key]).unwrap();
    test.set_limits(|limits| {
        limits.idle_buffer_bps = 0;
        limits.cooldown_secs = 0;
        limits.min_move_atoms = 1;
    });
    // Interest makes a receipt worth an odd number of atoms, and slots worth odd amounts.
    test.pass(30 * 86_400);
    test.decide([8_000, 2_000, 0, 0, 0, 0, 0, 0]);
    let pool = test.slot(POOL).receipts;
    test.decrease(POOL, pool);
    for (index, target_bps) in [(1, 2_000), (0, 8_000)] {
        let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
        test.send(&all);
        let target = u64::try_from(u128::from(test.nav().gross_low) * target_bps / 10_000).unwrap();
        let short = (target - test.slot(index).value_low).min(test.state().idle_atoms);
        test.increase(index, short);
    }
    assert!(test.state().idle_atoms < 8, "{} idle", test.state().idle_atoms);
    (test, bob)
}

/// What unwinding `receipts` for `shares` of Ann's comes to: paid, or refused by which rule.
fn attempt(test: &mut VaultTest, shares: u64, receipts: u64) -> Result<Withdrawn, String> {
    let exit = Exit { index: 0, receipts, shares, min_assets_out: 1, accept_stale: false };
    let all = test.fresh(test.exit_ix(exit));
    match test.fixture.deployment.world.send(&all, &[&test.ann.key]) {
        Ok(done) => Ok(the_event::<Withdrawn>(&done)),
        Err(failed) => Err(failed.refusal.map_or(format!("{:?}", failed.error), |refusal| refusal.name)),
    }
}

#[test]
fn spec_3_without_idle_the_last_receipt_may_be_worth_more_than_is_owed() {
    let (mut test, bob) = without_idle();
    for shares in [1_234_567, 987_654_321, 20_000 * USDC * 1_000 + 7] {
        let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
        test.send(&all);
        // Nothing is idle: not an atom may come from there.
        let (idle, recorded) = (test.state().idle_atoms, test.state().recorded_loss_atoms);
        let owed = to_assets_down(shares, test.nav().low, test.state().total_shares).unwrap();
        let slot = test.slot(0);
        let receipt = slot.value_low.div_ceil(slot.receipts);
        let bobs = test.shares_of(&bob);
        let worth =
            |test: &VaultTest| to_assets_down(bobs, test.nav().low, test.state().total_shares).unwrap();
        let before = worth(&test);
        // The fewest receipts that are worth what is owed.
        let wanted = owed.saturating_sub(idle);
        let first =
            u64::try_from(u128::from(slot.receipts) * u128::from(wanted) / u128::from(slot.value_low));
        let first = first.unwrap().max(1);
        let paid = (first..first + 3).find_map(|receipts| attempt(&mut test, shares, receipts).ok());
        let paid = paid.expect("some whole number of receipts pays");
        let met = u64::try_from(u128::from(owed) * u128::from(paid.shares) / u128::from(shares)).unwrap();
        assert!(paid.atoms <= met && met - paid.atoms <= paid.loss_atoms + 1, "{} of {owed}", paid.atoms);
        // What the last receipt brought beyond it is idle, and everybody's.
        assert!(test.state().idle_atoms <= idle + receipt, "{} idle", test.state().idle_atoms);
        assert_eq!(test.idle_balance(), test.state().idle_atoms);
        let after = worth(&test);
        assert!(after >= before && after <= before + 2, "Bob had {before}, has {after}");
        assert_eq!(test.state().recorded_loss_atoms, recorded);
    }
}

#[test]
fn spec_3_by_a_hundredth_and_no_more() {
    let (mut test, _) = without_idle();
    let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&all);
    let shares = 5_000 * USDC * 1_000;
    let (slot, state) = (test.slot(0), test.state());
    let owed = to_assets_down(shares, test.nav().low, state.total_shares).unwrap();
    let exact =
        u64::try_from(u128::from(slot.receipts) * u128::from(owed) / u128::from(slot.value_low)).unwrap();
    let beyond = exact + exact / 50;
    assert_eq!(attempt(&mut test, shares, beyond).err().as_deref(), Some("UnwindExceedsExit"));
    assert_eq!(test.slot(0).receipts, slot.receipts);
    // What is unwound is paid for, and only that: the rest stays the leaver's.
    let paid = attempt(&mut test, shares, exact / 2).unwrap();
    assert!(paid.shares.abs_diff(shares / 2) < shares / 1_000, "{} of {shares}", paid.shares);
    assert!(paid.atoms.abs_diff(owed / 2) < owed / 1_000, "{} of {owed}", paid.atoms);
}

#[test]
fn spec_3_an_atoms_worth_of_shares_unwinds_no_more_than_a_receipt_and_gains_nothing() {
    let (mut test, bob) = without_idle();
    let (before, receipts) = (test.wallet(), test.slot(0).receipts);
    let bobs = test.shares_of(&bob);
    let worth = |test: &mut VaultTest| {
        let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
        test.send(&all);
        to_assets_down(bobs, test.nav().low, test.state().total_shares).unwrap()
    };
    let start = worth(&mut test);
    for _ in 0..5 {
        // Two atoms' worth, so that it is not dust. Whatever is refused moves nothing.
        for receipts in 1..5 {
            let _ = attempt(&mut test, 2 * VIRTUAL_SHARES, receipts);
        }
    }
    let (paid, gone) = (test.wallet() - before, receipts - test.slot(0).receipts);
    // At most what was paid and a receipt an exit.
    assert!(paid > 0 && gone <= paid + 5 * 4, "{gone} receipts unwound for {paid} atoms");
    assert!(worth(&mut test) >= start, "nobody else pays for it");
}

#[test]
fn spec_4_the_leaver_bears_what_unwinding_loses() {
    let mut test = VaultTest::invested();
    let bob = test.another(10_000 * USDC);
    let deposit = instruction::deposit(bob.address(), test.vault, &test.state(), 10_000 * USDC, 0);
    let all = test.fresh(deposit);
    test.deployment().send(&all, &[&bob.key]).unwrap();
    let worth = |test: &VaultTest| {
        to_assets_down(test.shares_of(&bob), test.nav().low, test.state().total_shares).unwrap()
    };
    let (before, owed_per_share) = (worth(&test), test.nav().low);
    let recorded = test.state().recorded_loss_atoms;
    let exit = Exit { receipts: test.slot(POOL).receipts / 3, ..tenth(&test, POOL) };
    let owed = to_assets_down(exit.shares, owed_per_share, test.state().total_shares).unwrap();
    let done = test.exit(exit);
    let event = the_event::<Withdrawn>(&done);
    assert!(event.loss_atoms > USDC, "swapping back costs: {}", event.loss_atoms);
    assert_eq!(event.atoms, owed - event.loss_atoms);
    assert!(emitted::<LossRecorded>(&done).is_empty());
    assert_eq!(test.state().recorded_loss_atoms, recorded);
    let after = worth(&test);
    assert!(after >= before && after <= before + 2, "Bob had {before}, has {after}");
}

#[test]
fn spec_4_min_assets_out_counts_that_loss() {
    let mut test = VaultTest::invested();
    let exit = Exit { receipts: test.slot(POOL).receipts / 3, ..tenth(&test, POOL) };
    let nav = {
        let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
        test.send(&all);
        test.nav().low
    };
    let owed = to_assets_down(exit.shares, nav, test.state().total_shares).unwrap();
    test.refused_fresh(test.exit_ix(Exit { min_assets_out: owed, ..exit }), BallastError::MinAssetsNotMet);
    test.exit(Exit { min_assets_out: owed - owed / 100, ..exit });
}

#[test]
fn spec_5_donations_stay_out_of_the_books() {
    let mut test = VaultTest::invested();
    let (idle, receipts) = (test.state().idle_account, test.slot(POOL).receipt_account);
    let leg = test.slot(POOL).leg_account;
    test.donate(&idle, 500 * USDC);
    test.donate(&receipts, 12_345);
    test.donate(&leg, 7 * SOL);
    let exit = Exit { receipts: test.slot(POOL).receipts / 3, ..tenth(&test, POOL) };
    test.exit(exit);
    let slot = test.slot(POOL);
    assert_eq!(test.idle_balance(), test.state().idle_atoms + 500 * USDC);
    assert_eq!(test.token_balance(&receipts), slot.receipts + 12_345);
    assert_eq!(test.token_balance(&leg), slot.residual_atoms + 7 * SOL);
    assert!(test.wallet() < 10_000 * USDC);
}

#[test]
fn amounts_that_make_no_sense_are_refused() {
    let mut test = VaultTest::invested();
    let good = tenth(&test, 0);
    let receipts = test.slot(0).receipts;
    let cases = [
        (Exit { receipts: 0, ..good }, BallastError::ZeroAmount),
        (Exit { shares: 0, ..good }, BallastError::ZeroAmount),
        (Exit { shares: 1, ..good }, BallastError::DustAmount),
        (Exit { receipts: receipts + 1, ..good }, BallastError::InsufficientReceipts),
        (Exit { receipts: u64::MAX, ..good }, BallastError::InsufficientReceipts),
        (Exit { shares: test.shares() + 1, ..good }, BallastError::InsufficientShares),
        (Exit { shares: u64::MAX, ..good }, BallastError::InsufficientShares),
        (Exit { min_assets_out: u64::MAX, ..good }, BallastError::MinAssetsNotMet),
    ];
    for (exit, rule) in cases {
        test.refused_fresh(test.exit_ix(exit), rule);
    }
    let mut beyond = test.exit_ix(good);
    beyond.data[8] = 3;
    test.refused_fresh(beyond, BallastError::AllocationNotFound);
}

#[test]
fn spec_4_an_exit_that_idle_and_the_unwound_part_do_not_cover_is_paid_in_part() {
    let mut test = VaultTest::invested();
    let held = test.shares();
    let exit = Exit { shares: held / 2, ..tenth(&test, 0) };
    let idle = test.state().idle_atoms;
    let event = the_event::<Withdrawn>(&test.exit(exit));
    assert_eq!(test.state().idle_atoms, 0, "all that was idle and unwound is paid");
    assert!(event.atoms > idle && event.atoms < 50_000 * USDC);
    assert_eq!(test.shares(), held - event.shares);
    assert!(event.shares < exit.shares);
    // The same price a share as anybody's.
    let exact = u128::from(event.atoms) * u128::from(exit.shares) / u128::from(event.shares);
    assert!(exact.abs_diff(u128::from(50_000 * USDC)) < 20_000_000, "{exact}");
}

#[test]
fn swapped_accounts_are_refused() {
    let mut test = VaultTest::invested();
    let good = test.exit_ix(tenth(&test, 0));
    let [first, second] = [test.fixture.reserves[0], test.fixture.reserves[1]];
    let (state, usdc, vault) = (test.state(), test.asset, test.vault);
    let (slot, other) = (test.slot(0), test.slot(1));
    let other_mint = test.deployment().mint(6).unwrap();
    let elsewhere = token::fund(&mut test.deployment().world, &vault, &other_mint, 0).unwrap();
    let token_program = 8;
    assert_eq!(good.accounts[token_program].pubkey, address::TOKEN);
    let cases = [
        (replaced(good.clone(), &slot.strategy, &other.strategy), BallastError::WrongStrategy),
        (replaced(good.clone(), &usdc, &other_mint), BallastError::WrongMint),
        (replaced(good.clone(), &state.idle_account, &elsewhere), BallastError::WrongTokenAccount),
        (
            replaced(good.clone(), &slot.receipt_account, &other.receipt_account),
            BallastError::WrongTokenAccount,
        ),
        (replaced_at(good.clone(), token_program, &address::TOKEN_2022), BallastError::WrongTokenProgram),
        (replaced(good.clone(), &first.key, &second.key), BallastError::PinnedAccountMismatch),
        (
            replaced(good.clone(), &first.liquidity_vault, &second.liquidity_vault),
            BallastError::PinnedAccountMismatch,
        ),
        (
            replaced(good.clone(), &first.ctoken_mint, &second.ctoken_mint),
            BallastError::PinnedAccountMismatch,
        ),
        (
            replaced(good.clone(), &address::KAMINO_LEND, &address::SPL_STAKE_POOL),
            BallastError::WrongVenueProgram,
        ),
        (replaced(good.clone(), &test.wallet_key(), &state.idle_account), BallastError::DuplicateAccount),
    ];
    for (instruction, rule) in cases {
        test.refused_fresh(instruction, rule);
    }
    let mut short = good;
    short.accounts.pop();
    test.refused_fresh(short, BallastError::VenueAccountsMissing);
}

#[test]
fn a_venue_without_liquidity_refuses_and_loses_nothing() {
    let mut test = VaultTest::invested();
    let reserve = test.fixture.reserves[0];
    reserve.set_utilisation(&mut test.deployment().world, 1.0).unwrap();
    let all = test.fresh(test.exit_ix(tenth(&test, 0)));
    test.refused_by_code(&all, LENDING_INSUFFICIENT_LIQUIDITY);
    // The other venues still pay.
    let exit = Exit { receipts: test.slot(1).receipts / 3, ..tenth(&test, 1) };
    test.exit(exit);
    assert!(test.wallet() > 9_900 * USDC);
}

#[test]
fn a_pool_that_is_switched_off_or_pays_too_little_refuses_and_loses_nothing() {
    let mut test = VaultTest::invested();
    let pool = test.fixture.pool.unwrap();
    let exit = Exit { receipts: test.slot(POOL).receipts / 3, ..tenth(&test, POOL) };
    for off in [2, 4, 7] {
        pool.set_status(&mut test.deployment().world, off).unwrap();
        test.refused_fresh(test.exit_ix(exit), BallastError::VenueDisabled);
    }
    pool.set_status(&mut test.deployment().world, 0).unwrap();
    // Somebody pushes the price of SOL down by 5%: the swap back is below the oracle's floor.
    pool.set_price(&mut test.deployment().world, &address::WRAPPED_SOL, 142_500, 1_000_000).unwrap();
    let all = test.fresh(test.exit_ix(exit));
    let deployment = &mut test.fixture.deployment;
    let failed = failure_without_effect(deployment, &all, &[&test.ann.key]);
    let first = failed.logs.iter().find(|line| line.contains(" failed: ")).unwrap();
    assert!(first.contains(&address::RAYDIUM_CPMM.to_string()), "the pool itself refuses: {first}");
    // Idle still pays.
    let shares = test.shares() / 20;
    let out = withdraw(test.ann.address(), test.vault, &test.state(), shares, 0, false);
    let all = test.fresh(out);
    test.send(&all);
}

#[test]
fn lamports_sent_to_the_natives_accounts_change_nothing() {
    let mut plain = VaultTest::staked();
    let exit = tenth(&plain, 0);
    plain.exit(exit);
    let mut test = VaultTest::staked();
    let vault = test.vault;
    for key in [address::funder(&vault), address::unwrap(&vault)] {
        test.deployment().world.give_lamports(&key, 5 * SOL + 1).unwrap();
    }
    let idle = test.state().idle_account;
    let lamports = test.deployment().world.expect_account(&idle, "idle").unwrap().lamports;
    test.deployment().world.give_lamports(&idle, lamports + 3 * SOL).unwrap();
    test.exit(exit);
    assert_eq!(test.wallet(), plain.wallet());
    assert_eq!(test.state().idle_atoms, plain.state().idle_atoms);
    assert_eq!(test.idle_balance(), test.state().idle_atoms + 3 * SOL);
}

#[test]
fn a_stranger_with_dust_cannot_unwind_the_vault() {
    let mut test = VaultTest::invested();
    let bob = test.another(10 * USDC);
    let deposit = instruction::deposit(bob.address(), test.vault, &test.state(), 10 * USDC, 0);
    let all = test.fresh(deposit);
    test.deployment().send(&all, &[&bob.key]).unwrap();
    test.deployment().world.next_slot();
    let exit = Exit { shares: test.shares_of(&bob), ..tenth(&test, 0) };
    let (slot, venue) = (test.slot(0), test.venue(0));
    let ix = instruction::withdraw_from(bob.address(), test.vault, &test.state(), &slot, &venue, exit);
    let all = test.fresh(ix);
    ballast_tests::unchanged::assert_refused(
        test.deployment(),
        &all,
        &[&bob.key],
        BallastError::UnwindExceedsExit,
    );
    assert_eq!(test.slot(0).receipts, slot.receipts);
}
