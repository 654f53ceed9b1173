//! `close_position`, `close_profile` and `close_decision`: rent comes back, and nothing that counts is lost.

use ballast::BallastError;
use ballast::events::{DecisionClosed, DecisionRetentionSet, PositionClosed, ProfileClosed};
use ballast::state::DECISION_RETENTION_SECS;
use ballast_client::{address, instruction};
use ballast_sandbox::{Chain, DeploymentError};
use ballast_tests::unchanged::{code, replaced};
use ballast_tests::{USDC, VaultTest, assert_emitted, assert_other_refusal, assert_refused};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const DAY: u64 = 86_400;

fn lamports(test: &VaultTest, key: &Pubkey) -> u64 {
    test.fixture.deployment.world.account(key).unwrap().map_or(0, |account| account.lamports)
}

fn send_as(test: &mut VaultTest, who: &Keypair, instruction: Instruction) -> Result<(), DeploymentError> {
    test.deployment().send(&[instruction], &[who]).map(|_| ())
}

#[test]
fn an_empty_position_is_closed_and_its_owner_gets_the_rent() {
    let mut test = VaultTest::deposited(1_000 * USDC);
    test.fixture.deployment.world.next_slot();
    test.withdraw(test.shares());
    let (vault, owner) = (test.vault, test.ann.address());
    let position = address::position(&vault, &owner);
    let (rent, before) = (lamports(&test, &position), lamports(&test, &owner));
    assert!(rent > 0);
    let done = test.send(&[instruction::close_position(owner, vault)]);
    assert_emitted(&done, &PositionClosed { vault, owner });
    assert_eq!((lamports(&test, &position), lamports(&test, &owner)), (0, before + rent));
    // It opens again like a new one.
    let wallet = test.wallet();
    test.deposit(wallet);
    assert!(test.shares() > 0);
}

#[test]
fn a_position_with_shares_or_of_somebody_else_stays() {
    let mut test = VaultTest::deposited(1_000 * USDC);
    let (vault, owner) = (test.vault, test.ann.address());
    test.refused(&[instruction::close_position(owner, vault)], BallastError::PositionNotEmpty);
    test.fixture.deployment.world.next_slot();
    let shares = test.shares();
    test.withdraw(shares - 1);
    test.refused(&[instruction::close_position(owner, vault)], BallastError::PositionNotEmpty);
    let thief = test.another(0);
    let others = address::position(&vault, &thief.address());
    let theft = replaced(
        instruction::close_position(thief.address(), vault),
        &others,
        &address::position(&vault, &owner),
    );
    assert_other_refusal(send_as(&mut test, &thief.key, theft), code::CONSTRAINT_SEEDS);
}

#[test]
fn a_profile_is_closed_and_its_owner_withdraws_all_the_same() {
    let mut test = VaultTest::deposited(1_000 * USDC);
    test.fixture.deployment.world.next_slot();
    let owner = test.ann.address();
    let profile = address::profile(&owner);
    let (rent, before) = (lamports(&test, &profile), lamports(&test, &owner));
    let done = test.send(&[instruction::close_profile(owner)]);
    assert_emitted(&done, &ProfileClosed { owner });
    assert_eq!((lamports(&test, &profile), lamports(&test, &owner)), (0, before + rent));
    test.withdraw(test.shares() / 2);
    let deposit = test.fresh(test.deposit_ix(USDC, 0));
    test.refused_by_code(&deposit, code::ACCOUNT_NOT_INITIALIZED);
    let thief = test.another(0);
    let theft = instruction::close_profile(thief.address());
    let theft = replaced(theft, &address::profile(&thief.address()), &profile);
    send_as(&mut test, &thief.key, theft).unwrap_err();
}

/// A vault with three decisions, all of them older than decisions are kept.
fn decided() -> VaultTest {
    let mut test = VaultTest::deposited(1_000 * USDC);
    for bps in [1_000, 1_500, 2_000] {
        test.decide([bps, 0, 0, 0, 0, 0, 0, 0]);
        test.pass(DAY);
    }
    test.pass(91 * DAY);
    test
}

