use ballast::events::FeesSet;
use ballast::{BallastError, Direction};
use ballast_client::instruction;
use ballast_math::shares::to_assets_down;
use ballast_sandbox::{Fixture, FixtureSpec};
use ballast_tests::{assert_emitted, assert_refused, programs};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const USDC: u64 = 1_000_000;
const YEAR_SECS: u64 = 365 * 86_400;

/// A vault with 1,000 USDC of somebody's in it.
fn fixture() -> Fixture {
    let spec = FixtureSpec { reserves: 1, pool: false, stake_pool: false };
    let mut fixture = Fixture::build(programs(), 1_700_000_000, spec).unwrap();
    let (usdc, vault) = (fixture.usdc, fixture.usdc_vault);
    let mandate = fixture.deployment.open_mandate();
    let person = fixture.deployment.person(&usdc, 1_000 * USDC, mandate).unwrap();
    fixture.deployment.deposit(&person, &vault, 1_000 * USDC).unwrap();
    fixture
}

#[test]
fn governance_changes_fees_and_recipient() {
    let mut fixture = fixture();
    let (vault, governance, recipient) =
        (fixture.usdc_vault, fixture.deployment.governance.pubkey(), Pubkey::new_unique());
    let done = fixture
        .deployment
        .govern(&[instruction::set_fees(governance, vault, 200, 2_000, recipient)])
        .unwrap();
    let state = fixture.deployment.vault(&vault).unwrap();
    assert_eq!((state.management_fee_bps, state.performance_fee_bps), (200, 2_000));
    assert_eq!((state.fee_recipient, state.fee_shares), (recipient, 0));
    let expected =
        FeesSet { vault, management_fee_bps: 200, performance_fee_bps: 2_000, fee_recipient: recipient };
    assert_emitted(&done, &expected);
}

#[test]
fn spec_1_only_governance_may() {
    let mut fixture = fixture();
    let vault = fixture.usdc_vault;
    for who in [fixture.deployment.guardian.insecure_clone(), Keypair::new()] {
        let instruction = instruction::set_fees(who.pubkey(), vault, 0, 0, who.pubkey());
        assert_refused(fixture.deployment.send(&[instruction], &[&who]), BallastError::NotGovernance);
    }
    assert_eq!(
        fixture.deployment.vault(&vault).unwrap().fee_recipient,
        fixture.deployment.fee_recipient.pubkey()
    );
}

#[test]
fn spec_2_somebody_receives_them() {
    let mut fixture = fixture();
    let (vault, governance) = (fixture.usdc_vault, fixture.deployment.governance.pubkey());
    let instruction = instruction::set_fees(governance, vault, 100, 0, Pubkey::default());
    assert_refused(fixture.deployment.govern(&[instruction]), BallastError::DefaultKey);
    assert_eq!(
        fixture.deployment.vault(&vault).unwrap().fee_recipient,
        fixture.deployment.fee_recipient.pubkey()
    );
}

#[test]
fn spec_2_fees_have_hard_caps() {
    let mut fixture = fixture();
    let (vault, governance) = (fixture.usdc_vault, fixture.deployment.governance.pubkey());
    for (management, performance) in [(201, 0), (0, 2_001), (u16::MAX, u16::MAX)] {
        let instruction = instruction::set_fees(governance, vault, management, performance, governance);
        assert_refused(fixture.deployment.govern(&[instruction]), BallastError::FeeTooHigh);
    }
    let state = fixture.deployment.vault(&vault).unwrap();
    assert_eq!((state.management_fee_bps, state.performance_fee_bps), (0, 0));
}

#[test]
fn spec_3_time_so_far_is_charged_at_the_old_rate() {
    let mut fixture = fixture();
    let (vault, governance) = (fixture.usdc_vault, fixture.deployment.governance.pubkey());
    fixture.deployment.govern(&[instruction::set_fees(governance, vault, 100, 0, governance)]).unwrap();
    fixture.deployment.world.pass_secs(YEAR_SECS);
    fixture.deployment.govern(&[instruction::set_fees(governance, vault, 0, 0, governance)]).unwrap();
    let state = fixture.deployment.vault(&vault).unwrap();
    let worth = to_assets_down(state.fee_shares, state.idle_atoms, state.total_shares).unwrap();
    // One percent of 1,001 USDC.
    assert!(worth.abs_diff(10_010_000) <= 1, "{worth}");
    fixture.deployment.world.pass_secs(YEAR_SECS);
    fixture.deployment.govern(&[instruction::set_fees(governance, vault, 200, 0, governance)]).unwrap();
    assert_eq!(fixture.deployment.vault(&vault).unwrap().fee_shares, state.fee_shares);
}

#[test]
fn spec_3_a_higher_rate_reaches_no_time_before_it() {
    let mut fixture = fixture();
    let (vault, governance) = (fixture.usdc_vault, fixture.deployment.governance.pubkey());
    fixture.deployment.world.pass_secs(YEAR_SECS);
    fixture.deployment.govern(&[instruction::set_fees(governance, vault, 200, 2_000, governance)]).unwrap();
    let state = fixture.deployment.vault(&vault).unwrap();
    assert_eq!((state.fee_shares, state.fees_accrued_ts), (0, fixture.deployment.world.now()));
}

#[test]
fn spec_3_every_allocation_must_be_fresh() {
    let mut fixture = fixture();
    let (vault, governance) = (fixture.usdc_vault, fixture.deployment.governance.pubkey());
    fixture.settle(&vault).unwrap();
    fixture.deployment.rebalance(&vault, [5_000, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    fixture.deployment.allocate(&vault, 0, Direction::Increase, 400 * USDC).unwrap();
    fixture.deployment.world.next_slot();
    let change = instruction::set_fees(governance, vault, 100, 0, governance);
    let result = fixture.deployment.govern(std::slice::from_ref(&change));
    assert_refused(result, BallastError::StaleAllocation);
    assert_eq!(fixture.deployment.vault(&vault).unwrap().management_fee_bps, 0);
    let all = [fixture.deployment.refresh_all(&vault).unwrap(), vec![change]].concat();
    fixture.deployment.govern(&all).unwrap();
    assert_eq!(fixture.deployment.vault(&vault).unwrap().management_fee_bps, 100);
}
