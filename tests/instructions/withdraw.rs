//! `withdraw`.

use std::slice::from_ref;

use ballast::BallastError;
use ballast::events::Withdrawn;
use ballast_client::{address, instruction};
use ballast_math::shares::to_assets_down;
use ballast_sandbox::{Chain, token};
use ballast_tests::unchanged::{assert_code, assert_refused, code, replaced, unsigned};
use ballast_tests::{BadPrice, Cast, INVESTED, USDC, the_event};
use solana_pubkey::Pubkey;

#[test]
fn happy_path_pays_and_says_so() {
    let mut cast = Cast::deposited(1_000 * USDC);
    let (before, shares) = (cast.state(), cast.shares());
    let done = cast.withdraw(shares / 4);
    let paid = to_assets_down(shares / 4, before.idle_atoms, before.total_shares).unwrap();
    let after = cast.state();
    assert_eq!(cast.wallet(), paid);
    assert_eq!(cast.shares(), shares - shares / 4);
    assert_eq!(after.total_shares, before.total_shares - shares / 4);
    assert_eq!(after.idle_atoms, before.idle_atoms - paid);
    let position = cast.scene.stage.position(&cast.vault, &cast.ann.address()).unwrap();
    assert_eq!((position.deposited_atoms, position.withdrawn_atoms), (1_000 * USDC, paid));
    let event = the_event::<Withdrawn>(&done);
    assert_eq!((event.vault, event.owner), (cast.vault, cast.ann.address()));
    assert_eq!((event.atoms, event.shares, event.nav_low), (paid, shares / 4, before.idle_atoms));
    assert_eq!((event.unwound, event.loss_atoms), (None, 0));
    assert_eq!(event.slot, cast.scene.stage.world.clock().slot);
}

#[test]
fn everybody_can_leave_and_the_seed_stays() {
    let mut cast = Cast::deposited(1_000 * USDC);
    cast.withdraw(cast.shares());
    assert_eq!(cast.shares(), 0);
    let state = cast.state();
    assert_eq!(state.total_shares, state.dead_shares);
    assert!(state.idle_atoms >= USDC && state.idle_atoms <= USDC + 2, "{}", state.idle_atoms);
    assert!(cast.wallet() >= 1_000 * USDC - 2, "{}", cast.wallet());
}

#[test]
fn spec_1_only_the_owner_may_with_their_signature() {
    let mut cast = Cast::deposited(1_000 * USDC);
    let good = cast.withdraw_ix(1_000_000, 0, false);
    let without = unsigned(good, &cast.ann.address());
    assert_code(cast.stage(), &[without], &[], code::ACCOUNT_NOT_SIGNER);
    // Bob names Ann's position as his own. It is found by its owner's key, so it is not his.
    let bob = cast.another(0);
    let bobs = instruction::withdraw(bob.address(), cast.vault, &cast.state(), 1_000_000, 0, false);
    let own = address::position(&cast.vault, &bob.address());
    let theft = replaced(bobs.clone(), &own, &address::position(&cast.vault, &cast.ann.address()));
    assert_code(cast.stage(), &[theft], &[&bob.key], code::CONSTRAINT_SEEDS);
    assert_code(cast.stage(), &[bobs], &[&bob.key], code::ACCOUNT_NOT_INITIALIZED);
}

#[test]
fn spec_1_no_pause_level_stops_it() {
    let mut cast = Cast::invested();
    for level in 0..=4 {
        cast.pause(level);
        cast.withdraw(cast.shares() / 100);
    }
    assert!(cast.wallet() > 4_800 * USDC);
}

#[test]
fn spec_1_neither_a_silent_keeper_nor_a_revoked_model_stops_it() {
    let mut cast = Cast::invested();
    cast.revoke_model();
    cast.pass(400 * 86_400);
    cast.withdraw(cast.shares() / 20);
    assert!(cast.wallet() > 4_900 * USDC);
}

#[test]
fn spec_2_shares_are_priced_at_the_low_side_and_rounded_down() {
    let mut cast = Cast::invested();
    cast.pass(86_400);
    let refresh = cast.scene.stage.refresh_all(&cast.vault).unwrap();
    cast.send(&refresh);
    let (nav, total) = (cast.nav(), cast.state().total_shares);
    assert!(nav.low < nav.high);
    let shares = 1_234_567_891;
    let event = the_event::<Withdrawn>(&cast.withdraw(shares));
    assert_eq!(event.nav_low, nav.low);
    let exact = u128::from(shares) * u128::from(nav.low + 1);
    assert_ne!(exact % u128::from(total + 1_000), 0, "there is something to round");
    assert_eq!(u128::from(event.atoms), exact / u128::from(total + 1_000));
}

