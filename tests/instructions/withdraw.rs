//! `withdraw`.

use std::slice::from_ref;

use ballast::BallastError;
use ballast::events::Withdrawn;
use ballast_client::{address, instruction};
use ballast_math::shares::to_assets_down;
use ballast_sandbox::{Chain, token};
use ballast_tests::unchanged::{assert_code, assert_refused, code, replaced, unsigned};
use ballast_tests::{BadPrice, INVESTED, USDC, VaultTest, the_event};
use solana_pubkey::Pubkey;

#[test]
fn happy_path_pays_and_says_so() {
    let mut test = VaultTest::deposited(1_000 * USDC);
    let (before, shares) = (test.state(), test.shares());
    let done = test.withdraw(shares / 4);
    let paid = to_assets_down(shares / 4, before.idle_atoms, before.total_shares).unwrap();
    let after = test.state();
    assert_eq!(test.wallet(), paid);
    assert_eq!(test.shares(), shares - shares / 4);
    assert_eq!(after.total_shares, before.total_shares - shares / 4);
    assert_eq!(after.idle_atoms, before.idle_atoms - paid);
    let position = test.fixture.deployment.position(&test.vault, &test.ann.address()).unwrap();
    assert_eq!((position.deposited_atoms, position.withdrawn_atoms), (1_000 * USDC, paid));
    let event = the_event::<Withdrawn>(&done);
    assert_eq!((event.vault, event.owner), (test.vault, test.ann.address()));
    assert_eq!((event.atoms, event.shares, event.nav_low), (paid, shares / 4, before.idle_atoms));
    assert_eq!((event.unwound, event.loss_atoms), (None, 0));
    assert_eq!(event.slot, test.fixture.deployment.world.clock().slot);
}

#[test]
fn everybody_can_leave_and_the_seed_stays() {
    let mut test = VaultTest::deposited(1_000 * USDC);
    test.withdraw(test.shares());
    assert_eq!(test.shares(), 0);
    let state = test.state();
    assert_eq!(state.total_shares, state.dead_shares);
    assert!(state.idle_atoms >= USDC && state.idle_atoms <= USDC + 2, "{}", state.idle_atoms);
    assert!(test.wallet() >= 1_000 * USDC - 2, "{}", test.wallet());
}

#[test]
fn spec_1_only_the_owner_may_with_their_signature() {
    let mut test = VaultTest::deposited(1_000 * USDC);
    let good = test.withdraw_ix(1_000_000, 0, false);
    let without = unsigned(good, &test.ann.address());
    assert_code(test.deployment(), &[without], &[], code::ACCOUNT_NOT_SIGNER);
    // Bob names Ann's position as his own. It is found by its owner's key, so it is not his.
    let bob = test.another(0);
    let bobs = instruction::withdraw(bob.address(), test.vault, &test.state(), 1_000_000, 0, false);
    let own = address::position(&test.vault, &bob.address());
    let theft = replaced(bobs.clone(), &own, &address::position(&test.vault, &test.ann.address()));
    assert_code(test.deployment(), &[theft], &[&bob.key], code::CONSTRAINT_SEEDS);
    assert_code(test.deployment(), &[bobs], &[&bob.key], code::ACCOUNT_NOT_INITIALIZED);
}

#[test]
fn spec_1_no_pause_level_stops_it() {
    let mut test = VaultTest::invested();
    for level in 0..=4 {
        test.pause(level);
        test.withdraw(test.shares() / 100);
    }
    assert!(test.wallet() > 4_800 * USDC);
}

#[test]
fn spec_1_neither_a_silent_keeper_nor_a_revoked_model_stops_it() {
    let mut test = VaultTest::invested();
    test.revoke_model();
    test.pass(400 * 86_400);
    test.withdraw(test.shares() / 20);
    assert!(test.wallet() > 4_900 * USDC);
}

#[test]
fn spec_2_shares_are_priced_at_the_low_side_and_rounded_down() {
    let mut test = VaultTest::invested();
    test.pass(86_400);
    let refresh = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&refresh);
    let (nav, total) = (test.nav(), test.state().total_shares);
    assert!(nav.low < nav.high);
    let shares = 1_234_567_891;
    let event = the_event::<Withdrawn>(&test.withdraw(shares));
    assert_eq!(event.nav_low, nav.low);
    let exact = u128::from(shares) * u128::from(nav.low + 1);
    assert_ne!(exact % u128::from(total + 1_000), 0, "there is something to round");
    assert_eq!(u128::from(event.atoms), exact / u128::from(total + 1_000));
}

