use ballast::events::ModelRevoked;
use ballast::{BallastError, Direction};
use ballast_client::{address, decode_model, instruction};
use ballast_sandbox::{Chain, DeploymentError, Done, Fixture, FixtureSpec, MODEL_HASH};
use ballast_tests::{assert_emitted, assert_refused, programs};
use solana_keypair::Keypair;
use solana_signer::Signer;

const USDC: u64 = 1_000_000;

/// A vault with a decision to hold half of 1,000 USDC in a reserve, none of it executed.
fn fixture() -> Fixture {
    let spec = FixtureSpec { reserves: 1, pool: false, stake_pool: false };
    let mut fixture = Fixture::build(programs(), 1_700_000_000, spec).unwrap();
    let (usdc, vault) = (fixture.usdc, fixture.usdc_vault);
    let mandate = fixture.deployment.open_mandate();
    let person = fixture.deployment.person(&usdc, 1_000 * USDC, mandate).unwrap();
    fixture.deployment.deposit(&person, &vault, 1_000 * USDC).unwrap();
    fixture.settle(&vault).unwrap();
    fixture.deployment.rebalance(&vault, [5_000, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    fixture
}

fn revoke(fixture: &mut Fixture, who: &Keypair) -> Result<Done, DeploymentError> {
    let instruction = instruction::revoke_model(who.pubkey(), address::model(&MODEL_HASH));
    fixture.deployment.send(&[instruction], &[who])
}

fn approved(fixture: &Fixture) -> bool {
    let data = fixture.deployment.world.expect_account(&address::model(&MODEL_HASH), "model").unwrap().data;
    decode_model(&data).unwrap().approved
}

#[test]
fn spec_1_guardian_and_governance_may() {
    for by_guardian in [true, false] {
        let mut fixture = fixture();
        let who = if by_guardian { &fixture.deployment.guardian } else { &fixture.deployment.governance }
            .insecure_clone();
        let done = revoke(&mut fixture, &who).unwrap();
        assert!(!approved(&fixture));
        let slot = fixture.deployment.world.clock().slot;
        let expected = ModelRevoked { model: address::model(&MODEL_HASH), authority: who.pubkey(), slot };
        assert_emitted(&done, &expected);
    }
}

#[test]
fn spec_1_nobody_else_may() {
    let mut fixture = fixture();
    for who in [fixture.deployment.keeper.insecure_clone(), Keypair::new()] {
        assert_refused(revoke(&mut fixture, &who), BallastError::NotGuardian);
    }
    assert!(approved(&fixture));
}

#[test]
fn spec_2_a_decision_recorded_before_increases_nothing_any_more() {
    let mut fixture = fixture();
    let vault = fixture.usdc_vault;
    fixture.deployment.allocate(&vault, 0, Direction::Increase, 100 * USDC).unwrap();
    let guardian = fixture.deployment.guardian.insecure_clone();
    revoke(&mut fixture, &guardian).unwrap();
    let before = fixture.deployment.vault(&vault).unwrap();
    let result = fixture.deployment.allocate(&vault, 0, Direction::Increase, 100 * USDC);
    assert_refused(result, BallastError::ModelRevoked);
    let after = fixture.deployment.vault(&vault).unwrap();
    assert_eq!(after.idle_atoms, before.idle_atoms);
    assert_eq!(after.allocations[0].receipts, before.allocations[0].receipts);
}

#[test]
fn spec_2_no_decision_is_recorded_under_it() {
    let mut fixture = fixture();
    let vault = fixture.usdc_vault;
    let guardian = fixture.deployment.guardian.insecure_clone();
    revoke(&mut fixture, &guardian).unwrap();
    fixture.deployment.world.pass_secs(86_400);
    let result = fixture.deployment.rebalance(&vault, [1_000, 0, 0, 0, 0, 0, 0, 0]);
    assert_refused(result, BallastError::ModelRevoked);
    let state = fixture.deployment.vault(&vault).unwrap();
    assert_eq!((state.decision_sequence, state.allocations[0].target_bps), (1, 5_000));
}

#[test]
fn spec_2_reducing_needs_no_model() {
    let mut fixture = fixture();
    let vault = fixture.usdc_vault;
    fixture.deployment.allocate(&vault, 0, Direction::Increase, 500 * USDC).unwrap();
    let guardian = fixture.deployment.guardian.insecure_clone();
    revoke(&mut fixture, &guardian).unwrap();
    let lower = instruction::set_allocation_caps(guardian.pubkey(), vault, 0, 0, 0);
    fixture.deployment.send(&[lower], &[&guardian]).unwrap();
    let receipts = fixture.deployment.allocation(&vault, 0).unwrap().receipts;
    fixture.deployment.allocate(&vault, 0, Direction::Decrease, receipts).unwrap();
    assert_eq!(fixture.deployment.allocation(&vault, 0).unwrap().receipts, 0);
}