#[test]
fn spec_2_in_and_out_in_the_next_slot_never_gains() {
    let mut cast = Cast::invested();
    let start = 5_000 * USDC + 1;
    let bob = cast.another(start);
    let deposit = instruction::deposit(bob.address(), cast.vault, &cast.state(), start, 0);
    let all = cast.fresh(deposit);
    cast.stage().send(&all, &[&bob.key]).unwrap();
    let shares = cast.shares_of(&bob);
    let back = instruction::withdraw(bob.address(), cast.vault, &cast.state(), shares, 0, false);
    let all = cast.fresh(back);
    assert_refused(cast.stage(), &all, &[&bob.key], BallastError::SharesEnteredInSameSlot);
    cast.stage().world.next_slot();
    cast.stage().send(&all, &[&bob.key]).unwrap();
    assert!(cast.wallet_of(&bob) < start, "the two sides of the pool's price are the leaver's cost");
}

#[test]
fn spec_3_stale_slots_are_refused_unless_the_leaver_counts_them_as_nothing() {
    let mut cast = Cast::invested();
    cast.pass(10);
    let shares = cast.shares() / 20;
    let (strict, loose) = (cast.withdraw_ix(shares, 0, false), cast.withdraw_ix(shares, 0, true));
    cast.refused(from_ref(&strict), BallastError::StaleAllocation);
    let partly = [cast.refresh_ix(0), cast.refresh_ix(1), strict];
    cast.refused(&partly, BallastError::StaleAllocation);

    // Only idle counts: the leaver gives away the rest.
    let before = cast.state();
    let paid = the_event::<Withdrawn>(&cast.send(from_ref(&loose))).atoms;
    assert_eq!(paid, to_assets_down(shares, before.idle_atoms, before.total_shares).unwrap());
    // With one slot fresh, it counts too.
    let before = cast.state();
    let all = [cast.refresh_ix(0), loose];
    let paid = the_event::<Withdrawn>(&cast.send(&all)).atoms;
    let counted = before.idle_atoms + cast.slot(0).value_low;
    assert!(paid <= to_assets_down(shares, counted, before.total_shares).unwrap());
    assert!(paid > to_assets_down(shares, before.idle_atoms, before.total_shares).unwrap());
}

#[test]
fn spec_3_min_assets_out_protects_whoever_accepts_stale_slots() {
    let mut cast = Cast::invested();
    cast.pass(10);
    let shares = cast.shares() / 20;
    let wanted = 4_900 * USDC;
    cast.refused(&[cast.withdraw_ix(shares, wanted, true)], BallastError::MinAssetsNotMet);
    let all = cast.fresh(cast.withdraw_ix(shares, wanted, true));
    cast.send(&all);
    assert!(cast.wallet() >= wanted);
}

#[test]
fn spec_3_a_dead_price_is_refused_and_a_merely_bad_one_is_not() {
    for (bad, rule) in BadPrice::ALL {
        let mut cast = Cast::invested();
        let refresh = cast.scene.stage.refresh_all(&cast.vault).unwrap();
        cast.send(&refresh);
        cast.spoil_price(bad);
        let shares = cast.shares() / 20;
        if matches!(bad, BadPrice::Stale | BadPrice::Backwards) {
            cast.refused_fresh(cast.withdraw_ix(shares, 0, false), rule);
            // The flag counts the slot with the dead price as nothing.
            let all = cast.fresh(cast.withdraw_ix(shares, 0, true));
            let paid = the_event::<Withdrawn>(&cast.send(&all)).atoms;
            assert!(paid > 3_900 * USDC && paid < 4_100 * USDC, "{bad:?}: {paid}");
        } else {
            cast.withdraw(shares);
            assert!(cast.wallet() > 4_800 * USDC, "{bad:?}: {}", cast.wallet());
        }
    }
}

#[test]
fn spec_3_a_venue_that_is_gone_locks_nobody_in() {
    let mut cast = Cast::invested();
    // The reserve's account is closed.
    let reserve = cast.scene.reserves[0].key;
    cast.stage().world.set_account(&reserve, solana_account::Account::default()).unwrap();
    cast.pass(10);
    let shares = cast.shares() / 20;
    let all = [cast.refresh_ix(0), cast.withdraw_ix(shares, 0, true)];
    cast.refused(&all, BallastError::VenueAccountOwner);
    let all = [cast.refresh_ix(1), cast.refresh_ix(2), cast.withdraw_ix(shares, 2_000 * USDC, true)];
    cast.send(&all);
    assert!(cast.wallet() >= 2_000 * USDC);
}

