use ballast::BallastError;
use ballast::events::LimitsSet;
use ballast::state::VaultLimits;
use ballast_client::instruction;
use ballast_sandbox::{Chain, Fixture, FixtureSpec, usual_limits};
use ballast_tests::{assert_emitted, assert_refused, programs};
use solana_keypair::Keypair;
use solana_signer::Signer;

const USDC: u64 = 1_000_000;
const DAY: u32 = 86_400;

fn fixture() -> Fixture {
    let spec = FixtureSpec { reserves: 1, pool: false, stake_pool: false };
    Fixture::build(programs(), 1_700_000_000, spec).unwrap()
}

#[test]
fn governance_changes_every_limit() {
    let mut fixture = fixture();
    let (vault, governance) = (fixture.usdc_vault, fixture.deployment.governance.pubkey());
    let limits = VaultLimits {
        deposit_cap_atoms: 1,
        min_move_atoms: 2,
        turnover_window_secs: 31 * DAY,
        loss_window_secs: 3_600,
        cooldown_secs: 7 * DAY,
        profit_unlock_secs: 31 * DAY,
        min_horizon_secs: u32::MAX,
        idle_buffer_bps: 10_000,
        turnover_cap_bps: 60_000,
        loss_call_bps: 300,
        loss_window_bps: 500,
        min_liquidity_bps: 10_000,
        max_utilisation_bps: 10_000,
        settle_secs: 7 * DAY,
        decision_ttl_secs: 31 * DAY,
        inflow_window_secs: 31 * DAY,
        reduction_rest_secs: DAY,
        inflow_cap_bps: 60_000,
        latch_bps: 1_000,
        dead_band_bps: 1_000,
        reserved: 0,
    };
    let done = fixture.deployment.govern(&[instruction::set_limits(governance, vault, limits)]).unwrap();
    assert_eq!(fixture.deployment.vault(&vault).unwrap().limits, limits);
    assert_emitted(&done, &LimitsSet { vault, limits });
}

#[test]
fn spec_1_only_governance_may() {
    let mut fixture = fixture();
    let vault = fixture.usdc_vault;
    let limits = VaultLimits { loss_call_bps: 0, ..usual_limits() };
    for who in [fixture.deployment.guardian.insecure_clone(), Keypair::new()] {
        let instruction = instruction::set_limits(who.pubkey(), vault, limits);
        assert_refused(fixture.deployment.send(&[instruction], &[&who]), BallastError::NotGovernance);
    }
    assert_eq!(fixture.deployment.vault(&vault).unwrap().limits, usual_limits());
}

