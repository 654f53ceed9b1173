//! `close_position`, `close_profile` and `close_decision`: rent comes back, and nothing that counts is lost.

use ballast::BallastError;
use ballast::events::{DecisionClosed, DecisionRetentionSet, PositionClosed, ProfileClosed};
use ballast::state::DECISION_RETENTION_SECS;
use ballast_client::{address, instruction};
use ballast_sandbox::{Chain, StageError};
use ballast_tests::unchanged::{code, replaced};
use ballast_tests::{Cast, USDC, assert_emitted, assert_other_refusal, assert_refused};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const DAY: u64 = 86_400;

fn lamports(cast: &Cast, key: &Pubkey) -> u64 {
    cast.scene.stage.world.account(key).unwrap().map_or(0, |account| account.lamports)
}

fn send_as(cast: &mut Cast, who: &Keypair, instruction: Instruction) -> Result<(), StageError> {
    cast.stage().send(&[instruction], &[who]).map(|_| ())
}

#[test]
fn an_empty_position_is_closed_and_its_owner_gets_the_rent() {
    let mut cast = Cast::deposited(1_000 * USDC);
    cast.scene.stage.world.next_slot();
    cast.withdraw(cast.shares());
    let (vault, owner) = (cast.vault, cast.ann.address());
    let position = address::position(&vault, &owner);
    let (rent, before) = (lamports(&cast, &position), lamports(&cast, &owner));
    assert!(rent > 0);
    let done = cast.send(&[instruction::close_position(owner, vault)]);
    assert_emitted(&done, &PositionClosed { vault, owner });
    assert_eq!((lamports(&cast, &position), lamports(&cast, &owner)), (0, before + rent));
    // It opens again like a new one.
    let wallet = cast.wallet();
    cast.deposit(wallet);
    assert!(cast.shares() > 0);
}

#[test]
fn a_position_with_shares_or_of_somebody_else_stays() {
    let mut cast = Cast::deposited(1_000 * USDC);
    let (vault, owner) = (cast.vault, cast.ann.address());
    cast.refused(&[instruction::close_position(owner, vault)], BallastError::PositionNotEmpty);
    cast.scene.stage.world.next_slot();
    let shares = cast.shares();
    cast.withdraw(shares - 1);
    cast.refused(&[instruction::close_position(owner, vault)], BallastError::PositionNotEmpty);
    let thief = cast.another(0);
    let others = address::position(&vault, &thief.address());
    let theft = replaced(
        instruction::close_position(thief.address(), vault),
        &others,
        &address::position(&vault, &owner),
    );
    assert_other_refusal(send_as(&mut cast, &thief.key, theft), code::CONSTRAINT_SEEDS);
}

#[test]
fn a_profile_is_closed_and_its_owner_withdraws_all_the_same() {
    let mut cast = Cast::deposited(1_000 * USDC);
    cast.scene.stage.world.next_slot();
    let owner = cast.ann.address();
    let profile = address::profile(&owner);
    let (rent, before) = (lamports(&cast, &profile), lamports(&cast, &owner));
    let done = cast.send(&[instruction::close_profile(owner)]);
    assert_emitted(&done, &ProfileClosed { owner });
    assert_eq!((lamports(&cast, &profile), lamports(&cast, &owner)), (0, before + rent));
    cast.withdraw(cast.shares() / 2);
    let deposit = cast.fresh(cast.deposit_ix(USDC, 0));
    cast.refused_by_code(&deposit, code::ACCOUNT_NOT_INITIALIZED);
    let thief = cast.another(0);
    let theft = instruction::close_profile(thief.address());
    let theft = replaced(theft, &address::profile(&thief.address()), &profile);
    send_as(&mut cast, &thief.key, theft).unwrap_err();
}

/// A vault with three decisions, all of them older than decisions are kept.
fn decided() -> Cast {
    let mut cast = Cast::deposited(1_000 * USDC);
    for bps in [1_000, 1_500, 2_000] {
        cast.decide([bps, 0, 0, 0, 0, 0, 0, 0]);
        cast.pass(DAY);
    }
    cast.pass(91 * DAY);
    cast
}

