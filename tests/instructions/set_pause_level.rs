use ballast::events::PauseLevelSet;
use ballast::state::pause_level;
use ballast::{BallastError, Direction};
use ballast_client::instruction;
use ballast_sandbox::{DeploymentError, Done, Fixture, FixtureSpec, Person};
use ballast_tests::{assert_emitted, assert_refused, programs};
use solana_keypair::Keypair;
use solana_signer::Signer;

const USDC: u64 = 1_000_000;

/// A vault that holds 400 of somebody's 1,000 USDC in a reserve and is ordered to hold 500.
fn fixture() -> (Fixture, Person) {
    let spec = FixtureSpec { reserves: 1, pool: false, stake_pool: false };
    let mut fixture = Fixture::build(programs(), 1_700_000_000, spec).unwrap();
    let (usdc, vault) = (fixture.usdc, fixture.usdc_vault);
    let mandate = fixture.deployment.open_mandate();
    let person = fixture.deployment.person(&usdc, 2_000 * USDC, mandate).unwrap();
    fixture.deployment.deposit(&person, &vault, 1_000 * USDC).unwrap();
    fixture.settle(&vault).unwrap();
    fixture.deployment.rebalance(&vault, [5_000, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    fixture.deployment.allocate(&vault, 0, Direction::Increase, 400 * USDC).unwrap();
    (fixture, person)
}

fn set(fixture: &mut Fixture, who: &Keypair, level: u8) -> Result<Done, DeploymentError> {
    let instruction = instruction::set_pause_level(who.pubkey(), fixture.usdc_vault, level);
    fixture.deployment.send(&[instruction], &[who])
}

fn level(fixture: &Fixture) -> u8 {
    fixture.deployment.vault(&fixture.usdc_vault).unwrap().pause_level
}

#[test]
fn spec_1_governance_may_set_any_level() {
    let (mut fixture, _) = fixture();
    let governance = fixture.deployment.governance.insecure_clone();
    let mut before = 0;
    for after in [4, 0, 2, 1] {
        let done = set(&mut fixture, &governance, after).unwrap();
        assert_eq!(level(&fixture), after);
        let vault = fixture.usdc_vault;
        assert_emitted(&done, &PauseLevelSet { vault, authority: governance.pubkey(), before, after });
        before = after;
    }
}

#[test]
fn spec_1_the_guardian_may_only_raise_it() {
    let (mut fixture, _) = fixture();
    let guardian = fixture.deployment.guardian.insecure_clone();
    for up in [1, 3, 3] {
        set(&mut fixture, &guardian, up).unwrap();
    }
    for down in [0, 1, 2] {
        assert_refused(set(&mut fixture, &guardian, down), BallastError::GuardianMayOnlyReduce);
        assert_eq!(level(&fixture), 3);
    }
}

#[test]
fn spec_1_nobody_else_may() {
    let (mut fixture, _) = fixture();
    for who in [fixture.deployment.keeper.insecure_clone(), Keypair::new()] {
        assert_refused(set(&mut fixture, &who, 4), BallastError::NotGuardian);
    }
    assert_eq!(level(&fixture), 0);
}

#[test]
fn there_are_five_levels() {
    let (mut fixture, _) = fixture();
    let governance = fixture.deployment.governance.insecure_clone();
    for wrong in [5, 255] {
        assert_refused(set(&mut fixture, &governance, wrong), BallastError::InvalidPauseLevel);
    }
    assert_eq!(level(&fixture), 0);
}

#[test]
fn each_level_stops_what_it_says() {
    let (mut fixture, person) = fixture();
    let vault = fixture.usdc_vault;
    let governance = fixture.deployment.governance.insecure_clone();
    for paused in pause_level::NONE..=pause_level::WIND_DOWN {
        set(&mut fixture, &governance, paused).unwrap();
        let increase = fixture.deployment.allocate(&vault, 0, Direction::Increase, USDC);
        if paused >= pause_level::NO_INCREASES {
            assert_refused(increase, BallastError::Paused);
        } else {
            increase.unwrap();
        }
        let deposit = fixture.deployment.deposit(&person, &vault, USDC);
        if paused >= pause_level::NO_DEPOSITS {
            assert_refused(deposit, BallastError::Paused);
        } else {
            deposit.unwrap();
        }
        // The slot is below its target: only a pause lets anyone take from it.
        let unwind = fixture.deployment.allocate(&vault, 0, Direction::Decrease, 10 * USDC);
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
        let (mut fixture, _) = fixture();
        let (vault, recipient) = (fixture.usdc_vault, fixture.deployment.fee_recipient.pubkey());
        let governance = fixture.deployment.governance.insecure_clone();
        let mut all = fixture.deployment.refresh_all(&vault).unwrap();
        all.push(instruction::set_fees(governance.pubkey(), vault, 200, 0, recipient));
        fixture.deployment.govern(&all).unwrap();
        set(&mut fixture, &governance, level).unwrap();
        fixture.deployment.world.pass_secs(YEAR);
        // Whoever refreshes and accrues in between changes nothing.
        let mut all = fixture.deployment.refresh_all(&vault).unwrap();
        all.push(instruction::set_fees(governance.pubkey(), vault, 200, 0, recipient));
        fixture.deployment.govern(&all).unwrap();
        fixture.deployment.world.pass_secs(YEAR);
        set(&mut fixture, &governance, pause_level::NONE).unwrap();
        let mut all = fixture.deployment.refresh_all(&vault).unwrap();
        all.push(instruction::set_fees(governance.pubkey(), vault, 200, 0, recipient));
        fixture.deployment.govern(&all).unwrap();
        fixture.deployment.vault(&vault).unwrap().fee_shares
    };
    assert!(fees_after(pause_level::ANYONE_MAY_UNWIND) > 0);
    assert_eq!(fees_after(pause_level::WIND_DOWN), 0);
}

#[test]
fn spec_2_no_level_stops_a_withdrawal() {
    let (mut fixture, person) = fixture();
    let (vault, usdc) = (fixture.usdc_vault, fixture.usdc);
    let guardian = fixture.deployment.guardian.insecure_clone();
    let shares = fixture.deployment.position(&vault, &person.address()).unwrap().shares / 100;
    for paused in pause_level::NONE..=pause_level::WIND_DOWN {
        set(&mut fixture, &guardian, paused).unwrap();
        let before = fixture.balance(&person.address(), &usdc).unwrap();
        fixture.deployment.withdraw(&person, &vault, shares).unwrap();
        let paid = fixture.balance(&person.address(), &usdc).unwrap() - before;
        assert!((10 * USDC - 2..=10 * USDC).contains(&paid), "{paid} at level {paused}");
    }
}
