//! `extend_history`, and what `refresh_allocation` writes into it.

use ballast::BallastError;
use ballast::state::{HISTORY_DAYS, History};
use ballast_client::instruction::{self, Exit};
use ballast_client::{address, decode_history};
use ballast_math::shares::share_price_e15;
use ballast_sandbox::{Chain, Fixture, FixtureSpec, VaultSpec};
use ballast_tests::{USDC, VaultTest, assert_refused, programs};
use solana_signer::Signer;

fn history(fixture: &Fixture, vault: &solana_pubkey::Pubkey) -> Box<History> {
    let account = fixture.deployment.world.expect_account(&address::history(vault), "history").unwrap();
    decode_history(&account.data).unwrap()
}

#[test]
fn two_calls_make_it_and_a_third_is_refused() {
    let spec = FixtureSpec { reserves: 0, pool: false, stake_pool: false };
    let mut fixture = Fixture::build(programs(), 1_700_000_000, spec).unwrap();
    let (vault, payer) = (fixture.usdc_vault, fixture.deployment.world.payer.pubkey());
    let made = history(&fixture, &vault);
    assert_eq!((made.vault, made.version), (vault, 1));
    assert!(made.samples.iter().all(|sample| sample.unix_ts == 0));
    let again = fixture.deployment.send(&[instruction::extend_history(payer, vault)], &[]);
    assert_refused(again, BallastError::HistoryComplete);
    assert_eq!(*made, *history(&fixture, &vault));
}

#[test]
fn spec_3_lamports_sent_before_neither_block_it_nor_count() {
    let spec = FixtureSpec { reserves: 0, pool: false, stake_pool: false };
    let mut fixture = Fixture::build(programs(), 1_700_000_000, spec).unwrap();
    let mint = fixture.deployment.mint(6).unwrap();
    let vault = address::vault(&mint, 1);
    fixture.deployment.world.give_lamports(&address::history(&vault), 1_000_000_000).unwrap();
    let made = fixture.deployment.create_vault(&VaultSpec::new(mint, 1)).unwrap();
    assert_eq!(history(&fixture, &made).vault, vault);
}

#[test]
fn a_refresh_writes_what_the_vault_is_worth_once_a_day() {
    let mut test = VaultTest::invested();
    let day = |test: &VaultTest| {
        usize::try_from(test.fixture.deployment.world.now() / 86_400).unwrap() % HISTORY_DAYS
    };
    let mut days = Vec::new();
    for _ in 0..3 {
        test.pass(86_400);
        let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
        test.send(&all);
        let (nav, state) = (test.nav(), test.state());
        let sample = history(&test.fixture, &test.vault).samples[day(&test)];
        assert_eq!(sample.unix_ts, test.fixture.deployment.world.now());
        assert_eq!(sample.net_assets, nav.low);
        assert_eq!(Some(sample.share_price_e15), share_price_e15(nav.low, state.total_shares));
        assert_eq!(sample.total_shares, state.total_shares);
        days.push(day(&test));
    }
    // Plain holding is what was brought and not taken out.
    let held = test.state().plain_holding_atoms;
    let shares = test.shares() / 4;
    let exit = Exit {
        index: 0,
        receipts: test.slot(0).receipts / 3,
        shares,
        min_assets_out: 0,
        accept_stale: false,
    };
    test.exit(exit);
    let after = test.state();
    let part = u128::from(held) * u128::from(after.total_shares) / u128::from(after.total_shares + shares);
    assert!(u128::from(after.plain_holding_atoms).abs_diff(part) < u128::from(held) / 100);
    // A loss is in the next sample of the same day.
    test.fixture.reserves[0].write_off(&mut test.fixture.deployment.world, 0.5).unwrap();
    let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&all);
    let sample = history(&test.fixture, &test.vault).samples[day(&test)];
    assert!(sample.recorded_loss > 1_000 * USDC, "{sample:?}");
    // A part of the vault refreshed writes nothing.
    let before = history(&test.fixture, &test.vault);
    test.pass(10);
    test.send(&[test.refresh_ix(0)]);
    assert_eq!(*before, *history(&test.fixture, &test.vault));
    days.dedup();
    assert_eq!(days.len(), 3);
}