fn close(test: &VaultTest, sequence: u64) -> Instruction {
    instruction::close_decision(test.vault, sequence, test.fixture.deployment.keeper.pubkey())
}

#[test]
fn old_decisions_are_closed_in_order_and_leave_a_chain_of_digests() {
    let mut test = decided();
    let (vault, keeper) = (test.vault, test.fixture.deployment.keeper.pubkey());
    let mut digest = [0; 32];
    for sequence in [1, 2] {
        let decision = test.fixture.deployment.decision(&vault, sequence).unwrap();
        let key = address::decision(&vault, sequence);
        let (rent, before) = (lamports(&test, &key), lamports(&test, &keeper));
        // Anyone may: the world's payer signs alone.
        let done = test.send(&[close(&test, sequence)]);
        let bytes =
            [digest.as_slice(), &decision.snapshot_hash, &decision.input_hash, &sequence.to_le_bytes()]
                .concat();
        digest = solana_sha256_hasher::hash(&bytes).to_bytes();
        assert_emitted(&done, &DecisionClosed { vault, sequence, keeper, digest });
        let state = test.state();
        assert_eq!((state.closed_decisions, state.closed_decisions_digest), (sequence, digest));
        assert_eq!((lamports(&test, &key), lamports(&test, &keeper)), (0, before + rent));
    }
    test.refused(&[close(&test, 3)], BallastError::DecisionIsLast);
}

#[test]
fn decisions_are_closed_neither_out_of_order_nor_young_nor_for_somebody_else() {
    let mut test = decided();
    test.refused(&[close(&test, 2)], BallastError::DecisionOutOfOrder);
    let stranger = Pubkey::new_unique();
    let keeper = test.fixture.deployment.keeper.pubkey();
    let theft = replaced(close(&test, 1), &keeper, &stranger);
    test.refused(&[theft], BallastError::NotKeeper);
    let other = ballast_sandbox::VaultSpec::new(test.asset, 1);
    let other = test.deployment().create_vault(&other).unwrap();
    let vault = test.vault;
    let theft = replaced(close(&test, 1), &vault, &other);
    test.refused(&[theft], BallastError::WrongDecisionVault);

    let mut test = VaultTest::deposited(1_000 * USDC);
    for bps in [1_000, 1_500] {
        test.decide([bps, 0, 0, 0, 0, 0, 0, 0]);
        test.pass(DAY);
    }
    test.pass(88 * DAY);
    test.refused(&[close(&test, 1)], BallastError::DecisionTooYoung);
    test.pass(1);
    test.send(&[close(&test, 1)]);
}

#[test]
fn governance_says_how_long_decisions_are_kept() {
    let mut test = VaultTest::deposited(1_000 * USDC);
    for bps in [1_000, 1_500] {
        test.decide([bps, 0, 0, 0, 0, 0, 0, 0]);
        test.pass(DAY);
    }
    let governance = test.fixture.deployment.governance.pubkey();
    for secs in [0, DECISION_RETENTION_SECS.start() - 1, DECISION_RETENTION_SECS.end() + 1] {
        let set = instruction::set_decision_retention(governance, secs);
        assert_refused(test.deployment().govern(&[set]), BallastError::RetentionOutOfBounds);
    }
    for who in [test.fixture.deployment.guardian.insecure_clone(), Keypair::new()] {
        let set = instruction::set_decision_retention(who.pubkey(), 86_400);
        assert_refused(send_as(&mut test, &who, set), BallastError::NotGovernance);
    }
    let set = instruction::set_decision_retention(governance, 86_400);
    let done = test.deployment().govern(&[set]).unwrap();
    assert_emitted(&done, &DecisionRetentionSet { secs: 86_400 });
    test.send(&[close(&test, 1)]);
}
