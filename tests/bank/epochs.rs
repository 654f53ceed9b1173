//! An epoch that ends: the stake pool's books, and a way out across it.

use ballast::Direction;
use ballast_client::instruction::{self, Exit};
use ballast_client::{address, decode_position};
use ballast_sandbox::{Chain, Fixture, FixtureSpec, token};
use ballast_tests::programs;
use solana_instruction::error::InstructionError;
use solana_transaction_error::TransactionError;

use crate::bank::Bank;

const SOL: u64 = 1_000_000_000;
/// The stake program's error while an epoch's rewards are being distributed.
const EPOCH_REWARDS_ACTIVE: u32 = 16;

#[test]
fn a_stake_pool_is_brought_into_the_new_epoch_by_refreshing_and_pays_its_rewards() {
    let spec = FixtureSpec { reserves: 0, pool: false, stake_pool: true };
    let mut fixture = Fixture::build(programs(), 1_700_000_000, spec).unwrap();
    let (vault, mandate) = (fixture.sol_vault, fixture.deployment.open_mandate());
    let person = fixture.deployment.person(&address::WRAPPED_SOL, 1_000 * SOL, mandate).unwrap();
    fixture.deployment.deposit(&person, &vault, 1_000 * SOL).unwrap();
    fixture.settle(&vault).unwrap();
    fixture.deployment.rebalance(&vault, [9_000, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    fixture.deployment.allocate(&vault, 0, Direction::Increase, 800 * SOL).unwrap();
    let pool = fixture.stake_pool.unwrap();
    let mut bank = Bank::with(&fixture);
    let refresh = fixture.deployment.refresh(&vault, 0).unwrap();
    bank.send(std::slice::from_ref(&refresh), &[], None).unwrap();
    let before = bank.vault(&vault).allocations[0];

    // A percent of the pool in rewards; the manager keeps a twentieth of it.
    pool.earn(&mut bank, 11_000 * SOL).unwrap();
    let epoch = bank.warp_to_next_epoch();
    assert_eq!(pool.last_update_epoch(&bank).unwrap(), epoch - 1);
    bank.send(std::slice::from_ref(&refresh), &[], None).unwrap();
    assert_eq!(pool.last_update_epoch(&bank).unwrap(), epoch);
    let after = bank.vault(&vault).allocations[0];
    assert_eq!((before.withdrawable, after.withdrawable), (before.value_low, 0), "rewards are being paid");
    let expected = before.value_low + before.value_low / 10_000 * 95;
    assert!(after.value_low.abs_diff(expected) < expected / 10_000, "{} {expected}", after.value_low);

    let owner = person.address();
    let position = bank.expect_account(&address::position(&vault, &owner), "position").unwrap();
    let shares = decode_position(&position.data).unwrap().shares / 2;
    let exit =
        Exit { index: 0, receipts: after.receipts / 2, shares, min_assets_out: 1, accept_stale: false };
    let venue = fixture.deployment.venue(&vault, 0).unwrap();
    let state = bank.vault(&vault);
    let leave = instruction::withdraw_from(owner, vault, &state, &after, &venue, exit);
    let all = [refresh, leave];
    // The first slots of an epoch distribute staking rewards: no stake account pays out meanwhile.
    let early = bank.send(&all, &[&person.key], None).map(|landed| landed.bytes);
    let rewards = TransactionError::InstructionError(2, InstructionError::Custom(EPOCH_REWARDS_ACTIVE));
    assert_eq!(early, Err(rewards));
    assert_eq!(bank.vault(&vault).allocations[0].receipts, after.receipts);
    bank.finish_reward_distribution();
    bank.send(std::slice::from_ref(&all[0]), &[], None).unwrap();
    let open = bank.vault(&vault).allocations[0];
    assert_eq!(open.withdrawable, open.value_low);
    bank.send(&all, &[&person.key], None).unwrap();
    let wallet = address::token_account(&owner, &address::WRAPPED_SOL, &address::TOKEN);
    let paid = token::balance(&bank, &wallet).unwrap();
    // Half of 1,000 SOL, whose rewards are still locked; less the pool's tenth of a percent on what was staked.
    assert!(paid > 499 * SOL && paid < 505 * SOL, "{paid}");
    assert_eq!((bank.lamports(&address::funder(&vault)), bank.lamports(&address::unwrap(&vault))), (0, 0));
}
