//! The version byte of every account: one that this program does not know is refused wherever it is used.

use ballast::{BallastError, Direction};
use ballast_client::{AccountError, address, decode_decision, instruction};
use ballast_sandbox::{Chain, MODEL_HASH, usual_guard};
use ballast_tests::unchanged::assert_refused;
use ballast_tests::{Cast, POOL, SOL, USDC};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// The byte behind the discriminator.
const VERSION: usize = 8;

/// Makes the account at `key` one of a version of tomorrow.
fn of_tomorrow(cast: &mut Cast, key: &Pubkey) {
    let set = |data: &mut [u8]| {
        assert_eq!(std::mem::replace(&mut data[VERSION], 2), 1, "the version is where it should be");
        Ok(())
    };
    cast.stage().world.edit(key, "account", set).unwrap();
}

/// Sends `instructions` signed by everybody, which must be refused for the version.
#[track_caller]
fn refused(cast: &mut Cast, instructions: &[Instruction]) {
    let stage = &cast.scene.stage;
    let keys = [&cast.ann.key, &stage.governance, &stage.guardian, &stage.keeper];
    let keys: Vec<_> = keys.iter().map(|key| key.insecure_clone()).collect();
    let signers: Vec<_> = keys.iter().collect();
    assert_refused(cast.stage(), instructions, &signers, BallastError::UnknownVersion);
}

#[test]
fn a_vault_is_neither_read_nor_changed() {
    let mut cast = Cast::invested();
    let (vault, shares, model) = (cast.vault, cast.shares(), cast.scene.stage.model);
    let (governance, limits) = (cast.scene.stage.governance.pubkey(), cast.state().limits);
    let keeper = cast.scene.stage.keeper.pubkey();
    let state = cast.state();
    let payer = cast.scene.stage.world.payer.pubkey();
    let all = [
        cast.refresh_ix(0),
        cast.deposit_ix(USDC, 0),
        cast.withdraw_ix(shares / 100, 0, true),
        cast.rebalance_ix([1_000, 0, 0, 0, 0, 0, 0, 0]),
        cast.allocate_ix(0, Direction::Decrease, 1),
        instruction::simulate_rebalance(vault, model, [0; 8]),
        instruction::claim_fees(payer, vault, &state),
        instruction::set_limits(governance, vault, limits),
        instruction::set_pause_level(governance, vault, 1),
        instruction::set_keeper(governance, vault, keeper),
        instruction::set_allocation_caps(governance, vault, 0, 1, 1),
        instruction::set_fees(governance, vault, 0, 0, keeper),
    ];
    of_tomorrow(&mut cast, &vault);
    for instruction in all {
        refused(&mut cast, &[instruction]);
    }
}

#[test]
fn a_strategy_is_not_followed() {
    let mut cast = Cast::invested();
    let (refresh, strategy) = (cast.refresh_ix(0), cast.slot(0).strategy);
    let mut all = cast.scene.stage.refresh_all(&cast.vault).unwrap();
    cast.send(&all);
    all = vec![cast.allocate_ix(0, Direction::Decrease, 1_000)];
    of_tomorrow(&mut cast, &strategy);
    refused(&mut cast, &[refresh]);
    cast.set_caps(0, 0, 0);
    refused(&mut cast, &all);
}

#[test]
fn a_config_names_nobody() {
    let mut cast = Cast::invested();
    let (vault, model) = (cast.vault, cast.scene.stage.model);
    let (governance, guardian) = (cast.scene.stage.governance.pubkey(), cast.scene.stage.guardian.pubkey());
    let payer = cast.scene.stage.world.payer.pubkey();
    let (limits, usdc) = (cast.state().limits, cast.asset);
    of_tomorrow(&mut cast, &address::config());
    for instruction in [
        instruction::set_pause_level(guardian, vault, 4),
        instruction::revoke_model(guardian, model),
        instruction::set_keeper(governance, vault, governance),
        instruction::set_allocation_caps(governance, vault, 0, 1, 1),
        instruction::set_limits(governance, vault, limits),
        instruction::set_fees(governance, vault, 0, 0, governance),
        instruction::approve_model(payer, governance, [7; 32]),
        instruction::set_price_guard(payer, governance, usdc, usual_guard(&usdc)),
    ] {
        refused(&mut cast, &[instruction]);
    }
}

#[test]
fn a_profile_is_no_mandate_and_is_not_written_over() {
    let mut cast = Cast::deposited(1_000 * USDC);
    let owner = cast.ann.address();
    let wallet = cast.wallet_key();
    cast.donate(&wallet, USDC);
    let deposit = cast.deposit_ix(USDC, 0);
    let mandate = cast.scene.stage.open_mandate();
    of_tomorrow(&mut cast, &address::profile(&owner));
    refused(&mut cast, &[deposit]);
    refused(&mut cast, &[instruction::set_profile(owner, mandate)]);
}

#[test]
fn a_position_neither_pays_nor_grows() {
    let mut cast = Cast::deposited(1_000 * USDC);
    let (vault, owner, shares) = (cast.vault, cast.ann.address(), cast.shares());
    let wallet = cast.wallet_key();
    cast.donate(&wallet, USDC);
    let all = [cast.withdraw_ix(shares, 0, false), cast.deposit_ix(USDC, 0)];
    of_tomorrow(&mut cast, &address::position(&vault, &owner));
    for instruction in all {
        refused(&mut cast, &[instruction]);
    }
}

#[test]
fn a_model_decides_nothing_and_is_not_approved_again() {
    let mut cast = Cast::invested();
    let (vault, model) = (cast.vault, cast.scene.stage.model);
    let (governance, guardian) = (cast.scene.stage.governance.pubkey(), cast.scene.stage.guardian.pubkey());
    let payer = cast.scene.stage.world.payer.pubkey();
    let all = [
        cast.rebalance_ix([1_000, 0, 0, 0, 0, 0, 0, 0]),
        cast.allocate_ix(0, Direction::Increase, USDC),
        instruction::simulate_rebalance(vault, model, [0; 8]),
        instruction::revoke_model(guardian, model),
        instruction::approve_model(payer, governance, MODEL_HASH),
    ];
    of_tomorrow(&mut cast, &model);
    for instruction in all {
        refused(&mut cast, &[instruction]);
    }
}

#[test]
fn a_price_guard_guards_nothing_and_is_not_written_over() {
    let mut cast = Cast::invested();
    let sol = address::WRAPPED_SOL;
    let governance = cast.scene.stage.governance.pubkey();
    let payer = cast.scene.stage.world.payer.pubkey();
    let refresh = cast.refresh_ix(POOL);
    of_tomorrow(&mut cast, &address::price_guard(&sol));
    refused(&mut cast, &[refresh]);
    refused(&mut cast, &[instruction::set_price_guard(payer, governance, sol, usual_guard(&sol))]);
}

#[test]
fn a_decision_is_not_read() {
    // The program writes decisions and never reads one; whoever verifies them does.
    let mut cast = Cast::staked();
    assert!(cast.state().idle_atoms > SOL);
    let key = address::decision(&cast.vault, 1);
    of_tomorrow(&mut cast, &key);
    let data = cast.stage().world.expect_account(&key, "decision").unwrap().data;
    let error = AccountError::UnknownVersion { kind: "decision", found: 2 };
    assert_eq!(decode_decision(&data).err(), Some(error));
}