#[test]
fn spec_2_in_and_out_in_the_next_slot_never_gains() {
    let mut test = VaultTest::invested();
    let start = 5_000 * USDC + 1;
    let bob = test.another(start);
    let deposit = instruction::deposit(bob.address(), test.vault, &test.state(), start, 0);
    let all = test.fresh(deposit);
    test.deployment().send(&all, &[&bob.key]).unwrap();
    let shares = test.shares_of(&bob);
    let back = instruction::withdraw(bob.address(), test.vault, &test.state(), shares, 0, false);
    let all = test.fresh(back);
    assert_refused(test.deployment(), &all, &[&bob.key], BallastError::SharesEnteredInSameSlot);
    test.deployment().world.next_slot();
    test.deployment().send(&all, &[&bob.key]).unwrap();
    assert!(test.wallet_of(&bob) < start, "the two sides of the pool's price are the leaver's cost");
}

#[test]
fn spec_3_stale_slots_are_refused_unless_the_leaver_counts_them_as_nothing() {
    let mut test = VaultTest::invested();
    test.pass(10);
    let shares = test.shares() / 20;
    let (strict, loose) = (test.withdraw_ix(shares, 0, false), test.withdraw_ix(shares, 0, true));
    test.refused(from_ref(&strict), BallastError::StaleAllocation);
    let partly = [test.refresh_ix(0), test.refresh_ix(1), strict];
    test.refused(&partly, BallastError::StaleAllocation);

    // Only idle counts: the leaver gives away the rest.
    let before = test.state();
    let paid = the_event::<Withdrawn>(&test.send(from_ref(&loose))).atoms;
    assert_eq!(paid, to_assets_down(shares, before.idle_atoms, before.total_shares).unwrap());
    // With one slot fresh, it counts too.
    let before = test.state();
    let all = [test.refresh_ix(0), loose];
    let paid = the_event::<Withdrawn>(&test.send(&all)).atoms;
    let counted = before.idle_atoms + test.slot(0).value_low;
    assert!(paid <= to_assets_down(shares, counted, before.total_shares).unwrap());
    assert!(paid > to_assets_down(shares, before.idle_atoms, before.total_shares).unwrap());
}

#[test]
fn spec_3_min_assets_out_protects_whoever_accepts_stale_slots() {
    let mut test = VaultTest::invested();
    test.pass(10);
    let shares = test.shares() / 20;
    let wanted = 4_900 * USDC;
    test.refused(&[test.withdraw_ix(shares, wanted, true)], BallastError::MinAssetsNotMet);
    let all = test.fresh(test.withdraw_ix(shares, wanted, true));
    test.send(&all);
    assert!(test.wallet() >= wanted);
}

#[test]
fn spec_3_a_dead_price_is_refused_and_a_merely_bad_one_is_not() {
    for (bad, rule) in BadPrice::ALL {
        let mut test = VaultTest::invested();
        let refresh = test.fixture.deployment.refresh_all(&test.vault).unwrap();
        test.send(&refresh);
        test.spoil_price(bad);
        let shares = test.shares() / 20;
        if matches!(bad, BadPrice::Stale | BadPrice::Backwards) {
            test.refused_fresh(test.withdraw_ix(shares, 0, false), rule);
            // The flag counts the slot with the dead price as nothing.
            let all = test.fresh(test.withdraw_ix(shares, 0, true));
            let paid = the_event::<Withdrawn>(&test.send(&all)).atoms;
            assert!(paid > 3_900 * USDC && paid < 4_100 * USDC, "{bad:?}: {paid}");
        } else {
            test.withdraw(shares);
            assert!(test.wallet() > 4_800 * USDC, "{bad:?}: {}", test.wallet());
        }
    }
}

#[test]
fn spec_3_a_venue_that_is_gone_locks_nobody_in() {
    let mut test = VaultTest::invested();
    // The reserve's account is closed.
    let reserve = test.fixture.reserves[0].key;
    test.deployment().world.set_account(&reserve, solana_account::Account::default()).unwrap();
    test.pass(10);
    let shares = test.shares() / 20;
    let all = [test.refresh_ix(0), test.withdraw_ix(shares, 0, true)];
    test.refused(&all, BallastError::VenueAccountOwner);
    let all = [test.refresh_ix(1), test.refresh_ix(2), test.withdraw_ix(shares, 2_000 * USDC, true)];
    test.send(&all);
    assert!(test.wallet() >= 2_000 * USDC);
}

