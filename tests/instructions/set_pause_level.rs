use ballast::events::PauseLevelSet;
use ballast::state::pause_level;
use ballast::{BallastError, Direction};
use ballast_client::instruction;
use ballast_sandbox::{Done, Person, Scene, SceneSpec, StageError};
use ballast_tests::{assert_emitted, assert_refused, programs};
use solana_keypair::Keypair;
use solana_signer::Signer;

const USDC: u64 = 1_000_000;

/// A vault that holds 400 of somebody's 1,000 USDC in a reserve and is ordered to hold 500.
fn scene() -> (Scene, Person) {
    let spec = SceneSpec { reserves: 1, pool: false, stake_pool: false };
    let mut scene = Scene::build(programs(), 1_700_000_000, spec).unwrap();
    let (usdc, vault) = (scene.usdc, scene.usdc_vault);
    let mandate = scene.stage.open_mandate();
    let person = scene.stage.person(&usdc, 2_000 * USDC, mandate).unwrap();
    scene.stage.deposit(&person, &vault, 1_000 * USDC).unwrap();
    scene.settle(&vault).unwrap();
    scene.stage.rebalance(&vault, [5_000, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    scene.stage.allocate(&vault, 0, Direction::Increase, 400 * USDC).unwrap();
    (scene, person)
}

fn set(scene: &mut Scene, who: &Keypair, level: u8) -> Result<Done, StageError> {
    let instruction = instruction::set_pause_level(who.pubkey(), scene.usdc_vault, level);
    scene.stage.send(&[instruction], &[who])
}

fn level(scene: &Scene) -> u8 {
    scene.stage.vault(&scene.usdc_vault).unwrap().pause_level
}

#[test]
fn spec_1_governance_may_set_any_level() {
    let (mut scene, _) = scene();
    let governance = scene.stage.governance.insecure_clone();
    let mut before = 0;
    for after in [4, 0, 2, 1] {
        let done = set(&mut scene, &governance, after).unwrap();
        assert_eq!(level(&scene), after);
        let vault = scene.usdc_vault;
        assert_emitted(&done, &PauseLevelSet { vault, authority: governance.pubkey(), before, after });
        before = after;
    }
}

#[test]
fn spec_1_the_guardian_may_only_raise_it() {
    let (mut scene, _) = scene();
    let guardian = scene.stage.guardian.insecure_clone();
    for up in [1, 3, 3] {
        set(&mut scene, &guardian, up).unwrap();
    }
    for down in [0, 1, 2] {
        assert_refused(set(&mut scene, &guardian, down), BallastError::GuardianMayOnlyReduce);
        assert_eq!(level(&scene), 3);
    }
}

#[test]
fn spec_1_nobody_else_may() {
    let (mut scene, _) = scene();
    for who in [scene.stage.keeper.insecure_clone(), Keypair::new()] {
        assert_refused(set(&mut scene, &who, 4), BallastError::NotGuardian);
    }
    assert_eq!(level(&scene), 0);
}

#[test]
fn there_are_five_levels() {
    let (mut scene, _) = scene();
    let governance = scene.stage.governance.insecure_clone();
    for wrong in [5, 255] {
        assert_refused(set(&mut scene, &governance, wrong), BallastError::InvalidPauseLevel);
    }
    assert_eq!(level(&scene), 0);
}

#[test]
fn each_level_stops_what_it_says() {
    let (mut scene, person) = scene();
    let vault = scene.usdc_vault;
    let governance = scene.stage.governance.insecure_clone();
    for paused in pause_level::NONE..=pause_level::WIND_DOWN {
        set(&mut scene, &governance, paused).unwrap();
        let increase = scene.stage.allocate(&vault, 0, Direction::Increase, USDC);
        if paused >= pause_level::NO_INCREASES {
            assert_refused(increase, BallastError::Paused);
        } else {
            increase.unwrap();
        }
        let deposit = scene.stage.deposit(&person, &vault, USDC);
        if paused >= pause_level::NO_DEPOSITS {
            assert_refused(deposit, BallastError::Paused);
        } else {
            deposit.unwrap();
        }
        // The slot is below its target: only a pause lets anyone take from it.
        let unwind = scene.stage.allocate(&vault, 0, Direction::Decrease, 10 * USDC);
        if paused >= pause_level::ANYONE_MAY_UNWIND {
            unwind.unwrap();
        } else {
            assert_refused(unwind, BallastError::NothingToReduce);
        }
    }
}

#[test]
fn spec_3_no_management_fee_is_taken_while_winding_down() {
    const YEAR: u64 = 31_536_000;
    let fees_after = |level: u8| {
        let (mut scene, _) = scene();
        let (vault, recipient) = (scene.usdc_vault, scene.stage.fee_recipient.pubkey());
        let governance = scene.stage.governance.insecure_clone();
        let mut all = scene.stage.refresh_all(&vault).unwrap();
        all.push(instruction::set_fees(governance.pubkey(), vault, 200, 0, recipient));
        scene.stage.govern(&all).unwrap();
        set(&mut scene, &governance, level).unwrap();
        scene.stage.world.pass_secs(YEAR);
        // Whoever refreshes and accrues in between changes nothing.
        let mut all = scene.stage.refresh_all(&vault).unwrap();
        all.push(instruction::set_fees(governance.pubkey(), vault, 200, 0, recipient));
        scene.stage.govern(&all).unwrap();
        scene.stage.world.pass_secs(YEAR);
        set(&mut scene, &governance, pause_level::NONE).unwrap();
        let mut all = scene.stage.refresh_all(&vault).unwrap();
        all.push(instruction::set_fees(governance.pubkey(), vault, 200, 0, recipient));
        scene.stage.govern(&all).unwrap();
        scene.stage.vault(&vault).unwrap().fee_shares
    };
    assert!(fees_after(pause_level::ANYONE_MAY_UNWIND) > 0);
    assert_eq!(fees_after(pause_level::WIND_DOWN), 0);
}

#[test]
fn spec_2_no_level_stops_a_withdrawal() {
    let (mut scene, person) = scene();
    let (vault, usdc) = (scene.usdc_vault, scene.usdc);
    let guardian = scene.stage.guardian.insecure_clone();
    let shares = scene.stage.position(&vault, &person.address()).unwrap().shares / 100;
    for paused in pause_level::NONE..=pause_level::WIND_DOWN {
        set(&mut scene, &guardian, paused).unwrap();
        let before = scene.balance(&person.address(), &usdc).unwrap();
        scene.stage.withdraw(&person, &vault, shares).unwrap();
        let paid = scene.balance(&person.address(), &usdc).unwrap() - before;
        assert!((10 * USDC - 2..=10 * USDC).contains(&paid), "{paid} at level {paused}");
    }
}
