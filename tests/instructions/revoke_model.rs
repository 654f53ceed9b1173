use ballast::events::ModelRevoked;
use ballast::{BallastError, Direction};
use ballast_client::{address, decode_model, instruction};
use ballast_sandbox::{Chain, Done, MODEL_HASH, Scene, SceneSpec, StageError};
use ballast_tests::{assert_emitted, assert_refused, programs};
use solana_keypair::Keypair;
use solana_signer::Signer;

const USDC: u64 = 1_000_000;

/// A vault with a decision to hold half of 1,000 USDC in a reserve, none of it executed.
fn scene() -> Scene {
    let spec = SceneSpec { reserves: 1, pool: false, stake_pool: false };
    let mut scene = Scene::build(programs(), 1_700_000_000, spec).unwrap();
    let (usdc, vault) = (scene.usdc, scene.usdc_vault);
    let mandate = scene.stage.open_mandate();
    let person = scene.stage.person(&usdc, 1_000 * USDC, mandate).unwrap();
    scene.stage.deposit(&person, &vault, 1_000 * USDC).unwrap();
    scene.settle(&vault).unwrap();
    scene.stage.rebalance(&vault, [5_000, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    scene
}

fn revoke(scene: &mut Scene, who: &Keypair) -> Result<Done, StageError> {
    let instruction = instruction::revoke_model(who.pubkey(), address::model(&MODEL_HASH));
    scene.stage.send(&[instruction], &[who])
}

fn approved(scene: &Scene) -> bool {
    let data = scene.stage.world.expect_account(&address::model(&MODEL_HASH), "model").unwrap().data;
    decode_model(&data).unwrap().approved
}

#[test]
fn spec_1_guardian_and_governance_may() {
    for by_guardian in [true, false] {
        let mut scene = scene();
        let who = if by_guardian { &scene.stage.guardian } else { &scene.stage.governance }.insecure_clone();
        let done = revoke(&mut scene, &who).unwrap();
        assert!(!approved(&scene));
        let slot = scene.stage.world.clock().slot;
        let expected = ModelRevoked { model: address::model(&MODEL_HASH), authority: who.pubkey(), slot };
        assert_emitted(&done, &expected);
    }
}

#[test]
fn spec_1_nobody_else_may() {
    let mut scene = scene();
    for who in [scene.stage.keeper.insecure_clone(), Keypair::new()] {
        assert_refused(revoke(&mut scene, &who), BallastError::NotGuardian);
    }
    assert!(approved(&scene));
}

#[test]
fn spec_2_a_decision_recorded_before_increases_nothing_any_more() {
    let mut scene = scene();
    let vault = scene.usdc_vault;
    scene.stage.allocate(&vault, 0, Direction::Increase, 100 * USDC).unwrap();
    let guardian = scene.stage.guardian.insecure_clone();
    revoke(&mut scene, &guardian).unwrap();
    let before = scene.stage.vault(&vault).unwrap();
    let result = scene.stage.allocate(&vault, 0, Direction::Increase, 100 * USDC);
    assert_refused(result, BallastError::ModelRevoked);
    let after = scene.stage.vault(&vault).unwrap();
    assert_eq!(after.idle_atoms, before.idle_atoms);
    assert_eq!(after.allocations[0].receipts, before.allocations[0].receipts);
}

#[test]
fn spec_2_no_decision_is_recorded_under_it() {
    let mut scene = scene();
    let vault = scene.usdc_vault;
    let guardian = scene.stage.guardian.insecure_clone();
    revoke(&mut scene, &guardian).unwrap();
    scene.stage.world.pass_secs(86_400);
    let result = scene.stage.rebalance(&vault, [1_000, 0, 0, 0, 0, 0, 0, 0]);
    assert_refused(result, BallastError::ModelRevoked);
    let state = scene.stage.vault(&vault).unwrap();
    assert_eq!((state.decision_sequence, state.allocations[0].target_bps), (1, 5_000));
}

#[test]
fn spec_2_reducing_needs_no_model() {
    let mut scene = scene();
    let vault = scene.usdc_vault;
    scene.stage.allocate(&vault, 0, Direction::Increase, 500 * USDC).unwrap();
    let guardian = scene.stage.guardian.insecure_clone();
    revoke(&mut scene, &guardian).unwrap();
    let lower = instruction::set_allocation_caps(guardian.pubkey(), vault, 0, 0, 0);
    scene.stage.send(&[lower], &[&guardian]).unwrap();
    let receipts = scene.stage.allocation(&vault, 0).unwrap().receipts;
    scene.stage.allocate(&vault, 0, Direction::Decrease, receipts).unwrap();
    assert_eq!(scene.stage.allocation(&vault, 0).unwrap().receipts, 0);
}
