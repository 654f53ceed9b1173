//! `claim_fees`.

use std::slice::from_ref;

use ballast::BallastError;
use ballast::events::{FeesAccrued, FeesClaimed};
use ballast_client::{address, instruction};
use ballast_math::shares::to_assets_down;
use ballast_tests::unchanged::{code, replaced};
use ballast_tests::{USDC, VaultTest, the_event};
use solana_instruction::Instruction;
use solana_signer::Signer;

const YEAR: u64 = 31_536_000;

/// A vault with Ann's 100,000 dollars idle, 1% a year and 10% of gains.
fn with_fees() -> VaultTest {
    let mut test = VaultTest::deposited(100_000 * USDC);
    charge(&mut test);
    test
}

fn charge(test: &mut VaultTest) {
    let (vault, governance) = (test.vault, test.fixture.deployment.governance.pubkey());
    let recipient = test.fixture.deployment.fee_recipient.pubkey();
    let mut all = test.fixture.deployment.refresh_all(&vault).unwrap();
    all.push(instruction::set_fees(governance, vault, 100, 1_000, recipient));
    test.deployment().govern(&all).unwrap();
}

fn claim_ix(test: &VaultTest) -> Instruction {
    instruction::claim_fees(test.fixture.deployment.world.payer.pubkey(), test.vault, &test.state())
}

fn recipient_shares(test: &VaultTest) -> u64 {
    let recipient = test.fixture.deployment.fee_recipient.pubkey();
    test.fixture.deployment.position(&test.vault, &recipient).map_or(0, |position| position.shares)
}

#[test]
fn happy_path_a_year_of_one_percent_goes_to_the_recipient() {
    let mut test = with_fees();
    test.pass(YEAR);
    let before = test.state();
    let done = test.send(&[claim_ix(&test)]);
    let event = the_event::<FeesClaimed>(&done);
    let accrued = the_event::<FeesAccrued>(&done);
    assert_eq!((accrued.vault, accrued.shares), (test.vault, event.shares));
    let recipient = test.fixture.deployment.fee_recipient.pubkey();
    assert_eq!((event.vault, event.recipient), (test.vault, recipient));
    assert_eq!(recipient_shares(&test), event.shares);
    let after = test.state();
    let worth = to_assets_down(event.shares, after.idle_atoms, after.total_shares).unwrap();
    assert!(worth.abs_diff(before.idle_atoms / 100) <= 1, "{worth}");
    assert_eq!(after.idle_atoms, before.idle_atoms, "fees are shares, not assets");
    assert_eq!(after.fee_shares, 0);
}

#[test]
fn the_recipient_withdraws_fees_like_anyone() {
    let mut test = with_fees();
    test.pass(YEAR);
    test.send(&[claim_ix(&test)]);
    let key = test.fixture.deployment.fee_recipient.insecure_clone();
    let (usdc, shares) = (test.asset, recipient_shares(&test));
    ballast_sandbox::token::fund(&mut test.deployment().world, &key.pubkey(), &usdc, 0).unwrap();
    let out = instruction::withdraw(key.pubkey(), test.vault, &test.state(), shares, 999 * USDC, false);
    test.deployment().send(&[out], &[&key]).unwrap();
    assert!(test.fixture.balance(&key.pubkey(), &usdc).unwrap() >= 999 * USDC);
}

#[test]
fn spec_1_shares_go_to_the_recipient_and_nobody_else() {
    let mut test = with_fees();
    test.pass(YEAR);
    let good = claim_ix(&test);
    let (recipient, ann) = (test.fixture.deployment.fee_recipient.pubkey(), test.ann.address());
    let own = address::position(&test.vault, &ann);
    let theirs = address::position(&test.vault, &recipient);
    let to_ann = replaced(replaced(good.clone(), &recipient, &ann), &theirs, &own);
    test.refused(&[to_ann], BallastError::NotOwner);
    let into_anns = replaced(good.clone(), &theirs, &own);
    test.refused_by_code(&[into_anns], code::CONSTRAINT_SEEDS);
}

#[test]
fn spec_2_fees_are_accrued_first_on_fresh_values() {
    let mut test = VaultTest::invested();
    charge(&mut test);
    test.pass(YEAR);
    let claim = claim_ix(&test);
    test.refused(from_ref(&claim), BallastError::StaleAllocation);
    let all = test.fresh(claim);
    test.send(&all);
    let assets = test.nav().low;
    let state = test.state();
    let worth = to_assets_down(recipient_shares(&test), assets, state.total_shares).unwrap();
    assert!(worth > assets / 101, "{worth} of {assets}");
    assert_eq!(state.fees_accrued_ts, test.fixture.deployment.world.now());
}

#[test]
fn spec_3_the_total_of_shares_changes_only_by_what_accrues() {
    let mut test = with_fees();
    test.pass(YEAR / 2);
    // Half a year accrues at a deposit, the other half at the claim.
    test.donate(&test.wallet_key(), USDC);
    test.deposit(USDC);
    let between = test.state();
    assert!(between.fee_shares > 0);
    test.pass(YEAR / 2);
    let claimed = the_event::<FeesClaimed>(&test.send(&[claim_ix(&test)])).shares;
    assert_eq!(test.state().total_shares - between.total_shares, claimed - between.fee_shares);
    assert_eq!(claimed, recipient_shares(&test));
}

#[test]
fn gains_are_charged_once_and_only_above_the_best_price_so_far() {
    let mut test = VaultTest::invested();
    let (vault, governance) = (test.vault, test.fixture.deployment.governance.pubkey());
    let recipient = test.fixture.deployment.fee_recipient.pubkey();
    let mut all = test.fixture.deployment.refresh_all(&vault).unwrap();
    all.push(instruction::set_fees(governance, vault, 0, 1_000, recipient));
    test.deployment().govern(&all).unwrap();
    let claim = claim_ix(&test);
    test.refused_fresh(claim.clone(), BallastError::NothingToClaim);
    test.pass(30 * 86_400);
    let refresh = test.fixture.deployment.refresh_all(&vault).unwrap();
    test.send(&refresh);
    // What was just earned is locked; a day later it is in the price.
    test.pass(86_400);
    let all = test.fresh(claim.clone());
    let mark = test.state().high_water_mark_e15;
    test.send(&all);
    assert!(test.state().high_water_mark_e15 > mark);
    test.refused_fresh(claim, BallastError::NothingToClaim);
}

#[test]
fn nothing_is_claimed_where_nothing_accrued() {
    let mut test = VaultTest::deposited(100 * USDC);
    test.pass(YEAR);
    test.refused(&[claim_ix(&test)], BallastError::NothingToClaim);
    let mut test = with_fees();
    test.pass(YEAR);
    test.send(&[claim_ix(&test)]);
    test.refused(&[claim_ix(&test)], BallastError::NothingToClaim);
}
