//! `rebalance`.

use std::slice::from_ref;

use ballast::BallastError;
use ballast::events::DecisionRecorded;
use ballast_client::{address, instruction};
use ballast_sandbox::{Chain, MODEL_HASH};
use ballast_tests::unchanged::{assert_code, assert_refused, code, replaced, unsigned};
use ballast_tests::{BadPrice, INVESTED, POOL, USDC, VaultTest, the_event};
use solana_signer::Signer;

const COOLDOWN: u64 = 3_600;

#[test]
fn happy_path_records_the_decision_and_moves_nothing() {
    let mut test = VaultTest::deposited(INVESTED);
    let before = test.state();
    let targets = [5_000, 2_000, 2_500, 0, 0, 0, 0, 0];
    let all = test.fresh(test.rebalance_ix(targets));
    let keeper = test.fixture.deployment.keeper.insecure_clone();
    let done = test.deployment().send(&all, &[&keeper]).unwrap();

    let (after, clock) = (test.state(), test.fixture.deployment.world.clock());
    assert_eq!((after.decision_sequence, after.decision_slot), (1, clock.slot));
    assert_eq!(
        (after.decision_ts, after.decision_model),
        (clock.unix_timestamp, test.fixture.deployment.model)
    );
    assert_eq!(after.allocations.map(|slot| slot.target_bps), targets);
    assert_eq!((after.idle_atoms, after.total_shares), (before.idle_atoms, before.total_shares));
    assert_eq!(test.idle_balance(), after.idle_atoms);
    assert!(after.active().all(|slot| slot.receipts == 0));

    let decision = test.fixture.deployment.decision(&test.vault, 1).unwrap();
    assert_eq!((decision.vault, decision.keeper), (test.vault, keeper.pubkey()));
    assert_eq!((decision.model, decision.input_hash), (test.fixture.deployment.model, [9; 32]));
    assert_eq!((decision.targets_bps, decision.weights_bps), (targets, [0; 8]));
    assert_eq!((decision.turnover_bps, decision.idle_bps), (9_500, 500));

    let event = the_event::<DecisionRecorded>(&done);
    assert_eq!((event.vault, event.decision), (test.vault, address::decision(&test.vault, 1)));
    assert_eq!((event.keeper, event.model), (decision.keeper, decision.model));
    assert_eq!((event.input_hash, event.snapshot_hash), (decision.input_hash, decision.snapshot_hash));
    assert_eq!((event.targets_bps, event.turnover_bps), (targets, 9_500));
    assert_eq!(event.snapshot, decision.snapshot);
}

#[test]
fn spec_1_only_the_vaults_keeper_may_with_their_signature() {
    let mut test = VaultTest::deposited(INVESTED);
    let (vault, state, model) = (test.vault, test.state(), test.fixture.deployment.model);
    let people = [
        test.ann.key.insecure_clone(),
        test.fixture.deployment.governance.insecure_clone(),
        test.fixture.deployment.guardian.insecure_clone(),
    ];
    for person in people {
        let decide = instruction::rebalance(person.pubkey(), vault, &state, model, [100; 8], [0; 32]);
        let all = test.fresh(decide);
        assert_refused(test.deployment(), &all, &[&person], BallastError::NotKeeper);
    }
    let keeper = test.fixture.deployment.keeper.pubkey();
    let without = unsigned(test.rebalance_ix([100, 0, 0, 0, 0, 0, 0, 0]), &keeper);
    assert_code(test.deployment(), &[without], &[], code::ACCOUNT_NOT_SIGNER);
}

#[test]
fn spec_1_a_keeper_who_was_replaced_is_a_stranger() {
    let mut test = VaultTest::deposited(INVESTED);
    let guardian = test.fixture.deployment.guardian.insecure_clone();
    let governance = test.fixture.deployment.governance.pubkey();
    test.govern(instruction::set_keeper(governance, test.vault, guardian.pubkey()));
    test.decision_refused([100, 0, 0, 0, 0, 0, 0, 0], BallastError::NotKeeper);
}