#[test]
fn spec_4_donations_do_not_reach_the_leaver() {
    let mut test = VaultTest::deposited(1_000 * USDC);
    test.donate(&test.state().idle_account, 1_000_000 * USDC);
    test.withdraw(test.shares());
    assert!(test.wallet() <= 1_000 * USDC);
    assert_eq!(test.idle_balance(), test.state().idle_atoms + 1_000_000 * USDC);
}

#[test]
fn amounts_that_make_no_sense_are_refused() {
    let mut test = VaultTest::deposited(1_000 * USDC);
    let shares = test.shares();
    test.refused_fresh(test.withdraw_ix(0, 0, false), BallastError::ZeroAmount);
    test.refused_fresh(test.withdraw_ix(shares + 1, 0, false), BallastError::InsufficientShares);
    test.refused_fresh(test.withdraw_ix(u64::MAX, 0, false), BallastError::InsufficientShares);
    test.refused_fresh(test.withdraw_ix(u64::MAX, 0, true), BallastError::InsufficientShares);
    // A share is a thousandth of an atom.
    test.refused_fresh(test.withdraw_ix(1, 0, false), BallastError::DustAmount);
    test.refused_fresh(test.withdraw_ix(shares, 1_000 * USDC + 1, false), BallastError::MinAssetsNotMet);
    test.refused_fresh(test.withdraw_ix(shares, u64::MAX, false), BallastError::MinAssetsNotMet);
}

#[test]
fn more_than_idle_is_refused_even_when_a_donation_would_cover_it() {
    let mut test = VaultTest::invested();
    test.donate(&test.state().idle_account, INVESTED);
    test.refused_fresh(test.withdraw_ix(test.shares() / 2, 0, false), BallastError::InsufficientIdle);
}

#[test]
fn accounts_that_are_not_the_vaults_are_refused() {
    let mut test = VaultTest::deposited(1_000 * USDC);
    let good = test.withdraw_ix(1_000_000, 0, false);
    let (state, usdc) = (test.state(), test.asset);
    let other_mint = test.deployment().mint(6).unwrap();
    let elsewhere = token::fund(&mut test.deployment().world, &Pubkey::new_unique(), &usdc, 0).unwrap();
    let cases = [
        (replaced(good.clone(), &usdc, &other_mint), BallastError::WrongMint),
        (replaced(good.clone(), &address::TOKEN, &address::TOKEN_2022), BallastError::WrongTokenProgram),
        (replaced(good.clone(), &state.idle_account, &elsewhere), BallastError::WrongTokenAccount),
        (
            replaced(good.clone(), &state.idle_account, &test.slot(0).receipt_account),
            BallastError::WrongTokenAccount,
        ),
        (replaced(good.clone(), &test.wallet_key(), &state.idle_account), BallastError::DuplicateAccount),
    ];
    for (instruction, rule) in cases {
        test.refused(&[instruction], rule);
    }
    test.send(&[good]);
}

#[test]
fn an_owner_may_be_paid_to_any_account_of_the_asset_and_to_no_other() {
    let mut test = VaultTest::deposited(1_000 * USDC);
    let good = test.withdraw_ix(1_000_000, 0, false);
    let (wallet, usdc, ann) = (test.wallet_key(), test.asset, test.ann.address());
    let other_mint = test.deployment().mint(6).unwrap();
    let wrong = token::fund(&mut test.deployment().world, &ann, &other_mint, 0).unwrap();
    let case = replaced(good.clone(), &wallet, &wrong);
    test.refused_by_code(&[case], code::TOKEN_MINT_MISMATCH);
    let heir = token::fund(&mut test.deployment().world, &Pubkey::new_unique(), &usdc, 0).unwrap();
    let gift = replaced(good, &wallet, &heir);
    test.send(&[gift]);
    assert_eq!(test.token_balance(&heir), 1_000);
}

#[test]
fn a_wallet_that_was_closed_is_paid_once_it_is_there_again() {
    let mut test = VaultTest::deposited(1_000 * USDC);
    let (wallet, ann, usdc) = (test.wallet_key(), test.ann.address(), test.asset);
    test.send(&[ballast_client::token::close_account(&wallet, &ann)]);
    let withdraw = test.withdraw_ix(1_000_000, 0, false);
    let all = test.fresh(withdraw.clone());
    let deployment = &mut test.fixture.deployment;
    let failed = ballast_tests::unchanged::failure_without_effect(deployment, &all, &[&test.ann.key]);
    assert_eq!(failed.refusal, None, "the token program refuses: {failed}");
    let create = ballast_client::token::create_token_account(&ann, &ann, &usdc, &address::TOKEN);
    test.send(&[create, withdraw]);
    assert_eq!(test.wallet(), 1_000);
}
