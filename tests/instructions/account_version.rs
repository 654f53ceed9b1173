//! The version byte of every account: one that this program does not know is refused wherever it is used.

use ballast::{BallastError, Direction};
use ballast_client::{AccountError, address, decode_decision, instruction};
use ballast_sandbox::{Chain, MODEL_HASH, usual_guard};
use ballast_tests::unchanged::assert_refused;
use ballast_tests::{POOL, SOL, USDC, VaultTest};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// The byte behind the discriminator.
const VERSION: usize = 8;

/// Makes the account at `key` one of a version of tomorrow.
fn of_tomorrow(test: &mut VaultTest, key: &Pubkey) {
    let set = |data: &mut [u8]| {
        assert_eq!(std::mem::replace(&mut data[VERSION], 2), 1, "the version is where it should be");
        Ok(())
    };
    test.deployment().world.edit(key, "account", set).unwrap();
}

/// Sends `instructions` signed by everybody, which must be refused for the version.
#[track_caller]
fn refused(test: &mut VaultTest, instructions: &[Instruction]) {
    let deployment = &test.fixture.deployment;
    let keys = [&test.ann.key, &deployment.governance, &deployment.guardian, &deployment.keeper];
    let keys: Vec<_> = keys.iter().map(|key| key.insecure_clone()).collect();
    let signers: Vec<_> = keys.iter().collect();
    assert_refused(test.deployment(), instructions, &signers, BallastError::UnknownVersion);
}

#[test]
fn a_vault_is_neither_read_nor_changed() {
    let mut test = VaultTest::invested();
    let (vault, shares, model) = (test.vault, test.shares(), test.fixture.deployment.model);
    let (governance, limits) = (test.fixture.deployment.governance.pubkey(), test.state().limits);
    let keeper = test.fixture.deployment.keeper.pubkey();
    let state = test.state();
    let payer = test.fixture.deployment.world.payer.pubkey();
    let all = [
        test.refresh_ix(0),
        test.deposit_ix(USDC, 0),
        test.withdraw_ix(shares / 100, 0, true),
        test.rebalance_ix([1_000, 0, 0, 0, 0, 0, 0, 0]),
        test.allocate_ix(0, Direction::Decrease, 1),
        instruction::simulate_rebalance(vault, model, [0; 8]),
        instruction::claim_fees(payer, vault, &state),
        instruction::set_limits(governance, vault, limits),
        instruction::set_pause_level(governance, vault, 1),
        instruction::set_keeper(governance, vault, keeper),
        instruction::set_allocation_caps(governance, vault, 0, 1, 1),
        instruction::set_fees(governance, vault, 0, 0, keeper),
    ];
    of_tomorrow(&mut test, &vault);
    for instruction in all {
        refused(&mut test, &[instruction]);
    }
}

#[test]
fn a_strategy_is_not_followed() {
    let mut test = VaultTest::invested();
    let (refresh, strategy) = (test.refresh_ix(0), test.slot(0).strategy);
    let mut all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&all);
    all = vec![test.allocate_ix(0, Direction::Decrease, 1_000)];
    of_tomorrow(&mut test, &strategy);
    refused(&mut test, &[refresh]);
    test.set_caps(0, 0, 0);
    refused(&mut test, &all);
}

#[test]
fn a_config_names_nobody() {
    let mut test = VaultTest::invested();
    let (vault, model) = (test.vault, test.fixture.deployment.model);
    let (governance, guardian) =
        (test.fixture.deployment.governance.pubkey(), test.fixture.deployment.guardian.pubkey());
    let payer = test.fixture.deployment.world.payer.pubkey();
    let (limits, usdc) = (test.state().limits, test.asset);
    of_tomorrow(&mut test, &address::config());
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
        refused(&mut test, &[instruction]);
    }
}

#[test]
fn a_profile_is_no_mandate_and_is_not_written_over() {
    let mut test = VaultTest::deposited(1_000 * USDC);
    let owner = test.ann.address();
    let wallet = test.wallet_key();
    test.donate(&wallet, USDC);
    let deposit = test.deposit_ix(USDC, 0);
    let mandate = test.fixture.deployment.open_mandate();
    of_tomorrow(&mut test, &address::profile(&owner));
    refused(&mut test, &[deposit]);
    refused(&mut test, &[instruction::set_profile(owner, mandate)]);
}

#[test]
fn a_position_neither_pays_nor_grows() {
    let mut test = VaultTest::deposited(1_000 * USDC);
    let (vault, owner, shares) = (test.vault, test.ann.address(), test.shares());
    let wallet = test.wallet_key();
    test.donate(&wallet, USDC);
    let all = [test.withdraw_ix(shares, 0, false), test.deposit_ix(USDC, 0)];
    of_tomorrow(&mut test, &address::position(&vault, &owner));
    for instruction in all {
        refused(&mut test, &[instruction]);
    }
}

#[test]
fn a_model_decides_nothing_and_is_not_approved_again() {
    let mut test = VaultTest::invested();
    let (vault, model) = (test.vault, test.fixture.deployment.model);
    let (governance, guardian) =
        (test.fixture.deployment.governance.pubkey(), test.fixture.deployment.guardian.pubkey());
    let payer = test.fixture.deployment.world.payer.pubkey();
    let all = [
        test.rebalance_ix([1_000, 0, 0, 0, 0, 0, 0, 0]),
        test.allocate_ix(0, Direction::Increase, USDC),
        instruction::simulate_rebalance(vault, model, [0; 8]),
        instruction::revoke_model(guardian, model),
        instruction::approve_model(payer, governance, MODEL_HASH),
    ];
    of_tomorrow(&mut test, &model);
    for instruction in all {
        refused(&mut test, &[instruction]);
    }
}

#[test]
fn a_price_guard_guards_nothing_and_is_not_written_over() {
    let mut test = VaultTest::invested();
    let sol = address::WRAPPED_SOL;
    let governance = test.fixture.deployment.governance.pubkey();
    let payer = test.fixture.deployment.world.payer.pubkey();
    let refresh = test.refresh_ix(POOL);
    of_tomorrow(&mut test, &address::price_guard(&sol));
    refused(&mut test, &[refresh]);
    refused(&mut test, &[instruction::set_price_guard(payer, governance, sol, usual_guard(&sol))]);
}

#[test]
fn a_decision_is_not_read() {
    // The program writes decisions and never reads one; whoever verifies them does.
    let mut test = VaultTest::staked();
    assert!(test.state().idle_atoms > SOL);
    let key = address::decision(&test.vault, 1);
    of_tomorrow(&mut test, &key);
    let data = test.deployment().world.expect_account(&key, "decision").unwrap().data;
    let error = AccountError::UnknownVersion { kind: "decision", found: 2 };
    assert_eq!(decode_decision(&data).err(), Some(error));
}
