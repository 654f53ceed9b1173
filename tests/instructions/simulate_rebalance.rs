//! `simulate_rebalance`.

use anchor_lang::AnchorDeserialize;
use ballast::{BallastError, RebalanceReport};
use ballast_client::instruction;
use ballast_sandbox::Chain;
use ballast_tests::unchanged::assert_refused;
use ballast_tests::{BadPrice, Cast, INVESTED, POOL, USDC};
use solana_instruction::Instruction;

fn report(cast: &mut Cast, targets_bps: [u16; 8], refresh: bool) -> RebalanceReport {
    let simulate = instruction::simulate_rebalance(cast.vault, cast.scene.stage.model, targets_bps);
    let all: Vec<Instruction> = if refresh { cast.fresh(simulate) } else { vec![simulate] };
    let done = cast.scene.stage.world.simulate(&all, &[]).unwrap();
    RebalanceReport::deserialize(&mut done.return_data.as_slice()).unwrap()
}

fn code(rule: BallastError) -> u32 {
    rule.into()
}

#[test]
fn happy_path_reports_what_the_decision_then_records() {
    let mut cast = Cast::invested();
    cast.pass(3_600);
    let targets = [4_000, 2_500, 1_000, 0, 0, 0, 0, 0];
    let report = report(&mut cast, targets, true);
    assert_eq!((report.refusal, report.refused_index), (0, None));
    cast.decide(targets);
    let decision = cast.scene.stage.decision(&cast.vault, 2).unwrap();
    assert_eq!(report.snapshot_hash, decision.snapshot_hash);
    assert_eq!((report.turnover_bps, report.idle_bps), (decision.turnover_bps, decision.idle_bps));
    assert_eq!(report.weights_bps, decision.weights_bps);
    assert_eq!((report.nav_low, report.nav_high), (decision.snapshot.nav_low, decision.snapshot.nav_high));
}

#[test]
fn spec_1_anyone_may_send_it_for_real_and_it_changes_nothing() {
    let mut cast = Cast::invested();
    let refresh = cast.scene.stage.refresh_all(&cast.vault).unwrap();
    cast.send(&refresh);
    let vault = cast.vault;
    let before = cast.stage().world.expect_account(&vault, "vault").unwrap();
    let simulate = instruction::simulate_rebalance(vault, cast.scene.stage.model, [100; 8]);
    let done = cast.send(&[simulate]);
    assert!(!done.return_data.is_empty());
    assert_eq!(cast.stage().world.expect_account(&vault, "vault").unwrap(), before);
}

#[test]
fn spec_2_a_refusal_is_part_of_the_report_and_the_one_that_rebalance_gives() {
    type Change = fn(&mut Cast);
    type Case = (Change, [u16; 8], BallastError, Option<u8>);
    let cases: [Case; 11] = [
        (|_| {}, [9_000, 501, 0, 0, 0, 0, 0, 0], BallastError::IdleBufferNotKept, None),
        (|_| {}, [0, 0, 0, 0, 0, 100, 0, 0], BallastError::TargetWithoutStrategy, None),
        (
            |cast| cast.set_caps(1, u64::MAX, 900),
            [0, 2_500, 0, 0, 0, 0, 0, 0],
            BallastError::RelativeCapExceeded,
            Some(1),
        ),
        (
            |cast| cast.set_caps(1, USDC, 10_000),
            [0, 2_500, 0, 0, 0, 0, 0, 0],
            BallastError::AbsoluteCapExceeded,
            Some(1),
        ),
        (
            |cast| cast.set_limits(|limits| limits.turnover_cap_bps = 9_100),
            [5_500, 0, 0, 0, 0, 0, 0, 0],
            BallastError::TurnoverExceeded,
            None,
        ),
        (|cast| cast.pause(1), [5_500, 0, 0, 0, 0, 0, 0, 0], BallastError::Paused, None),
        (Cast::revoke_model, [0; 8], BallastError::ModelRevoked, None),
        (
            |cast| cast.set_limits(|limits| limits.cooldown_secs = 7_200),
            [0; 8],
            BallastError::CooldownActive,
            None,
        ),
        (
            |cast| cast.spoil_price(BadPrice::Stale),
            [5_001, 0, 0, 0, 0, 0, 0, 0],
            BallastError::OracleStale,
            Some(POOL),
        ),
        (
            |cast| cast.spoil_price(BadPrice::Wide),
            [0, 0, 3_000, 0, 0, 0, 0, 0],
            BallastError::OracleWide,
            Some(POOL),
        ),
        (
            |cast| cast.spoil_price(BadPrice::SpotAway),
            [0, 0, 3_000, 0, 0, 0, 0, 0],
            BallastError::SpotDiverges,
            Some(POOL),
        ),
    ];
    for (change, targets, rule, index) in cases {
        let mut cast = Cast::invested();
        cast.pass(3_600);
        change(&mut cast);
        let report = report(&mut cast, targets, true);
        assert_eq!((report.refusal, report.refused_index), (code(rule), index), "{rule:?}");
        assert!(report.nav_low > 0 && report.snapshot_hash != [0; 32], "the figures are there all the same");
        cast.decision_refused(targets, rule);
    }
}

#[test]
fn spec_2_a_vault_that_cannot_be_priced_has_no_figures() {
    let mut cast = Cast::invested();
    cast.pass(3_600);
    let report = report(&mut cast, [5_001, 0, 0, 0, 0, 0, 0, 0], false);
    let expected =
        RebalanceReport { refusal: code(BallastError::StaleAllocation), ..RebalanceReport::default() };
    assert_eq!(report, expected);
    let keeper = cast.scene.stage.keeper.insecure_clone();
    let decide = cast.rebalance_ix([5_001, 0, 0, 0, 0, 0, 0, 0]);
    assert_refused(cast.stage(), &[decide], &[&keeper], BallastError::StaleAllocation);
}

#[test]
fn two_decisions_in_one_slot_are_foreseen() {
    let mut cast = Cast::deposited(INVESTED);
    cast.decide([100, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(report(&mut cast, [0; 8], true).refusal, code(BallastError::DecisionInSameSlot));
}
