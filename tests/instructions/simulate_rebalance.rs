//! `simulate_rebalance`.

use anchor_lang::AnchorDeserialize;
use ballast::{BallastError, RebalanceReport};
use ballast_client::instruction;
use ballast_sandbox::Chain;
use ballast_tests::unchanged::assert_refused;
use ballast_tests::{BadPrice, INVESTED, POOL, USDC, VaultTest};
use solana_instruction::Instruction;

fn report(test: &mut VaultTest, targets_bps: [u16; 8], refresh: bool) -> RebalanceReport {
    let simulate = instruction::simulate_rebalance(test.vault, test.fixture.deployment.model, targets_bps);
    let all: Vec<Instruction> = if refresh { test.fresh(simulate) } else { vec![simulate] };
    let done = test.fixture.deployment.world.simulate(&all, &[]).unwrap();
    RebalanceReport::deserialize(&mut done.return_data.as_slice()).unwrap()
}

fn code(rule: BallastError) -> u32 {
    rule.into()
}

#[test]
fn happy_path_reports_what_the_decision_then_records() {
    let mut test = VaultTest::invested();
    test.pass(3_600);
    let targets = [4_000, 2_500, 1_000, 0, 0, 0, 0, 0];
    let report = report(&mut test, targets, true);
    assert_eq!((report.refusal, report.refused_index), (0, None));
    test.decide(targets);
    let decision = test.fixture.deployment.decision(&test.vault, 2).unwrap();
    assert_eq!(report.snapshot_hash, decision.snapshot_hash);
    assert_eq!((report.turnover_bps, report.idle_bps), (decision.turnover_bps, decision.idle_bps));
    assert_eq!(report.weights_bps, decision.weights_bps);
    assert_eq!((report.nav_low, report.nav_high), (decision.snapshot.nav_low, decision.snapshot.nav_high));
}

#[test]
fn spec_1_anyone_may_send_it_for_real_and_it_changes_nothing() {
    let mut test = VaultTest::invested();
    let refresh = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&refresh);
    let vault = test.vault;
    let before = test.deployment().world.expect_account(&vault, "vault").unwrap();
    let simulate = instruction::simulate_rebalance(vault, test.fixture.deployment.model, [100; 8]);
    let done = test.send(&[simulate]);
    assert!(!done.return_data.is_empty());
    assert_eq!(test.deployment().world.expect_account(&vault, "vault").unwrap(), before);
}

#[test]
fn spec_2_a_refusal_is_part_of_the_report_and_the_one_that_rebalance_gives() {
    type Change = fn(&mut VaultTest);
    type Case = (Change, [u16; 8], BallastError, Option<u8>);
    let cases: [Case; 11] = [
        (|_| {}, [9_000, 501, 0, 0, 0, 0, 0, 0], BallastError::IdleBufferNotKept, None),
        (|_| {}, [0, 0, 0, 0, 0, 100, 0, 0], BallastError::TargetWithoutStrategy, None),
        (
            |test| test.set_caps(1, u64::MAX, 900),
            [0, 2_500, 0, 0, 0, 0, 0, 0],
            BallastError::RelativeCapExceeded,
            Some(1),
        ),
        (
            |test| test.set_caps(1, USDC, 10_000),
            [0, 2_500, 0, 0, 0, 0, 0, 0],
            BallastError::AbsoluteCapExceeded,
            Some(1),
        ),
        (
            |test| test.set_limits(|limits| limits.turnover_cap_bps = 9_100),
            [5_500, 0, 0, 0, 0, 0, 0, 0],
            BallastError::TurnoverExceeded,
            None,
        ),
        (|test| test.pause(1), [5_500, 0, 0, 0, 0, 0, 0, 0], BallastError::Paused, None),
        (VaultTest::revoke_model, [0; 8], BallastError::ModelRevoked, None),
        (
            |test| test.set_limits(|limits| limits.cooldown_secs = 7_200),
            [0; 8],
            BallastError::CooldownActive,
            None,
        ),
        (
            |test| test.spoil_price(BadPrice::Stale),
            [5_001, 0, 0, 0, 0, 0, 0, 0],
            BallastError::OracleStale,
            Some(POOL),
        ),
        (
            |test| test.spoil_price(BadPrice::Wide),
            [0, 0, 3_000, 0, 0, 0, 0, 0],
            BallastError::OracleWide,
            Some(POOL),
        ),
        (
            |test| test.spoil_price(BadPrice::SpotAway),
            [0, 0, 3_000, 0, 0, 0, 0, 0],
            BallastError::SpotDiverges,
            Some(POOL),
        ),
    ];
    for (change, targets, rule, index) in cases {
        let mut test = VaultTest::invested();
        test.pass(3_600);
        change(&mut test);
        let report = report(&mut test, targets, true);
        assert_eq!((report.refusal, report.refused_index), (code(rule), index), "{rule:?}");
        assert!(report.nav_low > 0 && report.snapshot_hash != [0; 32], "the figures are there all the same");
        test.decision_refused(targets, rule);
    }
}

#[test]
fn spec_2_a_vault_that_cannot_be_priced_has_no_figures() {
    let mut test = VaultTest::invested();
    test.pass(3_600);
    let report = report(&mut test, [5_001, 0, 0, 0, 0, 0, 0, 0], false);
    let expected =
        RebalanceReport { refusal: code(BallastError::StaleAllocation), ..RebalanceReport::default() };
    assert_eq!(report, expected);
    let keeper = test.fixture.deployment.keeper.insecure_clone();
    let decide = test.rebalance_ix([5_001, 0, 0, 0, 0, 0, 0, 0]);
    assert_refused(test.deployment(), &[decide], &[&keeper], BallastError::StaleAllocation);
}

#[test]
fn two_decisions_in_one_slot_are_foreseen() {
    let mut test = VaultTest::deposited(INVESTED);
    test.decide([100, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(report(&mut test, [0; 8], true).refusal, code(BallastError::DecisionInSameSlot));
}
