//! `repin_strategy`, and what needs none: keys that the venue's own people may change.

use ballast::BallastError;
use ballast::events::StrategyRepinned;
use ballast_client::instruction::Exit;
use ballast_client::{address, instruction};
use ballast_sandbox::{Chain, token};
use ballast_tests::unchanged::replaced;
use ballast_tests::{Cast, SOL, assert_emitted, assert_refused};
use kamino_lend::layout::reserve as at;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// Writes `key` at `offset` of the first reserve.
fn rewrite(cast: &mut Cast, offset: usize, key: &Pubkey) {
    let reserve = cast.scene.reserves[0].key;
    cast.scene
        .stage
        .world
        .edit(&reserve, "reserve", |data| {
            data[offset..offset + 32].copy_from_slice(key.as_ref());
            Ok(())
        })
        .unwrap();
}

/// Moves the reserve's liquidity to another account, as klend did for its main market.
fn move_liquidity(cast: &mut Cast) -> Pubkey {
    let old = cast.scene.reserves[0].liquidity_vault;
    let account = cast.scene.stage.world.expect_account(&old, "vault").unwrap();
    let new = Pubkey::new_unique();
    cast.scene.stage.world.set_account(&new, account).unwrap();
    rewrite(cast, at::LIQUIDITY_VAULT, &new);
    new
}

fn repin(cast: &Cast, governance: Pubkey) -> solana_instruction::Instruction {
    instruction::repin_strategy(governance, cast.slot(0).strategy, cast.scene.reserves[0].key)
}

#[test]
fn happy_path_pins_what_the_venue_names_now_and_moves_go_on() {
    let mut cast = Cast::invested();
    let new = move_liquidity(&mut cast);
    let governance = cast.scene.stage.governance.pubkey();
    let strategy = cast.slot(0).strategy;
    let before = cast.scene.stage.strategy(&strategy).unwrap();
    let done = cast.scene.stage.govern(&[repin(&cast, governance)]).unwrap();
    let after = cast.scene.stage.strategy(&strategy).unwrap();
    let mut expected = before.pinned;
    expected[3] = new;
    assert_eq!((after.pinned, after.pinned_count), (expected, before.pinned_count));
    assert_eq!((after.receipt_mint, after.listed_slot), (before.receipt_mint, before.listed_slot));
    let slot = cast.scene.stage.world.clock().slot;
    assert_emitted(&done, &StrategyRepinned { strategy, venue: cast.scene.reserves[0].key, slot });
    cast.exit(Exit {
        index: 0,
        receipts: 1_000_000,
        shares: cast.shares() / 100,
        min_assets_out: 1,
        accept_stale: false,
    });
}

#[test]
fn spec_1_only_governance_may() {
    let mut cast = Cast::invested();
    move_liquidity(&mut cast);
    for who in [cast.scene.stage.guardian.insecure_clone(), Keypair::new()] {
        let repin = repin(&cast, who.pubkey());
        assert_refused(cast.scene.stage.send(&[repin], &[&who]), BallastError::NotGovernance);
    }
}

#[test]
fn spec_2_only_the_root_it_was_listed_with_will_do() {
    let mut cast = Cast::invested();
    let (first, second) = (cast.scene.reserves[0].key, cast.scene.reserves[1].key);
    let governance = cast.scene.stage.governance.pubkey();
    let other = replaced(repin(&cast, governance), &first, &second);
    assert_refused(cast.scene.stage.govern(&[other]), BallastError::PinnedAccountMismatch);
    // The root itself, in another program's hands.
    let mut account = cast.scene.stage.world.expect_account(&first, "reserve").unwrap();
    account.owner = address::RAYDIUM_CPMM;
    cast.scene.stage.world.set_account(&first, account).unwrap();
    let repin = repin(&cast, governance);
    assert_refused(cast.scene.stage.govern(&[repin]), BallastError::VenueAccountOwner);
}

#[test]
fn spec_3_other_mints_are_refused() {
    let mut cast = Cast::invested();
    let governance = cast.scene.stage.governance.pubkey();
    let (receipt, asset) = (cast.scene.reserves[0].ctoken_mint, cast.asset);
    rewrite(&mut cast, at::COLLATERAL_MINT, &Pubkey::new_unique());
    let instruction = repin(&cast, governance);
    assert_refused(
        cast.scene.stage.govern(std::slice::from_ref(&instruction)),
        BallastError::RepinChangesMint,
    );
    rewrite(&mut cast, at::COLLATERAL_MINT, &receipt);
    rewrite(&mut cast, at::LIQUIDITY_MINT, &Pubkey::new_unique());
    assert_refused(
        cast.scene.stage.govern(std::slice::from_ref(&instruction)),
        BallastError::StrategyAssetMismatch,
    );
    rewrite(&mut cast, at::LIQUIDITY_MINT, &asset);
    cast.scene.stage.govern(&[instruction]).unwrap();
}

#[test]
fn spec_4_a_venue_that_is_switched_off_may_be_pinned_again() {
    let mut cast = Cast::invested();
    let reserve = cast.scene.reserves[0];
    reserve
        .edit(&mut cast.scene.stage.world, |data| {
            kamino_lend::fixture::edit::set_block_ctoken_usage(data, true)
        })
        .unwrap();
    let governance = cast.scene.stage.governance.pubkey();
    let repin = repin(&cast, governance);
    cast.scene.stage.govern(&[repin]).unwrap();
}

#[test]
fn a_stake_pool_whose_manager_changed_its_fee_account_needs_no_governance() {
    let mut cast = Cast::staked();
    let pool = cast.scene.stake_pool.unwrap();
    let new = pool.change_fee_account(&mut cast.scene.stage.world).unwrap();
    let shares = cast.shares();
    cast.increase(0, SOL);
    let slot = cast.slot(0);
    cast.exit(Exit {
        index: 0,
        receipts: slot.receipts / 100,
        shares: shares / 50,
        min_assets_out: 1,
        accept_stale: false,
    });
    cast.pause(ballast::state::pause_level::ANYONE_MAY_UNWIND);
    cast.decrease(0, slot.receipts / 100);
    let fees = token::balance(&cast.scene.stage.world, &new).unwrap();
    assert!(fees > 0, "leaving pays the manager's new account");
    assert_eq!(token::balance(&cast.scene.stage.world, &pool.fee_account).unwrap(), 0);
    // And the pool's own accrual in a later epoch, which pays fees too.
    pool.earn(&mut cast.scene.stage.world, 1_000 * SOL).unwrap();
    cast.scene.stage.world.pass_secs(3 * 86_400);
    cast.send(&[cast.refresh_ix(0)]);
    assert!(token::balance(&cast.scene.stage.world, &new).unwrap() > fees);
}

#[test]
fn the_account_that_the_pool_named_before_is_refused() {
    let mut cast = Cast::staked();
    let pool = cast.scene.stake_pool.unwrap();
    let stale = cast.refresh_ix(0);
    let new = pool.change_fee_account(&mut cast.scene.stage.world).unwrap();
    cast.refused(&[stale], BallastError::PinnedAccountMismatch);
    let thiefs = token::fund(&mut cast.scene.stage.world, &Pubkey::new_unique(), &pool.mint, 0).unwrap();
    let wrong = replaced(cast.refresh_ix(0), &new, &thiefs);
    cast.refused(&[wrong], BallastError::PinnedAccountMismatch);
}