fn close(cast: &Cast, sequence: u64) -> Instruction {
    instruction::close_decision(cast.vault, sequence, cast.scene.stage.keeper.pubkey())
}

#[test]
fn old_decisions_are_closed_in_order_and_leave_a_chain_of_digests() {
    let mut cast = decided();
    let (vault, keeper) = (cast.vault, cast.scene.stage.keeper.pubkey());
    let mut digest = [0; 32];
    for sequence in [1, 2] {
        let decision = cast.scene.stage.decision(&vault, sequence).unwrap();
        let key = address::decision(&vault, sequence);
        let (rent, before) = (lamports(&cast, &key), lamports(&cast, &keeper));
        // Anyone may: the world's payer signs alone.
        let done = cast.send(&[close(&cast, sequence)]);
        let bytes =
            [digest.as_slice(), &decision.snapshot_hash, &decision.input_hash, &sequence.to_le_bytes()]
                .concat();
        digest = solana_sha256_hasher::hash(&bytes).to_bytes();
        assert_emitted(&done, &DecisionClosed { vault, sequence, keeper, digest });
        let state = cast.state();
        assert_eq!((state.closed_decisions, state.closed_decisions_digest), (sequence, digest));
        assert_eq!((lamports(&cast, &key), lamports(&cast, &keeper)), (0, before + rent));
    }
    cast.refused(&[close(&cast, 3)], BallastError::DecisionIsLast);
}

#[test]
fn decisions_are_closed_neither_out_of_order_nor_young_nor_for_somebody_else() {
    let mut cast = decided();
    cast.refused(&[close(&cast, 2)], BallastError::DecisionOutOfOrder);
    let stranger = Pubkey::new_unique();
    let keeper = cast.scene.stage.keeper.pubkey();
    let theft = replaced(close(&cast, 1), &keeper, &stranger);
    cast.refused(&[theft], BallastError::NotKeeper);
    let other = ballast_sandbox::VaultSpec::new(cast.asset, 1);
    let other = cast.stage().create_vault(&other).unwrap();
    let vault = cast.vault;
    let theft = replaced(close(&cast, 1), &vault, &other);
    cast.refused(&[theft], BallastError::WrongDecisionVault);

    let mut cast = Cast::deposited(1_000 * USDC);
    for bps in [1_000, 1_500] {
        cast.decide([bps, 0, 0, 0, 0, 0, 0, 0]);
        cast.pass(DAY);
    }
    cast.pass(88 * DAY);
    cast.refused(&[close(&cast, 1)], BallastError::DecisionTooYoung);
    cast.pass(1);
    cast.send(&[close(&cast, 1)]);
}

#[test]
fn governance_says_how_long_decisions_are_kept() {
    let mut cast = Cast::deposited(1_000 * USDC);
    for bps in [1_000, 1_500] {
        cast.decide([bps, 0, 0, 0, 0, 0, 0, 0]);
        cast.pass(DAY);
    }
    let governance = cast.scene.stage.governance.pubkey();
    for secs in [0, DECISION_RETENTION_SECS.start() - 1, DECISION_RETENTION_SECS.end() + 1] {
        let set = instruction::set_decision_retention(governance, secs);
        assert_refused(cast.stage().govern(&[set]), BallastError::RetentionOutOfBounds);
    }
    for who in [cast.scene.stage.guardian.insecure_clone(), Keypair::new()] {
        let set = instruction::set_decision_retention(who.pubkey(), 86_400);
        assert_refused(send_as(&mut cast, &who, set), BallastError::NotGovernance);
    }
    let set = instruction::set_decision_retention(governance, 86_400);
    let done = cast.stage().govern(&[set]).unwrap();
    assert_emitted(&done, &DecisionRetentionSet { secs: 86_400 });
    cast.send(&[close(&cast, 1)]);
}
