use ballast::events::FeesSet;
use ballast::{BallastError, Direction};
use ballast_client::instruction;
use ballast_math::shares::to_assets_down;
use ballast_sandbox::{Scene, SceneSpec};
use ballast_tests::{assert_emitted, assert_refused, programs};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const USDC: u64 = 1_000_000;
const YEAR_SECS: u64 = 365 * 86_400;

/// A vault with 1,000 USDC of somebody's in it.
fn scene() -> Scene {
    let spec = SceneSpec { reserves: 1, pool: false, stake_pool: false };
    let mut scene = Scene::build(programs(), 1_700_000_000, spec).unwrap();
    let (usdc, vault) = (scene.usdc, scene.usdc_vault);
    let mandate = scene.stage.open_mandate();
    let person = scene.stage.person(&usdc, 1_000 * USDC, mandate).unwrap();
    scene.stage.deposit(&person, &vault, 1_000 * USDC).unwrap();
    scene
}

#[test]
fn governance_changes_fees_and_recipient() {
    let mut scene = scene();
    let (vault, governance, recipient) =
        (scene.usdc_vault, scene.stage.governance.pubkey(), Pubkey::new_unique());
    let done =
        scene.stage.govern(&[instruction::set_fees(governance, vault, 200, 2_000, recipient)]).unwrap();
    let state = scene.stage.vault(&vault).unwrap();
    assert_eq!((state.management_fee_bps, state.performance_fee_bps), (200, 2_000));
    assert_eq!((state.fee_recipient, state.fee_shares), (recipient, 0));
    let expected =
        FeesSet { vault, management_fee_bps: 200, performance_fee_bps: 2_000, fee_recipient: recipient };
    assert_emitted(&done, &expected);
}

#[test]
fn spec_1_only_governance_may() {
    let mut scene = scene();
    let vault = scene.usdc_vault;
    for who in [scene.stage.guardian.insecure_clone(), Keypair::new()] {
        let instruction = instruction::set_fees(who.pubkey(), vault, 0, 0, who.pubkey());
        assert_refused(scene.stage.send(&[instruction], &[&who]), BallastError::NotGovernance);
    }
    assert_eq!(scene.stage.vault(&vault).unwrap().fee_recipient, scene.stage.fee_recipient.pubkey());
}

#[test]
fn spec_2_somebody_receives_them() {
    let mut scene = scene();
    let (vault, governance) = (scene.usdc_vault, scene.stage.governance.pubkey());
    let instruction = instruction::set_fees(governance, vault, 100, 0, Pubkey::default());
    assert_refused(scene.stage.govern(&[instruction]), BallastError::DefaultKey);
    assert_eq!(scene.stage.vault(&vault).unwrap().fee_recipient, scene.stage.fee_recipient.pubkey());
}

#[test]
fn spec_2_fees_have_hard_caps() {
    let mut scene = scene();
    let (vault, governance) = (scene.usdc_vault, scene.stage.governance.pubkey());
    for (management, performance) in [(201, 0), (0, 2_001), (u16::MAX, u16::MAX)] {
        let instruction = instruction::set_fees(governance, vault, management, performance, governance);
        assert_refused(scene.stage.govern(&[instruction]), BallastError::FeeTooHigh);
    }
    let state = scene.stage.vault(&vault).unwrap();
    assert_eq!((state.management_fee_bps, state.performance_fee_bps), (0, 0));
}

#[test]
fn spec_3_time_so_far_is_charged_at_the_old_rate() {
    let mut scene = scene();
    let (vault, governance) = (scene.usdc_vault, scene.stage.governance.pubkey());
    scene.stage.govern(&[instruction::set_fees(governance, vault, 100, 0, governance)]).unwrap();
    scene.stage.world.pass_secs(YEAR_SECS);
    scene.stage.govern(&[instruction::set_fees(governance, vault, 0, 0, governance)]).unwrap();
    let state = scene.stage.vault(&vault).unwrap();
    let worth = to_assets_down(state.fee_shares, state.idle_atoms, state.total_shares).unwrap();
    // One percent of 1,001 USDC.
    assert!(worth.abs_diff(10_010_000) <= 1, "{worth}");
    scene.stage.world.pass_secs(YEAR_SECS);
    scene.stage.govern(&[instruction::set_fees(governance, vault, 200, 0, governance)]).unwrap();
    assert_eq!(scene.stage.vault(&vault).unwrap().fee_shares, state.fee_shares);
}

#[test]
fn spec_3_a_higher_rate_reaches_no_time_before_it() {
    let mut scene = scene();
    let (vault, governance) = (scene.usdc_vault, scene.stage.governance.pubkey());
    scene.stage.world.pass_secs(YEAR_SECS);
    scene.stage.govern(&[instruction::set_fees(governance, vault, 200, 2_000, governance)]).unwrap();
    let state = scene.stage.vault(&vault).unwrap();
    assert_eq!((state.fee_shares, state.fees_accrued_ts), (0, scene.stage.world.now()));
}

#[test]
fn spec_3_every_allocation_must_be_fresh() {
    let mut scene = scene();
    let (vault, governance) = (scene.usdc_vault, scene.stage.governance.pubkey());
    scene.settle(&vault).unwrap();
    scene.stage.rebalance(&vault, [5_000, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    scene.stage.allocate(&vault, 0, Direction::Increase, 400 * USDC).unwrap();
    scene.stage.world.next_slot();
    let change = instruction::set_fees(governance, vault, 100, 0, governance);
    let result = scene.stage.govern(std::slice::from_ref(&change));
    assert_refused(result, BallastError::StaleAllocation);
    assert_eq!(scene.stage.vault(&vault).unwrap().management_fee_bps, 0);
    let all = [scene.stage.refresh_all(&vault).unwrap(), vec![change]].concat();
    scene.stage.govern(&all).unwrap();
    assert_eq!(scene.stage.vault(&vault).unwrap().management_fee_bps, 100);
}
