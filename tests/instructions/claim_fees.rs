//! `claim_fees`.

use std::slice::from_ref;

use ballast::BallastError;
use ballast::events::{FeesAccrued, FeesClaimed};
use ballast_client::{address, instruction};
use ballast_math::shares::to_assets_down;
use ballast_tests::unchanged::{code, replaced};
use ballast_tests::{Cast, USDC, the_event};
use solana_instruction::Instruction;
use solana_signer::Signer;

const YEAR: u64 = 31_536_000;

/// A vault with Ann's 100,000 dollars idle, 1% a year and 10% of gains.
fn with_fees() -> Cast {
    let mut cast = Cast::deposited(100_000 * USDC);
    charge(&mut cast);
    cast
}

fn charge(cast: &mut Cast) {
    let (vault, governance) = (cast.vault, cast.scene.stage.governance.pubkey());
    let recipient = cast.scene.stage.fee_recipient.pubkey();
    let mut all = cast.scene.stage.refresh_all(&vault).unwrap();
    all.push(instruction::set_fees(governance, vault, 100, 1_000, recipient));
    cast.stage().govern(&all).unwrap();
}

fn claim_ix(cast: &Cast) -> Instruction {
    instruction::claim_fees(cast.scene.stage.world.payer.pubkey(), cast.vault, &cast.state())
}

fn recipient_shares(cast: &Cast) -> u64 {
    let recipient = cast.scene.stage.fee_recipient.pubkey();
    cast.scene.stage.position(&cast.vault, &recipient).map_or(0, |position| position.shares)
}

#[test]
fn happy_path_a_year_of_one_percent_goes_to_the_recipient() {
    let mut cast = with_fees();
    cast.pass(YEAR);
    let before = cast.state();
    let done = cast.send(&[claim_ix(&cast)]);
    let event = the_event::<FeesClaimed>(&done);
    let accrued = the_event::<FeesAccrued>(&done);
    assert_eq!((accrued.vault, accrued.shares), (cast.vault, event.shares));
    let recipient = cast.scene.stage.fee_recipient.pubkey();
    assert_eq!((event.vault, event.recipient), (cast.vault, recipient));
    assert_eq!(recipient_shares(&cast), event.shares);
    let after = cast.state();
    let worth = to_assets_down(event.shares, after.idle_atoms, after.total_shares).unwrap();
    assert!(worth.abs_diff(before.idle_atoms / 100) <= 1, "{worth}");
    assert_eq!(after.idle_atoms, before.idle_atoms, "fees are shares, not assets");
    assert_eq!(after.fee_shares, 0);
}

#[test]
fn the_recipient_withdraws_fees_like_anyone() {
    let mut cast = with_fees();
    cast.pass(YEAR);
    cast.send(&[claim_ix(&cast)]);
    let key = cast.scene.stage.fee_recipient.insecure_clone();
    let (usdc, shares) = (cast.asset, recipient_shares(&cast));
    ballast_sandbox::token::fund(&mut cast.stage().world, &key.pubkey(), &usdc, 0).unwrap();
    let out = instruction::withdraw(key.pubkey(), cast.vault, &cast.state(), shares, 999 * USDC, false);
    cast.stage().send(&[out], &[&key]).unwrap();
    assert!(cast.scene.balance(&key.pubkey(), &usdc).unwrap() >= 999 * USDC);
}

#[test]
fn spec_1_shares_go_to_the_recipient_and_nobody_else() {
    let mut cast = with_fees();
    cast.pass(YEAR);
    let good = claim_ix(&cast);
    let (recipient, ann) = (cast.scene.stage.fee_recipient.pubkey(), cast.ann.address());
    let own = address::position(&cast.vault, &ann);
    let theirs = address::position(&cast.vault, &recipient);
    let to_ann = replaced(replaced(good.clone(), &recipient, &ann), &theirs, &own);
    cast.refused(&[to_ann], BallastError::NotOwner);
    let into_anns = replaced(good.clone(), &theirs, &own);
    cast.refused_by_code(&[into_anns], code::CONSTRAINT_SEEDS);
}

#[test]
fn spec_2_fees_are_accrued_first_on_fresh_values() {
    let mut cast = Cast::invested();
    charge(&mut cast);
    cast.pass(YEAR);
    let claim = claim_ix(&cast);
    cast.refused(from_ref(&claim), BallastError::StaleAllocation);
    let all = cast.fresh(claim);
    cast.send(&all);
    let assets = cast.nav().low;
    let state = cast.state();
    let worth = to_assets_down(recipient_shares(&cast), assets, state.total_shares).unwrap();
    assert!(worth > assets / 101, "{worth} of {assets}");
    assert_eq!(state.fees_accrued_ts, cast.scene.stage.world.now());
}

#[test]
fn spec_3_the_total_of_shares_changes_only_by_what_accrues() {
    let mut cast = with_fees();
    cast.pass(YEAR / 2);
    // Half a year accrues at a deposit, the other half at the claim.
    cast.donate(&cast.wallet_key(), USDC);
    cast.deposit(USDC);
    let between = cast.state();
    assert!(between.fee_shares > 0);
    cast.pass(YEAR / 2);
    let claimed = the_event::<FeesClaimed>(&cast.send(&[claim_ix(&cast)])).shares;
    assert_eq!(cast.state().total_shares - between.total_shares, claimed - between.fee_shares);
    assert_eq!(claimed, recipient_shares(&cast));
}

#[test]
fn gains_are_charged_once_and_only_above_the_best_price_so_far() {
    let mut cast = Cast::invested();
    let (vault, governance) = (cast.vault, cast.scene.stage.governance.pubkey());
    let recipient = cast.scene.stage.fee_recipient.pubkey();
    let mut all = cast.scene.stage.refresh_all(&vault).unwrap();
    all.push(instruction::set_fees(governance, vault, 0, 1_000, recipient));
    cast.stage().govern(&all).unwrap();
    let claim = claim_ix(&cast);
    cast.refused_fresh(claim.clone(), BallastError::NothingToClaim);
    cast.pass(30 * 86_400);
    let refresh = cast.scene.stage.refresh_all(&vault).unwrap();
    cast.send(&refresh);
    // What was just earned is locked; a day later it is in the price.
    cast.pass(86_400);
    let all = cast.fresh(claim.clone());
    let mark = cast.state().high_water_mark_e15;
    cast.send(&all);
    assert!(cast.state().high_water_mark_e15 > mark);
    cast.refused_fresh(claim, BallastError::NothingToClaim);
}

#[test]
fn nothing_is_claimed_where_nothing_accrued() {
    let mut cast = Cast::deposited(100 * USDC);
    cast.pass(YEAR);
    cast.refused(&[claim_ix(&cast)], BallastError::NothingToClaim);
    let mut cast = with_fees();
    cast.pass(YEAR);
    cast.send(&[claim_ix(&cast)]);
    cast.refused(&[claim_ix(&cast)], BallastError::NothingToClaim);
}
