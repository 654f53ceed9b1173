use ballast::events::AllocationCapsSet;
use ballast::{BallastError, Direction};
use ballast_client::instruction;
use ballast_sandbox::{DeploymentError, Done, Fixture, FixtureSpec};
use ballast_tests::{assert_emitted, assert_refused, programs};
use solana_keypair::Keypair;
use solana_signer::Signer;

const USDC: u64 = 1_000_000;

fn fixture() -> Fixture {
    let spec = FixtureSpec { reserves: 1, pool: false, stake_pool: false };
    Fixture::build(programs(), 1_700_000_000, spec).unwrap()
}

fn set(
    fixture: &mut Fixture,
    who: &Keypair,
    index: u8,
    atoms: u64,
    bps: u16,
) -> Result<Done, DeploymentError> {
    let instruction = instruction::set_allocation_caps(who.pubkey(), fixture.usdc_vault, index, atoms, bps);
    fixture.deployment.send(&[instruction], &[who])
}

fn caps(fixture: &Fixture) -> (u64, u16) {
    let slot = fixture.deployment.allocation(&fixture.usdc_vault, 0).unwrap();
    (slot.absolute_cap_atoms, slot.relative_cap_bps)
}

#[test]
fn spec_1_governance_may_set_any_caps() {
    let mut fixture = fixture();
    let governance = fixture.deployment.governance.insecure_clone();
    for (atoms, bps) in [(0, 0), (500 * USDC, 4_000), (u64::MAX, 10_000)] {
        let done = set(&mut fixture, &governance, 0, atoms, bps).unwrap();
        assert_eq!(caps(&fixture), (atoms, bps));
        let expected = AllocationCapsSet {
            vault: fixture.usdc_vault,
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
    let mut fixture = fixture();
    let guardian = fixture.deployment.guardian.insecure_clone();
    set(&mut fixture, &guardian, 0, 500, 4_000).unwrap();
    for (atoms, bps) in [(501, 4_000), (500, 4_001), (0, 4_001), (u64::MAX, 0)] {
        let result = set(&mut fixture, &guardian, 0, atoms, bps);
        assert_refused(result, BallastError::GuardianMayOnlyReduce);
        assert_eq!(caps(&fixture), (500, 4_000));
    }
    set(&mut fixture, &guardian, 0, 500, 4_000).unwrap();
    set(&mut fixture, &guardian, 0, 0, 0).unwrap();
    assert_eq!(caps(&fixture), (0, 0));
}

#[test]
fn spec_1_nobody_else_may() {
    let mut fixture = fixture();
    let before = caps(&fixture);
    for who in [fixture.deployment.keeper.insecure_clone(), Keypair::new()] {
        assert_refused(set(&mut fixture, &who, 0, 0, 0), BallastError::NotGuardian);
    }
    assert_eq!(caps(&fixture), before);
}

#[test]
fn a_relative_cap_is_at_most_the_whole_vault_and_a_slot_must_be_in_use() {
    let mut fixture = fixture();
    let governance = fixture.deployment.governance.insecure_clone();
    assert_refused(set(&mut fixture, &governance, 0, 0, 10_001), BallastError::InvalidCap);
    for index in [1, 7, 8, 255] {
        assert_refused(set(&mut fixture, &governance, index, 0, 0), BallastError::AllocationNotFound);
    }
    assert_eq!(caps(&fixture), (u64::MAX, 10_000));
}

#[test]
fn spec_2_what_is_above_its_caps_cannot_grow_and_anyone_may_reduce_it() {
    let mut fixture = fixture();
    let (usdc, vault) = (fixture.usdc, fixture.usdc_vault);
    let mandate = fixture.deployment.open_mandate();
    let person = fixture.deployment.person(&usdc, 1_000 * USDC, mandate).unwrap();
    fixture.deployment.deposit(&person, &vault, 1_000 * USDC).unwrap();
    fixture.settle(&vault).unwrap();
    fixture.deployment.rebalance(&vault, [9_000, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    fixture.deployment.allocate(&vault, 0, Direction::Increase, 500 * USDC).unwrap();
    let guardian = fixture.deployment.guardian.insecure_clone();
    set(&mut fixture, &guardian, 0, 400 * USDC, 10_000).unwrap();

    let receipts = fixture.deployment.allocation(&vault, 0).unwrap().receipts;
    let result = fixture.deployment.allocate(&vault, 0, Direction::Increase, USDC);
    assert_refused(result, BallastError::AbsoluteCapExceeded);
    assert_eq!(fixture.deployment.allocation(&vault, 0).unwrap().receipts, receipts);
    fixture.deployment.allocate(&vault, 0, Direction::Decrease, receipts / 5 - USDC).unwrap();
    let value = fixture.deployment.allocation(&vault, 0).unwrap().value_low;
    assert!((400 * USDC..402 * USDC).contains(&value), "{value}");

    set(&mut fixture, &guardian, 0, 400 * USDC, 1_000).unwrap();
    fixture.deployment.allocate(&vault, 0, Direction::Decrease, receipts / 5).unwrap();
    let result = fixture.deployment.allocate(&vault, 0, Direction::Increase, USDC);
    assert_refused(result, BallastError::RelativeCapExceeded);
}
