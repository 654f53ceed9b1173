use ballast::events::AllocationCapsSet;
use ballast::{BallastError, Direction};
use ballast_client::instruction;
use ballast_sandbox::{Done, Scene, SceneSpec, StageError};
use ballast_tests::{assert_emitted, assert_refused, programs};
use solana_keypair::Keypair;
use solana_signer::Signer;

const USDC: u64 = 1_000_000;

fn scene() -> Scene {
    let spec = SceneSpec { reserves: 1, pool: false, stake_pool: false };
    Scene::build(programs(), 1_700_000_000, spec).unwrap()
}

fn set(scene: &mut Scene, who: &Keypair, index: u8, atoms: u64, bps: u16) -> Result<Done, StageError> {
    let instruction = instruction::set_allocation_caps(who.pubkey(), scene.usdc_vault, index, atoms, bps);
    scene.stage.send(&[instruction], &[who])
}

fn caps(scene: &Scene) -> (u64, u16) {
    let slot = scene.stage.allocation(&scene.usdc_vault, 0).unwrap();
    (slot.absolute_cap_atoms, slot.relative_cap_bps)
}

#[test]
fn spec_1_governance_may_set_any_caps() {
    let mut scene = scene();
    let governance = scene.stage.governance.insecure_clone();
    for (atoms, bps) in [(0, 0), (500 * USDC, 4_000), (u64::MAX, 10_000)] {
        let done = set(&mut scene, &governance, 0, atoms, bps).unwrap();
        assert_eq!(caps(&scene), (atoms, bps));
        let expected = AllocationCapsSet {
            vault: scene.usdc_vault,
            index: 0,
            authority: governance.pubkey(),
            absolute_cap_atoms: atoms,
            relative_cap_bps: bps,
        };
        assert_emitted(&done, &expected);
    }
}

#[test]
fn spec_1_the_guardian_may_only_lower_them() {
    let mut scene = scene();
    let guardian = scene.stage.guardian.insecure_clone();
    set(&mut scene, &guardian, 0, 500, 4_000).unwrap();
    for (atoms, bps) in [(501, 4_000), (500, 4_001), (0, 4_001), (u64::MAX, 0)] {
        let result = set(&mut scene, &guardian, 0, atoms, bps);
        assert_refused(result, BallastError::GuardianMayOnlyReduce);
        assert_eq!(caps(&scene), (500, 4_000));
    }
    set(&mut scene, &guardian, 0, 500, 4_000).unwrap();
    set(&mut scene, &guardian, 0, 0, 0).unwrap();
    assert_eq!(caps(&scene), (0, 0));
}

#[test]
fn spec_1_nobody_else_may() {
    let mut scene = scene();
    let before = caps(&scene);
    for who in [scene.stage.keeper.insecure_clone(), Keypair::new()] {
        assert_refused(set(&mut scene, &who, 0, 0, 0), BallastError::NotGuardian);
    }
    assert_eq!(caps(&scene), before);
}

#[test]
fn a_relative_cap_is_at_most_the_whole_vault_and_a_slot_must_be_in_use() {
    let mut scene = scene();
    let governance = scene.stage.governance.insecure_clone();
    assert_refused(set(&mut scene, &governance, 0, 0, 10_001), BallastError::InvalidCap);
    for index in [1, 7, 8, 255] {
        assert_refused(set(&mut scene, &governance, index, 0, 0), BallastError::AllocationNotFound);
    }
    assert_eq!(caps(&scene), (u64::MAX, 10_000));
}

#[test]
fn spec_2_what_is_above_its_caps_cannot_grow_and_anyone_may_reduce_it() {
    let mut scene = scene();
    let (usdc, vault) = (scene.usdc, scene.usdc_vault);
    let mandate = scene.stage.open_mandate();
    let person = scene.stage.person(&usdc, 1_000 * USDC, mandate).unwrap();
    scene.stage.deposit(&person, &vault, 1_000 * USDC).unwrap();
    scene.settle(&vault).unwrap();
    scene.stage.rebalance(&vault, [9_000, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    scene.stage.allocate(&vault, 0, Direction::Increase, 500 * USDC).unwrap();
    let guardian = scene.stage.guardian.insecure_clone();
    set(&mut scene, &guardian, 0, 400 * USDC, 10_000).unwrap();

    let receipts = scene.stage.allocation(&vault, 0).unwrap().receipts;
    let result = scene.stage.allocate(&vault, 0, Direction::Increase, USDC);
    assert_refused(result, BallastError::AbsoluteCapExceeded);
    assert_eq!(scene.stage.allocation(&vault, 0).unwrap().receipts, receipts);
    scene.stage.allocate(&vault, 0, Direction::Decrease, receipts / 5 - USDC).unwrap();
    let value = scene.stage.allocation(&vault, 0).unwrap().value_low;
    assert!((400 * USDC..402 * USDC).contains(&value), "{value}");

    set(&mut scene, &guardian, 0, 400 * USDC, 1_000).unwrap();
    scene.stage.allocate(&vault, 0, Direction::Decrease, receipts / 5).unwrap();
    let result = scene.stage.allocate(&vault, 0, Direction::Increase, USDC);
    assert_refused(result, BallastError::RelativeCapExceeded);
}