#[test]
fn spec_1_the_model_must_be_approved_and_not_revoked() {
    let mut test = VaultTest::deposited(INVESTED);
    let targets = [100, 0, 0, 0, 0, 0, 0, 0];
    // Governance never leaves a model neither approved nor revoked: the byte is changed by hand.
    let model = test.fixture.deployment.model;
    const APPROVED: usize = 8 + 2 + 32;
    let set = |test: &mut VaultTest, approved: u8| {
        let world = &mut test.fixture.deployment.world;
        world
            .edit(&model, "model", |data| {
                data[APPROVED] = approved;
                Ok(())
            })
            .unwrap();
    };
    set(&mut test, 0);
    test.decision_refused(targets, BallastError::ModelNotApproved);
    set(&mut test, 1);
    test.revoke_model();
    test.decision_refused(targets, BallastError::ModelRevoked);
    let (payer, governance) =
        (test.fixture.deployment.world.payer.pubkey(), test.fixture.deployment.governance.pubkey());
    test.govern(instruction::approve_model(payer, governance, MODEL_HASH));
    test.decide(targets);
}

#[test]
fn spec_1_a_model_that_is_something_else_is_refused() {
    let mut test = VaultTest::deposited(INVESTED);
    let (model, keeper) = (test.fixture.deployment.model, test.fixture.deployment.keeper.insecure_clone());
    let good = test.rebalance_ix([100, 0, 0, 0, 0, 0, 0, 0]);
    let profile = address::profile(&test.ann.address());
    let other = replaced(good.clone(), &model, &profile);
    assert_code(test.deployment(), &[other], &[&keeper], code::ACCOUNT_DISCRIMINATOR_MISMATCH);
    let unknown = replaced(good.clone(), &model, &address::model(&[8; 32]));
    assert_code(test.deployment(), &[unknown], &[&keeper], code::ACCOUNT_NOT_INITIALIZED);
    let forged = solana_pubkey::Pubkey::new_unique();
    let bytes = test.deployment().world.expect_account(&model, "model").unwrap().data;
    test.deployment().world.set_data(&forged, &address::SYSTEM, bytes).unwrap();
    let case = replaced(good, &model, &forged);
    assert_code(test.deployment(), &[case], &[&keeper], code::ACCOUNT_OWNED_BY_WRONG_PROGRAM);
}

#[test]
fn spec_2_every_slot_in_use_must_be_fresh() {
    let mut test = VaultTest::invested();
    test.pass(COOLDOWN);
    let keeper = test.fixture.deployment.keeper.insecure_clone();
    let decide = test.rebalance_ix([4_000, 2_000, 2_001, 0, 0, 0, 0, 0]);
    let stale = BallastError::StaleAllocation;
    assert_refused(test.deployment(), from_ref(&decide), &[&keeper], stale);
    let late = [test.refresh_ix(0), test.refresh_ix(1), decide.clone(), test.refresh_ix(2)];
    assert_refused(test.deployment(), &late, &[&keeper], stale);
    let all = test.fresh(decide);
    test.deployment().send(&all, &[&keeper]).unwrap();
}

#[test]
fn spec_2_a_dead_price_refuses_all_growth_and_a_bad_one_only_growth_of_its_slot() {
    for (bad, rule) in BadPrice::ALL {
        let mut test = VaultTest::invested();
        test.pass(COOLDOWN);
        let refresh = test.fixture.deployment.refresh_all(&test.vault).unwrap();
        test.send(&refresh);
        test.spoil_price(bad);
        test.decision_refused([5_000, 2_000, 2_500, 0, 0, 0, 0, 0], rule);
        let shrink = [5_000, 2_000, 1_000, 0, 0, 0, 0, 0];
        let grows_elsewhere = [5_001, 2_000, 1_000, 0, 0, 0, 0, 0];
        if matches!(bad, BadPrice::Stale | BadPrice::Backwards) {
            test.decision_refused(grows_elsewhere, rule);
        }
        test.decide(shrink);
    }
}

