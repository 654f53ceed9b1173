//! A replay in which money disappears must not end well.

use ballast_replay::conservation::Imbalance;
use ballast_replay::{Replay, ReplayError, RiskClass};
use ballast_sandbox::{Chain, token};

use crate::{programs, settings};

fn after_ten_steps() -> Replay {
    let mut replay =
        Replay::new(programs(), settings("2025-01-01", "2025-01-03", RiskClass::Conservative)).unwrap();
    for _ in 0..10 {
        replay.advance().unwrap().unwrap();
    }
    replay
}

#[test]
fn stolen_idle_assets_abort_the_replay_in_that_step() {
    let mut replay = after_ten_steps();
    let setup = replay.setup_mut();
    let vault = setup.deployment.vault(&setup.vault).unwrap();
    token::set_balance(&mut setup.deployment.world, &vault.idle_account, vault.idle_atoms / 2).unwrap();
    let error = replay.advance().unwrap_err();
    assert!(
        matches!(error, ReplayError::Conservation { step: 10, broken: Imbalance::Idle { .. }, .. }),
        "{error}"
    );
    assert!(error.to_string().starts_with("CONSERVATION BROKEN in step 10"));
}

#[test]
fn stolen_receipts_abort_the_replay_in_that_step() {
    let mut replay = after_ten_steps();
    let setup = replay.setup_mut();
    let allocation =
        *setup.deployment.vault(&setup.vault).unwrap().active().find(|slot| slot.receipts > 1).unwrap();
    token::set_balance(&mut setup.deployment.world, &allocation.receipt_account, allocation.receipts - 1)
        .unwrap();
    let error = replay.advance().unwrap_err();
    assert!(
        matches!(error, ReplayError::Conservation { step: 10, broken: Imbalance::Receipts { .. }, .. }),
        "{error}"
    );
}

#[test]
fn a_donation_breaks_nothing_and_belongs_to_nobody() {
    let mut replay = after_ten_steps();
    let setup = replay.setup_mut();
    let vault = setup.deployment.vault(&setup.vault).unwrap();
    let balance = token::balance(&setup.deployment.world, &vault.idle_account).unwrap();
    token::set_balance(&mut setup.deployment.world, &vault.idle_account, balance + 1_000_000).unwrap();
    let before = replay.advance().unwrap().unwrap().assets_atoms;
    let setup = replay.setup_mut();
    assert!(setup.deployment.world.account(&setup.vault).unwrap().is_some());
    // Interest of an hour on a million is under ten units; people move whole ones. The donation is a unit.
    let idle = setup.deployment.vault(&setup.vault).unwrap().idle_atoms;
    assert!(
        token::balance(&setup.deployment.world, &vault.idle_account).unwrap() >= idle + 1_000_000,
        "{before}"
    );
}
