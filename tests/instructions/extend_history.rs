//! `extend_history`, and what `refresh_allocation` writes into it.

use ballast::BallastError;
use ballast::state::{HISTORY_DAYS, History};
use ballast_client::instruction::{self, Exit};
use ballast_client::{address, decode_history};
use ballast_math::shares::share_price_e15;
use ballast_sandbox::{Chain, Scene, SceneSpec, VaultSpec};
use ballast_tests::{Cast, USDC, assert_refused, programs};
use solana_signer::Signer;

fn history(scene: &Scene, vault: &solana_pubkey::Pubkey) -> Box<History> {
    let account = scene.stage.world.expect_account(&address::history(vault), "history").unwrap();
    decode_history(&account.data).unwrap()
}

#[test]
fn two_calls_make_it_and_a_third_is_refused() {
    let spec = SceneSpec { reserves: 0, pool: false, stake_pool: false };
    let mut scene = Scene::build(programs(), 1_700_000_000, spec).unwrap();
    let (vault, payer) = (scene.usdc_vault, scene.stage.world.payer.pubkey());
    let made = history(&scene, &vault);
    assert_eq!((made.vault, made.version), (vault, 1));
    assert!(made.samples.iter().all(|sample| sample.unix_ts == 0));
    let again = scene.stage.send(&[instruction::extend_history(payer, vault)], &[]);
    assert_refused(again, BallastError::HistoryComplete);
    assert_eq!(*made, *history(&scene, &vault));
}

#[test]
fn spec_3_lamports_sent_before_neither_block_it_nor_count() {
    let spec = SceneSpec { reserves: 0, pool: false, stake_pool: false };
    let mut scene = Scene::build(programs(), 1_700_000_000, spec).unwrap();
    let mint = scene.stage.mint(6).unwrap();
    let vault = address::vault(&mint, 1);
    scene.stage.world.give_lamports(&address::history(&vault), 1_000_000_000).unwrap();
    let made = scene.stage.create_vault(&VaultSpec::new(mint, 1)).unwrap();
    assert_eq!(history(&scene, &made).vault, vault);
}

#[test]
fn a_refresh_writes_what_the_vault_is_worth_once_a_day() {
    let mut cast = Cast::invested();
    let day = |cast: &Cast| usize::try_from(cast.scene.stage.world.now() / 86_400).unwrap() % HISTORY_DAYS;
    let mut days = Vec::new();
    for _ in 0..3 {
        cast.pass(86_400);
        let all = cast.scene.stage.refresh_all(&cast.vault).unwrap();
        cast.send(&all);
        let (nav, state) = (cast.nav(), cast.state());
        let sample = history(&cast.scene, &cast.vault).samples[day(&cast)];
        assert_eq!(sample.unix_ts, cast.scene.stage.world.now());
        assert_eq!(sample.net_assets, nav.low);
        assert_eq!(Some(sample.share_price_e15), share_price_e15(nav.low, state.total_shares));
        assert_eq!(sample.total_shares, state.total_shares);
        days.push(day(&cast));
    }
    // Plain holding is what was brought and not taken out.
    let held = cast.state().plain_holding_atoms;
    let shares = cast.shares() / 4;
    let exit = Exit {
        index: 0,
        receipts: cast.slot(0).receipts / 3,
        shares,
        min_assets_out: 0,
        accept_stale: false,
    };
    cast.exit(exit);
    let after = cast.state();
    let part = u128::from(held) * u128::from(after.total_shares) / u128::from(after.total_shares + shares);
    assert!(u128::from(after.plain_holding_atoms).abs_diff(part) < u128::from(held) / 100);
    // A loss is in the next sample of the same day.
    cast.scene.reserves[0].write_off(&mut cast.scene.stage.world, 0.5).unwrap();
    let all = cast.scene.stage.refresh_all(&cast.vault).unwrap();
    cast.send(&all);
    let sample = history(&cast.scene, &cast.vault).samples[day(&cast)];
    assert!(sample.recorded_loss > 1_000 * USDC, "{sample:?}");
    // A part of the vault refreshed writes nothing.
    let before = history(&cast.scene, &cast.vault);
    cast.pass(10);
    cast.send(&[cast.refresh_ix(0)]);
    assert_eq!(*before, *history(&cast.scene, &cast.vault));
    days.dedup();
    assert_eq!(days.len(), 3);
}