#[test]
fn spec_2_hard_bounds_hold_for_governance_too() {
    let mut fixture = fixture();
    let (vault, governance) = (fixture.usdc_vault, fixture.deployment.governance.pubkey());
    let usual = usual_limits();
    let cases = [
        (VaultLimits { turnover_window_secs: 3_599, ..usual }, BallastError::TurnoverWindowOutOfBounds),
        (
            VaultLimits { turnover_window_secs: 31 * DAY + 1, ..usual },
            BallastError::TurnoverWindowOutOfBounds,
        ),
        (VaultLimits { loss_window_secs: 3_599, ..usual }, BallastError::LossWindowOutOfBounds),
        (VaultLimits { loss_window_secs: 31 * DAY + 1, ..usual }, BallastError::LossWindowOutOfBounds),
        (VaultLimits { inflow_window_secs: 3_599, ..usual }, BallastError::InflowWindowOutOfBounds),
        (VaultLimits { inflow_window_secs: 31 * DAY + 1, ..usual }, BallastError::InflowWindowOutOfBounds),
        (VaultLimits { cooldown_secs: 7 * DAY + 1, ..usual }, BallastError::CooldownOutOfBounds),
        (VaultLimits { profit_unlock_secs: 31 * DAY + 1, ..usual }, BallastError::ProfitUnlockOutOfBounds),
        (VaultLimits { idle_buffer_bps: 10_001, ..usual }, BallastError::IdleBufferOutOfBounds),
        (VaultLimits { turnover_cap_bps: 60_001, ..usual }, BallastError::TurnoverCapOutOfBounds),
        (VaultLimits { loss_call_bps: 301, ..usual }, BallastError::LossPerCallOutOfBounds),
        (VaultLimits { loss_window_bps: 501, ..usual }, BallastError::LossBudgetOutOfBounds),
        (VaultLimits { min_move_atoms: 0, ..usual }, BallastError::MinMoveOutOfBounds),
        (VaultLimits { min_liquidity_bps: 10_001, ..usual }, BallastError::MinLiquidityOutOfBounds),
        (VaultLimits { max_utilisation_bps: 10_001, ..usual }, BallastError::MaxUtilisationOutOfBounds),
        (VaultLimits { settle_secs: 29, ..usual }, BallastError::SettleTimeOutOfBounds),
        (VaultLimits { settle_secs: 7 * DAY + 1, ..usual }, BallastError::SettleTimeOutOfBounds),
        (
            VaultLimits { decision_ttl_secs: 3_599, cooldown_secs: 0, ..usual },
            BallastError::DecisionTtlOutOfBounds,
        ),
        (VaultLimits { decision_ttl_secs: 31 * DAY + 1, ..usual }, BallastError::DecisionTtlOutOfBounds),
        (
            VaultLimits { decision_ttl_secs: DAY, cooldown_secs: DAY + 1, ..usual },
            BallastError::DecisionTtlOutOfBounds,
        ),
        (VaultLimits { reduction_rest_secs: DAY + 1, ..usual }, BallastError::ReductionRestOutOfBounds),
        (VaultLimits { inflow_cap_bps: 60_001, ..usual }, BallastError::InflowCapOutOfBounds),
        (VaultLimits { latch_bps: 1_001, ..usual }, BallastError::LatchOutOfBounds),
        (VaultLimits { dead_band_bps: 1_001, ..usual }, BallastError::DeadBandOutOfBounds),
        (VaultLimits { reserved: 1, ..usual }, BallastError::InvalidLimits),
    ];
    for (limits, rule) in cases {
        let result = fixture.deployment.govern(&[instruction::set_limits(governance, vault, limits)]);
        assert_refused(result, rule);
        assert_eq!(fixture.deployment.vault(&vault).unwrap().limits, usual);
    }
}

#[test]
fn spec_3_another_window_frees_none_of_the_budget_used() {
    let mut fixture = fixture();
    let (usdc, vault, governance) =
        (fixture.usdc, fixture.usdc_vault, fixture.deployment.governance.pubkey());
    let limits = VaultLimits { turnover_cap_bps: 5_000, cooldown_secs: 0, ..usual_limits() };
    fixture.deployment.govern(&[instruction::set_limits(governance, vault, limits)]).unwrap();
    let mandate = fixture.deployment.open_mandate();
    let person = fixture.deployment.person(&usdc, 1_000 * USDC, mandate).unwrap();
    fixture.deployment.deposit(&person, &vault, 1_000 * USDC).unwrap();
    fixture.deployment.rebalance(&vault, [4_000, 0, 0, 0, 0, 0, 0, 0]).unwrap();

    for window in [31 * DAY, 3_600, 2 * DAY] {
        let limits = VaultLimits { turnover_window_secs: window, loss_window_secs: window, ..limits };
        fixture.deployment.govern(&[instruction::set_limits(governance, vault, limits)]).unwrap();
        let used =
            fixture.deployment.vault(&vault).unwrap().turnover.used(fixture.deployment.world.now(), window);
        assert_eq!(used, Some(4_000));
        fixture.deployment.world.next_slot();
        let result = fixture.deployment.rebalance(&vault, [6_000, 0, 0, 0, 0, 0, 0, 0]);
        assert_refused(result, BallastError::TurnoverExceeded);
    }
    // Once the window has passed, the budget is free again.
    fixture.deployment.world.pass_secs(3 * u64::from(DAY));
    fixture.deployment.rebalance(&vault, [4_900, 0, 0, 0, 0, 0, 0, 0]).unwrap();
}

#[test]
fn a_vault_whose_books_are_broken_is_not_touched() {
    let mut fixture = fixture();
    let (vault, governance) = (fixture.usdc_vault, fixture.deployment.governance.pubkey());
    // More fee shares than shares: no instruction can bring this about, so the bytes are changed.
    let mut state = fixture.deployment.vault(&vault).unwrap();
    state.fee_shares = state.total_shares;
    let body = bytemuck::bytes_of(&state).to_vec();
    fixture
        .deployment
        .world
        .edit(&vault, "vault", |data| {
            data[8..].copy_from_slice(&body);
            Ok(())
        })
        .unwrap();
    let result = fixture.deployment.govern(&[instruction::set_limits(governance, vault, usual_limits())]);
    assert_refused(result, BallastError::InvariantBroken);
}
