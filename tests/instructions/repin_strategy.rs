//! `repin_strategy`, and what needs none: keys that the venue's own people may change.

use ballast::BallastError;
use ballast::events::StrategyRepinned;
use ballast_client::instruction::Exit;
use ballast_client::{address, instruction};
use ballast_sandbox::{Chain, token};
use ballast_tests::unchanged::replaced;
use ballast_tests::{SOL, VaultTest, assert_emitted, assert_refused};
use kamino_lend::layout::reserve as at;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// Writes `key` at `offset` of the first reserve.
fn rewrite(test: &mut VaultTest, offset: usize, key: &Pubkey) {
    let reserve = test.fixture.reserves[0].key;
    test.fixture
        .deployment
        .world
        .edit(&reserve, "reserve", |data| {
            data[offset..offset + 32].copy_from_slice(key.as_ref());
            Ok(())
        })
        .unwrap();
}

/// Moves the reserve's liquidity to another account, as klend did for its main market.
fn move_liquidity(test: &mut VaultTest) -> Pubkey {
    let old = test.fixture.reserves[0].liquidity_vault;
    let account = test.fixture.deployment.world.expect_account(&old, "vault").unwrap();
    let new = Pubkey::new_unique();
    test.fixture.deployment.world.set_account(&new, account).unwrap();
    rewrite(test, at::LIQUIDITY_VAULT, &new);
    new
}

fn repin(test: &VaultTest, governance: Pubkey) -> solana_instruction::Instruction {
    instruction::repin_strategy(governance, test.slot(0).strategy, test.fixture.reserves[0].key)
}

#[test]
fn happy_path_pins_what_the_venue_names_now_and_moves_go_on() {
    let mut test = VaultTest::invested();
    let new = move_liquidity(&mut test);
    let governance = test.fixture.deployment.governance.pubkey();
    let strategy = test.slot(0).strategy;
    let before = test.fixture.deployment.strategy(&strategy).unwrap();
    let done = test.fixture.deployment.govern(&[repin(&test, governance)]).unwrap();
    let after = test.fixture.deployment.strategy(&strategy).unwrap();
    let mut expected = before.pinned;
    expected[3] = new;
    assert_eq!((after.pinned, after.pinned_count), (expected, before.pinned_count));
    assert_eq!((after.receipt_mint, after.listed_slot), (before.receipt_mint, before.listed_slot));
    let slot = test.fixture.deployment.world.clock().slot;
    assert_emitted(&done, &StrategyRepinned { strategy, venue: test.fixture.reserves[0].key, slot });
    test.exit(Exit {
        index: 0,
        receipts: 1_000_000,
        shares: test.shares() / 100,
        min_assets_out: 1,
        accept_stale: false,
    });
}

#[test]
fn spec_1_only_governance_may() {
    let mut test = VaultTest::invested();
    move_liquidity(&mut test);
    for who in [test.fixture.deployment.guardian.insecure_clone(), Keypair::new()] {
        let repin = repin(&test, who.pubkey());
        assert_refused(test.fixture.deployment.send(&[repin], &[&who]), BallastError::NotGovernance);
    }
}

#[test]
fn spec_2_only_the_root_it_was_listed_with_will_do() {
    let mut test = VaultTest::invested();
    let (first, second) = (test.fixture.reserves[0].key, test.fixture.reserves[1].key);
    let governance = test.fixture.deployment.governance.pubkey();
    let other = replaced(repin(&test, governance), &first, &second);
    assert_refused(test.fixture.deployment.govern(&[other]), BallastError::PinnedAccountMismatch);
    // The root itself, in another program's hands.
    let mut account = test.fixture.deployment.world.expect_account(&first, "reserve").unwrap();
    account.owner = address::RAYDIUM_CPMM;
    test.fixture.deployment.world.set_account(&first, account).unwrap();
    let repin = repin(&test, governance);
    assert_refused(test.fixture.deployment.govern(&[repin]), BallastError::VenueAccountOwner);
}

#[test]
fn spec_3_other_mints_are_refused() {
    let mut test = VaultTest::invested();
    let governance = test.fixture.deployment.governance.pubkey();
    let (receipt, asset) = (test.fixture.reserves[0].ctoken_mint, test.asset);
    rewrite(&mut test, at::COLLATERAL_MINT, &Pubkey::new_unique());
    let instruction = repin(&test, governance);
    assert_refused(
        test.fixture.deployment.govern(std::slice::from_ref(&instruction)),
        BallastError::RepinChangesMint,
    );
    rewrite(&mut test, at::COLLATERAL_MINT, &receipt);
    rewrite(&mut test, at::LIQUIDITY_MINT, &Pubkey::new_unique());
    assert_refused(
        test.fixture.deployment.govern(std::slice::from_ref(&instruction)),
        BallastError::StrategyAssetMismatch,
    );
    rewrite(&mut test, at::LIQUIDITY_MINT, &asset);
    test.fixture.deployment.govern(&[instruction]).unwrap();
}

#[test]
fn spec_4_a_venue_that_is_switched_off_may_be_pinned_again() {
    let mut test = VaultTest::invested();
    let reserve = test.fixture.reserves[0];
    reserve
        .edit(&mut test.fixture.deployment.world, |data| {
            kamino_lend::fixture::edit::set_block_ctoken_usage(data, true)
        })
        .unwrap();
    let governance = test.fixture.deployment.governance.pubkey();
    let repin = repin(&test, governance);
    test.fixture.deployment.govern(&[repin]).unwrap();
}

#[test]
fn a_stake_pool_whose_manager_changed_its_fee_account_needs_no_governance() {
    let mut test = VaultTest::staked();
    let pool = test.fixture.stake_pool.unwrap();
    let new = pool.change_fee_account(&mut test.fixture.deployment.world).unwrap();
    let shares = test.shares();
    test.increase(0, SOL);
    let slot = test.slot(0);
    test.exit(Exit {
        index: 0,
        receipts: slot.receipts / 100,
        shares: shares / 50,
        min_assets_out: 1,
        accept_stale: false,
    });
    test.pause(ballast::state::pause_level::ANYONE_MAY_UNWIND);
    test.decrease(0, slot.receipts / 100);
    let fees = token::balance(&test.fixture.deployment.world, &new).unwrap();
    assert!(fees > 0, "leaving pays the manager's new account");
    assert_eq!(token::balance(&test.fixture.deployment.world, &pool.fee_account).unwrap(), 0);
    // And the pool's own accrual in a later epoch, which pays fees too.
    pool.earn(&mut test.fixture.deployment.world, 1_000 * SOL).unwrap();
    test.fixture.deployment.world.pass_secs(3 * 86_400);
    test.send(&[test.refresh_ix(0)]);
    assert!(token::balance(&test.fixture.deployment.world, &new).unwrap() > fees);
}

#[test]
fn the_account_that_the_pool_named_before_is_refused() {
    let mut test = VaultTest::staked();
    let pool = test.fixture.stake_pool.unwrap();
    let stale = test.refresh_ix(0);
    let new = pool.change_fee_account(&mut test.fixture.deployment.world).unwrap();
    test.refused(&[stale], BallastError::PinnedAccountMismatch);
    let thiefs =
        token::fund(&mut test.fixture.deployment.world, &Pubkey::new_unique(), &pool.mint, 0).unwrap();
    let wrong = replaced(test.refresh_ix(0), &new, &thiefs);
    test.refused(&[wrong], BallastError::PinnedAccountMismatch);
}
