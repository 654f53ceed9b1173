use ballast::BallastError;
use ballast::events::PriceGuardSet;
use ballast::state::{PriceGuard, PriceGuardParams, price_source};
use ballast_client::{address, decode_price_guard, instruction};
use ballast_sandbox::oracle::Quote;
use ballast_sandbox::{Chain, DeploymentError, Done, Fixture, FixtureSpec, usual_guard};
use ballast_tests::{assert_emitted, assert_refused, programs};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

fn fixture() -> Fixture {
    let spec = FixtureSpec { reserves: 0, pool: true, stake_pool: false };
    Fixture::build(programs(), 1_700_000_000, spec).unwrap()
}

fn set(
    fixture: &mut Fixture,
    who: &Keypair,
    mint: Pubkey,
    params: PriceGuardParams,
) -> Result<Done, DeploymentError> {
    let payer = fixture.deployment.world.payer.pubkey();
    fixture.deployment.send(&[instruction::set_price_guard(payer, who.pubkey(), mint, params)], &[who])
}

fn guard(fixture: &Fixture, mint: &Pubkey) -> PriceGuard {
    let data =
        fixture.deployment.world.expect_account(&address::price_guard(mint), "price guard").unwrap().data;
    decode_price_guard(&data).unwrap()
}

#[test]
fn governance_sets_a_guard_and_changes_it() {
    let mut fixture = fixture();
    let governance = fixture.deployment.governance.insecure_clone();
    let mint = fixture.deployment.mint(8).unwrap();
    let mut params = usual_guard(&mint);
    for age in [1, 3_600] {
        (params.max_age_secs, params.max_conf_bps, params.max_ema_divergence_bps) = (age, 1_000, 10_000);
        let done = set(&mut fixture, &governance, mint, params).unwrap();
        let state = guard(&fixture, &mint);
        assert_eq!((state.mint, state.decimals, state.account), (mint, 8, params.account));
        assert_eq!((state.max_age_secs, state.max_conf_bps), (age, 1_000));
        assert_eq!((state.max_ema_divergence_bps, state.feed_id), (10_000, params.feed_id));
        assert_eq!((state.version, state.source), (1, price_source::PYTH_PULL));
        assert_emitted(&done, &PriceGuardSet { guard: address::price_guard(&mint), mint, params });
    }
}

#[test]
fn spec_1_only_governance_may() {
    let mut fixture = fixture();
    let (usdc, before) = (fixture.usdc, guard(&fixture, &fixture.usdc).max_age_secs);
    for who in [fixture.deployment.guardian.insecure_clone(), Keypair::new()] {
        let params = PriceGuardParams { max_age_secs: 3_600, ..usual_guard(&usdc) };
        assert_refused(set(&mut fixture, &who, usdc, params), BallastError::NotGovernance);
    }
    assert_eq!(guard(&fixture, &usdc).max_age_secs, before);
}

#[test]
fn spec_2_parameters_are_bounded() {
    let mut fixture = fixture();
    let (usdc, governance) = (fixture.usdc, fixture.deployment.governance.insecure_clone());
    let usual = usual_guard(&usdc);
    for params in [
        PriceGuardParams { source: 2, ..usual },
        PriceGuardParams { account: Pubkey::default(), ..usual },
        PriceGuardParams { max_age_secs: 0, ..usual },
        PriceGuardParams { max_age_secs: 3_601, ..usual },
        PriceGuardParams { max_conf_bps: 0, ..usual },
        PriceGuardParams { max_conf_bps: 1_001, ..usual },
        PriceGuardParams { max_ema_divergence_bps: 0, ..usual },
        PriceGuardParams { max_ema_divergence_bps: 10_001, ..usual },
    ] {
        assert_refused(set(&mut fixture, &governance, usdc, params), BallastError::InvalidPriceGuard);
        assert_eq!(guard(&fixture, &usdc).max_age_secs, 60);
    }
}

#[test]
fn spec_3_the_newest_publish_time_is_kept_unless_the_source_changes() {
    let mut fixture = fixture();
    let (usdc, vault) = (fixture.usdc, fixture.usdc_vault);
    let governance = fixture.deployment.governance.insecure_clone();
    let now = fixture.deployment.world.now();
    fixture.deployment.publish(&usdc, Quote::at(100_000_000, 1, now)).unwrap();
    let refresh = fixture.deployment.refresh_all(&vault).unwrap();
    fixture.deployment.send(&refresh, &[]).unwrap();
    assert_eq!(guard(&fixture, &usdc).last_publish_ts, now);
    let looser = PriceGuardParams { max_age_secs: 90, ..usual_guard(&usdc) };
    set(&mut fixture, &governance, usdc, looser).unwrap();
    assert_eq!(guard(&fixture, &usdc).last_publish_ts, now);
    for params in [
        PriceGuardParams { feed_id: [1; 32], ..looser },
        PriceGuardParams { account: Pubkey::new_unique(), ..looser },
        PriceGuardParams { source: price_source::PYTH_LEGACY, ..looser },
    ] {
        set(&mut fixture, &governance, usdc, looser).unwrap();
        fixture.deployment.send(&refresh, &[]).unwrap();
        assert_eq!(guard(&fixture, &usdc).last_publish_ts, now);
        set(&mut fixture, &governance, usdc, params).unwrap();
        assert_eq!(guard(&fixture, &usdc).last_publish_ts, 0);
    }
}