#[test]
fn spec_4_donations_do_not_reach_the_leaver() {
    let mut cast = Cast::deposited(1_000 * USDC);
    cast.donate(&cast.state().idle_account, 1_000_000 * USDC);
    cast.withdraw(cast.shares());
    assert!(cast.wallet() <= 1_000 * USDC);
    assert_eq!(cast.idle_balance(), cast.state().idle_atoms + 1_000_000 * USDC);
}

#[test]
fn amounts_that_make_no_sense_are_refused() {
    let mut cast = Cast::deposited(1_000 * USDC);
    let shares = cast.shares();
    cast.refused_fresh(cast.withdraw_ix(0, 0, false), BallastError::ZeroAmount);
    cast.refused_fresh(cast.withdraw_ix(shares + 1, 0, false), BallastError::InsufficientShares);
    cast.refused_fresh(cast.withdraw_ix(u64::MAX, 0, false), BallastError::InsufficientShares);
    cast.refused_fresh(cast.withdraw_ix(u64::MAX, 0, true), BallastError::InsufficientShares);
    // A share is a thousandth of an atom.
    cast.refused_fresh(cast.withdraw_ix(1, 0, false), BallastError::DustAmount);
    cast.refused_fresh(cast.withdraw_ix(shares, 1_000 * USDC + 1, false), BallastError::MinAssetsNotMet);
    cast.refused_fresh(cast.withdraw_ix(shares, u64::MAX, false), BallastError::MinAssetsNotMet);
}

#[test]
fn more_than_idle_is_refused_even_when_a_donation_would_cover_it() {
    let mut cast = Cast::invested();
    cast.donate(&cast.state().idle_account, INVESTED);
    cast.refused_fresh(cast.withdraw_ix(cast.shares() / 2, 0, false), BallastError::InsufficientIdle);
}

#[test]
fn accounts_that_are_not_the_vaults_are_refused() {
    let mut cast = Cast::deposited(1_000 * USDC);
    let good = cast.withdraw_ix(1_000_000, 0, false);
    let (state, usdc) = (cast.state(), cast.asset);
    let other_mint = cast.stage().mint(6).unwrap();
    let elsewhere = token::fund(&mut cast.stage().world, &Pubkey::new_unique(), &usdc, 0).unwrap();
    let cases = [
        (replaced(good.clone(), &usdc, &other_mint), BallastError::WrongMint),
        (replaced(good.clone(), &address::TOKEN, &address::TOKEN_2022), BallastError::WrongTokenProgram),
        (replaced(good.clone(), &state.idle_account, &elsewhere), BallastError::WrongTokenAccount),
        (
            replaced(good.clone(), &state.idle_account, &cast.slot(0).receipt_account),
            BallastError::WrongTokenAccount,
        ),
        (replaced(good.clone(), &cast.wallet_key(), &state.idle_account), BallastError::DuplicateAccount),
    ];
    for (instruction, rule) in cases {
        cast.refused(&[instruction], rule);
    }
    cast.send(&[good]);
}

#[test]
fn an_owner_may_be_paid_to_any_account_of_the_asset_and_to_no_other() {
    let mut cast = Cast::deposited(1_000 * USDC);
    let good = cast.withdraw_ix(1_000_000, 0, false);
    let (wallet, usdc, ann) = (cast.wallet_key(), cast.asset, cast.ann.address());
    let other_mint = cast.stage().mint(6).unwrap();
    let wrong = token::fund(&mut cast.stage().world, &ann, &other_mint, 0).unwrap();
    let case = replaced(good.clone(), &wallet, &wrong);
    cast.refused_by_code(&[case], code::TOKEN_MINT_MISMATCH);
    let heir = token::fund(&mut cast.stage().world, &Pubkey::new_unique(), &usdc, 0).unwrap();
    let gift = replaced(good, &wallet, &heir);
    cast.send(&[gift]);
    assert_eq!(cast.token_balance(&heir), 1_000);
}

#[test]
fn a_wallet_that_was_closed_is_paid_once_it_is_there_again() {
    let mut cast = Cast::deposited(1_000 * USDC);
    let (wallet, ann, usdc) = (cast.wallet_key(), cast.ann.address(), cast.asset);
    cast.send(&[ballast_client::token::close_account(&wallet, &ann)]);
    let withdraw = cast.withdraw_ix(1_000_000, 0, false);
    let all = cast.fresh(withdraw.clone());
    let stage = &mut cast.scene.stage;
    let failed = ballast_tests::unchanged::failure_without_effect(stage, &all, &[&cast.ann.key]);
    assert_eq!(failed.refusal, None, "the token program refuses: {failed}");
    let create = ballast_client::token::create_token_account(&ann, &ann, &usdc, &address::TOKEN);
    cast.send(&[create, withdraw]);
    assert_eq!(cast.wallet(), 1_000);
}