#[test]
fn spec_3_caps_bind_what_grows() {
    let mut test = VaultTest::deposited(INVESTED);
    test.set_caps(0, u64::MAX, 4_000);
    test.set_caps(1, 10_000 * USDC, 10_000);
    test.decision_refused([4_001, 0, 0, 0, 0, 0, 0, 0], BallastError::RelativeCapExceeded);
    test.decision_refused([0, 1_000, 0, 0, 0, 0, 0, 0], BallastError::AbsoluteCapExceeded);
    test.decide([4_000, 999, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn spec_3_a_slot_above_a_lowered_cap_may_be_ordered_down_without_reaching_it() {
    let mut test = VaultTest::invested();
    test.set_caps(0, 1, 1);
    test.pass(COOLDOWN);
    test.decision_refused([5_100, 0, 0, 0, 0, 0, 0, 0], BallastError::AbsoluteCapExceeded);
    test.decide([4_000, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn spec_3_the_idle_buffer_is_kept() {
    let mut test = VaultTest::deposited(INVESTED);
    test.decision_refused([5_000, 4_501, 0, 0, 0, 0, 0, 0], BallastError::IdleBufferNotKept);
    test.decision_refused([10_000, 0, 0, 0, 0, 0, 0, 0], BallastError::IdleBufferNotKept);
    test.decision_refused([u16::MAX, u16::MAX, u16::MAX, 0, 0, 0, 0, 0], BallastError::IdleBufferNotKept);
    test.decide([5_000, 4_500, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn spec_3_turnover_is_budgeted_over_a_window() {
    let mut test = VaultTest::deposited(INVESTED);
    test.set_limits(|limits| limits.turnover_cap_bps = 3_000);
    test.decision_refused([3_001, 0, 0, 0, 0, 0, 0, 0], BallastError::TurnoverExceeded);
    test.decide([2_000, 0, 0, 0, 0, 0, 0, 0]);
    test.pass(COOLDOWN);
    // Nothing was executed, so the same weights are ordered again and count again.
    test.decision_refused([1_001, 0, 0, 0, 0, 0, 0, 0], BallastError::TurnoverExceeded);
    test.decide([1_000, 0, 0, 0, 0, 0, 0, 0]);
    test.pass(COOLDOWN);
    test.decision_refused([1, 0, 0, 0, 0, 0, 0, 0], BallastError::TurnoverExceeded);
    // Ordering less needs no budget.
    test.decide([0; 8]);
    test.pass(6 * 86_400);
    test.decision_refused([1, 0, 0, 0, 0, 0, 0, 0], BallastError::TurnoverExceeded);
    test.pass(2 * 86_400);
    test.decide([3_000, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn spec_3_no_weight_goes_to_a_slot_without_a_strategy() {
    let mut test = VaultTest::deposited(INVESTED);
    test.decision_refused([0, 0, 0, 1, 0, 0, 0, 0], BallastError::TargetWithoutStrategy);
    test.decision_refused([0, 0, 0, 0, 0, 0, 0, 1], BallastError::TargetWithoutStrategy);
}

#[test]
fn spec_3_a_paused_vault_takes_only_decisions_that_reduce() {
    let mut test = VaultTest::invested();
    test.pass(COOLDOWN);
    for level in [1, 2, 3, 4] {
        test.pause(level);
        test.decision_refused([5_100, 0, 0, 0, 0, 0, 0, 0], BallastError::Paused);
    }
    test.decide([1_000, 1_000, 1_000, 0, 0, 0, 0, 0]);
}

#[test]
fn spec_4_one_decision_a_slot_even_in_one_transaction() {
    let mut test = VaultTest::deposited(INVESTED);
    test.set_limits(|limits| limits.cooldown_secs = 0);
    let keeper = test.fixture.deployment.keeper.insecure_clone();
    let first = test.rebalance_ix([100, 0, 0, 0, 0, 0, 0, 0]);
    let mut next = test.state();
    next.decision_sequence += 1;
    let (vault, model) = (test.vault, test.fixture.deployment.model);
    let second = instruction::rebalance(keeper.pubkey(), vault, &next, model, [0; 8], [0; 32]);
    let mut both = test.fresh(first);
    both.push(second);
    assert_refused(test.deployment(), &both, &[&keeper], BallastError::DecisionInSameSlot);
    assert_eq!(test.state().decision_sequence, 0);
    test.decide([100, 0, 0, 0, 0, 0, 0, 0]);
    test.decision_refused([0; 8], BallastError::DecisionInSameSlot);
    test.fixture.deployment.world.next_slot();
    test.decide([0; 8]);
    assert_eq!(test.state().decision_sequence, 2);
}

#[test]
fn spec_4_none_before_the_cooldown_has_passed() {
    let mut test = VaultTest::deposited(INVESTED);
    test.decide([100, 0, 0, 0, 0, 0, 0, 0]);
    test.pass(COOLDOWN - 1);
    test.decision_refused([0; 8], BallastError::CooldownActive);
    test.pass(1);
    test.decide([0; 8]);
}

#[test]
fn spec_5_the_decision_is_bound_to_a_hash_of_the_vaults_live_state() {
    let mut test = VaultTest::invested();
    test.pass(COOLDOWN);
    let refresh = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&refresh);
    let (before, nav) = (test.state(), test.nav());
    test.decide([4_000, 2_000, 1_000, 0, 0, 0, 0, 0]);
    let decision = test.fixture.deployment.decision(&test.vault, 2).unwrap();
    let snapshot = decision.snapshot;
    assert_eq!(snapshot.hash(), decision.snapshot_hash);
    assert_eq!((snapshot.vault, snapshot.sequence), (test.vault, 2));
    assert_eq!((snapshot.idle_atoms, snapshot.total_shares), (before.idle_atoms, before.total_shares));
    assert_eq!((snapshot.nav_low, snapshot.nav_high), (nav.low, nav.high));
    assert_eq!((snapshot.turnover_used_bps, snapshot.unix_ts), (9_000, test.fixture.deployment.world.now()));
    for (copied, slot) in snapshot.slots.iter().zip(&before.allocations) {
        assert_eq!((copied.strategy, copied.receipts), (slot.strategy, slot.receipts));
        assert_eq!((copied.value_low, copied.value_high), (slot.value_low, slot.value_high));
        assert_eq!((copied.target_bps, copied.relative_cap_bps), (slot.target_bps, slot.relative_cap_bps));
    }
    let first = test.fixture.deployment.decision(&test.vault, 1).unwrap();
    assert_ne!(first.snapshot_hash, decision.snapshot_hash);
    let mut changed = snapshot;
    changed.slots[usize::from(POOL)].value_high += 1;
    assert_ne!(changed.hash(), decision.snapshot_hash);
}

#[test]
fn a_decision_has_the_next_number_and_overwrites_none() {
    let mut test = VaultTest::deposited(INVESTED);
    let keeper = test.fixture.deployment.keeper.insecure_clone();
    let good = test.rebalance_ix([100, 0, 0, 0, 0, 0, 0, 0]);
    let (vault, first) = (test.vault, address::decision(&test.vault, 1));
    for number in [0, 2, u64::MAX] {
        let case = replaced(good.clone(), &first, &address::decision(&vault, number));
        assert_code(test.deployment(), &[case], &[&keeper], code::CONSTRAINT_SEEDS);
    }
    test.decide([100, 0, 0, 0, 0, 0, 0, 0]);
    test.pass(COOLDOWN);
    assert_code(test.deployment(), &[good], &[&keeper], code::CONSTRAINT_SEEDS);
}
